"""How far every pixel is from a change of label, kept in step with the map while it is wanted."""

from __future__ import annotations

import numpy as np

from mfgui.app.desk import Desk
from mfgui.app.plane_tasks import measuring_distances
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.events import BandChanged, MapChanged, MapPatched, SetClosed, SetOpened
from mfgui.core.planes import MOST_DISTANCE
from mfgui.jobs.pool import TaskFailed

NOWHERE = Rect(0, 0, 0, 0)
_AT_ONCE = 1 << 20  # pixels; so few go before other tasks, because they follow the brush


class Distances:
    """The plane of `core.planes.distances` of the session's map.

    After a change of the map only what is near it is computed again, and what was there before
    stays until then.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._plane: ImageU8 | None = None
        self._stale = NOWHERE
        self._job: object | None = None
        self._wanted = False
        desk.notifier.connect(self._take)

    @property
    def plane(self) -> ImageU8 | None:
        """(H, W) uint8, which is changed in place; None before the first and without a map."""
        return self._plane

    def want(self, on: bool) -> None:
        """Whether a view shows it."""
        self._wanted = on
        if on:
            self._begin()

    def abandon(self) -> None:
        """Forget everything: the set is being left, or the window closes."""
        self._plane = self._job = None
        self._stale = NOWHERE

    def _take(self, change: object) -> None:
        if isinstance(change, SetOpened | SetClosed) or (
            isinstance(change, MapChanged) and self._desk.session.focus_map is None
        ):
            self.abandon()
            self._desk.notifier.emit(BandChanged(None))
        elif isinstance(change, MapChanged | MapPatched):
            # Without a plane all of it is computed when it is asked for.
            if self._plane is not None or self._job is not None:
                whole = self._whole()
                near = whole if isinstance(change, MapChanged) else change.rect
                near = near.grown(MOST_DISTANCE).intersected(whole)
                self._stale = self._stale.united(near)
            if self._wanted:
                self._begin()

    def _begin(self) -> None:
        focus_map = self._desk.session.focus_map
        rect = self._whole() if self._plane is None else self._stale
        if focus_map is None or self._job is not None or rect.empty:
            return
        self._stale = NOWHERE
        around = rect.grown(MOST_DISTANCE).intersected(self._whole())
        labels = focus_map.labels[around.slices].copy()
        inner = Rect(rect.x - around.x, rect.y - around.y, rect.width, rect.height)
        job = self._job = object()
        self._desk.submit(
            measuring_distances(labels, inner),
            done=lambda value: self._on_measured(job, rect, value),
            failed=lambda failure: self._on_failed(job, rect, failure),
            urgent=around.width * around.height <= _AT_ONCE,
        )

    def _on_measured(self, job: object, rect: Rect, value: object) -> None:
        if job is not self._job:
            return  # its set or its map was left
        self._job = None
        assert isinstance(value, np.ndarray)
        if self._plane is None:
            self._plane = value
        else:
            self._plane[rect.slices] = value
        self._desk.notifier.emit(BandChanged(rect))
        if self._wanted:
            self._begin()

    def _on_failed(self, job: object, rect: Rect, failure: TaskFailed) -> None:
        if job is not self._job:
            return
        self._job = None
        self._stale = self._stale.united(rect)
        self._desk.failing("the picture and its map are as they were")(failure)

    def _whole(self) -> Rect:
        stack = self._desk.session.stack
        return NOWHERE if stack is None else Rect(0, 0, stack.size.width, stack.size.height)
