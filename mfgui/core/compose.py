"""Fusing by map."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.seams import HARD, Seam, seam_reach, soften
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes

_ALONE = Compute()


def compose(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    seam: Seam = HARD,
    compute: Compute = _ALONE,
) -> ImageF32:
    """Composite: every pixel from the source that its label names, seams as `seam` says.

    Pixels labelled *ignore*, which no source is named for, take the mean of the sources.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        As stored, source 1 first.
    labels : (H, W) uint8 or uint16
        1 ... K or *ignore*. The caller fills unassigned pixels first.
    seam : Seam
        Other than "hard" it changes pixels within `seam_reach` of a label change only.

    Returns
    -------
    (H, W, C) float32
        A new array, values in [0, 1] (to the overshoot of "multi-band" and tone match, which
        is clamped). Time O(H W C K), and see `mfgui.core.seams.soften`; beside it some stripes
        per thread.

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
    height, width, _ = images[0].shape
    return compose_rect(images, labels, Rect(0, 0, width, height), seam=seam, compute=compute)


def compose_rect(
    images: Sequence[PixelArray],
    labels: LabelArray,
    rect: Rect,
    *,
    seam: Seam = HARD,
    compute: Compute = _ALONE,
) -> ImageF32:
    """The part of `compose` that lies in `rect`, without the rest.

    Parameters
    ----------
    images, labels
        Whole, as `compose` takes them. Unassigned pixels outside `rect` have no part in it.
    rect : Rect
        Inside the picture.

    Returns
    -------
    (rect.height, rect.width, C) float32
        A new array, equal to that rectangle of the whole composite: bit for bit when hard or
        feathered, else to the rounding of float32.

    Raises
    ------
    ValueError
        When a pixel of `rect` is unassigned or its label is above K.
    """
    fused: ImageF32 = np.empty((rect.height, rect.width, images[0].shape[2]), np.float32)
    columns = slice(rect.x, rect.right)

    def fill(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, stripe_rows(rect.width)):
            compute.checkpoint()
            rows = slice(rect.y + low, rect.y + high)
            parts = [image[rows, columns] for image in images]
            _compose_rows(parts, labels[rows, columns], fused[low:high])

    with RowWorkers(compute) as workers:
        workers.run(fill, rect.height)
        if seam_reach(seam) > 0:
            soften(images, labels, rect, fused, seam=seam, workers=workers)
    return fused


def _compose_rows(images: Sequence[PixelArray], labels: LabelArray, fused: ImageF32) -> None:
    # Chosen as stored and converted once, not once per source.
    chosen = fused if images[0].dtype == fused.dtype else np.empty_like(images[0])
    ignored = _choose(images, labels, chosen)
    if chosen is not fused:
        fused[...] = to_float(chosen)
    if ignored is not None:
        _copy_where(ignored, _mean(images), fused)


def _choose(
    images: Sequence[PixelArray], labels: LabelArray, chosen: PixelArray
) -> BoolMask | None:
    """Copy each pixel from its source; returns where it is ignored, None for nowhere."""
    left = labels.size
    for label, image in enumerate(images, start=1):
        if left:
            left -= _copy_where(labels == label, image, chosen)
    if not left:
        return None
    ignored: BoolMask = labels == ignore_label(labels)
    if left > np.count_nonzero(ignored):
        wrong = labels[(labels == UNASSIGNED) | (labels > len(images)) & ~ignored]
        raise ValueError(f"label {int(wrong[0])} names none of {len(images)} sources")
    return ignored


def _copy_where(mask: BoolMask, image: PixelArray, target: PixelArray) -> int:
    """Copy the masked pixels; returns how many they are."""
    bytes_mask = mask.view(np.uint8)
    count = int(cv2.countNonZero(bytes_mask))
    if count == mask.size:
        target[...] = image
    elif count:
        cv2.copyTo(image, bytes_mask, target)
    return count


def mean_image(images: Sequence[PixelArray], *, compute: Compute = _ALONE) -> ImageF32:
    """Mean of the sources, each (H, W, C) as stored; a new (H, W, C) float32 array in [0, 1].

    Time O(H W C K); beside it some stripes per thread.
    """
    height, width, _ = images[0].shape
    mean: ImageF32 = np.empty(images[0].shape, np.float32)

    def fill(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, stripe_rows(width)):
            compute.checkpoint()
            mean[low:high] = _mean([image[low:high] for image in images])

    with RowWorkers(compute) as workers:
        workers.run(fill, height)
    return mean


def _mean(images: Sequence[PixelArray]) -> ImageF32:
    """`mean_image` of a few rows."""
    total: ImageF32 = np.array(to_float(images[0]), copy=True)
    for image in images[1:]:
        total += to_float(image)
    total *= np.float32(1.0 / len(images))
    return total
