"""A tool that answers nothing: what the others leave as it is."""

from __future__ import annotations

from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage


class Quiet:
    """Base of all tools; see `Tool` for what each method means."""

    name = ""
    paints = False

    @property
    def busy(self) -> bool:
        return False

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        return NOTHING

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        return NOTHING

    def release(self, stage: Stage, point: Point) -> Answer:
        return NOTHING

    def hover(self, stage: Stage, point: Point | None, keys: Keys) -> Answer:
        return NOTHING

    def confirm(self, stage: Stage) -> Answer:
        return NOTHING

    def cancel(self) -> Answer:
        return NOTHING

    def step_back(self, stage: Stage) -> bool:
        return False

    def outline(self, stage: Stage) -> Outline | None:
        return None
