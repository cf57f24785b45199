"""Planes of local Q of the pictures that are compared, and of the distances from label changes.

Everything is measured against the present map with one window for all pictures, so that methods
can be compared.
"""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from mfgui.app.desk import Desk
from mfgui.app.distances import NOWHERE, Distances
from mfgui.app.plane_tasks import Piece, measuring_q
from mfgui.app.reading import reader_of
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.comparison import TRUTH
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.events import (
    Change,
    MapChanged,
    MapPatched,
    PicturePatched,
    PlaneChanged,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    TruthChanged,
)
from mfgui.core.planes import LevelsQ
from mfgui.jobs.pool import TaskFailed
from mfgui.methods.optimise.mffssim.window import window_size

BUDGET = 512 << 20  # bytes of planes that no view shows now
_SIDE = 512  # pixels of a tile
_MOST_PIECES = 16  # of a job, whose labels are copied on the interface thread

_Place = tuple[int, int]  # row and column of a tile


@dataclass(eq=False)
class _Plane:
    """Levels of one picture, and what of each tile is still to be computed.

    `guard` is that of the result: as long as it is the same, only the pixels that are told of
    by `PicturePatched` differ from those that were measured.
    """

    levels: LevelsQ = field(repr=False)
    due: dict[_Place, Rect] = field(repr=False)
    guard: AbstractContextManager[object] | None = None


@dataclass(eq=False)
class _Job:
    """Pieces in the pool with their planes; what was not reported in the end is due again."""

    pieces: dict[Piece, _Plane]
    ending: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


class Planes:
    """Local Q of every picture that `reader_of` reads, as levels of `core.planes`.

    Nothing is computed that was not asked for: tiles of what the panes show, nearest to the
    middle first. After a change only what depends on it is computed again.

    Parameters
    ----------
    budget : int
        Bytes; planes that no pane shows are dropped beyond it, the least recently shown first.
    """

    def __init__(self, desk: Desk, *, budget: int = BUDGET) -> None:
        self._desk = desk
        self._budget = budget
        self._planes: OrderedDict[str, _Plane] = OrderedDict()
        self._keys: tuple[str, ...] = ()
        self._rect = NOWHERE
        self._job: _Job | None = None
        self._failed = False
        self._distances = Distances(desk)
        desk.notifier.connect(self._take)

    @property
    def window(self) -> int | None:
        """Side of the window that all pictures are measured with; None for pictures that are
        smaller than the least one."""
        stack = self._desk.session.stack
        if stack is None:
            return None
        try:
            return window_size("released", stack.size)
        except UsageError:
            return None

    def want(self, keys: Sequence[str], rect: Rect) -> None:
        """The panes show `rect` of these pictures from here on; nothing for no keys."""
        wish = tuple(dict.fromkeys(keys)), rect.intersected(self._whole())
        if wish == (self._keys, self._rect):
            return
        self._failed = self._failed and wish[0] == self._keys
        self._keys, self._rect = wish
        for key in self._keys:
            if key in self._planes:
                self._planes.move_to_end(key)
        if self._job is not None:
            self._job.ending.set()
        self._begin()

    def q(self, key: str) -> LevelsQ | None:
        """Levels of local Q, (H, W) uint16, which are changed in place: 0 where nothing is known
        yet and where there is no window. None before the first, and after the plane has been
        dropped."""
        plane = self._planes.get(key)
        return None if plane is None else plane.levels

    def is_busy(self, key: str) -> bool:
        """Whether something of what the panes show of `key` is yet to be computed."""
        plane = self._planes.get(key)
        if self._job is not None and any(piece.key == key for piece in self._job.pieces):
            return True
        if key not in self._keys or self._failed or not self._can(key):
            return False
        if plane is None:
            return not self._rect.empty
        return any(True for _ in self._due_of(plane))

    def want_distance(self, on: bool) -> None:
        """Whether the panes show how far pixels are from a label change."""
        self._distances.want(on)

    @property
    def distance(self) -> ImageU8 | None:
        """Distances from label changes, (H, W) uint8, see `core.planes.distances`."""
        return self._distances.plane

    def abandon(self) -> None:
        """Forget everything: the set is being left, or the window closes."""
        self._stop()
        self._planes.clear()
        self._keys, self._rect = (), NOWHERE
        self._failed = False
        self._distances.abandon()

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self.abandon()
            self._desk.notifier.emit(PlaneChanged("", NOWHERE))
        elif isinstance(change, MapChanged):
            self._stop()
            self._planes.clear()
            self._failed = False
            self._desk.notifier.emit(PlaneChanged("", self._whole()))
            self._begin()
        elif isinstance(change, MapPatched):
            for plane in self._planes.values():
                self._outdate(plane, change.rect)  # a label counts for its own window only
            self._begin()
        elif isinstance(change, PicturePatched):
            if (patched := self._planes.get(change.key)) is not None:
                self._outdate(patched, change.rect.grown((self.window or 1) // 2))
                self._begin()
        elif isinstance(change, ResultAdded | ResultRemoved):
            self._look_again(change.run_id)
        elif isinstance(change, TruthChanged):
            self._drop(TRUTH)
            self._begin()

    def _look_again(self, run_id: int) -> None:
        """A result is another one, or there is none any more."""
        result = self._desk.session.results.get(run_id)
        for key in [key for key in self._planes if key.split(":")[:2] == ["result", str(run_id)]]:
            guard = self._planes[key].guard
            if result is None or guard is None or guard is not result.guard:
                self._drop(key)
        self._begin()

    def _drop(self, key: str) -> None:
        if self._planes.pop(key, None) is not None:
            self._desk.notifier.emit(PlaneChanged(key, NOWHERE))

    def _outdate(self, plane: _Plane, rect: Rect) -> None:
        for place, tile in self._tiles(rect.intersected(self._whole())):
            part = tile.intersected(rect)
            plane.due[place] = plane.due.get(place, NOWHERE).united(part)

    def _begin(self) -> None:
        """Compute what is wanted and due, unless something is being computed."""
        session, window = self._desk.session, self.window
        if self._job is not None or self._failed or session.focus_map is None or window is None:
            return
        assert session.stack is not None
        pieces = self._next_pieces()
        if not pieces:
            return
        job = self._job = _Job(pieces)
        self._desk.submit(
            measuring_q(
                session.stack,
                tuple(pieces),
                window=window,
                ending=job.ending,
                compute=Compute(threads=self._desk.backend.threads, checkpoint=job.check),
            ),
            part=lambda value: self._on_piece_measured(job, value),
            done=lambda _nothing: self._on_ended(job),
            failed=lambda failure: self._on_failed(job, failure),
        )

    def _next_pieces(self) -> dict[Piece, _Plane]:
        """What is due and nearest to the middle of what is shown; all pictures of a tile follow
        one another."""
        session = self._desk.session
        assert session.focus_map is not None
        x, y = self._rect.x + self._rect.width / 2, self._rect.y + self._rect.height / 2
        due: list[tuple[float, _Place, int]] = []
        for order, key in enumerate(self._keys):
            if not self._can(key):
                continue
            for place, tile in self._due_of(self._plane(key)):
                across, down = tile.x + tile.width / 2 - x, tile.y + tile.height / 2 - y
                due.append((across * across + down * down, place, order))
        pieces: dict[Piece, _Plane] = {}
        for _, place, order in heapq.nsmallest(_MOST_PIECES, due):
            key = self._keys[order]
            plane, reader = self._planes[key], reader_of(session, key)
            assert reader is not None
            rect = plane.due.pop(place)
            labels = session.focus_map.labels[rect.slices].copy()
            pieces[Piece(key, rect, labels, reader)] = plane
        return pieces

    def _due_of(self, plane: _Plane) -> Iterator[tuple[_Place, Rect]]:
        """Tiles of what is shown of which something is due, whole."""
        for place, tile in self._tiles(self._rect):
            if place in plane.due:
                yield place, tile

    def _tiles(self, rect: Rect) -> Iterator[tuple[_Place, Rect]]:
        """All tiles that `rect`, inside the picture, has a part of."""
        if rect.empty:
            return
        whole = self._whole()
        for row in range(rect.y // _SIDE, (rect.bottom - 1) // _SIDE + 1):
            for column in range(rect.x // _SIDE, (rect.right - 1) // _SIDE + 1):
                tile = Rect(column * _SIDE, row * _SIDE, _SIDE, _SIDE)
                yield (row, column), tile.intersected(whole)

    def _can(self, key: str) -> bool:
        return reader_of(self._desk.session, key) is not None

    def _plane(self, key: str) -> _Plane:
        """The plane of a picture, a new one where there is none."""
        plane = self._planes.get(key)
        if plane is None:
            whole, guard = self._whole(), None
            kind, _, rest = key.partition(":")
            if kind == "result":
                guard = self._desk.session.results[int(rest.partition(":")[0])].guard
            # Zeros of this size take no memory before they are written.
            levels = np.zeros((whole.height, whole.width), np.uint16)
            plane = self._planes[key] = _Plane(levels, dict(self._tiles(whole)), guard)
            self._make_room()
        return plane

    def _make_room(self) -> None:
        """Drop what no pane shows, the least recently shown first."""
        total = sum(plane.levels.nbytes for plane in self._planes.values())
        for key in [key for key in self._planes if key not in self._keys]:
            if total <= self._budget:
                return
            total -= self._planes[key].levels.nbytes
            self._drop(key)

    def _on_piece_measured(self, job: _Job, value: object) -> None:
        assert isinstance(value, tuple)
        piece, levels = value
        plane = job.pieces.pop(piece, None)
        if plane is None or self._planes.get(piece.key) is not plane:
            return  # it was dropped
        plane.levels[piece.rect.slices] = levels
        self._desk.notifier.emit(PlaneChanged(piece.key, piece.rect))

    def _on_ended(self, job: _Job) -> None:
        for piece, plane in job.pieces.items():
            self._outdate(plane, piece.rect)
        if job is self._job:
            self._job = None
            self._begin()

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if job is not self._job:
            return
        self._failed = True  # it would only fail again
        self._on_ended(job)
        self._desk.failing("the pictures and their map are as they were")(failure)

    def _stop(self) -> None:
        """End the job; what it had begun is given up with its planes."""
        if self._job is not None:
            self._job.stopped.set()
            self._job.pieces.clear()
            self._job = None

    def _whole(self) -> Rect:
        stack = self._desk.session.stack
        return NOWHERE if stack is None else Rect(0, 0, stack.size.width, stack.size.height)
