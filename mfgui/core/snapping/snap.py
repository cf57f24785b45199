"""Snap: the part of a brush footprint that lies on one side of the nearest edge."""

from __future__ import annotations

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, Rect
from mfgui.core.snapping.guide import Guide
from mfgui.core.snapping.sides import evidence, kept, side_at


def snapped(
    guide: Guide,
    rect: Rect,
    mask: BoolMask,
    centre: tuple[float, float],
    *,
    strength: int,
    side: float | None = None,
) -> BoolMask:
    """The part of `mask` on the same side of the nearest edge as `centre`.

    Parameters
    ----------
    rect : Rect
        Inside the picture, where `mask` lies.
    mask : (rect.height, rect.width) bool
        The footprint of the brush.
    centre : (x, y)
        Of the brush in image coordinates (pixel i spans i ... i + 1); may lie outside `rect`.
    strength : int
        0 returns `mask` as it is, 100 follows every edge.
    side : float, optional
        The side that the stroke works on (`side_at`); without it, that of the centre.

    Returns
    -------
    (rect.height, rect.width) bool
        Part of `mask`: what is not beyond an edge, and of that the piece around the centre.
        Where the guide has no edge, all of it. Time O(pixels of the footprint) beside the tiles
        of the guide that are made the first time.
    """
    if strength <= 0 or rect.empty or not mask.any():
        return mask
    if side is None:
        side = side_at(guide, centre, diameter=max(rect.width, rect.height))
    if side is None:
        return mask
    left = kept(evidence(guide, rect, side), mask, percent=strength)
    return _around(left, rect, centre)


def _around(mask: BoolMask, rect: Rect, centre: tuple[float, float]) -> BoolMask:
    """The connected piece that the centre lies in, or that is nearest to it."""
    count, pieces = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    if count <= 2:
        return mask
    x, y = int(np.floor(centre[0])) - rect.x, int(np.floor(centre[1])) - rect.y
    if 0 <= x < rect.width and 0 <= y < rect.height and mask[y, x]:
        return np.asarray(pieces == pieces[y, x], np.bool_)
    rows, columns = np.nonzero(mask)
    nearest = int(np.argmin((rows - y) ** 2 + (columns - x) ** 2))
    return np.asarray(pieces == pieces[rows[nearest], columns[nearest]], np.bool_)
