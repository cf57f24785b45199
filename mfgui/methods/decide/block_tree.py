"""A picture cut into quarters again and again, until one source dominates each block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, Size
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.planes import Plane

_FINE = 6  # levels below this one are kept only around the picture, not for the whole square


@dataclass(eq=False)
class _Level:
    """Of each block: the largest and the smallest sum of a source, and whose the largest is."""

    best: Plane
    least: Plane
    name: LabelArray


class _Axis:
    """Rows or columns of a picture in the middle of a square, mirrored to fill it."""

    def __init__(self, length: int, side: int, level: int) -> None:
        self.start = (side - length) // 2
        end = self.start + length
        # Blocks of `level` that have a part of the picture, and what of them lies outside.
        self.blocks = slice(self.start >> level, ((end - 1) >> level) + 1)
        self.margins = (
            self.start - (self.blocks.start << level),
            (self.blocks.stop << level) - end,
        )
        places = np.pad(np.arange(length), (self.start, side - end), mode="symmetric")
        # How often each row of the picture is in each block of the square.
        self.counts: Plane = np.zeros((side >> level, length), np.float32)
        np.add.at(self.counts, (np.arange(side) >> level, places), 1.0)

    def within(self, length: int) -> slice:
        """The picture in its covering blocks."""
        return slice(self.margins[0], self.margins[0] + length)


class BlockTree:
    """Labels by the largest block in which one source dominates.

    The picture lies in the middle of the smallest square around it whose side is a power of two,
    mirrored (edges repeated) to fill it. In a block, let `ahead` be the difference of the largest
    and the smallest sum of a source's measure, and `spread` the sum of the differences of the
    largest and the smallest measure of each pixel. A block belongs to the source with the
    largest sum when ``ahead >= dominance * spread > 0``; else it is cut into quarters, down to
    pixels.

    Parameters
    ----------
    size : Size
        Of the picture.
    sources : int
        How many measures will be added.

    Notes
    -----
    Time O(H W) per source; memory some 25 bytes per pixel, whatever the number of sources.
    """

    def __init__(self, size: Size, sources: int, *, compute: Compute) -> None:
        self._top = (max(size.width, size.height) - 1).bit_length()
        self._fine = min(_FINE, self._top)
        self._rows = _Axis(size.height, 1 << self._top, self._fine)
        self._columns = _Axis(size.width, 1 << self._top, self._fine)
        self._within = self._rows.within(size.height), self._columns.within(size.width)
        self._kind = label_dtype(sources)
        self._compute = compute
        self._levels: list[_Level] = []  # from pixels on, then blocks of 2 x 2, of 4 x 4, ...
        self._added = 0

    def add(self, measure: Plane) -> None:
        """The measure of the next source, (H, W) float32, not below 0."""
        self._added += 1
        sums = self._sums(measure)
        if self._added == 1:
            self._levels = [
                _Level(plane.copy(), plane.copy(), np.ones(plane.shape, self._kind))
                for plane in sums
            ]
            return
        for level, plane in zip(self._levels, sums, strict=True):
            self._compute.checkpoint()
            level.name[plane > level.best] = self._added
            np.maximum(level.best, plane, out=level.best)
            np.minimum(level.least, plane, out=level.least)

    def labels(self, dominance: float) -> LabelArray:
        """(H, W): 1 for the measure added first; 0 where all measures of a pixel are equal."""
        pixels = self._levels[0]
        spreads = self._sums(pixels.best - pixels.least)
        chosen: LabelArray = np.zeros(self._levels[-1].name.shape, self._kind)
        for number in range(self._top, -1, -1):
            self._compute.checkpoint()
            level, spread = self._levels[number], spreads[number]
            if number == 0:
                chosen = chosen[self._within]
            hit = (level.best - level.least >= dominance * spread) & (spread > 0)
            hit &= chosen == 0
            self._compute.checkpoint()
            chosen[hit] = level.name[hit]
            if number == self._fine:
                chosen = chosen[self._rows.blocks, self._columns.blocks]
            if number > 0:
                chosen = chosen.repeat(2, axis=0).repeat(2, axis=1)
        return np.ascontiguousarray(chosen)

    def _sums(self, plane: Plane) -> list[Plane]:
        """The plane, its sums in blocks of 2 x 2, ..., and in the whole square.

        Up to the level of `_FINE` of the blocks that have a part of the picture, then of all.
        """
        sums = [plane]
        finer = np.pad(plane, (self._rows.margins, self._columns.margins), mode="symmetric")
        while len(sums) < self._fine:
            self._compute.checkpoint()
            finer = _quartered(finer)
            sums.append(finer)
        if self._top > 0:
            self._compute.checkpoint()
            rows: Plane = self._rows.counts @ plane
            sums.append(np.asarray(rows @ self._columns.counts.T, np.float32))
        while len(sums) <= self._top:
            sums.append(_quartered(sums[-1]))
        return sums


def _quartered(plane: npt.NDArray[Any]) -> Plane:
    """Sums of 2 x 2."""
    halves = plane[0::2] + plane[1::2]
    return np.asarray(halves[:, 0::2] + halves[:, 1::2], np.float32)
