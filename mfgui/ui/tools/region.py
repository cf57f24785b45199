"""Region: a rectangle that refiners and other changes of the map keep to."""

from __future__ import annotations

import math

from mfgui.core.outlines import rectangle
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import frame_of, is_place, places
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage

_CLICK = 3  # screen pixels; a shorter drag is a click


class Region(Quiet):
    """A drag sets the region, cut off at the edges of the picture; a click clears it."""

    name = "region"

    def __init__(self) -> None:
        self._start: Point | None = None
        self._end = Point(0, 0)

    @property
    def busy(self) -> bool:
        return self._start is not None

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if is_place(point):
            self._start = self._end = point
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        if self._start is not None:
            self._end = (self._end, *places(points))[-1]
        return NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        start = self._start
        if start is None:
            return NOTHING
        end = point if is_place(point) else self._end
        self._start = None
        if _is_click(start, end, stage.scale):
            return Answer(region="none")
        rect = rectangle(start[:2], end[:2], frame=frame_of(stage))
        # A drag beside the picture marks nothing, and clears nothing either.
        return NOTHING if rect.empty else Answer(region=rect)

    def cancel(self) -> Answer:
        if self._start is None:
            return NOTHING
        self._start = None
        return Answer(end="abort")

    def outline(self, stage: Stage) -> Outline | None:
        if self._start is None or _is_click(self._start, self._end, stage.scale):
            return None
        rect = rectangle(self._start[:2], self._end[:2], frame=frame_of(stage))
        if rect.empty:
            return None
        corners = (
            (rect.x, rect.y),
            (rect.right, rect.y),
            (rect.right, rect.bottom),
            (rect.x, rect.bottom),
        )
        return Outline(path=corners, closed=True, label=stage.active)


def _is_click(start: Point, end: Point, scale: float) -> bool:
    return math.hypot(end.x - start.x, end.y - start.y) * scale < _CLICK
