"""Opening and closing sets, loading and saving maps, exporting results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from mfgui.app import photo_tasks, tasks
from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.app.fused_files import Finish, note
from mfgui.app.odd_sizes import OddSizes
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import Depth, ImageF32, LabelArray
from mfgui.core.compute import StopRequested
from mfgui.core.events import (
    Notice,
    OpeningFailed,
    PictureDropped,
    PictureReady,
    Remedy,
    SetClosed,
    SetOpened,
    SetOpening,
    Severity,
)
from mfgui.core.pyramid import Picture
from mfgui.core.result import Result
from mfgui.core.session import MapOrigin, Session
from mfgui.jobs.gate import Gate
from mfgui.jobs.pool import Report, Task, TaskFailed

_AS_IT_IS = Finish()
_COMPOSITE = "mfgui: composite of the focus map"


class FollowsMap(Protocol):
    """Made from the focus map and the display pictures of the sources."""

    sources: Sequence[Picture]

    def abandon(self) -> None:
        """The set is being left."""


class SetControl:
    """Files in and out. The present set stays until a new one is complete.

    Parameters
    ----------
    edit : EditControl
        Writes the map.
    followers : sequence of FollowsMap
        What is made from the map and brought along when it changes.
    abandon_runs : callable
        Stops the runs of the set that is left.
    """

    def __init__(
        self,
        desk: Desk,
        view: ViewControl,
        edit: EditControl,
        followers: Sequence[FollowsMap],
        abandon_runs: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._view = view
        self._edit = edit
        self._followers = tuple(followers)
        self._abandon_runs = abandon_runs
        self._opening: int | None = None
        self._gate = Gate()
        self._next: Callable[[], None] | None = None
        self.reading: Callable[[int, int], None] = lambda _done, _total: None
        """Told how many frames of how many are read of the set to come."""
        self.open_instead: Callable[[Sequence[Path]], None] = self.open
        """Opens, of what was asked for, what can be opened."""
        self.leaving: list[Callable[[], None]] = []
        """Called while the set that is about to be left is still there."""
        self.pictures: tuple[Picture, ...] = ()
        self.exchanging = False
        """Whether the frames that come are other ones of the same set."""
        self.exported: Callable[[int, Result], None] = lambda _run_id, _result: None
        """Told of each result that is in a file of its own, as it was."""

    @property
    def opening(self) -> bool:
        """Whether a set is being read."""
        return self._opening is not None

    @property
    def awaited(self) -> bool:
        """Whether something is to be done with the set that is being read."""
        return self._next is not None

    def when_open(self, act: Callable[[], None]) -> None:
        """Call `act` once the set that is being read is open; forgotten if another comes."""
        self._next = act

    def open(self, paths: Sequence[Path], *, by_capture: bool = False) -> None:
        """Read a new set: files, a folder, or one multi-page TIFF. The last call wins.

        With `by_capture` the frames come in the order in which they were taken.
        """
        self.read(tasks.open_set(paths, by_capture=by_capture), self._on_set_opened)

    def read(self, task: Task, done: Callable[[object], None]) -> None:
        """Read something that will take the place of the open set: `done` gets it, unless another
        call came after this one. It calls `enter`, or `stay`."""

        def current(act: Callable[[], None]) -> None:
            if ticket == self._opening:
                act()

        self.abandon()
        self._gate = Gate()
        ticket = self._desk.submit(
            _stoppable(task, self._gate),
            done=lambda value: current(lambda: done(value)),
            failed=lambda failure: current(lambda: self._on_opening_failed(failure)),
            part=lambda part: current(lambda: self._on_preview_read(part)),
        )
        self._opening = ticket

    def abandon(self) -> None:
        """Nobody waits any more for what is being read."""
        self._gate.stop()
        self._opening = self._next = None

    def stay(self) -> None:
        """Keep the open set in place of what was being read."""
        self.abandon()
        self._desk.notifier.emit(OpeningFailed())

    def adopt(self, opened: tasks.LoadedSet) -> None:
        """Use a set that has been read."""
        self._on_set_opened(opened)

    def close(self) -> None:
        """Forget the set, its map and its results; runs in progress are stopped."""
        self.abandon()
        self._leave_set()
        self._desk.session = Session()
        self._desk.notifier.emit(SetClosed())

    def load_map(self, path: Path) -> None:
        """Use the focus map of a file from here on."""
        stack = self._desk.session.stack
        if stack is None:
            return

        def done(value: object) -> None:
            if self._desk.session.stack is stack:
                self.set_map(value, MapOrigin(path=str(path)))  # type: ignore[arg-type]

        failed = self._desk.failing("the focus map is unchanged")
        self._desk.submit(tasks.load_map(stack, path), done=done, failed=failed)

    def set_map(self, labels: LabelArray, origin: MapOrigin, *, follow: bool = True) -> None:
        """Replace the session's focus map by one of another origin, as one step of the history.

        With `follow` the newest optimum is brought along.
        """
        name = "Load focus map" if origin.path else "Detect"
        self._edit.replace(name, labels, origin, follow=follow)

    def use_map_of(self, run_id: int) -> None:
        """Work on from here with the map that a result was made by."""
        result = self._desk.session.results.get(run_id)
        if result is None:
            return
        if result.labels is None:
            self._desk.notice(Severity.INFO, f"{result.name} uses no focus map")
            return
        labels = result.frozen().labels
        assert labels is not None
        # What a person has chosen no run may exchange for a map of its own.
        origin = MapOrigin(detector=result.provenance.detector or "", edited=True)
        self._edit.replace(f"Use map of result {run_id}", labels, origin)

    def save_map(self, path: Path) -> None:
        """Write the focus map with its description and a preview."""
        session = self._desk.session
        if session.stack is None or session.focus_map is None:
            return
        task = tasks.save_map(session.stack, session.focus_map.snapshot(), path)
        self._save(task, path)

    def export(self, run_id: int, path: Path, *, depth: Depth, finish: Finish = _AS_IT_IS) -> None:
        """Write a result with the metadata of the reference source: the state of it that is
        shown (start, best, last), else its final image."""
        session = self._desk.session
        if session.stack is None or run_id not in session.results:
            return
        shown = self._view.shown_image() if self._view.shown_result() == run_id else None
        result = session.results[run_id]

        def image() -> ImageF32:
            return result.frozen().image if shown is None or shown is result.image else shown

        exported = partial(self.exported, run_id, result)
        made = note(result.provenance, frames=session.stack.k)
        self.export_image(image, path, depth=depth, finish=finish, made=made, exported=exported)

    def export_image(
        self,
        image: Callable[[], ImageF32],
        path: Path,
        *,
        depth: Depth,
        finish: Finish = _AS_IT_IS,
        made: str = _COMPOSITE,
        exported: Callable[[], None] = lambda: None,
    ) -> None:
        """Write what `image` gives, with the metadata of the reference source and how it was
        `made`."""
        stack = self._desk.session.stack
        if stack is not None:
            task = tasks.export_image(stack, image, path, depth=depth, finish=finish, note=made)
            self._save(task, path, exported)

    def export_part(
        self, run_id: int | None, part: str, path: Path, *, finish: Finish = _AS_IT_IS
    ) -> None:
        """Write the open frames as layers, or what a result tells beside its picture."""
        session = self._desk.session
        stack, result = session.stack, session.results.get(run_id or 0)
        if stack is not None and part == "layers":
            self._save(photo_tasks.export_layers(stack, path, finish), path)
        elif stack is not None and result is not None and part in result.aspects:
            self._save(photo_tasks.export_aspect(stack, result, part, path), path)

    def _save(self, task: Task, path: Path, saved: Callable[[], None] = lambda: None) -> None:
        def done(value: object) -> None:
            saved()
            notes = "; ".join(value) if isinstance(value, tuple) else ""
            self._desk.notice(Severity.INFO, f"saved {path.name}", notes, details=str(path))

        self._desk.submit(task, done=done, failed=self._desk.failing("nothing was overwritten"))

    def _on_preview_read(self, part: object) -> None:
        if isinstance(part, tasks.Preview):
            self._desk.notifier.emit(SetOpening(part.name, part.size, part.picture))
        elif isinstance(part, tasks.Reading):
            self.reading(part.done, part.total)

    def _on_set_opened(self, value: object) -> None:
        assert isinstance(value, tasks.LoadedSet)
        act = self._next
        self.enter(value, tuple(str(path.absolute()) for path in value.paths))
        if act is not None:
            act()

    def exchange(self, value: tasks.LoadedSet) -> None:
        """Put other frames of the open set in their place: its session stays."""
        self.exchanging = True
        try:
            self._put(value)
        finally:
            self.exchanging = False

    def enter(self, value: tasks.LoadedSet, recent: tuple[str, ...]) -> None:
        """Leave the open set for one that has been read, listed as `recent`."""
        self.abandon()
        self._desk.settings.add_recent(recent)
        self._put(value)

    def _put(self, value: tasks.LoadedSet) -> None:
        desk = self._desk
        self._leave_set()
        desk.session = Session(stack=value.stack)
        self.pictures = value.pictures
        for follower in self._followers:
            follower.sources = value.pictures
        desk.notifier.emit(SetOpened())
        for number, picture in enumerate(value.pictures, start=1):
            desk.notifier.emit(PictureReady(f"source:{number}", picture))
        self._view.show("source:1")
        if not self.exchanging:
            self._tell_adaptations(value)

    def _tell_adaptations(self, opened: tasks.LoadedSet) -> None:
        texts = [
            f"{source.name}: {notice}"
            for source in opened.stack.sources
            for notice in source.notices
        ]
        if texts:
            what = texts[0] if len(texts) == 1 else f"{len(texts)} things were adapted on reading"
            kept = "the files are unchanged"
            self._desk.notice(Severity.INFO, what, kept, details="\n".join(texts))

    def _on_opening_failed(self, failure: TaskFailed) -> None:
        self.stay()
        kept = "the open set is unchanged" if self._desk.session.stack is not None else ""
        if isinstance(failure.error, OddSizes):
            others = failure.error.fitting
            remedy = Remedy(f"Open the other {len(others)}", lambda: self.open_instead(others))
            what = str(failure.error)
            self._desk.notifier.emit(Notice(Severity.ERROR, what, kept, remedy=remedy))
        else:
            self._desk.failing(kept)(failure)

    def _leave_set(self) -> None:
        for leave in self.leaving:
            leave()
        self._abandon_runs()
        for follower in self._followers:
            follower.abandon()
        self._edit.forget()
        self.pictures = ()
        session = self._desk.session
        if session.stack is None:
            return
        for number in range(1, session.stack.k + 1):
            self._desk.notifier.emit(PictureDropped(f"source:{number}"))
        self._view.forget()


def _stoppable(task: Task, gate: Gate) -> Task:
    """A task that ends at its next report once its gate is stopped; it gives nothing then."""

    def stoppable(report: Report) -> object:
        def told(part: object) -> None:
            gate.check()
            report(part)

        try:
            return task(told)
        except StopRequested:
            return None

    return stoppable
