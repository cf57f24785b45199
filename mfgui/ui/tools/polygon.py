"""Polygon: corners one click after the other, filled when the outline is closed."""

from __future__ import annotations

import math

from mfgui.ui.tools.areas import filled
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import is_place, label_painted, places
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage

_NEAR = 8  # screen pixels from the first corner, where a click closes the outline

_Place = tuple[float, float]


class Polygon(Quiet):
    """Enter, a double click or a click on the first corner closes it; each undo takes a corner
    back, and Esc gives it up. A corner can be dragged while the button is down."""

    name = "polygon"

    def __init__(self) -> None:
        self._corners: list[_Place] = []
        self._pointer: _Place | None = None
        self._down = False
        self._label = 0

    @property
    def busy(self) -> bool:
        return bool(self._corners)

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if not is_place(point):
            return NOTHING
        place = point[:2]
        if len(self._corners) > 2 and math.dist(place, self._corners[0]) * stage.scale <= _NEAR:
            return self.confirm(stage)
        if not self._corners:
            self._label = label_painted(stage, keys)
        self._corners.append(place)
        self._pointer, self._down = None, True
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        points = places(points)
        if self._down and self._corners and points:
            self._corners[-1] = points[-1][:2]
        return NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        self._down = False
        return NOTHING

    def hover(self, stage: Stage, point: Point | None, keys: Keys) -> Answer:
        self._pointer = point[:2] if point is not None and is_place(point) else None
        return NOTHING

    def confirm(self, stage: Stage) -> Answer:
        """Close the outline; one of less than three corners stays open."""
        if len(set(self._corners)) < 3:
            return NOTHING
        corners, self._corners, self._down = self._corners, [], False
        return filled(stage, corners, "Polygon", self._label)

    def cancel(self) -> Answer:
        if not self._corners:
            return NOTHING
        self._corners, self._down = [], False
        return Answer(end="abort")

    def step_back(self, stage: Stage) -> bool:
        if not self._corners:
            return False
        self._corners.pop()
        self._down = False
        return True

    def outline(self, stage: Stage) -> Outline | None:
        if not self._corners:
            return None
        pointer = () if self._pointer is None else (self._pointer,)
        path = (*self._corners, *pointer)
        return Outline(path=path, closed=len(path) > 2, label=self._label)
