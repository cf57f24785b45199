"""Brush and eraser: hard-edged strokes that may keep to the side of an edge."""

from __future__ import annotations

from mfgui.core.arrays import Size
from mfgui.core.edits import Edit
from mfgui.core.sweeps import outline_of
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import (
    Stroke,
    disc_at,
    is_place,
    label_painted,
    places,
    snapped_dab,
    snapping,
)
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage


class Brush(Quiet):
    """Paints the active label, or *unassigned* with Ctrl and with the eraser end of a stylus.

    With Shift a straight stroke begins where the last one ended.

    Parameters
    ----------
    erases : bool
        Always paint *unassigned*: the eraser.
    """

    paints = True

    def __init__(self, *, erases: bool = False) -> None:
        self.name = "eraser" if erases else "brush"
        self._erases = erases
        self._stroke: Stroke | None = None
        self._label = 0
        # Where the last stroke ended, and on a map of which size; before this stroke, too.
        self._last: tuple[Size, Point] | None = None
        self._former: tuple[Size, Point] | None = None
        self._hovered: Point | None = None
        self._straight = False

    @property
    def busy(self) -> bool:
        return self._stroke is not None

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        if not is_place(point):
            return NOTHING
        start = self._end_of_last(stage) if keys.shift else None
        self._hovered, self._former = None, self._last
        self._label = self._label_of(stage, keys)
        self._stroke = Stroke(stage, start or point)
        self._last = stage.size, point
        name = "Brush" if self._label else "Eraser"
        return Answer(name, self._edits((point,) if start else ()))

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        points = places(points)
        if self._stroke is None or not points:
            return NOTHING
        self._last = stage.size, points[-1]
        return Answer(edits=self._edits(points))

    def release(self, stage: Stage, point: Point) -> Answer:
        if self._stroke is None:
            return NOTHING
        assert self._last is not None
        end = self._last[1]
        answer = Answer(end="commit")
        if is_place(point) and point[:2] != end[:2]:
            # The pressure is that of a pen being lifted: the stroke keeps the one it had.
            end = Point(point.x, point.y, end.pressure)
            answer = Answer(edits=self._edits((end,)), end="commit")
        self._last, self._stroke = (stage.size, end), None
        return answer

    def hover(self, stage: Stage, point: Point | None, keys: Keys) -> Answer:
        self._hovered = point if point is not None and is_place(point) else None
        self._straight = keys.shift
        if not self.busy:
            self._label = self._label_of(stage, keys)
        return NOTHING

    def cancel(self) -> Answer:
        if self._stroke is None:
            return NOTHING
        self._stroke, self._last = None, self._former
        return Answer(end="abort")

    def outline(self, stage: Stage) -> Outline | None:
        """The straight stroke that Shift and a click would paint, or the snapped dab; the canvas
        itself draws the ring of a plain one."""
        point = self._hovered
        if self.busy or point is None:
            return None
        last = self._end_of_last(stage) if self._straight else None
        if last is not None:
            ends = disc_at(last, stage.options), disc_at(point, stage.options)
            return Outline(path=outline_of(*ends), closed=True, label=self._label)
        guide = snapping(stage)
        if guide is None:
            return None
        area, _ = snapped_dab(guide, disc_at(point, stage.options), stage)
        return Outline(mask=area.mask, rect=area.rect, label=self._label)

    def _label_of(self, stage: Stage, keys: Keys) -> int:
        return 0 if self._erases else label_painted(stage, keys)

    def _end_of_last(self, stage: Stage) -> Point | None:
        if self._last is None or self._last[0] != stage.size:
            return None
        return self._last[1]

    def _edits(self, points: tuple[Point, ...]) -> tuple[Edit, ...]:
        assert self._stroke is not None
        return tuple(part.edit(self._label) for part in self._stroke.through(points))
