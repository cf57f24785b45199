"""Strokes that do nothing until they are complete: what the brush has covered is gathered."""

from __future__ import annotations

from mfgui.core.edits import NO_PIXELS, Footprint
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import Stroke, is_place, places
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Point, Stage


class Gathering(Quiet):
    """Base of tools that act on a whole stroke; `covered` is what it has covered so far."""

    paints = True

    def __init__(self) -> None:
        self._stroke: Stroke | None = None
        self.covered: Footprint = NO_PIXELS
        self._fresh: list[Footprint] = []  # parts that nobody has taken yet

    @property
    def busy(self) -> bool:
        return self._stroke is not None

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if is_place(point):
            self.covered, self._fresh = NO_PIXELS, []
            self._stroke = Stroke(stage, point, plain=True)
            self._cover(())
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        if self._stroke is not None:
            self._cover(places(points))
        return NOTHING

    def cancel(self) -> Answer:
        if self._stroke is None:
            return NOTHING
        self._stroke, self.covered, self._fresh = None, NO_PIXELS, []
        return Answer(end="abort")

    def taken(self) -> tuple[Footprint, ...]:
        """What the stroke has covered since this was last asked."""
        fresh, self._fresh = self._fresh, []
        return tuple(fresh)

    def end(self, point: Point) -> Footprint:
        """End the stroke in progress at this place; returns all that it covered."""
        assert self._stroke is not None
        if is_place(point) and not self._stroke.is_at(point):
            self._cover((point,))
        covered = self.covered
        self._stroke, self.covered = None, NO_PIXELS
        return covered

    def _cover(self, points: tuple[Point, ...]) -> None:
        assert self._stroke is not None
        for footprint in self._stroke.through(points):
            self.covered = self.covered.united(footprint)
            if not footprint.rect.empty:
                self._fresh.append(footprint)
