"""Fusing by map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.labels import UNASSIGNED, ignore_label


def compose(images: Sequence[ImageF32], labels: LabelArray) -> ImageF32:
    """Hard composite: every pixel from the source that its label names.

    Pixels labelled *ignore*, which no source is named for, take the mean of the sources.

    Parameters
    ----------
    images : sequence of (H, W, C) float32
        Source 1 first, values in [0, 1].
    labels : (H, W) uint8 or uint16
        1 ... K or *ignore*. The caller fills unassigned pixels first.

    Returns
    -------
    (H, W, C) float32
        A new array. Time O(H W C K), no further memory than masks.

    Raises
    ------
    ValueError
        When a pixel is unassigned or a label is above K.

    Examples
    --------
    >>> dark, light = np.zeros((1, 2, 1), np.float32), np.ones((1, 2, 1), np.float32)
    >>> compose([dark, light], np.array([[1, 2]], np.uint8)).ravel().tolist()
    [0.0, 1.0]
    """
    ignored = labels == ignore_label(labels)
    wrong = (labels == UNASSIGNED) | ((labels > len(images)) & ~ignored)
    if wrong.any():
        raise ValueError(f"label {int(labels[wrong].max())} names none of {len(images)} sources")
    fused: ImageF32 = np.array(images[0], copy=True)
    for index, image in enumerate(images[1:], start=2):
        np.copyto(fused, image, where=(labels == index)[..., np.newaxis])
    if ignored.any():
        np.copyto(fused, mean_image(images), where=ignored[..., np.newaxis])
    return fused


def mean_image(images: Sequence[ImageF32]) -> ImageF32:
    """Mean of the sources, each (H, W, C); a new array of their type."""
    total: ImageF32 = np.array(images[0], copy=True)
    for image in images[1:]:
        total += image
    total *= total.dtype.type(1.0 / len(images))
    return total
