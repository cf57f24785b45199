"""Saving the drawn map of the open set: when it has changed, in order, and never over others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from mfgui.app.annotation_tasks import Saved, Writer
from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.app.work_clock import WorkClock
from mfgui.core.events import HistoryChanged, Severity, WorklistChanged
from mfgui.core.labels import FocusMap
from mfgui.core.session import MapOrigin
from mfgui.files.annotations import Annotation, SetState, SpotMark, sources_of
from mfgui.files.worklists import Worklist, WorkSet
from mfgui.jobs.pool import Task, TaskFailed

Then = Callable[[], None]


def nothing() -> None:
    """The answer to what nobody waits for."""


@dataclass(eq=False)
class Board:
    """The list and its open set, as the parts of the annotation control share them.

    Attributes
    ----------
    loaded : bool
        Whether the open set's own map is in the session, or known not to be there.
    keep_old : bool
        Whether files of the open set are copied before the next save: they could not be used.
    spots, colours_of : callable
        Spots that were checked, and the colours of the labels of k sources.
    """

    worklist: Worklist | None = None
    position: int | None = None
    loaded: bool = False
    keep_old: bool = False
    clock: WorkClock = field(default_factory=WorkClock)
    spots: Callable[[], tuple[SpotMark, ...]] = tuple
    colours_of: Callable[[int], Sequence[str]] = lambda _k: ()

    @property
    def entry(self) -> WorkSet | None:
        """The open set of the list."""
        if self.worklist is None or self.position is None:
            return None
        return self.worklist.sets[self.position]

    def change(self, entry: WorkSet) -> None:
        """Another entry for the open set."""
        assert self.worklist is not None
        assert self.position is not None
        self.worklist = self.worklist.replaced(self.position, entry)


@dataclass(frozen=True, eq=False)
class Stamp:
    """What there is to save of the open set."""

    focus_map: FocusMap | None
    revision: int
    state: SetState
    note: str
    spots: tuple[SpotMark, ...]

    def same(self, other: Stamp) -> bool:
        mine = (self.revision, self.state, self.note, self.spots)
        theirs = (other.revision, other.state, other.note, other.spots)
        return self.focus_map is other.focus_map and mine == theirs


class AnnotationSaver:
    """Writes map, description and state of the open set off the interface thread."""

    def __init__(self, desk: Desk, edit: EditControl, board: Board) -> None:
        self._desk, self._edit, self._board = desk, edit, board
        self._writer = Writer()
        self._saved: Stamp | None = None
        self._waiting: list[tuple[Then, Then]] = []
        self._unsaved: dict[Path, Task] = {}
        self.saving = False

    @property
    def modified(self) -> bool:
        """Whether there is something that is not in the set's files."""
        if self._board.entry is None or not self._board.loaded or self._saved is None:
            return False
        return not self._stamp().same(self._saved)

    def begin(self) -> None:
        """The set is as in its files."""
        self._saved = self._stamp()
        self._mark()

    def end(self) -> None:
        """The set has gone."""
        self._saved = None

    def save(self, *, done: Then = nothing, failed: Then = nothing) -> None:
        """Write what there is; a save that is asked for during another one comes after it, if
        anything is left to save."""
        if not self._board.loaded:
            # Its own map is still being read, and must not be replaced before.
            failed()
            return
        if self.saving:
            self._waiting.append((done, failed))
            return
        self.saving = True
        stamp = self._stamp()

        def on_done(value: object) -> None:
            self.saving = False
            assert isinstance(value, Saved)
            self._take(value, stamp)
            done()
            waiting, self._waiting = self._waiting, []
            for also_done, also_failed in waiting:
                self.save_changes(done=also_done, failed=also_failed)

        def on_failed(failure: TaskFailed) -> None:
            self.saving = False
            self._desk.failing("the set stays open, nothing is lost")(failure)
            waiting, self._waiting = self._waiting, []
            for answer in (failed, *(also_failed for _, also_failed in waiting)):
                answer()
            self._desk.notifier.emit(WorklistChanged())

        self._desk.submit(self._task(), done=on_done, failed=on_failed)
        self._desk.notifier.emit(WorklistChanged())

    def save_changes(self, *, done: Then = nothing, failed: Then = nothing) -> None:
        """Write what has changed, if anything has."""
        if self.modified or self.saving:
            self.save(done=done, failed=failed)
        else:
            done()

    def save_left(self) -> None:
        """Write what has changed of a set that goes now; tried again by `retry` if that fails."""
        entry = self._board.entry
        if entry is None or not self.modified:
            return
        self._saved = self._stamp()
        self._write(entry.base, self._task(), self._saved)

    def retry(self) -> None:
        """Write again what could not be written when its set was left."""
        for base, task in tuple(self._unsaved.items()):
            self._write(base, task, None)

    def finish(self) -> str:
        """Write at once what has not been; why that was not possible, or empty."""
        left = list(self._unsaved.values())
        if self.modified:
            left.append(self._task())
        for task in left:
            try:
                task(lambda _part: None)
            except Exception as error:  # whatever it is, the window must not close over it
                return str(error)
        self._unsaved.clear()
        if self.modified:
            self.begin()
        return ""

    def _write(self, base: Path, task: Task, stamp: Stamp | None) -> None:
        def done(value: object) -> None:
            self._unsaved.pop(base, None)
            assert isinstance(value, Saved)
            self._take(value, stamp)

        def failed(failure: TaskFailed) -> None:
            self._unsaved[base] = task
            kept = "it is kept in memory and written again every minute"
            self._desk.failing(kept)(failure)

        self._desk.submit(task, done=done, failed=failed)

    def _task(self) -> Task:
        session, board, entry = self._desk.session, self._board, self._board.entry
        assert session.stack is not None
        assert board.worklist is not None
        assert entry is not None
        if session.focus_map is None:
            return self._writer.save(board.worklist, entry, None, None, keep_old=False)
        origin = session.map_origin
        annotation = Annotation(
            size=session.stack.size,
            sources=sources_of(session.stack, entry.base, board.colours_of(session.stack.k)),
            state=SetState.IN_PROGRESS if entry.state is SetState.NEW else entry.state,
            note=entry.note,
            annotator=self._desk.settings.values.annotator,
            tools=board.clock.tools(),
            spots=board.spots(),
            origin=None if origin == MapOrigin() else asdict(origin),
        )
        labels = session.focus_map.snapshot()
        return self._writer.save(board.worklist, entry, labels, annotation, keep_old=board.keep_old)

    def _take(self, saved: Saved, stamp: Stamp | None) -> None:
        board = self._board
        sets = () if board.worklist is None else board.worklist.sets
        index = next((n for n, e in enumerate(sets) if e.base == saved.entry.base), None)
        if index is not None and board.worklist is not None:
            entry, new = sets[index], saved.entry
            if stamp is None or (entry.state, entry.note) != (stamp.state, stamp.note):
                new = replace(new, state=entry.state, note=entry.note)  # changed meanwhile
            board.worklist = board.worklist.replaced(index, new)
            present = self._desk.session.focus_map
            if index == board.position and stamp is not None and stamp.focus_map is present:
                board.keep_old = False
                self._saved = replace(stamp, state=saved.entry.state)
                if not self.modified:
                    self._mark()
        self._tell(saved)
        self._desk.notifier.emit(WorklistChanged())

    def _tell(self, saved: Saved) -> None:
        if saved.kept:
            names = ", ".join(path.name for path in saved.kept)
            what = "the files that did not fit were copied before they were replaced"
            self._desk.notice(Severity.INFO, what, names)
        if saved.problem:
            what = f"the list of states was not saved: {saved.problem}"
            self._desk.notice(Severity.WARNING, what, "the map itself is saved")

    def _mark(self) -> None:
        self._edit.history.mark_saved()
        self._desk.notifier.emit(HistoryChanged())

    def _stamp(self) -> Stamp:
        focus_map, entry = self._desk.session.focus_map, self._board.entry
        state = SetState.NEW if entry is None else entry.state
        note = "" if entry is None else entry.note
        revision = -1 if focus_map is None else focus_map.revision
        return Stamp(focus_map, revision, state, note, self._board.spots())
