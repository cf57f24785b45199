"""The ground truth of the set: loaded, removed, remembered in the session file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mfgui.app import tasks
from mfgui.app.desk import Desk
from mfgui.app.session_parts import SessionParts
from mfgui.app.view_control import ViewControl
from mfgui.core.comparison import TRUTH
from mfgui.core.events import (
    Change,
    OpeningFailed,
    SetClosed,
    SetOpened,
    Severity,
    TruthChanged,
)
from mfgui.core.history import Action
from mfgui.core.pyramid import Picture
from mfgui.core.session import Truth
from mfgui.core.stack import SourceStack
from mfgui.files.decode import sha256_of
from mfgui.files.ground_truth import read_ground_truth
from mfgui.files.session_fields import Fields
from mfgui.jobs.pool import Report, Task, TaskFailed


@dataclass(frozen=True)
class _Record:
    """Where a session says that its ground truth is.

    Attributes
    ----------
    path, relative : str
        Absolute, and as seen from the folder of source 1; empty where there is no such way.
    reference : bool
        It was the reference.
    """

    name: str
    path: str
    relative: str
    sha256: str
    reference: bool

    def plain(self) -> dict[str, object]:
        return {
            "name": self.name,
            "path": self.path,
            "relative": self.relative,
            "sha256": self.sha256,
            "reference": self.reference,
        }


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A ground truth with its display picture, and what was adapted."""

    truth: Truth
    picture: Picture = field(repr=False)
    notices: tuple[str, ...] = ()


class TruthControl:
    """Writes `session.truth`. A ground truth becomes the reference when it is loaded, as one
    step; the session keeps where its file is, not its pixels."""

    def __init__(self, desk: Desk, view: ViewControl) -> None:
        self._desk = desk
        self._view = view
        self._ticket: int | None = None  # of what is being read
        self._next: Path | None = None  # for the set that is being opened
        self._absent: _Record | None = None  # what a session names and is not there
        self._told: Truth | None = None
        desk.notifier.connect(self._take)

    def load(self, path: Path) -> None:
        """Compare with the picture of a file from here on. The last call wins."""
        stack = self._desk.session.stack
        if stack is None:
            return
        path = path.absolute()

        def done(value: object) -> None:
            assert isinstance(value, _Loaded)
            self._set("Set ground truth", value.truth, value.picture)
            self._tell_adaptations(value)

        self._read(_reading(path, stack), done, self._desk.failing("nothing was changed"))

    def load_with_next_set(self, path: Path) -> None:
        """Load it as soon as the set that is about to be opened is there."""
        self._next = path

    def remove(self) -> None:
        """Compare with no ground truth any more, as a step."""
        self._ticket = self._absent = None
        if self._desk.session.truth is not None:
            self._set("Remove ground truth", None, None)

    def carried_by(self, parts: SessionParts) -> None:
        """Remember where it is in the session file."""
        parts.carry("truth", self._stored, self._restore)

    def _set(self, name: str, truth: Truth | None, picture: Picture | None) -> None:
        """Another ground truth, as a step."""
        session = self._desk.session
        before, reference = session.truth, session.reference
        after = TRUTH if truth is not None else ("" if reference == TRUTH else reference)
        self._put(truth, after, picture)
        held = [kept.pixels.nbytes for kept in (before, truth) if kept is not None]
        undo, redo = partial(self._put, before, reference), partial(self._put, truth, after)
        self._desk.record(Action(name, undo, redo, nbytes=sum(held)))

    def _put(self, truth: Truth | None, reference: str, picture: Picture | None = None) -> None:
        session, view = self._desk.session, self._view
        session.truth, self._absent = truth, None
        view.drop_picture(TRUTH)
        if picture is not None:
            view.take_picture(TRUTH, picture)
        elif truth is not None:
            view.ensure(TRUTH)
        view.refer(reference)
        if session.shown == TRUTH:
            gone = view.fused_key() or f"source:{session.active_source}"
            view.show(gone if truth is None else TRUTH)
        self._tell()

    def _read(
        self, task: Task, done: Callable[[object], None], failed: Callable[[TaskFailed], None]
    ) -> None:
        """Hand a task to the pool; nobody is told when another one came after it."""
        stack = self._desk.session.stack

        def current() -> bool:
            """Whether the answer is still waited for, which it is once."""
            waited = ticket == self._ticket and self._desk.session.stack is stack
            self._ticket = None if waited else self._ticket
            return waited

        ticket = self._desk.submit(
            task,
            done=lambda value: done(value) if current() else None,
            failed=lambda failure: failed(failure) if current() else None,
        )
        self._ticket = ticket

    def _tell(self) -> None:
        if self._told is not self._desk.session.truth:
            self._told = self._desk.session.truth
            self._desk.notifier.emit(TruthChanged())

    def _tell_adaptations(self, loaded: _Loaded) -> None:
        if loaded.notices:
            what = f"{loaded.truth.name}: {loaded.notices[0]}"
            details = "\n".join(loaded.notices)
            self._desk.notice(Severity.INFO, what, "the file is unchanged", details=details)

    def _take(self, change: Change) -> None:
        match change:
            case SetOpened() | SetClosed():
                self._ticket = self._absent = None
                self._tell()
                path, self._next = self._next, None
                if path is not None and isinstance(change, SetOpened):
                    self.load(path)
            case OpeningFailed():
                self._next = None
            case _:
                pass

    # In the session file

    def _stored(self) -> object:
        truth, stack = self._desk.session.truth, self._desk.session.stack
        if truth is None or stack is None:
            return None if self._absent is None else self._absent.plain()
        relative = _relative(Path(truth.path), stack)
        reference = self._desk.session.reference == TRUTH
        return _Record(truth.name, truth.path, relative, truth.sha256, reference).plain()

    def _restore(self, value: object) -> None:
        """Load what a session names; it is no step, because the session is as it was saved."""
        stack = self._desk.session.stack
        if value is None or stack is None or self._ticket is not None:
            return
        record = _understood(value)

        def done(found: object) -> None:
            if isinstance(found, _Loaded):
                reference = TRUTH if record.reference else self._desk.session.reference
                self._put(found.truth, reference, found.picture)
            else:
                missing(f"the ground truth {record.name} was {found}")

        def failed(failure: TaskFailed) -> None:
            missing(str(failure.error), failure.details)

        def missing(what: str, details: str = "") -> None:
            self._absent = record
            kept = "set it again to compare with it; everything else is as it was saved"
            self._desk.notice(Severity.WARNING, what, kept, details=details)

        self._read(_finding(record, stack), done, failed)


def _reading(path: Path, stack: SourceStack) -> Task:
    """Read a ground truth and make its display picture."""

    def task(report: Report) -> _Loaded:
        found = read_ground_truth(path, stack)
        truth = Truth(path.name, str(path), found.sha256, found.pixels)
        picture = tasks.stored_picture(stack, found.pixels)(report)
        assert isinstance(picture, Picture)
        return _Loaded(truth, picture, found.notices)

    return task


def _finding(record: _Record, stack: SourceStack) -> Task:
    """Read the ground truth of a session where it is now; else what became of it, in a word."""

    def task(report: Report) -> _Loaded | str:
        # Not Path.is_file, which fails on names that the system cannot have.
        there = [p for p in _candidates(record, stack) if os.path.isfile(p)]  # noqa: PTH113
        for path in there:
            if sha256_of(path) == record.sha256:
                loaded = _reading(path, stack)(report)
                assert isinstance(loaded, _Loaded)
                return loaded
        return "changed since the session was saved" if there else "not found"

    return task


def _candidates(record: _Record, stack: SourceStack) -> list[Path]:
    """Where it was, where it is as seen from source 1, and beside source 1."""
    first = stack.sources[0].path
    found = [Path(record.path)] if record.path else []
    if first is not None:
        if record.relative:
            found.append(first.absolute().parent / record.relative)
        found.append(first.absolute().parent / record.name)
    return list(dict.fromkeys(found))


def _relative(path: Path, stack: SourceStack) -> str:
    first = stack.sources[0].path
    if first is None:
        return ""
    try:
        return Path(os.path.relpath(path, first.absolute().parent)).as_posix()
    except ValueError:  # on another drive
        return ""


def _understood(value: object) -> _Record:
    """What a session holds, checked; ValueError if it is anything else."""
    fields = Fields({"truth": value}).inside("truth")
    name, path, relative = (fields.text(n, most=4096) for n in ("name", "path", "relative"))
    reference = fields.one_of("reference", (False, True))
    return _Record(Path(name).name, path, relative, fields.text("sha256", most=64), reference)
