"""The newest optimum follows the focus map: solved again where the map has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from mfgui.app.desk import Desk
from mfgui.app.requests import RunNumbers
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.events import ResultAdded
from mfgui.core.labels import UNASSIGNED
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task, TaskFailed
from mfgui.jobs.runner import versions

FOLLOWING = ", following the map"
_CELL = 32  # pixels; changes are told apart on a grid of these
_MOST_BOXES = 8


@dataclass(eq=False)
class _Job:
    """One task of the pool: which result it starts from, where the map may differ from it."""

    base: int
    area: Rect
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested

    def compute(self, threads: int) -> Compute:
        return Compute(threads=threads, checkpoint=self.check)


class Follower:
    """Keeps one result that belongs to the present map, made from the newest optimum.

    Results of other methods or objectives, and maps with unassigned pixels, are not followed:
    the next run serves them. Changes that arrive while one is being solved are put together and
    solved next. Q is evaluated once after the last of them.
    """

    def __init__(self, desk: Desk, view: ViewControl, numbers: RunNumbers) -> None:
        self._desk = desk
        self._view = view
        self._numbers = numbers
        self._job: _Job | None = None
        self._scoring: _Job | None = None
        self._due = False
        self._entry: int | None = None  # the result that its successor replaces
        self._since: Rect | None = None  # where the map may differ from the map of that result

    def map_changed(self, rect: Rect, *, follow: bool = True) -> None:
        """The labels inside `rect` may have changed.

        Parameters
        ----------
        follow : bool
            False for a map that comes with a result of its own.
        """
        self._since = rect if self._since is None else self._since.united(rect)
        self._due = self._due or follow
        if self._due and self._job is None:
            self._begin()

    def abandon(self) -> None:
        """Forget everything: the set is being left."""
        for job in (self._job, self._scoring):
            if job is not None:
                job.stopped.set()
        self._job = self._scoring = self._entry = self._since = None
        self._due = False

    def _newest(self) -> int | None:
        results = self._desk.session.results
        return next((n for n in reversed(results) if can_follow(results[n])), None)

    def _begin(self) -> None:
        session, base = self._desk.session, self._newest()
        self._due = False
        if session.stack is None or session.focus_map is None or base is None:
            return
        if self._scoring is not None:
            self._scoring.stopped.set()
        area = Rect(0, 0, session.stack.size.width, session.stack.size.height)
        if base != self._entry:
            self._entry = None
        elif self._since is not None:
            area = self._since
        self._since = None
        job = self._job = _Job(base, area)
        task = _solving(
            session.stack,
            session.results[base],
            session.focus_map.snapshot(),
            area,
            compute=job.compute(self._desk.backend.threads),
            number=base,
            revision=session.focus_map.revision,
        )
        self._desk.submit(
            task,
            done=lambda value: self._on_solved(job, value),
            failed=lambda failure: self._on_failed(job, failure),
        )

    def _on_solved(self, job: _Job, value: object) -> None:
        if job is not self._job:
            return  # its set was left
        self._job = None
        if isinstance(value, Result) and job.base in self._desk.session.results:
            self._publish(job.base, value)
        else:
            self._since = job.area if self._since is None else self._since.united(job.area)
        self._go_on()

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if job is not self._job:
            return
        self._job, self._entry = None, None
        self._desk.failing("the results are as they were; a new run uses the new map")(failure)
        self._go_on()

    def _go_on(self) -> None:
        if self._due:
            self._begin()
        if self._job is None:
            self._score()

    def _publish(self, base: int, result: Result) -> None:
        shown = self._view.shown_result() == base
        if self._entry is None:
            method = self._desk.registry.get(result.provenance.method)
            self._entry = self._numbers.next(method)
        number = self._entry
        self._desk.session.results[number] = result
        self._desk.notifier.emit(ResultAdded(number))
        if shown and number != base:
            self._view.show(f"result:{number}")
        else:
            self._view.renew(number)

    def _score(self) -> None:
        """Evaluate Q of the entry where it is not known."""
        session, number = self._desk.session, self._entry
        if session.stack is None or number is None or number not in session.results:
            return
        result = session.results[number]
        if result.q is not None:
            return
        job = self._scoring = _Job(number, Rect(0, 0, 0, 0))

        def done(value: object) -> None:
            if session.results.get(number) is result and isinstance(value, float):
                session.results[number] = replace(result, q=value, q_box=value)
                self._desk.notifier.emit(ResultAdded(number))

        def failed(_failure: TaskFailed) -> None:
            """The result is complete; only this figure is missing."""

        task = _scoring(session.stack, result, job.compute(self._desk.backend.threads))
        self._desk.submit(task, done=done, failed=failed)


def can_follow(result: Result) -> bool:
    """Whether it is an optimum that can be solved again: of the box objective, of code values."""
    given: Mapping[str, object] = result.provenance.parameters
    return (
        given.get("objective") == "box-joint"
        and given.get("solver", "preconditioned") == "preconditioned"
        and given.get("light", "encoded") == "encoded"
        and result.labels is not None
        and result.window is not None
    )


def changed_boxes(before: LabelArray, after: LabelArray, area: Rect, *, apart: int) -> list[Rect]:
    """Rectangles inside `area` that hold all pixels whose labels differ.

    Changes that are at least `apart` pixels from each other (to the grid of 32 pixels) lie in
    rectangles of their own, none of which overlap; of more than eight there is one for all.
    """
    different = (before[area.slices] != after[area.slices]).view(np.uint8)
    if not different.any():
        return []
    rows, columns = (np.arange(0, size, _CELL) for size in different.shape)
    cells = np.maximum.reduceat(np.maximum.reduceat(different, rows, axis=0), columns, axis=1)
    reach = -(-apart // (2 * _CELL))
    near = cv2.dilate(cells, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, names = cv2.connectedComponents(near, connectivity=8)
    names[cells == 0] = 0
    if count - 1 <= _MOST_BOXES:
        boxes = [_bounds(different, names == name, area) for name in range(1, count)]
        if not _touching(boxes, apart):
            return boxes
    return [_bounds(different, cells, area)]


def _bounds(different: PixelArray, cells: PixelArray, area: Rect) -> Rect:
    """The smallest rectangle, in the picture, that holds the pixels set in these cells."""
    tall, wide = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    top, left = _CELL * int(tall[0]), _CELL * int(wide[0])
    part = different[top : _CELL * int(tall[-1] + 1), left : _CELL * int(wide[-1] + 1)]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return Rect(
        area.x + left + int(columns[0]),
        area.y + top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )


def _touching(boxes: Sequence[Rect], apart: int) -> bool:
    pairs = ((a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    return any(not a.grown(apart).intersected(b).empty for a, b in pairs)


def _solving(
    stack: SourceStack,
    base: Result,
    labels: LabelArray,
    area: Rect,
    *,
    compute: Compute,
    number: int,
    revision: int,
) -> Task:
    """`base` brought along to the map `labels`, which differs from its own inside `area`; None
    when it does not differ or has unassigned pixels there, and when the task was stopped."""
    assert base.labels is not None
    assert base.window is not None
    before, window = base.labels, base.window

    def task(_report: Report) -> Result | None:
        # Imported here: the compiler of the loops takes half a second to load.
        from mfgui.methods.optimise.mffssim.local import solve_again

        began = time.perf_counter()
        boxes = changed_boxes(before, labels, area, apart=4 * window)
        if not boxes or any((labels[box.slices] == UNASSIGNED).any() for box in boxes):
            return None
        after = before.copy()
        after[area.slices] = labels[area.slices]
        after.flags.writeable = False
        images = [stack.pixels(index) for index in range(stack.k)]
        image = base.image.copy()
        try:
            for box in boxes:
                found = solve_again(
                    images,
                    after,
                    image,
                    box,
                    before=before[box.slices],
                    window=window,
                    compute=compute,
                    half_width=_half_width(base),
                )
                image[found.rect.slices] = found.pixels
        except StopRequested:
            return None
        image.flags.writeable = False
        seconds = time.perf_counter() - began
        name = base.name.removesuffix(FOLLOWING) + FOLLOWING
        origin = base.provenance
        followed = number if origin.follows is None else origin.follows
        return replace(
            base,
            name=name,
            image=image,
            labels=after,
            map_revision=revision,
            provenance=replace(origin, device="cpu", versions=versions(), follows=followed),
            state="done",
            seconds={"map": 0.0, "fuse": seconds},
            start=image,
            best=image,
            curve=None,
            evaluations=0,
            q=None,
            q_box=None,
        )

    return task


def _half_width(result: Result) -> int | None:
    """Half-width of the active region that the run was given, None for the usual one."""
    given = result.provenance.parameters.get("half_width")
    return given if isinstance(given, int) else None


def _scoring(stack: SourceStack, result: Result, compute: Compute) -> Task:
    """Q of the result; None when the task was stopped."""
    assert result.labels is not None
    assert result.window is not None
    labels, window = result.labels, result.window

    def task(_report: Report) -> float | None:
        from mfgui.methods.optimise.mffssim.objective import q_box

        images = [stack.pixels(index) for index in range(stack.k)]
        try:
            return q_box(images, labels, result.image, window=window, compute=compute)
        except StopRequested:
            return None

    return task
