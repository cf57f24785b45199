"""Refiners at work on the focus map: whole, in the region, or in a band under the brush."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.core.arrays import BoolMask, LabelArray, Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.edits import Edit
from mfgui.core.events import Severity
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task
from mfgui.methods.decision import decide
from mfgui.methods.refine.cut import graph_cut
from mfgui.methods.refine.guided import guided_filter
from mfgui.methods.refine.parts import refined
from mfgui.methods.registry import MAPPING, Kind, Method, Value

_ALONE = Compute()
_MOMENT = 0.05  # seconds until an answer that met an open stroke is looked at again
_REACHES = {"guided-filter": "radius", "graph-cut": "width"}


def refine_band(
    stack: SourceStack,
    labels: LabelArray,
    rect: Rect,
    mask: BoolMask,
    *,
    method: str,
    width: int,
    compute: Compute = _ALONE,
) -> Task:
    """A task that solves the boundaries inside a mask again.

    Parameters
    ----------
    labels : (H, W)
        A snapshot of the whole map.
    rect : Rect
        Inside the picture.
    mask : (rect.height, rect.width) bool
        Pixels whose labels may change.
    method : {"guided-filter", "graph-cut"}
    width : int
        How far a boundary may move, in pixels.

    Returns
    -------
    Task
        It gives the labels of `rect`, as they are outside the mask.
    """
    functions: Mapping[str, Callable[..., LabelArray]] = {
        "guided-filter": guided_filter,
        "graph-cut": graph_cut,
    }
    refiner: Method = functions[method].method  # type: ignore[attr-defined]
    values = refiner.resolve({_REACHES[method]: width})

    def task(_report: Report) -> LabelArray:
        images = [stack.pixels(index) for index in range(stack.k)]
        found = refined(refiner, images, labels, rect, values=values, compute=compute)
        kept: LabelArray = np.where(mask, found, labels[rect.slices])
        return kept

    return task


@dataclass(frozen=True)
class Wish:
    """A refiner with the values that differ from its defaults, and where.

    `name` may be a detector's: its labels replace those of the map, or with `unassigned` only
    those that are missing.
    """

    name: str
    explicit: tuple[tuple[str, Value], ...]
    rect: Rect
    unassigned: bool = False


@dataclass(frozen=True)
class Shown:
    """What a view that waits is told.

    `state` is "computing", "shown" with the number of pixels that differ, "gone" when a preview
    was taken back by something else, "applied", "unchanged", or "failed".
    """

    state: str
    pixels: int = 0


class Listener(Protocol):
    """Told of what becomes of a wish."""

    def __call__(self, shown: Shown) -> None: ...


def _unheard(shown: Shown) -> None:
    """Nobody waits."""


@dataclass(eq=False)
class _Job:
    """One wish on its way."""

    wish: Wish
    tentative: bool
    stack: SourceStack
    before: LabelArray = field(repr=False)
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


class Refining:
    """Applies refiners to the map, at once or after a preview.

    The answer of a refiner belongs to the labels that it was given: if the map has changed in
    the meantime it is computed anew, and it never interrupts a stroke. A preview is a tentative
    gesture of the edit control: it makes no step, and ends when anything else is done.
    """

    def __init__(self, desk: Desk, edit: EditControl) -> None:
        self._desk = desk
        self._edit = edit
        self._job: _Job | None = None
        self._shown: Wish | None = None
        self._base: LabelArray | None = None  # the map without the preview
        self._listener: Listener = _unheard

    @property
    def target(self) -> Rect:
        """The region, else the whole picture."""
        region = self._desk.session.region
        return self.whole if region is None else region

    @property
    def whole(self) -> Rect:
        """The picture; empty without a set."""
        stack = self._desk.session.stack
        return (
            Rect(0, 0, 0, 0) if stack is None else Rect(0, 0, stack.size.width, stack.size.height)
        )

    def listen(self, listener: Listener | None) -> None:
        """Tell this one what becomes of wishes from here on; None tells nobody."""
        self._listener = _unheard if listener is None else listener

    def preview(self, wish: Wish) -> None:
        """Show what a refiner would do."""
        self._begin(wish, tentative=True)

    def apply(self, wish: Wish) -> None:
        """Refine as one step; what is shown already is kept."""
        if self._shown == wish and self._job is None:
            pixels = self._different()
            self._shown = self._base = None
            self._tell_applied(wish, changed=self._edit.commit(), pixels=pixels)
        else:
            self._begin(wish, tentative=False)

    def cancel(self) -> None:
        """Take the preview back, and stop what is computing."""
        self._drop_job()
        if self._shown is not None:
            self._edit.abort()

    def abandon(self) -> None:
        """The window closes: end what the pool computes."""
        self._drop_job()

    def _begin(self, wish: Wish, *, tentative: bool) -> None:
        session = self._desk.session
        self._drop_job()
        if session.stack is None or session.focus_map is None or wish.rect.empty:
            return
        before = self._base if self._base is not None else session.focus_map.snapshot()
        job = self._job = _Job(wish, tentative, session.stack, before)
        method = self._desk.registry.get(wish.name, Kind.REFINER, *MAPPING)
        compute = Compute(threads=self._desk.backend.threads, checkpoint=job.check)
        task = _refining(method, job, values=method.resolve(dict(wish.explicit)), compute=compute)
        self._listener(Shown("computing"))
        self._desk.submit(
            task,
            done=lambda value: self._on_answered(job, value),
            failed=lambda failure: self._on_failed(job, failure),
        )

    def _drop_job(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.stopped.set()

    def _on_failed(self, job: _Job, failure: object) -> None:
        if job is self._job:
            self._job = None
            self._desk.failing("the focus map is as it was")(failure)  # type: ignore[arg-type]
            self._listener(Shown("failed"))

    def _on_answered(self, job: _Job, value: object) -> None:
        session = self._desk.session
        if job is not self._job or session.stack is not job.stack or value is None:
            return
        if self._edit.busy and self._shown is None:
            self._wait(job, value)
            return
        if self._shown is not None:
            self._edit.abort()
        self._job = None
        if session.focus_map is None:
            return
        if not np.array_equal(session.focus_map.labels, job.before):
            self._begin(job.wish, tentative=job.tentative)
            return
        assert isinstance(value, Edit)
        if job.tentative:
            self._show(job, value)
        else:
            self._put(job, value)

    def _wait(self, job: _Job, value: object) -> None:
        """A stroke is being painted: come back in a moment."""

        def task(_report: Report) -> object:
            job.stopped.wait(_MOMENT)
            return value

        self._desk.submit(
            task,
            done=lambda answer: self._on_answered(job, answer),
            failed=lambda failure: self._on_failed(job, failure),
        )

    def _show(self, job: _Job, edit: Edit) -> None:
        self._shown, self._base = job.wish, job.before
        self._edit.begin(self._title(job.wish), given_up=self._on_given_up)
        self._edit.extend([edit])
        self._listener(Shown("shown", self._different()))

    def _put(self, job: _Job, edit: Edit) -> None:
        changed = self._edit.apply(self._title(job.wish), [edit])
        self._tell_applied(job.wish, changed=changed, pixels=int(np.count_nonzero(edit.mask)))

    def _tell_applied(self, wish: Wish, *, changed: bool, pixels: int) -> None:
        title = self._title(wish)
        if not changed:
            self._desk.notice(Severity.INFO, f"{title}: nothing changed")
        self._listener(Shown("applied" if changed else "unchanged", pixels))

    def _title(self, wish: Wish) -> str:
        method = self._desk.registry.get(wish.name, Kind.REFINER, *MAPPING)
        if method.kind is Kind.REFINER:
            return method.title
        return "Fill unassigned" if wish.unassigned else "Revert to detected"

    def _different(self) -> int:
        """Pixels that the preview changes."""
        focus_map = self._desk.session.focus_map
        if focus_map is None or self._base is None:
            return 0
        return int(np.count_nonzero(focus_map.labels != self._base))

    def _on_given_up(self) -> None:
        """The tentative gesture was aborted, by this or by something else."""
        self._shown = self._base = None
        if self._job is None:
            self._listener(Shown("gone"))


def _difference(before: LabelArray, rect: Rect, labels: LabelArray) -> Edit:
    """What the labels of `rect` change, as an edit no larger than that."""
    mask: BoolMask = np.not_equal(labels, before[rect.slices])
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    part = Rect(x, y, width, height)
    inside = Rect(rect.x + x, rect.y + y, width, height)
    return Edit(inside, mask[part.slices], labels[part.slices])


def _refining(method: Method, job: _Job, *, values: Mapping[str, Value], compute: Compute) -> Task:
    """The edit that the wish comes to; None when the task was stopped.

    A detector gives its own labels where the map names a source or none, and leaves *ignore*.
    """

    def work() -> LabelArray:
        images = [job.stack.pixels(index) for index in range(job.stack.k)]
        rect = job.wish.rect
        if method.kind is Kind.REFINER:
            return refined(method, images, job.before, rect, values=values, compute=compute)
        found = decide(method, images, compute=compute, **values).labels[rect.slices]
        kept = job.before[rect.slices]
        asked = kept == UNASSIGNED if job.wish.unassigned else kept != ignore_label(kept)
        filled: LabelArray = np.where(asked, found, kept).astype(kept.dtype, copy=False)
        return filled

    def task(_report: Report) -> Edit | None:
        try:
            return _difference(job.before, job.wish.rect, work())
        except StopRequested:
            return None

    return task
