"""What boundary finding measures in planes, all of it in tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.planes import Plane, in_tiles

REACH = 10  # px, of the largest octagon


def focus_measure(plane: Plane, *, compute: Compute) -> Plane:
    """The multi-scale morphological gradient of a plane in [0, 1], in steps of 255.

    Sum over i = 1 ... 5 of (dilated - eroded by a disc of radius 2i + 1) / (2i + 1), the discs
    approximated by octagons of width 4i + 1, see `octagons`; what lies beyond the borders does
    not take part. With exact discs (`mfgui.methods.detect.measures.morphological_gradient`) the
    map comes out further from the published ones, as lines close elsewhere.

    Parameters
    ----------
    plane : (H, W) float32

    Returns
    -------
    (H, W) float32
        Time O(H W) with about 110 comparisons a pixel.
    """
    found = np.empty_like(plane)

    def work(wide: Rect, inner: Rect) -> None:
        found[inner.slices] = cut(measured(plane[wide.slices]), wide, inner)

    in_tiles(size_of(plane), work, reach=REACH, compute=compute)
    return found


def octagons(plane: Plane, spread: Callable[..., Any]) -> Iterator[Plane]:
    """`plane` dilated (or eroded, as `spread` does) by five growing octagons.

    An octagon is a square with `d` steps of both diagonals added: what discs of radius
    r = 3, 5, 7, 9, 11 become when they are put together from lines in four directions
    (Adams, CVGIP Graphical Models and Image Processing 55, 1993) and reach r - 1. In turn
    that takes a square of 5, d = 1, a square of 9, d = 1, 2, 3, each from one before.
    """
    square = np.ones((5, 5), np.uint8)
    # Two diagonals of three pixels, one spread by the other.
    diagonals = np.zeros((5, 5), np.uint8)
    diagonals[[0, 1, 1, 2, 2, 2, 3, 3, 4], [2, 1, 3, 0, 2, 4, 1, 3, 2]] = 1
    five = spread(plane, square)
    yield five
    yield spread(five, diagonals)
    grown = spread(five, square)
    for _ in range(3):
        grown = spread(grown, diagonals)
        yield grown


def measured(part: Plane) -> Plane:
    """`focus_measure` of a small plane, at once."""
    # A repeated border is none: of an octagon that reaches over it, the nearest pixels inside
    # are part, too.
    part = np.pad(part, REACH, mode="edge")
    total = np.zeros_like(part)
    for i, high, low in zip(
        range(1, 6), octagons(part, cv2.dilate), octagons(part, cv2.erode), strict=True
    ):
        total += (high - low) * np.float32(255 / (2 * i + 1))
    return total[REACH:-REACH, REACH:-REACH]


def edge_strength(plane: Plane, *, compute: Compute) -> Plane:
    """Length of the Prewitt gradient, (H + 2, W + 2) with a rim of zeros; borders repeated."""
    steps = np.array([-1, 0, 1], np.float32)
    ones = np.ones(3, np.float32)
    height, width = plane.shape
    padded: Plane = np.zeros((height + 2, width + 2), np.float32)
    found = padded[1:-1, 1:-1]

    def work(wide: Rect, inner: Rect) -> None:
        part = plane[wide.slices]
        across = cv2.sepFilter2D(part, -1, steps, ones, borderType=cv2.BORDER_REPLICATE)
        down = cv2.sepFilter2D(part, -1, ones, steps, borderType=cv2.BORDER_REPLICATE)
        found[inner.slices] = cut(np.hypot(across, down), wide, inner)

    in_tiles(size_of(plane), work, reach=1, compute=compute)
    return padded


def cut(values: npt.NDArray[Any], wide: Rect, inner: Rect) -> npt.NDArray[Any]:
    """Of what was computed for `wide`, the part that lies in `inner`."""
    top, left = inner.y - wide.y, inner.x - wide.x
    return values[top : top + inner.height, left : left + inner.width]


def size_of(plane: npt.NDArray[Any]) -> Size:
    """Of (H, W)."""
    return Size(plane.shape[1], plane.shape[0])
