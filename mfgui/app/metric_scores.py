"""Metrics of the results: one measure of one result at a time, of the pixels as they are saved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mfgui.app import score_columns as say
from mfgui.app.desk import Desk
from mfgui.app.metric_columns import extra
from mfgui.app.reading import reader_of
from mfgui.app.score_tasks import Order, has_own_map, own_labels
from mfgui.app.score_versions import MapVersion, Versions
from mfgui.core.arrays import Rect, from_float
from mfgui.core.compute import Compute
from mfgui.core.result import Result
from mfgui.core.score_table import Area, Cell
from mfgui.methods.metrics import Needs
from mfgui.methods.metrics.measures import (
    NO_NUMBER,
    NO_PIXELS,
    PAIRS_ONLY,
    Measure,
    Score,
    Subject,
    score,
)

MOST_PIXELS = 12_000_000  # of all pictures: metrics take up to 450 bytes for one of a pair
_KEPT = 4096  # scores
_OF_METRIC = (NO_NUMBER, NO_PIXELS, PAIRS_ONLY)
ALONE = "computed of the region as if it were the picture, which is larger than {} megapixels"
TOO_LARGE = "larger than {} megapixels: set a region, or use mfgui score"
TOO_LARGE_REGION = "larger than {} megapixels: set a smaller region, or use mfgui score"


@dataclass(frozen=True)
class MetricKey:
    """What a score is of. `stamp`, `map` and `truth` are of `Versions`, without a value where
    they do not count; `cut` says that the rectangle is scored as if it were the picture."""

    run_id: int
    stamp: int
    measure: Measure
    rect: Rect | None
    cut: bool
    band: int | None
    map: MapVersion | None
    truth: int


class MetricWork:
    """One score; it cannot be stopped once it has begun."""

    def __init__(self, key: MetricKey, subject: Callable[[], Subject]) -> None:
        self._key = key
        self._subject = subject
        self.found: Score | None = None

    @property
    def done(self) -> bool:
        return self.found is not None

    def advance(self, compute: Compute) -> None:
        """Compute it."""
        del compute
        key = self._key
        area = None if key.cut else key.rect
        self.found = score(key.measure, self._subject(), area=area, band=key.band)


class MetricScores:
    """Scores of the chosen measures as far as they are known, and what is missing.

    Only one is computed at a time; the pictures of the last result are kept between its measures.
    """

    def __init__(self, desk: Desk, versions: Versions) -> None:
        self._desk = desk
        self._versions = versions
        self._wishes: dict[str, frozenset[Area]] = {}
        self._scores: OrderedDict[MetricKey, Score] = OrderedDict()
        self._subject: tuple[object, Callable[[], Subject]] | None = None
        self._measures: tuple[tuple[str, ...], tuple[Measure, ...]] = (), ()
        self._failed: set[MetricKey] = set()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is chosen beside the columns that are added up strip by strip."""
        names = self._desk.settings.values.metrics
        if names != self._measures[0]:
            self._measures = names, extra(names)
        return self._measures[1]

    def want(self, by: str, areas: frozenset[Area]) -> None:
        """The view `by` shows metrics of these areas; of none, it shows no metrics."""
        self._wishes[by] = areas

    def due(self, band: int) -> Iterator[MetricKey]:
        """What is wanted and not known, the measures of a result one after the other."""
        wanted = frozenset().union(*self._wishes.values())
        areas = [area for area in Area if area in wanted]
        if not areas or not self.measures:
            return
        for run_id, result in sorted(self._desk.session.results.items()):
            for measure in self.measures:
                for area in areas:
                    if not self._hindrance(measure, result, area):
                        key = self._key(measure, run_id, area, band)
                        if key not in self._scores and key not in self._failed:
                            yield key

    def order(self, key: MetricKey) -> Order:
        """What is to be computed."""
        rect = key.rect if key.cut else None
        of = key.run_id, key.stamp, self._versions.map, self._versions.truth, rect
        if self._subject is None or self._subject[0] != of:
            self._subject = of, self._subject_of(key.run_id, rect)
        work = MetricWork(key, self._subject[1])

        def keep() -> None:
            assert work.found is not None
            self._scores[key] = work.found
            while len(self._scores) > _KEPT:
                self._scores.popitem(last=False)

        return Order(key, work, keep, lambda: self._failed.add(key), whole=True)

    def rest(self) -> None:
        """Nothing is left to be computed: let go of the pictures."""
        self._subject = None

    def forget(self) -> None:
        """The set is being left."""
        self._scores.clear()
        self._failed.clear()
        self._subject = None

    def known_areas(self, band: int) -> set[Area]:
        """Areas that some score is known of."""
        present, region = self._versions.map, self._desk.session.region
        found: set[Area] = set()
        for key in self._scores:
            if key.band == band and key.map == present:
                found.add(Area.BAND)
            elif region is not None and key.rect == region:
                found.add(Area.REGION)
        return found

    def cell(self, name: str, run_id: int, result: Result, area: Area, band: int) -> Cell:
        """What is known, or why nothing is."""
        measure = next(measure for measure in self.measures if measure.name == name)
        why = self._hindrance(measure, result, area)
        if why:
            return Cell(None, why)
        key = self._key(measure, run_id, area, band)
        found = self._scores.get(key)
        if found is None:
            wanted = any(area in areas for areas in self._wishes.values())
            return say.missing(failed=key in self._failed, wanted=wanted)
        if found.value is None:
            return Cell(None, f"the metric {found.why}" if found.why in _OF_METRIC else found.why)
        return Cell(found.value, ALONE.format(self._limit()) if key.cut else found.why)

    def _key(self, measure: Measure, run_id: int, area: Area, band: int) -> MetricKey:
        needs, versions = measure.definition.needs, self._versions
        mapped = area is Area.BAND or needs in (Needs.MAP, Needs.MAPS)
        return MetricKey(
            run_id,
            versions.stamp(run_id),
            measure,
            self._desk.session.region if area is Area.REGION else None,
            area is Area.REGION and self._pixels(Area.WHOLE) > MOST_PIXELS,
            band if area is Area.BAND else None,
            versions.map if mapped else None,
            versions.truth if needs is Needs.TRUTH else 0,
        )

    def _hindrance(self, measure: Measure, result: Result, area: Area) -> str:
        """Why nothing is computed, as far as the session decides; empty when it is."""
        session, needs = self._desk.session, measure.definition.needs
        if area is Area.REGION and session.region is None:
            return say.NO_REGION
        if area is Area.BAND and not measure.definition.pixels:
            return f"the metric {NO_PIXELS}"
        if needs is Needs.TRUTH and session.truth is None:
            return say.NO_TRUTH
        if needs is Needs.MAPS and not has_own_map(self._desk.registry, result):
            return say.NO_OWN_MAP
        mapped = area is Area.BAND or needs in (Needs.MAP, Needs.MAPS)
        if mapped and session.focus_map is None:
            return say.NO_MAP
        if self._pixels(area) > MOST_PIXELS:
            words = TOO_LARGE_REGION if area is Area.REGION else TOO_LARGE
            return words.format(self._limit())
        return ""

    def _pixels(self, area: Area) -> int:
        """Of all pictures that a metric may look at."""
        session = self._desk.session
        assert session.stack is not None
        size = session.stack.size
        rect = session.region if area is Area.REGION else Rect(0, 0, size.width, size.height)
        return 0 if rect is None else rect.width * rect.height * (session.stack.k + 1)

    def _limit(self) -> str:
        """Of one picture, in megapixels."""
        assert self._desk.session.stack is not None
        return f"{MOST_PIXELS / 1e6 / (self._desk.session.stack.k + 1):.2g}"

    def _subject_of(self, run_id: int, cut: Rect | None) -> Callable[[], Subject]:
        """What gives the pictures of a result; they are read when it is first called."""
        session = self._desk.session
        stack, truth, result = session.stack, session.truth, session.results[run_id]
        assert stack is not None
        reader = reader_of(session, f"result:{run_id}")
        assert reader is not None
        rect = Rect(0, 0, stack.size.width, stack.size.height) if cut is None else cut
        own = own_labels(result) if has_own_map(self._desk.registry, result) else None
        present = self._versions.snapshot()
        made: list[Subject] = []

        def subject() -> Subject:
            if not made:
                labels = None if present is None else present.labels[rect.slices]
                sources = [stack.pixels(index)[rect.slices] for index in range(stack.k)]
                made.append(
                    Subject(
                        from_float(reader(rect), result.depth),
                        sources,
                        truth=None if truth is None else truth.pixels[rect.slices],
                        labels=labels,
                        own_map=None if own is None else own(rect),
                        true_map=labels,
                    )
                )
            return made[0]

        return subject
