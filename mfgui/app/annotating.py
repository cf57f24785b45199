"""A list of sets to annotate: which set is open, its drawn map, its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mfgui.app import annotation_tasks
from mfgui.app.annotation_saving import AnnotationSaver, Board, Then
from mfgui.app.annotation_tasks import Loaded
from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.app.set_control import SetControl
from mfgui.app.spots import SpotControl
from mfgui.app.tasks import LoadedSet
from mfgui.app.view_control import ViewControl
from mfgui.app.work_clock import WorkClock
from mfgui.core.bands import Spot, SpotKind
from mfgui.core.events import (
    Change,
    OpeningFailed,
    SetClosed,
    SetOpened,
    Severity,
    WorklistChanged,
)
from mfgui.core.session import MapOrigin
from mfgui.files.annotations import (
    Annotation,
    SetState,
    SourcesChanged,
    SpotMark,
    annotation_files,
)
from mfgui.files.worklists import Worklist, WorkSet
from mfgui.jobs.pool import TaskFailed


class AnnotationControl:
    """The list, and the set of it that is open.

    The present set is saved before another one of the list is opened, and stays when that fails.
    A set that is left in another way is saved, too; if that fails, its map is kept and written
    again with the next `autosave`. A drawn map that cannot be read or does not fit is copied
    before it is replaced.

    Attributes
    ----------
    changed_sources : SourcesChanged or None
        Why the drawn map was not loaded, where `load_anyway` can do it.
    show_spots : callable
        Shows the spots of a drawn map as checked.
    """

    def __init__(
        self,
        desk: Desk,
        sets: SetControl,
        edit: EditControl,
        view: ViewControl,
        spots: SpotControl,
    ) -> None:
        self._desk, self._sets, self._edit, self._view = desk, sets, edit, view
        self.board = Board()
        self.board.spots = lambda: tuple(SpotMark(s.kind, s.rect) for s in spots.checked)
        self.changed_sources: SourcesChanged | None = None
        self.show_spots: Callable[[tuple[SpotMark, ...]], None] = lambda marks: spots.restore(
            _spots(marks)
        )
        self._saver = AnnotationSaver(desk, edit, self.board)
        self._target: int | None = None
        self._label = 1
        self._ahead: LoadedSet | None = None
        sets.leaving.append(self._on_set_left)
        desk.notifier.connect(self._take)

    # What is known

    @property
    def worklist(self) -> Worklist | None:
        return self.board.worklist

    @property
    def position(self) -> int | None:
        """Which set of the list is open."""
        return self.board.position

    @property
    def entry(self) -> WorkSet | None:
        """The open set of the list."""
        return self.board.entry

    @property
    def clock(self) -> WorkClock:
        """Time spent on the open set."""
        return self.board.clock

    @property
    def active(self) -> bool:
        """Whether a set of the list is open, so that *Save* means its map."""
        return self.board.entry is not None

    @property
    def ready(self) -> bool:
        """Whether a set of the list is open and what was drawn of it before is loaded."""
        return self.active and self.board.loaded

    @property
    def modified(self) -> bool:
        """Whether there is something that is not in the set's files."""
        return self._saver.modified

    @property
    def saving(self) -> bool:
        return self._saver.saving

    # The list

    def open_list(self, paths: Sequence[Path], *, output: Path | None = None) -> None:
        """Read a list of sets (see `read_worklist`) and open its first set that is not done."""

        def done(value: object) -> None:
            assert isinstance(value, Worklist)
            self._leave_then(lambda: self._show_list(value))

        kept = "the open list is unchanged" if self.worklist is not None else ""
        task = annotation_tasks.open_list(paths, output)
        self._desk.submit(task, done=done, failed=self._desk.failing(kept))

    def close_list(self) -> None:
        """Forget the list, once the open set is saved; the set stays open."""

        def close() -> None:
            self.board.worklist = self.board.position = None
            self.changed_sources = None
            self._saver.end()
            self._desk.notifier.emit(WorklistChanged())

        self._leave_then(close)

    def open_set(self, index: int) -> None:
        """Save the present set and open another one of the list."""
        worklist = self.worklist
        if worklist is None or not 0 <= index < len(worklist.sets):
            return
        self._target = index
        self._leave_then(self._open_target)

    def step(self, step: int) -> None:
        """Open the set `step` places further on; pressed fast, only the last one is opened."""
        if self.worklist is None:
            return
        start = self.position if self._target is None else self._target
        index = 0 if start is None else start + step
        if 0 <= index < len(self.worklist.sets):
            self.open_set(index)
        else:
            end = "last" if step > 0 else "first"
            self._desk.notice(Severity.INFO, f"this is the {end} set of the list")

    # The open set

    def set_state(self, state: SetState) -> None:
        """The person says how far the open set is; it is written at once."""
        entry = self.entry
        if self.ready and entry is not None and entry.state is not state:
            self._change(replace(entry, state=state))
            self._saver.save()

    def set_note(self, note: str) -> None:
        """Change the note of the open set; it is written with the next save."""
        entry = self.entry
        if self.ready and entry is not None and entry.note != note:
            self._change(replace(entry, note=note))

    def load_anyway(self) -> None:
        """Take the drawn map although the sources have changed."""
        if self.changed_sources is not None:
            self.changed_sources = None
            self._load(anyway=True)

    def save(self) -> None:
        """Write map and description of the open set, and say so."""
        entry = self.entry
        if entry is None:
            return
        if self._desk.session.focus_map is None:
            words = "there is no map to save yet"
            self._desk.notice(Severity.INFO, words, "draw one, or detect one first")
            return

        def told() -> None:
            name = annotation_files(entry.base)[0].name
            self._desk.notice(Severity.INFO, f"saved {name}", details=str(entry.base.parent))

        self._saver.save(done=told)

    def autosave(self) -> None:
        """Save what has changed, quietly; to be called every minute."""
        self._saver.retry()
        if self.modified:
            self._saver.save()

    def leave(self, go: Then) -> None:
        """Save the open set if it has changed, then call `go`; if that fails, it stays open."""
        self._saver.save_changes(done=go)

    def finish(self) -> str:
        """Save at once, because the window closes; why that was not possible, or empty."""
        return self._saver.finish()

    # Opening

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened):
            self._on_set_opened()
        elif isinstance(change, OpeningFailed):
            self._target = None
        elif isinstance(change, SetClosed):
            self._target, self.board.position, self.board.loaded = None, None, False
            self._saver.end()
            self._desk.notifier.emit(WorklistChanged())

    def _leave_then(self, go_on: Then) -> None:
        """Save the open set if it has changed, then go on; if that fails, it stays open."""

        def stay() -> None:
            self._target = None

        self._saver.save_changes(done=go_on, failed=stay)

    def _show_list(self, worklist: Worklist) -> None:
        self.board.worklist, self.board.position, self._target = worklist, None, None
        self._saver.end()
        self._desk.notifier.emit(WorklistChanged())
        if worklist.notices:
            count = len(worklist.notices)
            what = worklist.notices[0] if count == 1 else f"{count} things in this list are odd"
            kept = f"{len(worklist.sets)} sets are listed"
            self._desk.notice(Severity.INFO, what, kept, details="\n".join(worklist.notices))
        open_ones = (n for n, e in enumerate(worklist.sets) if e.state is not SetState.DONE)
        self.open_set(next(open_ones, 0))

    def _open_target(self) -> None:
        if self.worklist is None or self._target is None:
            return
        images = self.worklist.sets[self._target].images
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.paths == images:
            self._sets.adopt(ahead)
        else:
            self._sets.open(images)

    def _on_set_opened(self) -> None:
        board = self.board
        target, self._target = self._target, None
        board.position = target if self._is_open(target) else None
        self.changed_sources = None
        board.keep_old = board.loaded = False
        self._saver.end()
        self._desk.notifier.emit(WorklistChanged())
        if self.active:
            self._load()

    def _is_open(self, index: int | None) -> bool:
        """Whether the set that was asked for has come, and not another one: the person may have
        opened files or a session, with a map of its own, meanwhile."""
        stack = self._desk.session.stack
        if index is None or stack is None or self.worklist is None:
            return False
        paths = tuple(dict.fromkeys(source.path for source in stack.sources))
        return self.worklist.sets[index].images == paths

    def _load(self, *, anyway: bool = False) -> None:
        stack, entry = self._desk.session.stack, self.entry
        assert stack is not None
        assert entry is not None

        def current(act: Callable[[], None]) -> None:
            if self._desk.session.stack is stack and self.active:
                act()

        self._desk.submit(
            annotation_tasks.load(entry.base, stack, anyway=anyway),
            done=lambda value: current(lambda: self._on_loaded(value)),
            failed=lambda failure: current(lambda: self._on_loading_failed(failure)),
        )

    def _on_loaded(self, value: object) -> None:
        tools: Mapping[str, float] = {}
        if isinstance(value, Loaded):
            found, tools = value.annotation, value.annotation.tools
            self._put(value)
            entry = self.entry
            assert entry is not None
            self._change(replace(entry, state=found.state, note=found.note))
            self.show_spots(found.spots)
        self._begin(tools)

    def _put(self, loaded: Loaded) -> None:
        """The drawn map into the session, where its history begins, unless a stroke was quicker."""
        untouched = self._desk.session.focus_map is None
        self._edit.abort()
        self._edit.replace("Load focus map", loaded.labels, _origin(loaded.annotation))
        if untouched:
            self._edit.forget()

    def _on_loading_failed(self, failure: TaskFailed) -> None:
        if isinstance(failure.error, SourcesChanged):
            self.changed_sources = failure.error
        self.board.keep_old = True
        kept = "the map in the file is kept, also when a new one is saved"
        self._desk.failing(kept)(failure)
        self._begin({})

    def _begin(self, tools: Mapping[str, float]) -> None:
        """Work on the set can begin."""
        self.board.loaded = True
        self.clock.begin(tools)
        self._saver.begin()
        stack = self._desk.session.stack
        if stack is not None and self._desk.session.active_label == 1:
            self._view.choose_label(min(self._label, stack.k))
        self._desk.notifier.emit(WorklistChanged())
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Have the pool read the next set while this one is worked on."""
        worklist, position = self.worklist, self.position
        self._ahead = None
        if worklist is None or position is None or position + 1 >= len(worklist.sets):
            return

        def wanted() -> bool:
            same = self.worklist is not None and self.worklist.folder == worklist.folder
            return same and self.position == position

        def done(value: object) -> None:
            if isinstance(value, LoadedSet) and wanted():
                self._ahead = value

        task = annotation_tasks.open_ahead(worklist.sets[position + 1].images, wanted)
        self._desk.submit(task, done=done, failed=lambda _failure: None)

    def _on_set_left(self) -> None:
        """The open set goes, perhaps for one that is not in the list."""
        if self.active:
            self._label = self._desk.session.active_label
            self._saver.save_left()

    def _change(self, entry: WorkSet) -> None:
        self.board.change(entry)
        self._desk.notifier.emit(WorklistChanged())


def _spots(marks: Sequence[SpotMark]) -> list[Spot]:
    """The spots of a drawn map; kinds that a later version may know are left out."""
    known = {kind.value: kind for kind in SpotKind}
    return [
        Spot(known[m.kind], m.rect, m.rect.x + m.rect.width // 2, m.rect.y + m.rect.height // 2, 0)
        for m in marks
        if m.kind in known
    ]


def _origin(annotation: Annotation) -> MapOrigin:
    """How the map began, as the file says it."""
    found = annotation.origin
    if not isinstance(found, Mapping):
        return MapOrigin()
    detector, path = str(found.get("detector") or ""), str(found.get("path") or "")
    pairs = found.get("parameters")
    listed = pairs if isinstance(pairs, list) else []
    parameters = tuple((str(pair[0]), pair[1]) for pair in listed if len(pair) == 2)
    return MapOrigin(detector, parameters, path, edited=bool(found.get("edited")))
