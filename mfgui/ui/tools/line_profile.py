"""Line profile: a line whose values are plotted; its ends and the whole of it can be moved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from mfgui.core.line_profile import foot, length_of
from mfgui.core.session import Line
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import is_place, places
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, LineMove, Outline, Point, Stage

_CLICK = 3  # screen pixels; a shorter drag is a click
_NEAR = 9  # screen pixels from what is taken hold of
_CORNERS = 16  # of the ring around an end
_FLAT = math.tan(math.pi / 8)  # half way between a level and a slanted line

_Part = Literal["new", "start", "end", "whole"]


@dataclass(frozen=True)
class _Drag:
    """What is moved, from where, and the line that there was before."""

    part: _Part
    origin: Point
    before: Line | None
    at: Point
    moved: bool = False


class LineProfile(Quiet):
    """A drag draws a line, or moves one by an end or as a whole; a click leaves it as it is.

    Ends lie on the centres of pixels: level, upright and, with Shift, slanted lines then read
    the pixels themselves.
    """

    name = "line"

    def __init__(self) -> None:
        self._drag: _Drag | None = None
        self._hovered: Point | None = None

    @property
    def busy(self) -> bool:
        return self._drag is not None

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if is_place(point):
            self._drag = _Drag(_part_at(stage, point), point, stage.line, point)
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        drag = self._drag
        if drag is None:
            return NOTHING
        at = (drag.at, *places(points))[-1]
        far = math.hypot(at.x - drag.origin.x, at.y - drag.origin.y) * stage.scale >= _CLICK
        drag = self._drag = replace(drag, at=at, moved=drag.moved or far)
        return Answer(line=LineMove(_moved(stage, drag))) if drag.moved else NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        if self._drag is None:
            return NOTHING
        answer = self.move(stage, (point,))
        self._drag = None
        return answer if answer.line is None else Answer(line=replace(answer.line, settled=True))

    def hover(self, stage: Stage, point: Point | None, keys: Keys) -> Answer:
        self._hovered = point if point is None or is_place(point) else None
        return NOTHING

    def cancel(self) -> Answer:
        drag, self._drag = self._drag, None
        if drag is None:
            return NOTHING
        return Answer(end="abort", line=LineMove(drag.before, settled=True))

    def outline(self, stage: Stage) -> Outline | None:
        """A ring around the end that a press would take hold of."""
        if self._hovered is None or self.busy or stage.line is None:
            return None
        line, part = stage.line, _part_at(stage, self._hovered)
        if part not in ("start", "end"):
            return None
        x, y = (line.x0, line.y0) if part == "start" else (line.x1, line.y1)
        radius = _NEAR / stage.scale
        angles = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
        ring = tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles)
        return Outline(path=ring, closed=True, label=stage.active)


def _part_at(stage: Stage, point: Point) -> _Part:
    """What of the line lies below a place; beside it a new one begins."""
    line = stage.line
    if line is None:
        return "new"
    near = _NEAR / stage.scale
    to_start = math.hypot(point.x - line.x0, point.y - line.y0)
    to_end = math.hypot(point.x - line.x1, point.y - line.y1)
    if min(to_start, to_end) <= near:
        return "start" if to_start < to_end else "end"
    return "whole" if foot(line, point.x, point.y)[1] <= near else "new"


def _moved(stage: Stage, drag: _Drag) -> Line | None:
    """The line of a drag; None for one that is too short to be one."""
    width, before = stage.options.line_width, drag.before
    if drag.part == "new" or before is None:
        first = _centre(stage, drag.origin)
        second = _turned(stage, first, drag.at)
        line = Line(*first, *second, width)
    elif drag.part == "whole":
        line = _shifted(stage, before, drag.at.x - drag.origin.x, drag.at.y - drag.origin.y)
    elif drag.part == "start":
        start = _turned(stage, (before.x1, before.y1), drag.at)
        line = replace(before, x0=start[0], y0=start[1])
    else:
        end = _turned(stage, (before.x0, before.y0), drag.at)
        line = replace(before, x1=end[0], y1=end[1])
    return line if length_of(line) >= 1.0 else before


def _centre(stage: Stage, point: Point) -> tuple[float, float]:
    """The centre of the pixel below a place, of the nearest one beside the picture."""
    x = min(max(math.floor(point.x), 0), stage.size.width - 1)
    y = min(max(math.floor(point.y), 0), stage.size.height - 1)
    return x + 0.5, y + 0.5


def _turned(stage: Stage, fixed: tuple[float, float], point: Point) -> tuple[float, float]:
    """Where the other end is: below the pointer, with Shift at a multiple of 45 degrees."""
    x, y = _centre(stage, point)
    across, down = x - fixed[0], y - fixed[1]
    if not stage.shift:
        return x, y
    if abs(down) < _FLAT * abs(across):
        return x, fixed[1]
    if abs(across) < _FLAT * abs(down):
        return fixed[0], y
    right, below = math.copysign(1, across), math.copysign(1, down)
    room_x = stage.size.width - 0.5 - fixed[0] if right > 0 else fixed[0] - 0.5
    room_y = stage.size.height - 0.5 - fixed[1] if below > 0 else fixed[1] - 0.5
    steps = max(0.0, min(round((abs(across) + abs(down)) / 2), room_x, room_y))
    return fixed[0] + right * steps, fixed[1] + below * steps


def _shifted(stage: Stage, line: Line, across: float, down: float) -> Line:
    """Moved by whole pixels, as far as both ends stay inside the picture."""
    x = _step(across, min(line.x0, line.x1), max(line.x0, line.x1), stage.size.width)
    y = _step(down, min(line.y0, line.y1), max(line.y0, line.y1), stage.size.height)
    return replace(line, x0=line.x0 + x, y0=line.y0 + y, x1=line.x1 + x, y1=line.y1 + y)


def _step(wanted: float, low: float, high: float, most: int) -> int:
    """Whole pixels next to `wanted` that keep `low` ... `high` inside 0 ... `most`."""
    return min(max(round(wanted), -math.floor(low)), math.floor(most - high))
