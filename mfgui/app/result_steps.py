"""Results that come and go as steps of the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mfgui.app import session_tasks
from mfgui.app.desk import Desk
from mfgui.app.naming import result_name
from mfgui.app.requests import RunNumbers
from mfgui.app.runs import RunTracker
from mfgui.app.view_control import ViewControl
from mfgui.core.events import ResultAdded, ResultRemoved, ThumbnailReady
from mfgui.core.pyramid import Picture
from mfgui.core.result import Result
from mfgui.core.session import Mark
from mfgui.files.scratch import is_mapped
from mfgui.jobs.pool import Report, TaskFailed


@dataclass(eq=False)
class ResultStep:
    """A result that was added or deleted; each undo and redo does the other.

    Attributes
    ----------
    result : Result or None
        What is to be put back; None while the session has it.
        Its memory counts as that of the history.
    put, take : callable
        Add a result to the session, and take out the one it has.
    """

    name: str
    put: Callable[[Result], None] = field(repr=False)
    take: Callable[[], Result | None] = field(repr=False)
    result: Result | None = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        if self.result is None:
            return 0
        result = self.result
        images = (result.image, result.start, result.best, *result.aspects.values())
        in_memory = {id(image): int(image.nbytes) for image in images if not is_mapped(image)}
        return sum(in_memory.values())

    def undo(self) -> None:
        self._change()

    def redo(self) -> None:
        self._change()

    def pack(self) -> None:
        """Images of floats do not become smaller."""

    def _change(self) -> None:
        result, self.result = self.result, None
        if result is None:
            self.result = self.take()
        else:
            self.put(result)


class ResultControl:
    """Adds results to the session, deletes and duplicates them, each as a step.

    A mark stays with the number of its result while that is deleted, and is there again when
    the deletion is undone.
    """

    def __init__(
        self, desk: Desk, view: ViewControl, numbers: RunNumbers, tracker: RunTracker
    ) -> None:
        self._desk = desk
        self._view = view
        self._numbers = numbers
        self._tracker = tracker

    def add(self, run_id: int, result: Result) -> None:
        """What a run has left. `record` makes it a step, once it is known what is shown."""
        self._desk.session.results[run_id] = result
        self._desk.notifier.emit(ResultAdded(run_id))

    def record(self, run_id: int, name: str) -> None:
        """That the result was added is a step: it came by itself."""
        self._desk.record(self._step(name, run_id), apart=True)

    def delete(self, run_id: int) -> None:
        """Take a result out; the newest other one is shown in its place."""
        step = self._step(f"Delete result {run_id}", run_id)
        step.redo()
        if step.result is not None:
            self._desk.record(step)

    def duplicate(self, run_id: int) -> None:
        """A second result with the same arrays, to be named and compared on its own.

        One that follows the map is copied as it is now, and the copy follows no longer.
        """
        session = self._desk.session
        result = session.results.get(run_id)
        if result is None:
            return
        if result.guard is None:
            self._add_copy(run_id, result)
            return

        def copy(_report: Report) -> Result:
            return result.frozen()

        def done(value: object) -> None:
            assert isinstance(value, Result)
            if self._desk.session is session:
                self._add_copy(run_id, value)

        self._desk.submit(copy, done=done, failed=self._desk.failing("the result is kept"))

    def show_thumbnail(self, run_id: int) -> None:
        """Have a small picture made of a result that is not shown."""
        session = self._desk.session
        stack, result = session.stack, session.results.get(run_id)
        if stack is None or result is None:
            return

        def small(_report: Report) -> Picture:
            return session_tasks.small_picture(result.image, stack)

        def done(value: object) -> None:
            assert isinstance(value, Picture)
            if self._desk.session is session and run_id in session.results:
                self._desk.notifier.emit(ThumbnailReady(f"result:{run_id}", value))

        def failed(_failure: TaskFailed) -> None:
            """The row has no picture until the result is shown."""

        self._desk.submit(small, done=done, failed=failed)

    def _add_copy(self, run_id: int, result: Result) -> None:
        session, number = self._desk.session, self._numbers.next()
        old = session.marks.get(run_id, Mark())
        session.marks[number] = Mark(f"{result_name(session, run_id)} copy", note=old.note)
        # Another object than the original, for whoever tells results apart by identity.
        self.add(number, replace(result))
        self.show_thumbnail(number)
        self._desk.record(self._step(f"Duplicate result {run_id}", number))

    def _step(self, name: str, run_id: int) -> ResultStep:
        """A step of a result that the session has."""
        reference = ""  # the state of it that was the reference when it was taken out

        def take() -> Result | None:
            nonlocal reference
            session = self._desk.session
            is_reference = session.reference.split(":")[:2] == ["result", str(run_id)]
            reference = session.reference if is_reference else ""
            return self._take_out(run_id)

        def put(result: Result) -> None:
            self._put_back(run_id, result)
            self._desk.session.reference = reference or self._desk.session.reference

        return ResultStep(name, put, take)

    def _put_back(self, run_id: int, result: Result) -> None:
        """Undo `_take_out`, at its place, and show it."""
        results = self._desk.session.results
        every = sorted({**results, run_id: result}.items())
        results.clear()
        results.update(every)
        self._desk.notifier.emit(ResultAdded(run_id))
        self._view.show(f"result:{run_id}")

    def _take_out(self, run_id: int) -> Result | None:
        """Forget a result; the newest other one is shown in its place. None if there is none."""
        session = self._desk.session
        result = session.results.pop(run_id, None)
        if result is None:
            return None
        if session.shown.split(":")[:2] == ["result", str(run_id)]:
            key = self._view.fused_key() or f"source:{session.active_source}"
            self._view.show(key)
        if session.reference.split(":")[:2] == ["result", str(run_id)]:
            session.reference = ""
        self._view.drop(run_id)
        self._tracker.forget(run_id)
        self._desk.notifier.emit(ResultRemoved(run_id))
        return result
