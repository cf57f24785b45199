"""What a guide is: a grey picture whose edges are those of the objects, kept in tiles."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, Rect, Size

TILE = 256


class GuideKind(StrEnum):
    """Where the edges come from."""

    SHARPNESS = "sharpness"
    LUMINANCE = "luminance"
    FUSED = "fused"


class Guide(Protocol):
    """A grey picture whose edges are those of the objects.

    `read(rect)` gives (rect.height, rect.width) float32 for a rectangle inside the picture,
    computed when it is first asked for and kept in tiles: every rectangle has the values of the
    whole. `ready(rect)` tells whether that would be quick. `size` is that of the picture.
    """

    kind: GuideKind
    size: Size

    def read(self, rect: Rect) -> ImageF32: ...

    def ready(self, rect: Rect) -> bool: ...


@runtime_checkable
class SidedGuide(Protocol):
    """A guide that knows by itself which pixels belong together."""

    def side(self, rect: Rect, mask: BoolMask) -> float:
        """The side that most of a mask lies on."""

    def evidence(self, rect: Rect, side: float, *, step: int = 1) -> ImageF32:
        """How surely each pixel lies on a side: 1 surely, 0 on the edge, -1 surely not.

        Every `step`-th value of either direction, (ceil(height / step), ceil(width / step)).
        """


class Tiles:
    """Arrays under one byte budget, the least recently used dropped first; for any thread.

    The array asked for is always kept, so one may exceed the budget.
    """

    def __init__(self, *, byte_budget: int) -> None:
        self._budget = byte_budget
        self._kept: OrderedDict[Hashable, npt.NDArray[Any]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        return self._bytes

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def get(self, key: Hashable, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        # Not under the lock: two threads may make one tile, but none waits for another's.
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += made.nbytes
            while self._bytes > self._budget and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return made


def tiles_of(rect: Rect, *, side: int = TILE) -> Iterator[Rect]:
    """The squares of a grid of `side` pixels that a rectangle touches.

    >>> [tile.x for tile in tiles_of(Rect(200, 0, 100, 5))]
    [0, 256]
    """
    for row in range(rect.y // side, -(-rect.bottom // side)):
        for column in range(rect.x // side, -(-rect.right // side)):
            yield Rect(column * side, row * side, side, side)


def gathered(rect: Rect, tile_at: Callable[[Rect], npt.NDArray[Any]]) -> ImageF32:
    """A rectangle put together from its tiles; `tile_at` gives them, cut at the picture's end."""
    values = np.empty((rect.height, rect.width), np.float32)
    for tile in tiles_of(rect):
        part = tile_at(tile)
        both = rect.intersected(tile)
        rows, columns = both.slices
        inner = part[rows.start - tile.y : rows.stop - tile.y]
        values[rows.start - rect.y : rows.stop - rect.y, columns.start - rect.x :][
            :, : both.width
        ] = inner[:, columns.start - tile.x : columns.stop - tile.x]
    return values
