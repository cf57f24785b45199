"""Heat maps of the picture that is looked at, kept in step with the map."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mfgui.app.desk import Desk
from mfgui.app.doubt_tasks import Subject, measuring
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.events import (
    HeatChanged,
    MapChanged,
    MapPatched,
    PicturePatched,
    ResultAdded,
    ResultMoved,
    ResultRemoved,
    SetClosed,
    SetOpened,
    ShownChanged,
)
from mfgui.core.heat import MEASURED, HeatKind
from mfgui.core.result import Result
from mfgui.jobs.pool import TaskFailed

NOWHERE = Rect(0, 0, 0, 0)


@dataclass(eq=False)
class _Job:
    """One task of the pool."""

    rect: Rect
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


@dataclass(eq=False)
class _Kept:
    """Levels of one kind, and where they are no longer true."""

    levels: ImageU8 | None = None
    stale: Rect = NOWHERE
    job: _Job | None = None
    waiting: list[Callable[[], None]] = field(default_factory=list)


class HeatControl:
    """Local Q and confidence of every pixel, as levels of `core.heat`.

    Local Q is that of the result on the canvas, else of the newest one, else of the composite
    of the map. Nothing is computed that was not asked for. After a change only what depends on
    it is stale; `renew` computes that again.
    """

    def __init__(self, desk: Desk, view: ViewControl) -> None:
        self._desk = desk
        self._view = view
        self._kept = {kind: _Kept() for kind in MEASURED}
        self._subject: Result | None = None
        self.wanted: HeatKind | None = None
        desk.notifier.connect(self._take)

    def want(self, kind: HeatKind | None) -> None:
        """The canvas shows `kind` from here on; None for none of them."""
        self.wanted = kind
        self.renew()

    def levels(self, kind: HeatKind) -> ImageU8 | None:
        """The newest levels, (H, W) uint8, which are changed in place; None before the first."""
        return self._kept[kind].levels

    def is_current(self, kind: HeatKind) -> bool:
        """Whether the levels belong to the present map and picture."""
        kept = self._kept[kind]
        return kept.levels is not None and kept.stale.empty and kept.job is None

    def is_busy(self, kind: HeatKind) -> bool:
        """Whether they are being computed."""
        return self._kept[kind].job is not None

    def renew(self) -> None:
        """Compute again what the canvas shows, if it is stale: to be called when edits settle."""
        if self.wanted is not None:
            self._begin(self.wanted)

    def ensure(self, kind: HeatKind, then: Callable[[], None]) -> None:
        """Call `then` once the levels of `kind` are current, or cannot be."""
        self._begin(kind)
        if self._kept[kind].job is None:
            then()
        else:
            self._kept[kind].waiting.append(then)

    def abandon(self) -> None:
        """Forget everything: the set is being left, or the window closes."""
        for kind, kept in self._kept.items():
            if kept.job is not None:
                kept.job.stopped.set()
            self._kept[kind] = _Kept()
        self._subject = None

    def _take(self, change: object) -> None:
        whole = self._whole()
        if isinstance(change, SetOpened | SetClosed):
            self.abandon()
            for kind in MEASURED:
                self._desk.notifier.emit(HeatChanged(kind))
            if isinstance(change, SetOpened):
                self.renew()
        elif isinstance(change, MapPatched):
            self._outdate(change.rect)
        elif isinstance(change, MapChanged):
            self._outdate(whole)
        elif isinstance(change, PicturePatched):
            if self._subject is not None and change.key.startswith("result:"):
                self._outdate(change.rect)
        elif isinstance(change, ResultAdded | ResultRemoved | ShownChanged):
            self._look_again()
        elif isinstance(change, ResultMoved) and self._subject is change.before:
            self._subject = change.after

    def _look_again(self) -> None:
        """Another picture may be looked at."""
        before, self._subject = self._subject, self._choose()
        if not _same_pixels(before, self._subject):
            self._outdate(self._whole())

    def _choose(self) -> Result | None:
        """The shown result; while a source is shown the one before, else the newest."""
        session = self._desk.session
        shown = self._view.shown_result()
        if shown is not None:
            return session.results[shown]
        if session.shown == "composite" or not session.results:
            return None
        there = self._subject is not None and any(
            _same_pixels(self._subject, result) for result in session.results.values()
        )
        return self._subject if there else next(reversed(session.results.values()))

    def _outdate(self, rect: Rect) -> None:
        """Labels or pixels in `rect` have changed: local Q has around them."""
        kept, stack = self._kept[HeatKind.LOCAL_Q], self._desk.session.stack
        if stack is None or rect.empty or (kept.levels is None and kept.job is None):
            return
        reach = self._reach()
        kept.stale = kept.stale.united(rect.grown(reach).intersected(self._whole()))
        self._desk.notifier.emit(HeatChanged(HeatKind.LOCAL_Q, NOWHERE))

    def _reach(self) -> int:
        window = None if self._subject is None else self._subject.window
        return 12 if window is None else window // 2  # 25 is the most that the rule gives

    def _begin(self, kind: HeatKind) -> None:
        kept, session = self._kept[kind], self._desk.session
        rect = self._whole() if kept.levels is None else kept.stale
        if session.stack is None or kept.job is not None or rect.empty:
            return
        labels = None
        if kind is HeatKind.LOCAL_Q:
            if session.focus_map is None:
                return
            labels = session.focus_map.snapshot()
            self._subject = self._choose()
        subject = Subject(session.stack, labels, self._subject)
        job = kept.job = _Job(rect)
        kept.stale = NOWHERE
        compute = Compute(threads=self._desk.backend.threads, checkpoint=job.check)
        self._desk.submit(
            measuring(subject, kind, rect, compute=compute),
            done=lambda value: self._on_measured(kind, job, value),
            failed=lambda failure: self._on_failed(kind, job, failure),
        )
        self._desk.notifier.emit(HeatChanged(kind, NOWHERE))

    def _on_measured(self, kind: HeatKind, job: _Job, value: object) -> None:
        kept = self._kept[kind]
        if job is not kept.job:
            return  # its set was left
        kept.job = None
        if isinstance(value, np.ndarray):
            if kept.levels is None:
                kept.levels = value
            else:
                kept.levels[job.rect.slices] = value
            self._desk.notifier.emit(HeatChanged(kind, job.rect))
        if kept.waiting and not kept.stale.empty:
            self._begin(kind)  # they wait for what is true now
        if kept.job is None:
            _call(kept)

    def _on_failed(self, kind: HeatKind, job: _Job, failure: TaskFailed) -> None:
        kept = self._kept[kind]
        if job is not kept.job:
            return
        kept.job = None
        kept.stale = kept.stale.united(job.rect)
        self._desk.failing("the picture and its map are as they were")(failure)
        self._desk.notifier.emit(HeatChanged(kind, NOWHERE))
        _call(kept)

    def _whole(self) -> Rect:
        stack = self._desk.session.stack
        return NOWHERE if stack is None else Rect(0, 0, stack.size.width, stack.size.height)


def _call(kept: _Kept) -> None:
    """Tell those that wait."""
    waiting, kept.waiting = kept.waiting, []
    for then in waiting:
        then()


def _same_pixels(one: Result | None, other: Result | None) -> bool:
    """Whether they are one result, or show the same memory, as a result does that follows."""
    if one is None or other is None:
        return one is other
    if one.window != other.window:
        return False
    return one.image is other.image or np.may_share_memory(one.image, other.image)
