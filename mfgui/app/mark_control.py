"""What a person says of results: names, stars and notes, each change a step."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial

from mfgui.app.desk import Desk
from mfgui.app.session_parts import SessionParts
from mfgui.core.events import MarkChanged
from mfgui.core.history import Action
from mfgui.core.session import Mark
from mfgui.files.session_fields import Fields

LONGEST_NAME = 120
LONGEST_NOTE = 10_000
_MOST = 100_000  # marks in a file


class MarkControl:
    """Writes the marks of results. Those of deleted ones stay, for a deletion can be undone."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def mark(self, run_id: int) -> Mark:
        """The mark of a result; an empty one where nothing was said of it."""
        return self._desk.session.marks.get(run_id, Mark())

    def set_mark(self, run_id: int, mark: Mark) -> None:
        """Say something else of a result, as a step. Nothing happens when it says the same."""
        before = self.mark(run_id)
        if mark == before or run_id not in self._desk.session.results:
            return
        self._put(run_id, mark)
        undo, redo = partial(self._put, run_id, before), partial(self._put, run_id, mark)
        self._desk.record(Action(_step_name(run_id, before, mark), undo, redo))

    def rename(self, run_id: int, name: str) -> None:
        """Give a result another name, in one line; an empty one, or that of its method, takes
        the person's own away."""
        result = self._desk.session.results.get(run_id)
        words = " ".join(name.split())[:LONGEST_NAME]
        own = "" if result is None or words == result.name else words
        self.set_mark(run_id, replace(self.mark(run_id), name=own))

    def toggle_star(self, run_id: int) -> None:
        """Star a result, or no longer."""
        mark = self.mark(run_id)
        self.set_mark(run_id, replace(mark, star=not mark.star))

    def write_note(self, run_id: int, note: str) -> None:
        """Note something on a result; nothing but blanks takes the note away."""
        self.set_mark(run_id, replace(self.mark(run_id), note=note.strip()[:LONGEST_NOTE]))

    def _put(self, run_id: int, mark: Mark) -> None:
        marks = self._desk.session.marks
        if mark == Mark():
            marks.pop(run_id, None)
        else:
            marks[run_id] = mark
        self._desk.notifier.emit(MarkChanged(run_id))


def carry_marks(parts: SessionParts, desk: Desk) -> None:
    """Remember the marks of the results that are there."""

    def read() -> object:
        session = desk.session
        there = sorted(session.marks.keys() & session.results.keys())
        return [{"run": run_id, **asdict(session.marks[run_id])} for run_id in there]

    def restore(value: object) -> None:
        session = desk.session
        marks = dict(map(_mark, Fields({"marks": value}).entries("marks", most=_MOST)))
        for run_id in marks.keys() & session.results.keys():
            session.marks[run_id] = marks[run_id]
            desk.notifier.emit(MarkChanged(run_id))

    parts.carry("marks", read, restore)


def _mark(fields: Fields) -> tuple[int, Mark]:
    mark = Mark(
        fields.text("name", most=LONGEST_NAME),
        fields.one_of("star", (False, True)),
        fields.text("note", most=LONGEST_NOTE),
    )
    return fields.whole("run"), mark


def _step_name(run_id: int, before: Mark, after: Mark) -> str:
    if after.name != before.name:
        return f"Rename result {run_id}"
    if after.star != before.star:
        return f"{'Star' if after.star else 'Unstar'} result {run_id}"
    return f"Note on result {run_id}"
