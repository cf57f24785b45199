"""The region of the smart brush: a rough stroke grown to the nearest edge."""

from __future__ import annotations

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, Rect
from mfgui.core.snapping.guide import Guide
from mfgui.core.snapping.sides import evidence, kept, side_of

_LARGEST = 1024  # pixels a side that are worked on with the guide's full resolution
_SMALL = 384  # pixels a side of which every one is worked on


def grow(
    guide: Guide,
    rect: Rect,
    mask: BoolMask,
    *,
    reach: int,
    sensitivity: int,
    side: float | None = None,
) -> tuple[Rect, BoolMask]:
    """The region that a stroke stands for: grown to the nearest edge.

    Parameters
    ----------
    rect : Rect
        Inside the picture, where `mask` lies.
    mask : (rect.height, rect.width) bool
        The stroke as it was drawn; it always belongs to the region.
    reach : int
        Pixels that the region may extend beyond the stroke, 0 or more.
    sensitivity : int
        0 ... 100; the higher, the weaker an edge at which the region stops.
    side : float, optional
        The side of the edge (`side_of`); without it, that which most of the stroke lies on.

    Returns
    -------
    (rect, mask)
        A rectangle inside the picture that contains the stroke's, and the region in it: what is
        connected with the stroke, at most `reach` away and on that side. Time O(pixels of the
        rectangle). Above 384 a side what is connected is found on a coarser grid, and the
        border where the guide is 0; above 1024 the guide is that of the reduced sources.
    """
    if reach <= 0 or rect.empty or not mask.any():
        return rect, mask
    whole = Rect(0, 0, guide.size.width, guide.size.height)
    window = rect.grown(reach).intersected(whole)
    longest = max(window.width, window.height)
    step = 1
    while longest > (_SMALL if longest <= _LARGEST else _LARGEST) * step:
        step *= 2
    window = _aligned(window, step).intersected(whole)
    stroke = np.zeros((window.height, window.width), np.bool_)
    top, left = rect.y - window.y, rect.x - window.x
    stroke[top : top + rect.height, left : left + rect.width] = mask
    if side is None:
        side = side_of(guide, rect, mask)
    reduced = longest > _LARGEST
    sure = evidence(guide, window, side, step=step if reduced else 1)
    coarse = sure if reduced else np.ascontiguousarray(sure[step // 2 :: step, step // 2 :: step])
    seeds = _reduced(stroke, step)
    coarse = _fitting(coarse, seeds.shape)
    near = (
        cv2.distanceTransform((~seeds).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        <= reach / step
    )
    region = _connected(kept(coarse, near, percent=sensitivity) | seeds, seeds)
    return window, _enlarged(region, step, stroke, None if reduced else sure) | stroke


def _fitting(values: ImageF32, shape: tuple[int, ...]) -> ImageF32:
    """With the last row and column repeated where the grid has one more."""
    below, beside = shape[0] - values.shape[0], shape[1] - values.shape[1]
    if not (below or beside):
        return values
    return np.pad(values, ((0, below), (0, beside)), mode="edge")


def _aligned(window: Rect, step: int) -> Rect:
    x, y = window.x // step * step, window.y // step * step
    return Rect(x, y, window.right - x, window.bottom - y)


def _reduced(mask: BoolMask, step: int) -> BoolMask:
    if step == 1:
        return mask
    block = np.ones((step, step), np.uint8)
    most = cv2.dilate(mask.view(np.uint8), block, anchor=(0, 0))  # of the block that begins here
    return np.asarray(most[::step, ::step] > 0, np.bool_)


def _enlarged(mask: BoolMask, step: int, like: BoolMask, sure: ImageF32 | None) -> BoolMask:
    """At full resolution, with a smooth border; with `sure`, where that is 0."""
    if step == 1:
        return mask
    full = (mask.shape[1] * step, mask.shape[0] * step)
    shares = cv2.resize(np.asarray(mask, np.float32), full, interpolation=cv2.INTER_LINEAR)
    shares = shares[: like.shape[0], : like.shape[1]]
    if sure is None:
        return np.asarray(shares >= 0.5, np.bool_)
    # Cells that differ from their neighbour: some of a border of the guide, some out of reach.
    return np.asarray((shares >= 1) | ((shares >= 0.5) & (sure >= 0)), np.bool_)


def _connected(mask: BoolMask, seeds: BoolMask) -> BoolMask:
    """The pieces of a mask that have a seed."""
    count, pieces = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    chosen = np.zeros(count, np.bool_)
    chosen[pieces[seeds]] = True
    chosen[0] = False
    return np.asarray(chosen[pieces], np.bool_)
