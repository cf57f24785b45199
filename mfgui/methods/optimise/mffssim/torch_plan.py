"""Which parts of a picture are worked on: where labels occur, and where pixels are free."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from mfgui.core.arrays import Rect

CELL = 64  # pixels; parts are found to this accuracy
_OVERHEAD = 1 << 18  # pixels that could be worked on in the time that a further part costs
_LARGEST = 1 << 26  # pixels of one part: more would keep the stop flag waiting

Cells = npt.NDArray[np.bool_]
Costs = npt.NDArray[np.float64]


def cells_of(mask: torch.Tensor, value: int) -> Cells:
    """Cells of `mask`, (H, W), in which it has `value` anywhere."""
    height, width = mask.shape
    found = torch.zeros(
        (-(-height // CELL), -(-width // CELL)), dtype=torch.bool, device=mask.device
    )
    columns = width // CELL * CELL
    for row in range(len(found)):
        hit = (mask[row * CELL : (row + 1) * CELL] == value).any(dim=0)
        if columns:
            found[row, : columns // CELL] = hit[:columns].view(-1, CELL).any(dim=1)
        if columns < width:
            found[row, -1] = hit[columns:].any()
    return np.asarray(found.cpu().numpy())


def grown_cells(cells: Cells, before: int, after: int, shape: tuple[int, int]) -> Cells:
    """Cells of a grid of `shape` that lie `before` ... `after` pixels around those of `cells`."""
    grown = np.zeros((-(-shape[0] // CELL), -(-shape[1] // CELL)), np.bool_)
    rows, columns = grown.shape
    up, down = -(-before // CELL), -(-after // CELL)
    for row, column in np.argwhere(cells):
        top, left = max(0, row - up), max(0, column - up)
        grown[min(top, rows) : row + down + 1, min(left, columns) : column + down + 1] = True
    return grown


def cover(cells: Cells, shape: tuple[int, int], margin: int) -> list[Rect]:
    """Disjoint rectangles that hold all `cells` of a picture of `shape` (height, width).

    A rectangle is cut in two where that saves more pixels (each rectangle is worked on with
    `margin` pixels around it) than a further rectangle costs.
    """
    found: list[Rect] = []
    pending = [(0, 0, *cells.shape)]
    while pending:
        top, left, bottom, right = pending.pop()
        inside = cells[top:bottom, left:right]
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            continue
        top, bottom = top + int(rows[0]), top + int(rows[-1]) + 1
        left, right = left + int(columns[0]), left + int(columns[-1]) + 1
        inside = cells[top:bottom, left:right]
        whole = _cost(bottom - top, right - left, margin)
        down, down_cost = _best_cut(inside, margin)
        across, across_cost = _best_cut(inside.T, margin)
        if min(down_cost, across_cost) >= whole:
            found.append(_pixels(top, left, bottom, right, shape))
        elif down_cost <= across_cost:
            pending += [(top, left, top + down, right), (top + down, left, bottom, right)]
        else:
            pending += [(top, left, bottom, left + across), (top, left + across, bottom, right)]
    return found


def _cost(rows: float, columns: float, margin: int) -> float:
    return (rows * CELL + margin) * (columns * CELL + margin) + _OVERHEAD


def _best_cut(cells: Cells, margin: int) -> tuple[int, float]:
    """Number of rows above the best cut, and the cost of both sides."""
    rows, columns = cells.shape
    if rows < 2:
        return 0, float("inf")
    used: Cells = np.asarray(cells.any(axis=1))
    left = np.where(used, cells.argmax(axis=1), columns)
    right = np.where(used, columns - cells[:, ::-1].argmax(axis=1), 0)

    def costs(used: Cells, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> Costs:
        height = np.maximum.accumulate(np.where(used, np.arange(1, rows + 1), 0))
        width = np.maximum.accumulate(right) - np.minimum.accumulate(left)
        return np.asarray((height * CELL + margin) * (width * CELL + margin) + _OVERHEAD)

    above = costs(used, left, right)[:-1]
    below = costs(used[::-1], left[::-1], right[::-1])[-2::-1]
    best = int(np.argmin(above + below))
    return best + 1, float(above[best] + below[best])


def _pixels(top: int, left: int, bottom: int, right: int, shape: tuple[int, int]) -> Rect:
    whole = Rect(0, 0, shape[1], shape[0])
    cells = Rect(left * CELL, top * CELL, (right - left) * CELL, (bottom - top) * CELL)
    return cells.intersected(whole)


def held_by(cells: Cells, rect: Rect) -> Rect:
    """The part of `rect` that the `cells` in it span; empty when there are none."""
    top, left = rect.y // CELL, rect.x // CELL
    inside = cells[top : -(-rect.bottom // CELL), left : -(-rect.right // CELL)]
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return Rect(rect.x, rect.y, 0, 0)
    span = Rect(
        (left + int(columns[0])) * CELL,
        (top + int(rows[0])) * CELL,
        int(columns[-1] - columns[0] + 1) * CELL,
        int(rows[-1] - rows[0] + 1) * CELL,
    )
    return span.intersected(rect)


def tiles(rects: list[Rect], rows: int) -> Iterator[Rect]:
    """The rectangles, cut to at most `rows` rows each."""
    for rect in rects:
        step = max(1, min(rows, _LARGEST // max(1, rect.width)))
        for top in range(rect.y, rect.bottom, step):
            yield Rect(rect.x, top, rect.width, min(step, rect.bottom - top))
