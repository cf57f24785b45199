"""Refine band: a drag along a boundary, which is solved again under the brush."""

from __future__ import annotations

from mfgui.ui.tools.gathering import Gathering
from mfgui.ui.tools.tool import NOTHING, Answer, BandRequest, Outline, Point, Stage


class RefineBand(Gathering):
    """Asks for the band in what the brush has covered, on release."""

    name = "refine-band"

    def release(self, stage: Stage, point: Point) -> Answer:
        if not self.busy:
            return NOTHING
        covered, options = self.end(point), stage.options
        if covered.rect.empty or stage.labels is None:
            return NOTHING
        request = BandRequest(covered.rect, covered.mask, options.band_method, options.band_width)
        return Answer(band=request)

    def outline(self, stage: Stage) -> Outline | None:
        if not self.busy:
            return None
        return Outline(mask=self.covered.mask, rect=self.covered.rect, label=stage.active)
