"""Lasso: a free outline that is filled on release, along edges when Snap is on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from mfgui.core.arrays import Rect
from mfgui.core.fills import edges
from mfgui.core.snapping import Guide, live_wire
from mfgui.ui.tools.areas import filled
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import frame_of, is_place, label_painted, places, snapping
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage

_SPACING = 16.0  # image pixels of the hand's way between two places that are held to an edge
_CATCH = 16.0  # screen pixels from which an edge catches the outline, at full strength
_CATCH_LIMITS = 2, 48  # image pixels
_SENSITIVITY = 50
_DETOUR = 2.0  # a wire that is longer than so many times its straight way is not followed

_Place = tuple[float, float]


class Lasso(Quiet):
    """Gathers an outline. With Snap, places of it that have an edge nearby are put on the edge
    and joined along edges; the rest stays as it was drawn."""

    name = "lasso"

    def __init__(self) -> None:
        self._settled: list[_Place] = []
        self._drawn: list[_Place] = []  # by hand, since the last place that was settled
        self._caught = False  # whether that place is on an edge
        self._way = 0.0  # of the hand since then
        self._label = 0

    @property
    def busy(self) -> bool:
        return bool(self._settled)

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if not is_place(point):
            return NOTHING
        self._label = label_painted(stage, keys)
        self._drawn, self._way = [point[:2]], 0.0
        guide = snapping(stage)
        edge = None if guide is None else _edge_near(guide, stage, point[:2])
        self._settled, self._caught = [edge or point[:2]], edge is not None
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        if self.busy:
            for point in places(points):
                self._go_to(stage, point[:2])
        return NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        if not self.busy:
            return NOTHING
        if is_place(point) and point[:2] != self._drawn[-1]:
            self._go_to(stage, point[:2])
        guide = snapping(stage)
        if guide is not None:
            self._settle(guide, stage)
        path = self._path()
        self._settled, self._drawn = [], []
        return filled(stage, path, "Lasso", self._label)

    def cancel(self) -> Answer:
        if not self.busy:
            return NOTHING
        self._settled, self._drawn = [], []
        return Answer(end="abort")

    def outline(self, stage: Stage) -> Outline | None:
        if not self.busy:
            return None
        return Outline(path=self._path(), closed=True, label=self._label)

    def _path(self) -> tuple[_Place, ...]:
        return (*self._settled, *self._drawn[1:])

    def _go_to(self, stage: Stage, place: _Place) -> None:
        guide = snapping(stage)
        for step in [place] if guide is None else _steps(self._drawn[-1], place):
            self._way += math.dist(self._drawn[-1], step)
            self._drawn.append(step)
            if guide is not None and self._way >= _SPACING:
                self._settle(guide, stage)

    def _settle(self, guide: Guide, stage: Stage) -> None:
        """Hold the outline to an edge where the hand is now, if there is one."""
        here, drawn = self._drawn[-1], self._drawn[1:]
        self._drawn, self._way = [here], 0.0
        edge = _edge_near(guide, stage, here)
        if edge is None:
            self._settled += drawn
        elif self._caught:
            self._settled += _wire(guide, self._settled[-1], edge)
        else:
            self._settled += [*drawn[:-1], edge]
        self._caught = edge is not None


def _steps(start: _Place, stop: _Place) -> Iterator[_Place]:
    """The way of a hand that moves fast, in short pieces."""
    pieces = max(1, math.ceil(min(math.dist(start, stop), 1e5) / _SPACING))
    for piece in range(1, pieces):
        share = piece / pieces
        yield start[0] + share * (stop[0] - start[0]), start[1] + share * (stop[1] - start[1])
    yield stop


def _edge_near(guide: Guide, stage: Stage, place: _Place) -> _Place | None:
    """The place on an edge of the guide that is nearest, None where there is none."""
    reach = _CATCH / stage.scale * stage.options.snap_strength / 100
    catch = int(min(max(reach, _CATCH_LIMITS[0]), _CATCH_LIMITS[1]))
    x, y = (math.floor(min(max(value, -1e9), 1e9)) for value in place)
    rect = Rect(x, y, 1, 1).grown(catch).intersected(frame_of(stage))
    if rect.empty or not (0 <= x < stage.size.width and 0 <= y < stage.size.height):
        return None
    rows, columns = np.nonzero(edges(guide, rect, sensitivity=_SENSITIVITY))
    if not rows.size:
        return None
    across, down = columns + rect.x + 0.5, rows + rect.y + 0.5
    nearest = int(np.argmin(np.hypot(across - place[0], down - place[1])))
    return float(across[nearest]), float(down[nearest])


def _wire(guide: Guide, start: _Place, stop: _Place) -> list[_Place]:
    """Along edges to a place, without the start; straight where that would be a detour."""
    wire = live_wire(guide, start, stop)
    length = sum(math.dist(a, b) for a, b in pairwise(wire))
    if length > _DETOUR * math.dist(start, stop) + 2:
        return [stop]
    return list(wire[1:])
