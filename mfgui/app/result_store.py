"""Where the images of results lie: beyond a budget in files, as exact as in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mfgui.app.compiled import cache_folder
from mfgui.app.desk import Desk
from mfgui.app.machine import return_memory
from mfgui.app.result_steps import ResultStep
from mfgui.core.arrays import PixelArray
from mfgui.core.events import (
    Change,
    HistoryChanged,
    PictureReady,
    ResultMoved,
    ScoresChanged,
    SetClosed,
    SetOpened,
    Severity,
    ShownChanged,
)
from mfgui.core.history import History
from mfgui.core.result import Result
from mfgui.files.scratch import is_mapped, mapped_copy, release_pages
from mfgui.jobs.pool import Report, Task, TaskFailed

BUDGET = 512 << 20  # bytes
_IMAGES = ("image", "start", "best", "soft")
_Place = tuple[int, tuple[int, ...], tuple[int, ...], str]


@dataclass(frozen=True, eq=False)
class _Job:
    """The arrays that are being copied, by their places; nobody else gets those meanwhile."""

    arrays: Mapping[_Place, PixelArray] = field(repr=False)
    stopped: threading.Event = field(default_factory=threading.Event)


class ResultStore:
    """Keeps the images of results within a budget of memory.

    Counted are the images of all results, also of those that were deleted and can be put back,
    each array once however many share it. Beyond the budget those of the oldest results are
    copied into files and taken from there; then the states of the shown result that are not
    looked at. The image that is looked at stays, and so does a result that follows the map,
    which is written. `ResultMoved` tells of each that lies elsewhere from then on.

    Parameters
    ----------
    budget : int
        Bytes.
    folder : callable
        Gives the folder for the files, which have no names in it.
    """

    def __init__(
        self,
        desk: Desk,
        history: History,
        *,
        budget: int = BUDGET,
        folder: Callable[[], Path] = lambda: cache_folder() / "scratch",
    ) -> None:
        self._desk = desk
        self._history = history
        self._folder = folder
        self._job: _Job | None = None
        self._refused = False
        self.budget = budget
        desk.notifier.connect(self._take)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the images that lie in memory."""
        held = {_place(array): array for _, result in self._held() for array in _images(result)}
        return sum(array.nbytes for array in held.values() if not is_mapped(array))

    def abandon(self) -> None:
        """The set is being left, or the window closes."""
        if self._job is not None:
            self._job.stopped.set()
        self._job = None
        self._refused = False

    def _take(self, change: Change) -> None:
        match change:
            case SetOpened():
                self.abandon()
            case SetClosed():
                self.abandon()
                self._return_memory()
            case HistoryChanged() | ShownChanged():
                # Not when a result is added: it may be about to be shown, and is a step then.
                self._keep_within()
            case PictureReady() | ScoresChanged():
                self._release()
            case _:
                pass

    def _held(self) -> Iterator[tuple[int | None, Result]]:
        """Every result there is: those of the session with their numbers, then those that a step
        of the history would put back."""
        yield from self._desk.session.results.items()
        for step in self._history.steps:
            if isinstance(step, ResultStep) and step.result is not None:
                yield None, step.result

    def _release(self) -> None:
        """Somebody has looked at a whole image: what is read from files takes no memory."""
        for _, result in self._held():
            for array in _images(result):
                release_pages(array)

    def _return_memory(self) -> None:
        """Once everybody has let go of the set, which is after this."""

        def ended(_outcome: object) -> None:
            """Nobody waits for it."""

        def later(_nothing: object) -> None:
            self._desk.submit(lambda _report: return_memory(), done=ended, failed=ended)

        self._desk.submit(lambda _report: None, done=later, failed=ended)

    # Copying

    def _keep_within(self) -> None:
        """Copy the images of one result, if there are more than the budget allows."""
        if self._job is not None or self._refused:
            return
        arrays = self._next() if self.memory_bytes > self.budget else {}
        if not arrays:
            return
        job = self._job = _Job(arrays)
        self._desk.submit(
            _copying(job, self._folder),
            done=lambda copies: self._on_copied(job, copies),
            failed=lambda failure: self._on_refused(job, failure),
        )

    def _next(self) -> dict[_Place, PixelArray]:
        """What is to be copied now: the images of the result that is the first to go."""
        kept, shown = self._kept(), self._shown()
        # Deleted ones first, the shown one last, the others in the order of their numbers.
        order = sorted(self._held(), key=lambda held: (held[1] is shown, held[0] is not None))
        for _, result in order:
            movable = {_place(array): array for array in _images(result) if not is_mapped(array)}
            movable = {place: array for place, array in movable.items() if place not in kept}
            if movable and result.guard is None:
                return movable
        return {}

    def _shown(self) -> Result | None:
        kind, *rest = self._desk.session.shown.split(":")
        return self._desk.session.results.get(int(rest[0])) if kind == "result" else None

    def _kept(self) -> set[_Place]:
        """Of the image that is looked at, and of what follows the map."""
        following = [result for _, result in self._held() if result.guard is not None]
        kept = {_place(array) for result in following for array in _images(result)}
        shown = self._shown()
        if shown is not None:
            state = self._desk.session.shown.partition(":")[2].partition(":")[2]
            kept.add(_place(shown.picture(state)))
        return kept

    def _on_copied(self, job: _Job, copies: object) -> None:
        if job is not self._job or not isinstance(copies, dict):
            return  # its set was left
        self._job = None
        results = self._desk.session.results
        for number, result in [entry for entry in results.items() if entry[1].guard is None]:
            moved = _moved(result, copies)
            if moved is not result:
                results[number] = moved
                self._desk.notifier.emit(ResultMoved(number, result, moved))
        for step in self._history.steps:
            if isinstance(step, ResultStep) and step.result is not None:
                step.result = _moved(step.result, copies)
        self._keep_within()

    def _on_refused(self, job: _Job, failure: TaskFailed) -> None:
        if job is not self._job:
            return
        self._job, self._refused = None, True
        what = f"results could not be kept in a file: {failure.error}"
        kept = "they stay in memory; delete results that are not needed"
        self._desk.notice(Severity.WARNING, what, kept, details=failure.details)


def _copying(job: _Job, folder: Callable[[], Path]) -> Task:
    """The arrays of a job in files, by their places; None once it is stopped."""

    def task(_report: Report) -> dict[_Place, PixelArray] | None:
        copies = {}
        for place, array in job.arrays.items():
            if job.stopped.is_set():
                return None
            copies[place] = mapped_copy(array, folder())
        return_memory()  # of the run that has made them
        return copies

    return task


def _images(result: Result) -> list[PixelArray]:
    found = [*(getattr(result, name) for name in _IMAGES), *result.aspects.values()]
    return [array for array in found if array is not None]


def _moved(result: Result, copies: Mapping[_Place, PixelArray]) -> Result:
    """The result with the copies in place of what they are copies of."""
    arrays = {name: getattr(result, name) for name in _IMAGES}
    places = {name: _place(array) for name, array in arrays.items() if array is not None}
    changed = {name: copies[place] for name, place in places.items() if place in copies}
    there = {name: _place(array) for name, array in result.aspects.items()}
    aspects = {name: copies.get(place, result.aspects[name]) for name, place in there.items()}
    if not changed and not copies.keys() & there.values():
        return result
    return replace(result, **changed, aspects=aspects)  # type: ignore[arg-type]


def _place(array: PixelArray) -> _Place:
    """Tells memory apart: two views of one array lie at one place."""
    address: int = array.__array_interface__["data"][0]
    return address, array.shape, array.strides, array.dtype.str
