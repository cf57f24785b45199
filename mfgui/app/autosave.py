"""A copy of the present work against a crash, kept in the background."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from mfgui.app import session_tasks
from mfgui.app.desk import Desk
from mfgui.app.recovery import Offer, Slot, discard, offers
from mfgui.app.set_control import SetControl
from mfgui.app.settings import home
from mfgui.core.events import Severity
from mfgui.files.session_manifest import StoredSession
from mfgui.jobs.pool import TaskFailed


class Work(Protocol):
    """What is to be kept."""

    path: Path | None

    @property
    def name(self) -> str: ...

    @property
    def modified(self) -> bool: ...

    def freeze(self, *, for_file: bool) -> Callable[[], StoredSession]: ...


class Autosave:
    """Writes the work into the recovery folder of this window, one copy at a time.

    The interface thread copies the labels, which takes milliseconds; a copy costs the pool what
    has changed since the one before.
    """

    def __init__(self, desk: Desk, sets: SetControl, work: Work) -> None:
        self._desk = desk
        self._sets = sets
        self._work = work
        self._busy = self._again = self._failed = False
        self.slot = Slot(home() / "recovery")

    @property
    def busy(self) -> bool:
        """Whether a copy is being written."""
        return self._busy

    def write(self) -> None:
        """Keep the present state, if it is not in the session file."""
        work, stack = self._work, self._desk.session.stack
        if stack is None or not work.modified:
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        freeze = work.freeze(for_file=False)
        title = work.name or stack.sources[0].name
        original = "" if work.path is None else str(work.path.absolute())
        pictures, slot = self._sets.pictures, self.slot

        def task(_report: object) -> int:
            picture = session_tasks.small_jpeg(pictures[0]) if pictures else b""
            return slot.write(freeze(), original=original, title=title, picture=picture)

        self._desk.submit(task, done=self._on_written, failed=self._on_failed)

    def forget(self, *, sources: bool = False) -> None:
        """The work is saved or given up: keep nothing of it, nor of embedded sources."""
        self._failed = False
        self._background(partial(self.slot.clear, sources=sources))

    def end(self) -> None:
        """The window closes as it should."""
        self.slot.remove()

    def ask_for_offers(self, done: Callable[[list[Offer]], None]) -> None:
        """Look for what windows left behind."""

        def found(value: object) -> None:
            assert isinstance(value, list)
            done(value)

        failed = self._desk.failing("")
        self._desk.submit(lambda _report: offers(home() / "recovery"), done=found, failed=failed)

    def discard(self, offer: Offer, done: Callable[[], None]) -> None:
        """Give up what a window left behind."""
        self._desk.submit(
            lambda _report: discard(offer),
            done=lambda _nothing: done(),
            failed=self._desk.failing(""),
        )

    def _on_written(self, _bytes: object) -> None:
        self._busy = self._failed = False
        if self._again:
            self._again = False
            self.write()
        elif not self._work.modified:  # saved, or left, while it was written
            self._background(self.slot.clear)

    def _on_failed(self, failure: TaskFailed) -> None:
        self._busy = self._again = False
        if not self._failed:
            self._failed = True
            what = f"the copy against a crash was not written: {failure.error}"
            kept = "save the session yourself"
            self._desk.notice(Severity.WARNING, what, kept, details=failure.details)

    def _background(self, work: Callable[[], None]) -> None:
        self._desk.submit(
            lambda _report: work(), done=lambda _nothing: None, failed=lambda _failure: None
        )
