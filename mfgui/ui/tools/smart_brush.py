"""Smart brush: paints roughly inside a region, which grows to the nearest edge and stops."""

from __future__ import annotations

from mfgui.core.edits import Footprint
from mfgui.core.snapping import grow
from mfgui.ui.tools.gathering import Gathering
from mfgui.ui.tools.options import ToolOptions
from mfgui.ui.tools.strokes import label_painted
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage


class SmartBrush(Gathering):
    """Shows the region that the stroke stands for, and paints it on release."""

    name = "smart-brush"

    def __init__(self) -> None:
        super().__init__()
        self._label = 0
        # A stroke, the options, and what it grew to: kept until one of them is another.
        self._grown: tuple[Footprint, ToolOptions, Footprint] | None = None

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        self._label = label_painted(stage, keys)
        return super().press(stage, point, keys)

    def release(self, stage: Stage, point: Point) -> Answer:
        if not self.busy:
            return NOTHING
        region = self._region(stage, self.end(point))
        self._grown = None
        if region.rect.empty:
            return NOTHING
        return Answer("Smart brush", (region.edit(self._label),), "commit")

    def cancel(self) -> Answer:
        self._grown = None
        return super().cancel()

    def outline(self, stage: Stage) -> Outline | None:
        if not self.busy:
            return None
        region = self._region(stage, self.covered)
        return Outline(mask=region.mask, rect=region.rect, label=self._label)

    def _region(self, stage: Stage, stroke: Footprint) -> Footprint:
        options, kept = stage.options, self._grown
        if stage.guide is None or stroke.rect.empty:
            return stroke
        if kept is not None and kept[0] is stroke and kept[1] == options:
            return kept[2]
        rect, mask = grow(
            stage.guide,
            stroke.rect,
            stroke.mask,
            reach=round(options.size * options.reach / 100),
            sensitivity=options.sensitivity,
        )
        region = Footprint(rect, mask)
        self._grown = stroke, options, region
        return region
