"""The pixels that a fill takes: the connected region at a place, or a label wherever it is."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, Rect
from mfgui.core.edits import Footprint
from mfgui.core.snapping import Guide, GuideKind
from mfgui.core.snapping.sides import CONTRAST

_FIRST_WINDOW = 512  # pixels on a side
_MARGIN = 4  # pixels around a rectangle in which its edges are found
_FULL = 4096  # a change of the whole range in a pixel, as OpenCV is given it
_FAINTEST = 0.01  # of the range of a guide, per pixel: below it there is no edge at any sensitivity

Barrier = Callable[[Rect], BoolMask]


def everywhere(labels: LabelArray, label: int) -> Footprint:
    """All pixels of a (H, W) map with this label."""
    height, width = labels.shape
    return Footprint(Rect(0, 0, width, height), labels == label).trimmed()


def connected(labels: LabelArray, x: int, y: int, *, barrier: Barrier | None = None) -> Footprint:
    """The pixels that are joined to (x, y) through sides of pixels of its label.

    Parameters
    ----------
    labels : (H, W)
    x, y : int
        A pixel of the map.
    barrier : callable, optional
        Tells for a rectangle of the map which of its pixels, (rect.height, rect.width) bool, are
        not passed. Those beside the region belong to it, so that regions on both sides of a
        thin line meet.

    Notes
    -----
    Time grows with the region, not with the map: it is searched in a window that is widened as
    long as the region reaches its border.
    """
    height, width = labels.shape
    frame = Rect(0, 0, width, height)
    side = _FIRST_WINDOW
    while True:
        window = Rect(x - side // 2, y - side // 2, side, side).intersected(frame)
        found = _connected_in(labels, window, x, y, barrier)
        if window == frame or not _reaches(found.rect, window, frame):
            return found
        side *= 4


def edges(guide: Guide, rect: Rect, *, sensitivity: int) -> BoolMask:
    """Thin lines along the edges of a guide, (rect.height, rect.width) bool.

    Parameters
    ----------
    rect : Rect
        Inside the guide's picture.
    sensitivity : int
        0 ... 100; the higher, the weaker an edge may be.
    """
    wide = rect.grown(_MARGIN).intersected(Rect(0, 0, guide.size.width, guide.size.height))
    values = guide.read(wide)
    smooth = cv2.GaussianBlur(values, (0, 0), 1.0)
    # Sobel gives 8 for a change by 1 in a pixel.
    scale = _FULL / _range(guide.kind, values) / 8
    dx, dy = (
        np.clip(cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=3) * scale, -32767, 32767)
        for axis in ((1, 0), (0, 1))
    )
    weakest = _FULL * max(_FAINTEST, 0.2 * (1 - sensitivity / 100) ** 2)
    lines = cv2.Canny(
        dx.astype(np.int16), dy.astype(np.int16), weakest / 2, weakest, L2gradient=True
    )
    y, x = rect.y - wide.y, rect.x - wide.x
    found: BoolMask = lines[y : y + rect.height, x : x + rect.width] != 0
    return found


def _range(kind: GuideKind, values: ImageF32) -> float:
    """From one side of a full edge to the other: two neighbours in the order of the sources, or
    what is dark and what is bright here."""
    if kind is GuideKind.SHARPNESS:
        return 2.0
    low, high = (float(value) for value in np.percentile(values, (1, 99)))
    return max(high - low, CONTRAST)


def _connected_in(
    labels: LabelArray, window: Rect, x: int, y: int, barrier: Barrier | None
) -> Footprint:
    """The region of (x, y) as far as it lies in a window around it."""
    part = labels[window.slices]
    same = part == labels[y, x]
    free, seed = same, (x - window.x, y - window.y)
    if barrier is not None:
        free = same & ~barrier(window)
        seed = _beside(free, seed)
    if free.all():
        return Footprint(window, free)
    # OpenCV fills a mask that has a border of one pixel.
    bordered = np.zeros((window.height + 2, window.width + 2), np.uint8)
    flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(np.ascontiguousarray(free).view(np.uint8), bordered, seed, 1, 0, 0, flags)
    mask: BoolMask = bordered[1:-1, 1:-1].view(np.bool_)
    if barrier is not None:
        around = cv2.dilate(bordered, np.ones((3, 3), np.uint8))[1:-1, 1:-1].view(np.bool_)
        mask = mask | (around & same & ~free)
    return Footprint(window, mask).trimmed()


def _beside(free: BoolMask, seed: tuple[int, int]) -> tuple[int, int]:
    """The free pixel nearest to one on a line, from where only one side is reached."""
    x, y = seed
    left, top = max(x - _MARGIN, 0), max(y - _MARGIN, 0)
    rows, columns = np.nonzero(free[top : y + _MARGIN + 1, left : x + _MARGIN + 1])
    if not rows.size:
        return seed
    nearest = int(np.argmin((rows + top - y) ** 2 + (columns + left - x) ** 2))
    return int(columns[nearest]) + left, int(rows[nearest]) + top


def _reaches(found: Rect, window: Rect, frame: Rect) -> bool:
    """Whether it goes up to a border of the window that is not one of the map."""
    return (
        (found.x == window.x > frame.x)
        or (found.y == window.y > frame.y)
        or (found.right == window.right < frame.right)
        or (found.bottom == window.bottom < frame.bottom)
    )
