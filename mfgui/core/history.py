"""Undo and redo: steps in their order, and the steps of the focus map as deltas of tiles."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, Rect
from mfgui.core.labels import FocusMap

TILE = 256
BUDGET = 512 << 20  # bytes
LEAST_STEPS = 200  # are kept even above the budget

_Stored = LabelArray | int | bytes  # labels; the one label of a flat tile; packed labels


class Step(Protocol):
    """Something that was done and can be undone."""

    name: str

    @property
    def nbytes(self) -> int: ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...

    def pack(self) -> None:
        """Take less memory from here on, if it can."""


@dataclass(eq=False)
class Action:
    """A step of two functions, for everything that is not the map's labels."""

    name: str
    undoing: Callable[[], None]
    redoing: Callable[[], None]
    nbytes: int = 0

    def undo(self) -> None:
        self.undoing()

    def redo(self) -> None:
        self.redoing()

    def pack(self) -> None:
        """There is nothing to pack."""


class History:
    """Steps, and how many of them are done. The oldest go when there is no room for them.

    Parameters
    ----------
    budget : int
        Bytes for all steps together. Above it the oldest steps are packed, then forgotten.
    least : int
        So many of the newest steps are never forgotten.
    """

    def __init__(self, *, budget: int = BUDGET, least: int = LEAST_STEPS) -> None:
        self._budget = budget
        self._least = least
        self._steps: list[Step] = []
        self._position = 0
        self._saved: int | None = 0
        self.forgotten = 0
        """How many of the oldest steps have gone for want of room."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, oldest first."""
        return tuple(self._steps)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all steps, oldest first; those from `position` on are undone."""
        return tuple(step.name for step in self._steps)

    @property
    def position(self) -> int:
        """How many steps are done."""
        return self._position

    @property
    def undo_name(self) -> str:
        """Name of the step that `undo` would take back, or empty."""
        return self._steps[self._position - 1].name if self._position else ""

    @property
    def redo_name(self) -> str:
        """Name of the step that `redo` would do again, or empty."""
        return self._steps[self._position].name if self._position < len(self._steps) else ""

    @property
    def nbytes(self) -> int:
        return sum(step.nbytes for step in self._steps)

    @property
    def modified(self) -> bool:
        """Whether the present state differs from the one that was saved last."""
        return self._saved != self._position

    @property
    def saved_position(self) -> int | None:
        """Where the last save was; None when no step leads there any more."""
        return self._saved

    def mark_saved(self) -> None:
        """The present state is what the file holds."""
        self._saved = self._position

    def mark_unsaved(self) -> None:
        """No state is what a file holds, as in a session brought back after a crash."""
        self._saved = None

    def push(self, step: Step) -> None:
        """Add a step that has been done; steps that were undone are forgotten."""
        del self._steps[self._position :]
        self.insert(step)

    def insert(self, step: Step) -> None:
        """Add a step that has been done and has nothing to do with those that were undone, such
        as a run that ends: they can still be redone."""
        if self._saved is not None and self._saved > self._position:
            self._saved = None
        self._steps.insert(self._position, step)
        self._position += 1
        self._make_room()

    def undo(self) -> Step | None:
        """Take back the newest step that is done; returns it, None when there is none."""
        if self._position == 0:
            return None
        self._position -= 1
        step = self._steps[self._position]
        step.undo()
        return step

    def redo(self) -> Step | None:
        """Do the step again that was taken back last."""
        if self._position == len(self._steps):
            return None
        step = self._steps[self._position]
        self._position += 1
        step.redo()
        return step

    def go_to(self, position: int) -> None:
        """Undo or redo until `position` steps are done; ValueError when there are not so many."""
        if not 0 <= position <= len(self._steps):
            raise ValueError(f"position {position} of {len(self._steps)} steps")
        while self._position > position:
            self.undo()
        while self._position < position:
            self.redo()

    def clear(self) -> None:
        """Forget every step; the present state counts as saved."""
        self._steps.clear()
        self._position, self._saved, self.forgotten = 0, 0, 0

    def _make_room(self) -> None:
        total = self.nbytes
        for step in self._steps[:-1]:
            if total <= self._budget:
                return
            total -= step.nbytes
            step.pack()
            total += step.nbytes
        while total > self._budget and len(self._steps) > self._least:
            if self._position <= 1:
                # Steps that were undone: the newest of them is the last to be done again.
                total -= self._steps.pop().nbytes
                continue
            total -= self._steps.pop(0).nbytes
            self._position -= 1
            self.forgotten += 1
            if self._saved is not None:
                self._saved = self._saved - 1 if self._saved > 0 else None


@dataclass(eq=False)
class TileDelta:
    """The labels that some tiles of a map had, or will have again: undo and redo exchange them.

    Attributes
    ----------
    rect : Rect
        Contains every pixel that the step changes.
    changed : callable
        Told of `rect` after each exchange.
    revision : int
        Of the map, after the next exchange.
    counts : (256,) or (65536,)
        What the counts of the labels will grow by.
    """

    name: str
    focus_map: FocusMap = field(repr=False)
    rect: Rect
    changed: Callable[[Rect], None] = field(repr=False)
    tiles: dict[tuple[int, int], _Stored] = field(repr=False)
    revision: int
    counts: npt.NDArray[np.int64] = field(repr=False)
    _nbytes: int | None = field(default=None, init=False, repr=False)  # until the tiles change

    @property
    def nbytes(self) -> int:
        if self._nbytes is None:
            self._nbytes = sum(_size(stored) for stored in self.tiles.values())
        return self._nbytes

    def undo(self) -> None:
        self._exchange()

    def redo(self) -> None:
        self._exchange()

    def pack(self) -> None:
        """Compress the tiles; label maps shrink to about a hundredth."""
        for key, stored in self.tiles.items():
            if isinstance(stored, np.ndarray):
                self.tiles[key] = zlib.compress(stored.tobytes(), 1)
                self._nbytes = None

    def _exchange(self) -> None:
        revision = self.focus_map.revision
        for (row, column), stored in self.tiles.items():
            rect = _tile_rect(self.focus_map, row, column)
            now = _copied(self.focus_map, rect)
            self.focus_map.write(rect, _unpacked(stored, now), count=False)
            self.tiles[row, column] = _flat(now)
        self._nbytes = None
        self.focus_map.add_counts(self.counts)
        self.counts = -self.counts
        self.focus_map.revision, self.revision = self.revision, revision
        self.changed(self.rect)


class Recorder:
    """Writes to a map during one gesture and remembers what the tiles held before.

    Time and memory of a gesture grow with the tiles it touches, not with the map.
    """

    def __init__(self, focus_map: FocusMap, name: str, changed: Callable[[Rect], None]) -> None:
        self._map = focus_map
        self._name = name
        self._changed = changed
        self._before: dict[tuple[int, int], LabelArray] = {}
        self._rect = Rect(0, 0, 0, 0)
        self._revision = focus_map.revision
        self._counts = focus_map.counts()

    @property
    def rect(self) -> Rect:
        """Contains everything written so far."""
        return self._rect

    def write(self, rect: Rect, labels: LabelArray) -> None:
        """Replace the labels of a rectangle inside the map."""
        for row, column in _tiles_of(rect):
            if (row, column) not in self._before:
                tile = _tile_rect(self._map, row, column)
                self._before[row, column] = _copied(self._map, tile)
        self._rect = self._rect.united(rect)
        self._map.write(rect, labels)

    def commit(self) -> TileDelta | None:
        """The gesture as a step, None when it changed nothing in the end."""
        tiles: dict[tuple[int, int], _Stored] = {
            (row, column): _flat(before)
            for (row, column), before in self._before.items()
            if not np.array_equal(
                before, self._map.labels[_tile_rect(self._map, row, column).slices]
            )
        }
        if not tiles:
            self._map.revision = self._revision
            return None
        counts = self._map.counts() - self._counts
        return TileDelta(
            self._name, self._map, self._rect, self._changed, tiles, self._revision, -counts
        )

    def abort(self) -> Rect:
        """Put everything back; returns where."""
        for (row, column), before in self._before.items():
            self._map.write(_tile_rect(self._map, row, column), before)
        self._before.clear()
        self._map.revision = self._revision
        return self._rect


def _tiles_of(rect: Rect) -> Iterator[tuple[int, int]]:
    for row in range(rect.y // TILE, -(-rect.bottom // TILE)):
        for column in range(rect.x // TILE, -(-rect.right // TILE)):
            yield row, column


def _tile_rect(focus_map: FocusMap, row: int, column: int) -> Rect:
    size = focus_map.size
    frame = Rect(0, 0, size.width, size.height)
    return Rect(column * TILE, row * TILE, TILE, TILE).intersected(frame)


def _copied(focus_map: FocusMap, rect: Rect) -> LabelArray:
    return np.array(focus_map.labels[rect.slices], order="C", copy=True)


def _flat(labels: LabelArray) -> LabelArray | int:
    """The one label of a tile that has no other, else the tile."""
    first = int(labels.flat[0])
    return first if (labels == first).all() else labels


def _unpacked(stored: _Stored, like: LabelArray) -> LabelArray:
    if isinstance(stored, bytes):
        return np.frombuffer(zlib.decompress(stored), like.dtype).reshape(like.shape)
    if isinstance(stored, int):
        return np.full_like(like, stored)
    return stored


def _size(stored: _Stored) -> int:
    if isinstance(stored, np.ndarray):
        return int(stored.nbytes)
    return len(stored) if isinstance(stored, bytes) else 0
