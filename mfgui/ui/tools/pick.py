"""Pick label: the label below the pointer becomes the active one."""

from __future__ import annotations

from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import is_place, label_at
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Point, Stage


class Pick(Quiet):
    """A click takes the label there; a drag goes on taking."""

    name = "pick"

    def __init__(self) -> None:
        self._down = False

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        self._down = True
        return self._taken(stage, point)

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        return self._taken(stage, points[-1]) if self._down and points else NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        self._down = False
        return NOTHING

    def cancel(self) -> Answer:
        self._down = False
        return NOTHING

    def _taken(self, stage: Stage, point: Point) -> Answer:
        label = label_at(stage, point) if is_place(point) else None
        # *Ignore* is not a label that brushes have.
        if label is None or label > stage.k:
            return NOTHING
        return Answer(label=label)
