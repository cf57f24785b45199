"""The session file: saving, opening, collecting, and the copy that is kept against a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from mfgui.app import session_tasks
from mfgui.app.autosave import Autosave
from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.app.kept_work import KeptWork, states_of
from mfgui.app.recovery import Offer
from mfgui.app.requests import RunNumbers
from mfgui.app.session_parts import SessionParts, carry_region, carry_seam
from mfgui.app.session_tasks import LoadedSession, Search, is_there
from mfgui.app.set_control import SetControl
from mfgui.app.view_control import ViewControl
from mfgui.core.errors import MfguiError
from mfgui.core.events import (
    Change,
    HistoryChanged,
    MapChanged,
    ResultAdded,
    ResultRemoved,
    RunChanged,
    SessionChanged,
    SessionSaved,
    SetClosed,
    SetOpened,
    Severity,
    SourcesMissing,
    ThumbnailReady,
)
from mfgui.core.labels import FocusMap
from mfgui.core.seams import Seam
from mfgui.core.stack import Source
from mfgui.files.session_manifest import SourceRecord, StoredSession
from mfgui.files.session_migrations import SCHEMA
from mfgui.jobs.pool import TaskFailed


class SessionControl:
    """What is open as one file.

    Attributes
    ----------
    path : Path or None
        The session file, None for a set that was never saved as one.
    read_only : bool
        It was made by a newer version, part of which would be lost: save under another name.
    missing : Search or None
        A session that waits for its sources to be located.
    parts : SessionParts
        What other parts of the window remember in the file.
    autosave : Autosave
        The copy against a crash.
    listed : callable
        Whether the set belongs to a list: its map is what is saved there, and a session file is
        a copy, which does not become the session's.
    """

    def __init__(
        self,
        desk: Desk,
        view: ViewControl,
        edit: EditControl,
        sets: SetControl,
        set_seam: Callable[[Seam], None],
        numbers: RunNumbers,
    ) -> None:
        self._desk = desk
        self._view = view
        self._edit = edit
        self._sets = sets
        self._numbers = numbers
        self._kept = KeptWork(desk, edit)
        sets.exported = self._kept.add_exported
        self.parts = SessionParts()
        carry_seam(self.parts, desk, set_seam)
        carry_region(self.parts, desk)
        self.autosave = Autosave(desk, sets, self)
        self.listed: Callable[[], bool] = lambda: False
        self._entering = False
        self._saves = 0
        self.missing: Search | None = None
        self._forget()
        desk.notifier.connect(self._take)

    def _forget(self) -> None:
        """Another set: nothing is known of a file."""
        self.path: Path | None = None
        self.read_only = False
        self._older_schema: int | None = None
        self._kept.forget()
        self._records: dict[tuple[str, int], SourceRecord] = {}

    # State

    @property
    def saving(self) -> bool:
        """Whether a file is being written."""
        return self._saves > 0

    @property
    def modified(self) -> bool:
        """Whether the window holds anything that the file does not."""
        if self._desk.session.stack is None:
            return False
        return self._kept.modified

    @property
    def unsaved_work(self) -> bool:
        """Whether leaving now would lose work: an edited map, a result neither saved nor
        exported, or a save that is still under way."""
        if self._desk.session.stack is None:
            return False
        return self.saving or self._kept.unsaved

    @property
    def name(self) -> str:
        """Name of the file without its ending, empty when there is none."""
        return self.path.stem if self.path is not None else ""

    # Saving

    def save(self) -> bool:
        """Write the file again; False when a name must be chosen first."""
        if self.path is None or self.read_only:
            return False
        self._write(self.path)
        return True

    def save_as(self, path: Path) -> None:
        """Write a file that is the session's from here on, unless the set belongs to a list."""
        self._write(path)

    def collect(self, path: Path) -> None:
        """Write a file that holds the sources as well, so that it opens anywhere."""
        self._write(path, collect=True)

    def _write(self, path: Path, *, collect: bool = False) -> None:
        session = self._desk.session
        stack = session.stack
        if stack is None:
            return
        if self._edit.busy:
            self._edit.commit()
        freeze = self.freeze(for_file=True)
        camera = stack if stack.origin is None else stack.origin
        inside = [s.path for s in camera.sources if s.path is not None]
        embed = collect or any(self.autosave.slot.holds(file) for file in inside)
        older = self._older_schema if path == self.path else None
        states, map_state = states_of(session.results), self._kept.map_state
        aside = self.listed()
        if not aside:
            # Marked now, because edits may follow while the file is written.
            self._edit.history.mark_saved()
        self._saves += 1

        def done(copy: object) -> None:
            self._saves -= 1
            if self._desk.session.stack is not stack:
                return
            if aside:
                self._kept.add_copy(map_state)
            else:
                self.path, self.read_only, self._older_schema = path, False, None
            self._kept.saved = states
            self._desk.settings.add_recent((str(path.absolute()),))
            kept = f"the file of an earlier version is kept as {copy.name}" if copy else ""  # type: ignore[attr-defined]
            self._desk.notice(Severity.INFO, f"saved {path.name}", kept, details=str(path))
            if not self.modified:
                self.autosave.forget()
            self._desk.notifier.emit(SessionSaved())
            self._desk.notifier.emit(SessionChanged())

        def failed(failure: TaskFailed) -> None:
            self._saves -= 1
            if self._desk.session.stack is stack and not aside:
                self._edit.history.mark_unsaved()
                self._desk.notifier.emit(SessionChanged())
            self._desk.failing("the earlier file is untouched; the session is kept")(failure)

        task = session_tasks.save_session(
            path, freeze, embed=inside if embed else (), older_schema=older
        )
        self._desk.submit(task, done=done, failed=failed)
        self._desk.notifier.emit(SessionChanged())

    # Opening

    def open(self, path: Path) -> None:
        """Read a session in place of what is open; the present one stays until it is complete."""
        task = session_tasks.open_session(path, self.autosave.slot.new_sources_folder)
        self._sets.read(task, self._on_read)

    def restore(self, offer: Offer) -> None:
        """Go on with what a window left behind."""
        self._sets.read(session_tasks.open_offer(offer), self._on_read)

    def locate(self, index: int, path: Path, done: Callable[[], None]) -> None:
        """Take a file for a source that is missing; siblings in its folder are found as well."""
        search = self.missing
        if search is None:
            return

        def located(value: object) -> None:
            if self.missing is search and isinstance(value, Search):
                self.missing = value
                done()

        task = session_tasks.locate(search, index, path)
        failed = self._desk.failing("choose another file")
        self._desk.submit(task, done=located, failed=failed)

    def accept_changed(self, index: int) -> None:
        """Use a file whose content has changed."""
        if self.missing is not None:
            places = list(self.missing.places)
            places[index] = replace(places[index], accepted=True)
            self.missing = replace(self.missing, places=tuple(places))

    def go_on(self) -> None:
        """Open the session whose sources were located."""
        search, self.missing = self.missing, None
        if search is not None and search.complete:
            self._sets.read(session_tasks.open_located(search), self._on_read)

    def give_up(self) -> None:
        """Leave the present state."""
        self.missing = None

    def _on_read(self, value: object) -> None:
        if isinstance(value, Search):
            self._sets.stay()
            self.missing = value
            self._desk.notifier.emit(SourcesMissing())
            return
        assert isinstance(value, LoadedSession)
        search = value.search
        if search.offer is not None:
            try:  # first, because from here on the present set is left
                self.autosave.slot.adopt(search.offer.folder)
            except MfguiError as error:
                self._sets.stay()
                self._desk.notice(Severity.ERROR, str(error), "what is open is unchanged")
                return
        own = value.loaded.paths if search.file is None else (search.file,)
        recent = tuple(dict.fromkeys(str(path.absolute()) for path in own))
        self._entering = True
        try:
            self._sets.enter(value.loaded, recent)
        finally:
            self._entering = False
        self._forget()
        if search.offer is None:
            self.autosave.forget()
        for number, picture in value.thumbnails.items():
            self._desk.notifier.emit(ThumbnailReady(f"result:{number}", picture))
        self._fill(search)
        self._tell_how(search)

    def _fill(self, search: Search) -> None:
        """Put a session's contents over its sources."""
        stored, session, view = search.stored, self._desk.session, self._view
        self.path = search.file
        self.read_only = stored.schema > SCHEMA
        self._older_schema = stored.schema if stored.schema < SCHEMA else None
        self._records = {(p.record.sha256, p.record.page): p.record for p in search.places}
        k = stored.k
        if stored.labels is not None:
            given = [result.map_revision for result in stored.results.values()]
            newest = max((stored.map_revision, *given))
            session.focus_map = FocusMap(
                stored.labels, k=k, revision=stored.map_revision, newest=newest
            )
            session.map_origin = stored.origin
            self._desk.notifier.emit(MapChanged())
        for number, result in stored.results.items():
            session.results[number] = result
            self._desk.notifier.emit(ResultAdded(number))
        self._numbers.continue_after(max(stored.results, default=0))
        self._kept.saved = states_of(stored.results)
        view.show(f"source:{stored.active_source}")
        view.choose_label(stored.active_label)
        if is_there(stored.reference, stored):
            view.refer(stored.reference)
        shown = stored.shown if is_there(stored.shown, stored) else view.fused_key()
        view.show(shown or f"source:{stored.active_source}")
        lost = self.parts.restore(stored.parts)
        self._edit.bring_along()
        self._edit.history.clear()
        if search.offer is not None or any(place.accepted for place in search.places):
            self._edit.history.mark_unsaved()
        self._desk.notifier.emit(HistoryChanged())
        self._desk.notifier.emit(SessionChanged())
        if lost:
            what = f"not restored from the session: {', '.join(lost)}"
            self._desk.notice(Severity.WARNING, what, "everything else is as it was saved")

    def _tell_how(self, search: Search) -> None:
        notice = partial(self._desk.notice, Severity.INFO)
        if self.read_only:
            what = f"made by a newer mfgui (schema {search.stored.schema}); parts are left out"
            notice(what, "the file stays as it is; save under another name")
        elif search.offer is not None:
            notice("restored what was kept before mfgui ended", "it is not saved yet")
        changed = [place.record.name for place in search.places if place.accepted]
        if changed:
            what = f"changed since the session was saved: {', '.join(changed)}"
            self._desk.notice(Severity.WARNING, what, "its results belong to the old content")

    # What there is

    def end(self) -> None:
        """The window closes as it should."""
        self.autosave.end()

    def freeze(self, *, for_file: bool) -> Callable[[], StoredSession]:
        """The session as it is now; what is left to do is for another thread."""
        session, stack = self._desk.session, self._desk.session.stack
        assert stack is not None
        camera = stack if stack.origin is None else stack.origin
        focus_map = session.focus_map
        results = dict(session.results)
        if not for_file:
            # What follows the map changes with every stroke and is made again from what is kept.
            results = {n: result for n, result in results.items() if result.guard is None}
        stored = StoredSession(
            frame=session_tasks.frame_of(stack),
            sources=tuple(self._record(source, for_file) for source in camera.sources),
            alignment=stack.alignment,
            exposure=stack.exposure,
            labels=None if focus_map is None else focus_map.snapshot(),
            map_revision=0 if focus_map is None else focus_map.revision,
            origin=session.map_origin,
            active_source=session.active_source,
            active_label=session.active_label,
            shown=session.shown,
            reference=session.reference,
            parts=self.parts.read(),
        )
        return lambda: replace(stored, results={n: r.frozen() for n, r in results.items()})

    def _record(self, source: Source, for_file: bool) -> SourceRecord:
        path = "" if source.path is None else str(source.path.absolute())
        if for_file and source.path is not None and self.autosave.slot.holds(source.path):
            known = self._records.get((source.sha256, source.page))
            path = path if known is None else known.path
        return SourceRecord(source.name, path, "", source.sha256, source.page)

    def _take(self, change: Change) -> None:
        """Answer changes of the session."""
        match change:
            case SetOpened() if self._sets.exchanging:
                self._kept.forget()
                if self.path is not None:
                    self._edit.history.mark_unsaved()
                self._desk.notifier.emit(SessionChanged())
            case SetOpened() if not self._entering:
                self._forget()
                self.autosave.forget(sources=True)
                self._desk.notifier.emit(SessionChanged())
            case SetClosed():
                self._forget()
                self.autosave.forget(sources=True)
                self._desk.notifier.emit(SessionChanged())
            case HistoryChanged() | ResultAdded() | ResultRemoved():
                self._desk.notifier.emit(SessionChanged())
            case RunChanged() if not change.status.active:
                self.autosave.write()
            case _:
                pass
