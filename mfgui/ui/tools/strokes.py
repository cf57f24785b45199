"""The way of a brush: from points of the pointer to the pixels it has covered since."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from mfgui.core.arrays import Rect
from mfgui.core.edits import Footprint, merged
from mfgui.core.snapping import Guide, side_at, snapped
from mfgui.core.sweeps import BAND, Disc, dab, sweep
from mfgui.ui.tools.options import SMALLEST, ToolOptions
from mfgui.ui.tools.tool import Keys, Point, Stage

_SPACING = 0.25  # of the radius, between dabs of a snapped stroke
_LARGE = 768  # pixels across; of larger brushes only what they newly cover is given
_CRESCENT = 1 << 15  # pixels; larger ones are given in bands


def frame_of(stage: Stage) -> Rect:
    """The whole map."""
    return Rect(0, 0, stage.size.width, stage.size.height)


def disc_at(point: Point, options: ToolOptions) -> Disc:
    """The brush at a place, as large as the pressure makes it."""
    share = min(max(point.pressure, 0.0), 1.0) if options.pressure_size else 1.0
    return Disc(point.x, point.y, max(float(SMALLEST), options.size * share))


def snapping(stage: Stage) -> Guide | None:
    """The guide that strokes keep to now, None for plain ones."""
    options = stage.options
    return stage.guide if options.snap and options.snap_strength > 0 else None


def snapped_dab(
    guide: Guide, disc: Disc, stage: Stage, *, held: float | None = None
) -> tuple[Footprint, float | None]:
    """The part of a dab that lies on one side of the nearest edge, and which side that is.

    Parameters
    ----------
    held : float, optional
        The side that the stroke began on; without it, that of the dab's centre.
    """
    footprint = dab(disc, frame=frame_of(stage)).footprint()
    if footprint.rect.empty:
        return footprint, held
    centre = (
        min(max(disc.x, 0.0), math.nextafter(stage.size.width, 0)),
        min(max(disc.y, 0.0), math.nextafter(stage.size.height, 0)),
    )
    side = side_at(guide, centre, diameter=disc.diameter, held=held)
    strength = stage.options.snap_strength
    mask = snapped(guide, footprint.rect, footprint.mask, centre, strength=strength, side=side)
    return Footprint(footprint.rect, mask), side


class Stroke:
    """One stroke in progress. Each call gives the pixels covered since the last one.

    Parameters
    ----------
    stage : Stage
        As it is at the press; guide and options hold for the whole stroke.
    start : Point
        Where it begins: the place of the press, or the end of the stroke that it continues.
    plain : bool
        Never snap.
    """

    def __init__(self, stage: Stage, start: Point, *, plain: bool = False) -> None:
        self._frame = frame_of(stage)
        self._stage = stage
        self._guide = None if plain else snapping(stage)
        self._last = disc_at(start, stage.options)
        self._begun = False
        self._home: float | None = None  # side of the edge on which a snapped stroke began
        self._left_over = 0.0  # how far the way is from the last dab of a snapped stroke

    def is_at(self, point: Point) -> bool:
        """Whether this is where the stroke has come to."""
        return (point.x, point.y) == (self._last.x, self._last.y)

    def through(self, points: tuple[Point, ...]) -> tuple[Footprint, ...]:
        """Go on to each of the points; without any, only the first dab is given."""
        discs = [disc_at(point, self._stage.options) for point in points]
        if self._guide is not None:
            return merged(self._snapped(self._guide, discs))
        if self._begun and self._last.diameter >= _LARGE:
            return self._newly_swept(discs)
        return merged(self._swept(discs))

    def _swept(self, discs: list[Disc]) -> Iterator[Footprint]:
        if not self._begun:
            self._begun = True
            yield from dab(self._last, frame=self._frame).footprints()
        for start, end in pairwise([self._last, *discs]):
            yield from sweep(start, end, frame=self._frame).footprints()
        if discs:
            self._last = discs[-1]

    def _newly_swept(self, discs: list[Disc]) -> tuple[Footprint, ...]:
        """What is not in the last dab, which has been painted: thin crescents, in few pieces."""
        pieces: dict[tuple[int, int], Footprint] = {}
        painted = dab(self._last, frame=self._frame)
        for start, end in pairwise([self._last, *discs]):
            sides = sweep(start, end, frame=self._frame).without(painted)
            for side, spans in enumerate(sides):
                for part in spans.footprints(whole=_CRESCENT):
                    key = side, part.rect.y // BAND
                    pieces[key] = pieces[key].united(part) if key in pieces else part
        if discs:
            self._last = discs[-1]
        return tuple(pieces.values())

    def _snapped(self, guide: Guide, discs: list[Disc]) -> Iterator[Footprint]:
        """Dab by dab, and one where the pointer is now, so that the paint does not lag behind."""
        if not self._begun:
            self._begun = True
            yield self._snapped_dab(guide, self._last)
        for start, end in pairwise([self._last, *discs]):
            for disc in self._spaced(start, end):
                yield self._snapped_dab(guide, disc)
        if discs:
            self._last = discs[-1]
            if self._left_over > 0:
                yield self._snapped_dab(guide, self._last)

    def _snapped_dab(self, guide: Guide, disc: Disc) -> Footprint:
        footprint, side = snapped_dab(guide, disc, self._stage, held=self._home)
        if self._home is None:
            self._home = side
        return footprint

    def _spaced(self, start: Disc, end: Disc) -> Iterator[Disc]:
        """Discs at equal distances along the whole way, wherever its points are; those that
        cannot touch the picture are left out, so that a way from far outside takes no time."""
        length = math.hypot(end.x - start.x, end.y - start.y)
        spacing = max(1.0, _SPACING * min(start.diameter, end.diameter) / 2)
        first = max(0.0, spacing - self._left_over)
        if not length or first > length:
            self._left_over += length
            return
        count = math.floor((length - first) / spacing) + 1
        self._left_over = length - (first + (count - 1) * spacing)
        low, high = _touching(start, end, self._frame)
        begin = max(0, math.floor((low * length - first) / spacing))
        stop = min(count, math.ceil((high * length - first) / spacing) + 1)
        for number in range(begin, stop):
            share = (first + number * spacing) / length
            yield Disc(
                start.x + share * (end.x - start.x),
                start.y + share * (end.y - start.y),
                start.diameter + share * (end.diameter - start.diameter),
            )


def _touching(start: Disc, end: Disc, frame: Rect) -> tuple[float, float]:
    """The shares of the way between which a disc on it may touch the frame; empty as (1, 0)."""
    reach = max(start.diameter, end.diameter) / 2 + 1
    low, high = 0.0, 1.0
    for at, by, least, most in (
        (start.x, end.x - start.x, frame.x - reach, frame.right + reach),
        (start.y, end.y - start.y, frame.y - reach, frame.bottom + reach),
    ):
        if by == 0:
            if not least <= at <= most:
                return 1.0, 0.0
            continue
        ends = sorted(((least - at) / by, (most - at) / by))
        low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


def is_place(point: Point) -> bool:
    """Whether the coordinates are numbers that can be drawn at."""
    return math.isfinite(point.x) and math.isfinite(point.y)


def places(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Those of the points that are places."""
    return tuple(point for point in points if is_place(point))


def label_painted(stage: Stage, keys: Keys) -> int:
    """The active label, or *unassigned* with Ctrl and with the eraser end of a stylus."""
    return 0 if keys.ctrl or keys.eraser else stage.active


def label_at(stage: Stage, point: Point) -> int | None:
    """The label below a place, 0 where there is no map, None outside of it."""
    x, y = math.floor(point.x), math.floor(point.y)
    if not (0 <= x < stage.size.width and 0 <= y < stage.size.height):
        return None
    return 0 if stage.labels is None else int(stage.labels[y, x])
