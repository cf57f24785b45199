"""Which pixels an ascent may change, and which patches that takes: the active region.

A pixel that is far from every label boundary is covered by patches of one source only, and is at
its optimum when it has the value of that source. Only pixels within a *half-width* of a boundary
are therefore free: W - 1, twice the reach of a window, is how far one step acts. Where pixels at
the rim of the region have drifted from their source, as they do step by step when the sources
differ in exposure, `widened` sets free what lies beyond. What is lost then is below 1e-5 of Q.

The picture is divided into cells of 8 x 8 pixels. What is free, which patches touch free pixels,
and where each label occurs is kept per cell, and turned into runs of columns per strip of rows,
which is what the compiled loops take.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray, Rect, read_only, white_of
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.optimise.mffssim import region_kernels

CELL = 8
_STRIP_PIXELS = 49_152  # so that what is kept of a strip fits the cache
_DRIFT = 1.5e-3  # mean change of a cell at the rim, white = 1, beyond which it is widened
# A row is read when it enters the windows and when it leaves them. In panels of limited width it
# is still in the cache then; what neighbouring panels both sum up is the price.
_PANEL = 1536

Runs = npt.NDArray[np.int64]  # (N, 4): a, b, kept, end; see `box_kernels`


@dataclass(frozen=True, eq=False)
class Strip:
    """Rows low ... high - 1 and the columns wanted in them.

    Attributes
    ----------
    any : (N, 4) int64
        Column runs.
    of_source : tuple of (N, 4) int64
        Runs in which the label of each source occurs, or has an effect.
    """

    low: int
    high: int
    any: Runs
    of_source: tuple[Runs, ...]

    @property
    def area(self) -> int:
        """Number of pixels."""
        return (self.high - self.low) * _columns(self.any)

    @property
    def work(self) -> int:
        """Columns that are run through, all sources together."""
        return sum(map(_columns, (self.any, *self.of_source)))


def _columns(runs: Runs) -> int:
    return int((runs[:, 1] - runs[:, 0]).sum())


@dataclass(frozen=True, eq=False)
class Region:
    """The strips of the pixels that are free and of the patches that touch them.

    Attributes
    ----------
    pixels, patches : tuple of Strip
        `of_source` of a pixel strip: where patches of that source cover a pixel; of a patch
        strip: where its label occurs. Each panel of the picture from its top to its bottom;
        strips without work are left out.
    cells : (h, w) bool
        What `pixels` covers.
    size : (H, W)
    count : int
        Number of free pixels.
    rows : int
        Largest number of rows of a strip.
    """

    pixels: tuple[Strip, ...]
    patches: tuple[Strip, ...]
    cells: BoolMask
    size: tuple[int, int]
    count: int
    rows: int

    @property
    def free(self) -> BoolMask:
        """The free pixels, (H, W)."""
        height, width = self.size
        return np.repeat(np.repeat(self.cells, CELL, 0), CELL, 1)[:height, :width]

    def beyond(self, other: Region) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of the pixels that are free here and not in `other`."""
        more = self.cells & ~other.cells
        for i in np.flatnonzero(more.any(axis=1)).tolist():
            changes = np.flatnonzero(np.diff(more[i].view(np.int8), prepend=0, append=0))
            for first, last in changes.reshape(-1, 2).tolist():
                yield slice(i * CELL, (i + 1) * CELL), slice(first * CELL, last * CELL)


def find_region(
    labels: LabelArray,
    count: int,
    *,
    reach: int,
    margin: int,
    half_width: int | None,
    workers: RowWorkers,
    inside: Rect | None = None,
    also: BoolMask | None = None,
) -> Region:
    """The region of a map.

    Parameters
    ----------
    labels : (H, W) integer
        1 ... count name the sources.
    reach : int
        Of a window from its centre, in pixels.
    margin : int
        Patch centres keep this distance from the border (the reach, or 0 for mirrored borders).
    half_width : int or None
        Pixels within this Chebyshev distance of a label boundary are free, and a few more that
        share their cells; None frees all.
    inside : Rect, optional
        Free are only pixels of cells that meet it.
    also : (h, w) bool, optional
        Further cells that are free.

    Notes
    -----
    One pass over the labels, O(H W), then O(H W count / 64).
    """
    labels = read_only(labels)
    height, width = labels.shape
    shape = (_cells(height), _cells(width))
    edges = np.zeros(shape, np.bool_)
    seen = np.zeros((count, *shape), np.bool_)

    def scan(_scratch: Scratch, first: int, last: int) -> None:
        region_kernels.scan(labels, count, CELL, first, last, edges, seen)

    workers.run(scan, shape[0])
    free = np.ones(shape, np.bool_) if half_width is None else grown(edges, half_width)
    if inside is not None:
        free &= _touched(inside, shape)
    if also is not None:
        free |= also
    # A strip is wanted as a whole: high ones would make a region larger than it must be.
    cut = _Cut(height, width, reach, highest=4 if half_width is not None else 8)
    pixels = cut.strips(free, 0)
    free = cut.covered(pixels, shape)
    wanted = grown(free, reach)
    patches = cut.strips(wanted, margin)
    wanted = cut.covered(patches, shape)
    named = [wanted & cells for cells in seen]
    patch_sources = [cut.strips(cells, margin) for cells in named]
    pixel_sources = [cut.strips(free & grown(cells, reach), 0) for cells in named]
    strips = _joined(pixels, pixel_sources)
    return Region(
        strips,
        _joined(patches, patch_sources),
        free,
        (height, width),
        sum(strip.area for strip in strips),
        cut.rows * CELL,
    )


def moving_cells(
    region: Region, images: Sequence[PixelArray], labels: LabelArray, image: ImageF32
) -> BoolMask:
    """Cells at the rim of the region whose pixels have drifted from their source, (h, w)."""
    rim = region.cells & grown(~region.cells, 1)
    places = np.argwhere(rim)
    drift = np.zeros(len(places))
    image, labels = read_only(image), read_only(labels)
    for k, source in enumerate(map(read_only, images)):
        region_kernels.add_difference(
            image, source, white_of(source), labels, k + 1, CELL, places, drift
        )
    moving = np.zeros_like(rim)
    far = np.abs(drift) > _DRIFT * CELL * CELL * image.shape[2]
    moving[tuple(places[far].T)] = True
    return moving


def _cells(length: int) -> int:
    return -(-length // CELL)


def grown(cells: BoolMask, pixels: int) -> BoolMask:
    """Cells with a pixel within `pixels` (Chebyshev) of a cell that is set."""
    side = 2 * _cells(pixels) + 1
    grown = cv2.dilate(cells.view(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(grown).view(np.bool_)


def _touched(rect: Rect, shape: tuple[int, ...]) -> BoolMask:
    cells = np.zeros(shape, np.bool_)
    rows = slice(max(0, rect.y) // CELL, max(0, _cells(rect.bottom)))
    cells[rows, max(0, rect.x) // CELL : max(0, _cells(rect.right))] = True
    return cells


_Row = tuple[int, int, Runs]


class _Cut:
    """How a picture is cut into panels, and these into strips of `rows` rows of cells."""

    def __init__(self, height: int, width: int, reach: int, *, highest: int) -> None:
        self._height, self._width, self._reach = height, width, reach
        across = _cells(width)
        panels = max(1, round(width / max(_PANEL, 12 * reach)))
        self._edges = [across * index // panels for index in range(panels + 1)]
        self.rows = max(1, min(highest, _STRIP_PIXELS * panels // (CELL * width)))

    def strips(self, cells: BoolMask, margin: int) -> list[_Row]:
        """Strips (low, high, runs) over the cells set, clipped to `margin` from the border."""
        rows = []
        for first, last in itertools.pairwise(self._edges):
            left, right = max(margin, first * CELL), min(self._width - margin, last * CELL)
            previous: list[tuple[int, int]] = []
            for top in range(0, len(cells), self.rows):
                low = max(margin, top * CELL)
                high = min(self._height - margin, (top + self.rows) * CELL)
                if low < high:
                    line: BoolMask = np.any(cells[top : top + self.rows, first:last], axis=0)
                    found = _line_runs(line, first * CELL, left, right, self._reach)
                    rows.append((low, high, _with_kept(found, previous, self._reach)))
                    previous = found
        return rows

    def covered(self, strips: Sequence[_Row], shape: tuple[int, ...]) -> BoolMask:
        """Cells that the strips cover, which are some more than were asked for."""
        cells = np.zeros(shape, np.bool_)
        for low, _, runs in strips:
            top = low // CELL // self.rows * self.rows
            for a, b, *_ in runs.tolist():
                cells[top : top + self.rows, a // CELL : _cells(b)] = True
        return cells


def _line_runs(
    line: BoolMask, start: int, left: int, right: int, reach: int
) -> list[tuple[int, int]]:
    """Column runs of the cells set, the first of which is at column `start`; runs whose windows
    overlap become one."""
    runs: list[tuple[int, int]] = []
    if not line.any():
        return runs
    changes = start + CELL * np.flatnonzero(np.diff(line.view(np.int8), prepend=0, append=0))
    for a, b in changes.reshape(-1, 2).tolist():
        low, high = max(left, a), min(right, b)
        if low >= high:
            continue
        if runs and low - runs[-1][1] <= 2 * reach:
            runs[-1] = (runs[-1][0], high)
        else:
            runs.append((low, high))
    return runs


def _with_kept(
    runs: Sequence[tuple[int, int]], previous: Sequence[tuple[int, int]], reach: int
) -> Runs:
    """Adds to each run the columns whose sums the strip above leaves behind."""
    plan = np.empty((len(runs), 4), np.int64)
    for index, (a, b) in enumerate(runs):
        kept, end = a - reach, a - reach
        for c, d in previous:
            low, high = max(a, c) - reach, min(b, d) + reach
            if high - low > end - kept:
                kept, end = low, high
        plan[index] = a, b, kept, end
    return plan


def _joined(strips: Sequence[_Row], sources: Sequence[Sequence[_Row]]) -> tuple[Strip, ...]:
    joined = (
        Strip(low, high, runs, tuple(source[index][2] for source in sources))
        for index, (low, high, runs) in enumerate(strips)
    )
    return tuple(strip for strip in joined if len(strip.any))
