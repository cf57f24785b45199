"""The pixels inside an outline: lassos, polygons and rectangles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, Rect
from mfgui.core.edits import NO_PIXELS, Footprint

_BLOCK_VALUES = 1 << 17


def polygon(points: Sequence[tuple[float, float]], *, frame: Rect) -> Footprint:
    """The pixels of `frame` whose centres lie inside a closed outline.

    The rule is *non-zero*: everything that the outline goes around counts, also where it goes
    around twice, so that a lasso that crosses itself leaves no holes. Outlines that share a side
    share no pixel there and leave none out.

    Parameters
    ----------
    points : sequence of (x, y)
        Corners in image coordinates, in order; the last is joined to the first. They may lie
        outside of `frame`.

    Notes
    -----
    Time grows with the pixels of the rectangle around the outline and with its length.

    >>> polygon([(0, 0), (3, 0), (3, 2), (0, 2)], frame=Rect(0, 0, 9, 9)).rect
    Rect(x=0, y=0, width=3, height=2)
    """
    corners = np.asarray(points, np.float64).reshape(-1, 2)
    rect = _around(corners, frame) if len(corners) > 2 else NO_PIXELS.rect
    if rect.empty:
        return NO_PIXELS
    rows, columns, turns = _crossings(corners, rect)
    order = np.argsort(rows, kind="stable")
    rows, columns, turns = rows[order], columns[order], turns[order]
    mask = np.zeros((rect.height, rect.width), np.bool_)
    step = max(1, _BLOCK_VALUES // (rect.width + 1))
    for top in range(0, rect.height, step):
        part = slice(*np.searchsorted(rows, (top, top + step)))
        block = mask[top : top + step]
        _wind(block, rows[part] - top, columns[part], turns[part])
    return Footprint(rect, mask).trimmed()


def rectangle(corner: tuple[float, float], opposite: tuple[float, float], *, frame: Rect) -> Rect:
    """The pixels of `frame` that a rectangle between two points touches; empty outside of it."""
    left, right = sorted((corner[0], opposite[0]))
    top, bottom = sorted((corner[1], opposite[1]))
    x, y = (int(np.floor(np.clip(value, -1e9, 1e9))) for value in (left, top))
    end_x, end_y = (int(np.ceil(np.clip(value, -1e9, 1e9))) for value in (right, bottom))
    return Rect(x, y, max(end_x - x, 1), max(end_y - y, 1)).intersected(frame)


def _around(corners: npt.NDArray[np.float64], frame: Rect) -> Rect:
    """Holds every pixel whose centre can be inside."""
    bounded = np.clip(corners, -1e9, 1e9)
    x, y = (int(value) for value in np.floor(bounded.min(axis=0)))
    right, bottom = (int(value) for value in np.ceil(bounded.max(axis=0)))
    return Rect(x, y, right - x, bottom - y).intersected(frame)


def _crossings(
    corners: npt.NDArray[np.float64], rect: Rect
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int16]]:
    """Where sides cross the rows' middles: row and first column right of it, both in `rect`, and
    1 for a side that goes down, -1 for one that goes up."""
    ends = np.roll(corners, -1, axis=0)
    down = corners[:, 1] <= ends[:, 1]
    # From above, whichever way the outline goes: neighbours with a common side agree.
    upper, lower = (np.where(down[:, None], a, b) for a, b in ((corners, ends), (ends, corners)))
    limits = rect.y, rect.bottom
    first = np.clip(np.ceil(upper[:, 1] - 0.5), *limits).astype(np.int64)
    after = np.clip(np.ceil(lower[:, 1] - 0.5), *limits).astype(np.int64)
    counts = after - first
    side = np.repeat(np.arange(len(corners)), counts)
    begins = np.cumsum(counts) - counts
    rows = first[side] + np.arange(len(side)) - begins[side]
    x0, y0 = upper[side, 0], upper[side, 1]
    x1, y1 = lower[side, 0], lower[side, 1]
    x = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
    columns = np.clip(np.ceil(x - 0.5), rect.x, rect.right).astype(np.int64) - rect.x
    turns = np.where(down[side], 1, -1).astype(np.int16)
    return rows - rect.y, columns, turns


def _wind(
    mask: BoolMask,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    turns: npt.NDArray[np.int16],
) -> None:
    """Fill the pixels that the outline goes around, from its crossings with these rows."""
    height, width = mask.shape
    winding = np.zeros((height, width + 1), np.int16)
    np.add.at(winding, (rows, columns), turns)
    np.cumsum(winding, axis=1, dtype=np.int16, out=winding)
    np.not_equal(winding[:, :width], 0, out=mask)
