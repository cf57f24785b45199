"""Fusing by map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.stripes import stripe_rows, stripes


def compose(
    images: Sequence[ImageF32],
    labels: LabelArray,
    *,
    checkpoint: Callable[[], None] = lambda: None,
) -> ImageF32:
    """Hard composite: every pixel from the source that its label names.

    Pixels labelled *ignore*, which no source is named for, take the mean of the sources.

    Parameters
    ----------
    images : sequence of (H, W, C) float32
        Source 1 first, values in [0, 1].
    labels : (H, W) uint8 or uint16
        1 ... K or *ignore*. The caller fills unassigned pixels first.
    checkpoint : callable
        Called between row stripes; may raise to stop.

    Returns
    -------
    (H, W, C) float32
        A new array. Time O(H W C K); no further memory.

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
    height, width = labels.shape
    fused: ImageF32 = np.empty_like(images[0])
    for low, high in stripes(0, height, stripe_rows(width)):
        checkpoint()
        rows = [image[low:high] for image in images]
        _compose_rows(rows, labels[low:high], fused[low:high])
    return fused


def _compose_rows(images: Sequence[ImageF32], labels: LabelArray, fused: ImageF32) -> None:
    left = labels.size
    for label, image in enumerate(images, start=1):
        left -= _copy_where(labels == label, image, fused)
    if left:
        ignored = labels == ignore_label(labels)
        left -= _copy_where(ignored, mean_image(images), fused)
    if left:
        wrong = labels[(labels == UNASSIGNED) | (labels > len(images)) & ~ignored]
        raise ValueError(f"label {int(wrong[0])} names none of {len(images)} sources")


def _copy_where(mask: BoolMask, image: ImageF32, fused: ImageF32) -> int:
    """Copy the masked pixels; returns how many they are."""
    bytes_mask = mask.view(np.uint8)
    cv2.copyTo(image, bytes_mask, fused)
    return int(cv2.countNonZero(bytes_mask))


def mean_image(images: Sequence[ImageF32]) -> ImageF32:
    """Mean of the sources, each (H, W, C); a new array of their type."""
    total: ImageF32 = np.array(images[0], copy=True)
    for image in images[1:]:
        total += image
    total *= total.dtype.type(1.0 / len(images))
    return total
