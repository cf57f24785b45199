"""Lasso: a free outline that is filled on release, along edges when Snap is on."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

from mfgui.core.snapping import Guide, live_wire
from mfgui.ui.tools.areas import filled
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import is_place, label_painted, places, snapping
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage

_SETTLES = 32.0  # image pixels; a wire that is longer settles up to its middle

_Place = tuple[float, float]


class Lasso(Quiet):
    """Gathers an outline. With Snap its newest part is a wire along edges to the pointer, of
    which the older half settles as the pointer goes on."""

    name = "lasso"

    def __init__(self) -> None:
        self._settled: list[_Place] = []
        self._tail: tuple[_Place, ...] = ()
        self._label = 0

    @property
    def busy(self) -> bool:
        return bool(self._settled)

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if is_place(point):
            self._settled, self._tail = [point[:2]], ()
            self._label = label_painted(stage, keys)
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        if self.busy:
            self._go_on(stage, places(points))
        return NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        if not self.busy:
            return NOTHING
        if is_place(point) and point[:2] != self._path()[-1]:
            self._go_on(stage, (point,))
        path = self._path()
        self._settled, self._tail = [], ()
        return filled(stage, path, "Lasso", self._label)

    def cancel(self) -> Answer:
        if not self.busy:
            return NOTHING
        self._settled, self._tail = [], ()
        return Answer(end="abort")

    def outline(self, stage: Stage) -> Outline | None:
        if not self.busy:
            return None
        return Outline(path=self._path(), closed=True, label=self._label)

    def _path(self) -> tuple[_Place, ...]:
        return (*self._settled, *self._tail)

    def _go_on(self, stage: Stage, points: tuple[Point, ...]) -> None:
        guide = snapping(stage)
        if guide is None:
            self._settled += self._tail
            self._settled += [point[:2] for point in points]
            self._tail = ()
            return
        for point in points:
            if math.dist(self._settled[-1], point[:2]) >= _SETTLES:
                wire = _wire(guide, stage, self._settled[-1], point)
                middle = _middle(wire)
                self._settled += wire[1 : middle + 1]
        if points:
            self._tail = _wire(guide, stage, self._settled[-1], points[-1])[1:]


def _wire(guide: Guide, stage: Stage, start: _Place, stop: Point) -> tuple[_Place, ...]:
    """Along edges where both ends are in the picture, else straight."""
    ends = start, stop[:2]
    if all(0 <= x < stage.size.width and 0 <= y < stage.size.height for x, y in ends):
        return live_wire(guide, *ends)
    return ends


def _middle(wire: tuple[_Place, ...]) -> int:
    """The first point that has half the way behind it, but never the start."""
    lengths = list(accumulate(math.dist(a, b) for a, b in pairwise(wire)))
    half = lengths[-1] / 2
    return 1 + next(number for number, length in enumerate(lengths) if length >= half)
