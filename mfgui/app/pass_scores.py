"""Scores that are means over pixels, added up strip by strip for every width of the band."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from mfgui.app import score_columns as say
from mfgui.app.desk import Desk
from mfgui.app.reading import reader_of
from mfgui.app.score_tasks import (
    Measure,
    Order,
    Pass,
    Subject,
    Tally,
    has_own_map,
    own_labels,
)
from mfgui.app.score_versions import MapVersion, Versions
from mfgui.core.arrays import Rect
from mfgui.core.errors import UsageError
from mfgui.core.result import Result
from mfgui.core.score_table import Area, Cell
from mfgui.methods.optimise.mffssim.window import window_size

_KEPT = 512  # tallies of 4 KiB

MEASURES = {
    say.LOCAL_Q: Measure.Q,
    say.PSNR: Measure.ERROR,
    say.RMSE: Measure.ERROR,
    say.AGREEMENT: Measure.AGREEMENT,
}


@dataclass(frozen=True)
class PassKey:
    """What a tally is of. `stamp`, `map` and `truth` are of `Versions`; `truth` is 0 where it does
    not count."""

    run_id: int
    stamp: int
    measure: Measure
    rect: Rect
    map: MapVersion
    truth: int


class PassScores:
    """Tallies as far as they are known, and what is missing; as `MetricScores`."""

    def __init__(self, desk: Desk, versions: Versions) -> None:
        self._desk = desk
        self._versions = versions
        self._wishes: dict[str, frozenset[Area]] = {}
        self._tallies: OrderedDict[PassKey, Tally] = OrderedDict()
        self._failed: set[PassKey] = set()

    @property
    def window(self) -> int | None:
        """Side of the window of local Q, the same for all results; None for pictures that are
        smaller than the least one."""
        stack = self._desk.session.stack
        try:
            return None if stack is None else window_size("released", stack.size)
        except UsageError:
            return None

    def want(self, by: str, areas: frozenset[Area]) -> None:
        """The view `by` shows these areas."""
        self._wishes[by] = areas

    def due(self, _band: int) -> Iterator[PassKey]:
        """What is wanted and not known, the quick measures first."""
        wanted = frozenset().union(*self._wishes.values())
        rects = [self._rect(area) for area in Area if area in wanted]
        for measure in Measure:
            for rect in dict.fromkeys(rects):
                for run_id, result in sorted(self._desk.session.results.items()):
                    if rect is None or self._hindrance(measure, result):
                        continue
                    key = self._key(run_id, measure, rect)
                    if key not in self._tallies and key not in self._failed:
                        yield key

    def order(self, key: PassKey) -> Order:
        """What is to be computed."""
        work = Pass(key.measure, self._subject(key), key.rect)

        def keep() -> None:
            self._tallies[key] = work.tally
            while len(self._tallies) > _KEPT:
                self._tallies.popitem(last=False)

        return Order(key, work, keep, lambda: self._failed.add(key))

    def forget(self) -> None:
        """The set is being left."""
        self._tallies.clear()
        self._failed.clear()

    def known_areas(self, _band: int) -> set[Area]:
        """Areas that some score is known of."""
        rects = {key.rect for key in self._tallies if key.map == self._versions.map}
        has_map = self._desk.session.focus_map is not None
        band = {Area.BAND} if has_map and rects else set()
        return band | ({Area.REGION} if self._rect(Area.REGION) in rects else set())

    def cell(self, name: str, run_id: int, result: Result, area: Area, band: int) -> Cell:
        """What is known, or why nothing is."""
        measure, rect = MEASURES[name], self._rect(area)
        if rect is None:
            return Cell(None, say.NO_REGION)
        hindrance = self._hindrance(measure, result)
        if not hindrance and area is Area.BAND and self._desk.session.focus_map is None:
            hindrance = say.NO_MAP
        if hindrance:
            return Cell(None, hindrance)
        key = self._key(run_id, measure, rect)
        tally = self._tallies.get(key)
        if tally is None:
            wanted = any(area in areas for areas in self._wishes.values())
            return say.missing(failed=key in self._failed, wanted=wanted)
        mean, pixels = tally.mean(band if area is Area.BAND else None)
        if mean is None:
            return Cell(None, say.NO_BAND if area is Area.BAND else say.NO_PIXELS)
        return Cell(say.in_unit(name, mean), pixels=pixels)

    def _key(self, run_id: int, measure: Measure, rect: Rect) -> PassKey:
        versions = self._versions
        truth = versions.truth if measure is Measure.ERROR else 0
        return PassKey(run_id, versions.stamp(run_id), measure, rect, versions.map, truth)

    def _subject(self, key: PassKey) -> Subject:
        session = self._desk.session
        assert session.stack is not None
        reader = reader_of(session, f"result:{key.run_id}")
        assert reader is not None
        return Subject(
            session.stack,
            self._versions.snapshot(),
            reader,
            own=own_labels(session.results[key.run_id]),
            truth=None if session.truth is None else session.truth.pixels,
            window=self.window or 3,
        )

    def _rect(self, area: Area) -> Rect | None:
        session = self._desk.session
        if area is Area.REGION:
            return session.region
        size = None if session.stack is None else session.stack.size
        return None if size is None else Rect(0, 0, size.width, size.height)

    def _hindrance(self, measure: Measure, result: Result) -> str:
        """Why a measure cannot be taken; empty when it can."""
        session = self._desk.session
        if measure is Measure.ERROR:
            return "" if session.truth is not None else say.NO_TRUTH
        if session.focus_map is None:
            return say.NO_MAP
        if measure is Measure.AGREEMENT:
            return "" if has_own_map(self._desk.registry, result) else say.NO_OWN_MAP
        return "" if self.window is not None else say.NO_WINDOW
