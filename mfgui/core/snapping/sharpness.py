"""The guide of sharpness: which source is in focus where, with borders on the objects' edges."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, PixelArray, Rect, Size, to_float
from mfgui.core.snapping.decision import MARGIN, View, decided
from mfgui.core.snapping.guide import TILE, GuideKind, Tiles, gathered, tiles_of

_MANY = 6  # sources that are compared in one tile, beside the neighbours of each
_CELL = 16  # pixels of the cells in which the sharpest sources are looked for
_LOOK = 160  # pixels a side of the place where a side is asked for


class SharpnessGuide:
    """Difference of sharpness between the strongest sources.

    Parameters
    ----------
    sources : sequence of (H, W, C) uint8, uint16 or float32
        As stored, all of one size and depth; may be a lazy sequence. Read when a tile is made.
    byte_budget : int
        Upper bound for the tiles kept.

    Notes
    -----
    For two sources `read` is -1 where source 1 is surely in focus, 1 where source 2 is, and
    crosses 0 at the edge. For K > 2 it is 2 n - K - 1 with n the number of the source in
    focus, the same for K = 2 but for how sure it is. A side is the number of a source, its
    evidence compares the source with the sharpest other one. Of a stack in which more than six
    sources are sharp within a tile, six spread over them and the neighbours are compared. A
    tile takes time O(256^2 K), and evidence 1 byte per pixel and side that was asked for.
    """

    kind = GuideKind.SHARPNESS

    def __init__(self, sources: Sequence[PixelArray], *, byte_budget: int = 64 << 20) -> None:
        if not len(sources):
            raise ValueError("a guide needs a source")
        self._sources = sources
        height, width = sources[0].shape[:2]
        self.size = Size(width, height)
        self._tiles = Tiles(byte_budget=byte_budget)

    def read(self, rect: Rect) -> ImageF32:
        k = len(self._sources)
        if k == 1:
            return np.zeros((rect.height, rect.width), np.float32)
        if k == 2:
            return self.evidence(rect, 2)
        return gathered(rect, self._numbers) * np.float32(2) - np.float32(k + 1)

    def ready(self, rect: Rect) -> bool:
        """Whether nothing has to be made for a rectangle inside the picture."""
        k = len(self._sources)
        keys = ((1, 1, tile) if k == 2 else ("numbers", tile) for tile in tiles_of(rect))
        return k == 1 or all(key in self._tiles for key in keys)

    def side(self, rect: Rect, mask: BoolMask) -> float:
        """Number of the source (from 1) that is in focus in most of the mask."""
        k = len(self._sources)
        if k == 1 or not mask.any():
            return 1
        rect, mask = _thinned(rect, mask)
        if k == 2:
            return 1 if self._sureness(rect, mask, 1) >= 0 else 2
        found = self._found(self._window(rect.grown(2 * _CELL), 1))[:3]
        return max(found, key=lambda number: (self._sureness(rect, mask, number), -number))

    def evidence(self, rect: Rect, side: float, *, step: int = 1) -> ImageF32:
        """How surely source `side` is in focus: 1 surely, 0 on the edge, -1 surely not.

        Parameters
        ----------
        rect : Rect
            Inside the picture; `x` and `y` are multiples of `step`.
        step : int
            The sources are reduced by this factor first.

        Returns
        -------
        (ceil(height / step), ceil(width / step)) float32
        """
        k, number = len(self._sources), round(side)
        if k == 1:
            return np.ones((-(-rect.height // step), -(-rect.width // step)), np.float32)
        coarse = Rect(
            rect.x // step, rect.y // step, -(-rect.width // step), -(-rect.height // step)
        )
        sign = -0.01 if k == 2 and number == 2 else 0.01
        stored = 1 if k == 2 else number
        return gathered(coarse, lambda tile: self._decided(tile, stored, step)) * np.float32(sign)

    def _sureness(self, rect: Rect, mask: BoolMask, number: int) -> float:
        return float(self.evidence(rect, number)[mask].mean())

    def _decided(self, tile: Rect, number: int, step: int) -> npt.NDArray[np.int8]:
        """Evidence of one tile of the picture reduced by `step`, in hundredths."""

        def make() -> npt.NDArray[np.int8]:
            window = self._window(tile.grown(MARGIN), step)
            others = self._rivals(number, window)
            mine = View.of(self._pixels(number, window, step))
            views = (View.of(self._pixels(n, window, step)) for n in others)
            values = decided(mine, reduce(View.sharper, views))
            top, left = tile.y - window.y // step, tile.x - window.x // step
            return np.ascontiguousarray(values[top : top + TILE, left : left + TILE])

        return self._tiles.get((step, number, tile), make)

    def _numbers(self, tile: Rect) -> npt.NDArray[np.uint16]:
        """Number of the source in focus."""

        def make() -> npt.NDArray[np.uint16]:
            found = _spread(self._found(self._window(tile.grown(MARGIN), 1)))
            sure = np.stack([self._decided(tile, number, 1) for number in found])
            return np.asarray(np.asarray(found, np.uint16)[sure.argmax(axis=0)])

        return self._tiles.get(("numbers", tile), make)

    def _rivals(self, number: int, window: Rect) -> list[int]:
        """Sources that one is compared with: those sharp nearby, and its neighbours in the stack.

        A deep stack has more of them in a window than can be compared. In one ordered by focus
        those left out lie between others, which are sharper than `number` where they are.
        """
        beside = {number - 1, number + 1} & set(range(1, len(self._sources) + 1))
        chosen = set(_spread(self._found(window))) | (
            beside if len(self._sources) > _MANY else set()
        )
        return sorted(chosen - {number})

    def _window(self, coarse: Rect, step: int) -> Rect:
        """The pixels of the picture under a rectangle of the reduced picture."""
        full = Rect(coarse.x * step, coarse.y * step, coarse.width * step, coarse.height * step)
        return full.intersected(Rect(0, 0, self.size.width, self.size.height))

    def _pixels(self, number: int, window: Rect, step: int) -> ImageF32:
        cut = self._sources[number - 1][window.slices]
        if step > 1:
            shape = (-(-window.width // step), -(-window.height // step))
            cut = cv2.resize(cut, shape, interpolation=cv2.INTER_AREA)
            cut = cut[:, :, None] if cut.ndim == 2 else cut
        return to_float(np.ascontiguousarray(cut))

    def _found(self, window: Rect) -> tuple[int, ...]:
        """Numbers of the sources that are the sharpest or second sharpest of some cell.

        The most frequent ones first, at least two.
        """
        if len(self._sources) == 2:
            return (1, 2)
        found = self._tiles.get(("found", window), lambda: self._searched(window))
        return tuple(found.tolist())

    def _searched(self, window: Rect) -> npt.NDArray[np.uint16]:
        k = len(self._sources)
        shape = (max(1, window.width // _CELL), max(1, window.height // _CELL))
        cells = np.empty((k, shape[1], shape[0]), np.float32)
        for index in range(k):
            grey = _grey(self._sources[index][window.slices])
            response = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
            cells[index] = cv2.resize(response, shape, interpolation=cv2.INTER_AREA)
        first = np.bincount(cells.argmax(axis=0).ravel(), minlength=k)
        np.put_along_axis(cells, cells.argmax(axis=0)[None], -1, axis=0)
        second = np.bincount(cells.argmax(axis=0).ravel(), minlength=k)
        # Whoever is second somewhere is worth less than whoever is first there.
        worth = 4 * first + second
        order = sorted(range(k), key=lambda index: (-int(worth[index]), index))
        found = [index + 1 for index in order if worth[index] > 0]
        both = found if len(found) > 1 else [index + 1 for index in order[:2]]
        return np.asarray(both, np.uint16)


def _spread(found: Sequence[int]) -> list[int]:
    """At most `_MANY` of some numbers in order, evenly spread over them."""
    ordered = sorted(found)
    if len(ordered) <= _MANY:
        return ordered
    places = np.linspace(0, len(ordered) - 1, _MANY).round().astype(int)
    return [ordered[place] for place in places.tolist()]


def _grey(pixels: PixelArray) -> npt.NDArray[Any]:
    if pixels.shape[2] == 1:
        return np.ascontiguousarray(pixels[:, :, 0])
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))


def _thinned(rect: Rect, mask: BoolMask) -> tuple[Rect, BoolMask]:
    """At most the middle part of a large mask: a side is that of the place, not of the picture."""
    if max(rect.width, rect.height) <= _LOOK:
        return rect, mask
    rows, columns = np.nonzero(mask)
    middle = len(rows) // 2
    place = Rect(int(columns[middle]), int(rows[middle]), 1, 1).grown(_LOOK // 2)
    inner = place.intersected(Rect(0, 0, rect.width, rect.height))
    return Rect(rect.x + inner.x, rect.y + inner.y, inner.width, inner.height), mask[inner.slices]
