"""Planes beside a picture: local Q in two bytes a pixel, and how far each pixel is from a change
of label."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8, LabelArray, Rect
from mfgui.core.stripes import stripes

LevelsQ = npt.NDArray[np.uint16]

UNKNOWN = 0
FAR = 255  # in planes of distances: farther than was looked for
MOST_DISTANCE = 64
_HALF = 32767  # steps from -1 to 0
_ROWS = 256  # a block stays in the cache
_STRIPE = 512  # rows; strips for the distances are wider by what they look for on both sides


def q_levels(values: npt.NDArray[np.float32]) -> LevelsQ:
    """Values of -1 ... 1 as levels 1 ... 65535, 0 for NaN.

    The level is 1 + round(32767 (q + 1)), so that -1, 0 and 1 are exact and no other value is
    off by more than 1.53e-5. Values outside of [-1, 1] are limited.

    >>> q_levels(np.float32([[-1.0, 0.0, 1.0, np.nan]])).tolist()
    [[1, 32768, 65535, 0]]
    """
    levels: LevelsQ = np.empty(values.shape, np.uint16)
    for top in range(0, len(values), _ROWS):
        # In double precision: 32767 (q + 1) has more digits than a float32 holds.
        block = np.clip(values[top : top + _ROWS], -1.0, 1.0).astype(np.float64)
        missing = np.isnan(block)
        block += 1.0
        block *= _HALF
        np.rint(block, out=block)
        block += 1.0
        block[missing] = UNKNOWN
        levels[top : top + _ROWS] = block
    return levels


def q_values(levels: LevelsQ) -> npt.NDArray[np.float32]:
    """The value that each level stands for, (level - 1) / 32767 - 1; NaN for 0.

    >>> q_values(np.uint16([[1, 32768, 65535, 0]])).tolist()
    [[-1.0, 0.0, 1.0, nan]]
    """
    values: npt.NDArray[np.float32] = np.empty(levels.shape, np.float32)
    for top in range(0, len(levels), _ROWS):
        block = levels[top : top + _ROWS].astype(np.float64)
        missing = block == UNKNOWN
        block -= 1.0
        block /= _HALF
        block -= 1.0
        block[missing] = np.nan
        values[top : top + _ROWS] = block
    return values


def distances(
    labels: LabelArray, *, most: int = MOST_DISTANCE, rect: Rect | None = None
) -> ImageU8:
    """How far each pixel is, along rows and columns, from the nearest change of label.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        Any labels, unassigned and *ignore* included.
    most : int
        1 ... 254; what is farther is 255.
    rect : Rect, optional
        Only these pixels, inside the picture; all of them by default.

    Returns
    -------
    (H, W) or (rect.height, rect.width) uint8
        1 for pixels that touch another label, corners included, 2 for those that touch these,
        and so on: for 0 <= d <= most, ``distances(labels) <= d`` is
        ``bands.boundary_band(labels, d)``. A new array. Time O(H W); beside it a strip of
        512 + 2 `most` rows is held in float32.

    >>> distances(np.array([[1, 1, 1, 2, 2, 2]], np.uint8), most=2).tolist()
    [[255, 2, 1, 1, 2, 255]]
    """
    height, width = labels.shape
    wanted = Rect(0, 0, width, height) if rect is None else rect
    found: ImageU8 = np.empty((wanted.height, wanted.width), np.uint8)
    left, right = max(0, wanted.x - most), min(width, wanted.right + most)
    for top, bottom in stripes(wanted.y, wanted.bottom, _STRIPE):
        high, low = max(0, top - most), min(height, bottom + most)
        near = _distances(labels[high:low, left:right], most)
        inner = near[top - high : bottom - high, wanted.x - left : wanted.right - left]
        found[top - wanted.y : bottom - wanted.y] = inner
    return found


def _distances(labels: LabelArray, most: int) -> ImageU8:
    square = np.ones((3, 3), np.uint8)
    same = np.equal(cv2.dilate(labels, square), cv2.erode(labels, square))
    if same.all():  # the transform has no distance to nothing
        return np.full(labels.shape, FAR, np.uint8)
    steps: npt.NDArray[np.float32] = np.asarray(
        cv2.distanceTransform(same.view(np.uint8), cv2.DIST_C, cv2.DIST_MASK_3), np.float32
    )
    steps += np.float32(1.0)
    steps[steps > most] = FAR
    found: ImageU8 = steps.astype(np.uint8)
    return found
