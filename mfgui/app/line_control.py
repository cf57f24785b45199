"""The line of the profile: drawn, moved and removed as steps of the history, and read."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.app.reading import Reader, reader_of
from mfgui.app.session_parts import SessionParts
from mfgui.core.arrays import Size
from mfgui.core.compute import StopRequested
from mfgui.core.events import HistoryChanged, LineChanged, SessionSaved, SetClosed, SetOpened
from mfgui.core.line_profile import MOST_WIDTH, Interpolation, Values, length_of, sample_line
from mfgui.core.session import Line
from mfgui.files.session_fields import Fields
from mfgui.jobs.pool import Report, Task, TaskFailed

SHORTEST = 1.0  # pixels; a shorter line is none
TOGETHER_S = 1.0  # widths that are set one after another are one step
Read = Mapping[str, Values]


@dataclass(eq=False)
class _Step:
    """One change of the line, which further widths may still change."""

    name: str
    before: Line | None
    after: Line | None
    put: Callable[[Line | None], None]
    nbytes: int = 0

    def undo(self) -> None:
        self.put(self.before)

    def redo(self) -> None:
        self.put(self.after)

    def pack(self) -> None:
        """There is nothing to pack."""


@dataclass(eq=False)
class _Reading:
    """What the pool reads, until something newer is wished for."""

    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


class LineControl:
    """Sets, shows and reads the line.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self, desk: Desk, edit: EditControl, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._desk = desk
        self._edit = edit
        self._clock = clock
        self._settled: Line | None = None  # the newest line that is a step
        self._newest: _Step | None = None  # the newest step, where it is one of the width
        self._set_at = 0.0
        self._width = 1
        self._interpolation = Interpolation.BILINEAR
        self._reading: _Reading | None = None
        desk.notifier.connect(self._take)

    @property
    def line(self) -> Line | None:
        return self._desk.session.line

    @property
    def width(self) -> int:
        """Of the line, or of the one that there was last."""
        return self._width

    @property
    def interpolation(self) -> Interpolation:
        """How the line is read; no part of the history."""
        return self._interpolation

    def interpolate(self, interpolation: Interpolation) -> None:
        """Read the line like this from here on."""
        if interpolation is not self._interpolation:
            self._interpolation = interpolation
            self._desk.notifier.emit(LineChanged())

    def show(self, line: Line | None) -> None:
        """Make `line` the present one while it is drawn: no step until `set` is called."""
        line = self._checked(line)
        if line != self._desk.session.line:
            self._put_only(line)

    def set(self, line: Line | None) -> bool:
        """Make `line`, with its ends inside the picture, the present one as a step; None removes
        it. Returns whether it is another one than at the last step."""
        before, after = self._settled, self._checked(line)
        self.show(after)
        if after == before:
            return False
        self._record("Remove line" if after is None else "Line profile", before, after)
        return True

    def set_width(self, width: int) -> None:
        """Average over `width` pixels across the line, which there may not be yet; within a second
        all widths are one step."""
        line, before = self._desk.session.line, self._settled
        self._width = min(max(width, 1), MOST_WIDTH)
        if line is None:
            return
        after = replace(line, width=self._width)
        if after == line:
            return
        newest, now = self._newest, self._clock()
        self._put(after)
        if newest is not None and now - self._set_at < TOGETHER_S:
            newest.after = after
        else:
            self._newest = self._record("Line width", before, after)
        self._set_at = now

    def read(self, keys: Sequence[str], done: Callable[[Read], None]) -> None:
        """Have the values of pictures along the line read; `done` gets those of the keys that
        there are, none after a failure. A wish that is not fulfilled yet is forgotten."""
        self.stop()
        session = self._desk.session
        if session.line is None or session.stack is None:
            return
        readers = {key: reader_of(session, key) for key in keys}
        known = {key: reader for key, reader in readers.items() if reader is not None}
        reading = self._reading = _Reading()
        task = _sampling(known, session.stack.size, session.line, self._interpolation, reading)

        def answered(value: object) -> None:
            if reading is self._reading and isinstance(value, dict):
                self._reading = None
                done(value)

        def failed(failure: TaskFailed) -> None:
            if reading is self._reading:
                self._reading = None
                self._desk.failing("the line is as it was")(failure)
                done({})

        self._desk.submit(task, done=answered, failed=failed, urgent=True)

    def stop(self) -> None:
        """Nobody waits for what is being read."""
        if self._reading is not None:
            self._reading.stopped.set()
            self._reading = None

    def restore(self, line: Line | None) -> None:
        """Take the line of a file; no step."""
        self._put(self._checked(line))

    def _record(self, name: str, before: Line | None, after: Line | None) -> _Step:
        step = _Step(name, before, after, self._put)
        self._settled = after
        self._edit.record(step)
        return step

    def _put(self, line: Line | None) -> None:
        self._settled = line
        self._put_only(line)

    def _put_only(self, line: Line | None) -> None:
        self._width = self._width if line is None else line.width
        self._desk.session.line = line
        self._desk.notifier.emit(LineChanged())

    def _checked(self, line: Line | None) -> Line | None:
        """With the ends inside the picture; None for a line that is too short."""
        stack = self._desk.session.stack
        if line is None or stack is None:
            return None
        line = _inside(line, stack.size)
        return None if length_of(line) < SHORTEST else line

    def _take(self, change: object) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self.stop()
            self._settled = self._newest = None
            self._desk.notifier.emit(LineChanged())
        elif isinstance(change, HistoryChanged | SessionSaved):
            self._newest = None


def carry_line(parts: SessionParts, control: LineControl) -> None:
    """Remember the line in the session file."""

    def read() -> object:
        line = control.line
        if line is None:
            return None
        return {"ends": [line.x0, line.y0, line.x1, line.y1], "width": line.width}

    def restore(value: object) -> None:
        if value is None:
            return
        fields = Fields({"line": value}).inside("line")
        x0, y0, x1, y1 = fields.series("ends", most=4)
        if not all(map(math.isfinite, (x0, y0, x1, y1))):
            raise ValueError("the line has no ends")
        width = fields.whole("width", least=1, most=MOST_WIDTH)
        control.restore(Line(x0, y0, x1, y1, width))

    parts.carry("line", read, restore)


def _inside(line: Line, size: Size) -> Line:
    def held(value: float, most: int) -> float:
        return min(max(value, 0.0), float(most))

    return Line(
        held(line.x0, size.width),
        held(line.y0, size.height),
        held(line.x1, size.width),
        held(line.y1, size.height),
        min(max(line.width, 1), MOST_WIDTH),
    )


def _sampling(
    readers: Mapping[str, Reader],
    size: Size,
    line: Line,
    interpolation: Interpolation,
    reading: _Reading,
) -> Task:
    """Read pictures along a line, None when that was stopped."""

    def task(_report: Report) -> dict[str, Values] | None:
        try:
            return {
                key: sample_line(
                    read, size, line, interpolation=interpolation, checkpoint=reading.check
                )
                for key, read in readers.items()
            }
        except StopRequested:
            return None

    return task
