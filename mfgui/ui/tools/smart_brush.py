"""Smart brush: paints roughly inside a region, which grows to the nearest edge and stops."""

from __future__ import annotations

from collections.abc import Iterable

from mfgui.core.arrays import Rect
from mfgui.core.edits import NO_PIXELS, Footprint
from mfgui.core.snapping import Guide, grow, side_of
from mfgui.core.snapping.guide import tiles_of
from mfgui.ui.tools.gathering import Gathering
from mfgui.ui.tools.options import ToolOptions
from mfgui.ui.tools.strokes import label_painted
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage

_TOGETHER = 512  # pixels a side of the pieces of a stroke that grow at once


class SmartBrush(Gathering):
    """Shows the region that the stroke stands for, and paints it on release.

    The region is that of all pieces of the stroke, each grown when it is drawn or as soon as
    the edges around it are made, on the side on which the stroke began.
    """

    name = "smart-brush"

    def __init__(self) -> None:
        super().__init__()
        self._label = 0
        self._region: Footprint = NO_PIXELS
        # What it was grown with; with another guide or other options it is grown afresh.
        self._with: tuple[Guide, ToolOptions] | None = None
        self._side: float | None = None
        self._rests = False  # one tile was made; the next call makes none

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        self._label = label_painted(stage, keys)
        self._forget()
        return super().press(stage, point, keys)

    def release(self, stage: Stage, point: Point) -> Answer:
        if not self.busy:
            return NOTHING
        region = self._grown(stage, self.end(point), wait=True)
        self._forget()
        if region.rect.empty:
            return NOTHING
        return Answer("Smart brush", (region.edit(self._label),), "commit")

    def cancel(self) -> Answer:
        self._forget()
        return super().cancel()

    def outline(self, stage: Stage) -> Outline | None:
        if not self.busy:
            return None
        region = self._grown(stage, self.covered, wait=False)
        return Outline(mask=region.mask, rect=region.rect, label=self._label)

    def _forget(self) -> None:
        self._region, self._with, self._side = NO_PIXELS, None, None
        self._waiting: list[Footprint] = []  # pieces whose edges are not made yet

    def _grown(self, stage: Stage, stroke: Footprint, *, wait: bool) -> Footprint:
        """The region of the stroke so far; only what is new of it is grown.

        Without `wait`, pieces whose edges are still to be made are shown as they were drawn.
        """
        guide, options = stage.guide, stage.options
        if guide is None or stroke.rect.empty:
            return stroke
        fresh = self.taken()
        if self._with != (guide, options):
            self._forget()
            self._with, fresh = (guide, options), (stroke,)
        pieces, self._waiting = _pieces((*self._waiting, *fresh)), []
        for piece in pieces:
            around = _inside(guide, piece.rect.grown(_reach(options)))
            if wait or (not self._waiting and self._is_ready(guide, around)):
                piece = self._grown_piece(guide, options, piece)
            else:
                self._waiting.append(piece)
            self._region = self._region.united(piece)
        return self._region

    def _is_ready(self, guide: Guide, rect: Rect) -> bool:
        """Whether the edges in a rectangle are made; if not, every other time one tile is."""
        if guide.ready(rect):
            return True
        # A frame asks twice or so; making more than one tile would hold up the hand.
        self._rests = not self._rests
        if self._rests:
            tiles = (_inside(guide, tile) for tile in tiles_of(rect))
            missing = next((tile for tile in tiles if not guide.ready(tile)), None)
            if missing is not None:
                guide.read(missing)
        return False

    def _grown_piece(self, guide: Guide, options: ToolOptions, part: Footprint) -> Footprint:
        if self._side is None and part.mask.any():
            self._side = side_of(guide, part.rect, part.mask)
        rect, mask = grow(
            guide,
            part.rect,
            part.mask,
            reach=_reach(options),
            sensitivity=options.sensitivity,
            side=self._side,
        )
        return Footprint(rect, mask)


def _reach(options: ToolOptions) -> int:
    return round(options.size * options.reach / 100)


def _inside(guide: Guide, rect: Rect) -> Rect:
    return rect.intersected(Rect(0, 0, guide.size.width, guide.size.height))


def _pieces(parts: Iterable[Footprint]) -> list[Footprint]:
    """Parts that follow one another put together, as long as they are small."""
    pieces: list[Footprint] = []
    for part in parts:
        both = pieces[-1].united(part) if pieces else part
        if pieces and max(both.rect.width, both.rect.height) <= _TOGETHER:
            pieces[-1] = both
        else:
            pieces.append(part)
    return pieces
