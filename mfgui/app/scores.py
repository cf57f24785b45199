"""Scores of the results, computed strip by strip when a view wants them."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mfgui.app import score_columns as say
from mfgui.app.compare_control import CompareControl
from mfgui.app.desk import Desk
from mfgui.app.naming import title_of
from mfgui.app.reading import reader_of
from mfgui.app.score_export import exporting, facts_of, record_of
from mfgui.app.score_tasks import (
    MapSnapshot,
    Measure,
    Pass,
    Subject,
    Tally,
    has_own_map,
    own_labels,
    scoring,
)
from mfgui.core.arrays import Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.events import (
    Change,
    CompareChanged,
    MapChanged,
    MapPatched,
    MarkChanged,
    PicturePatched,
    RegionChanged,
    ResultAdded,
    ResultRemoved,
    ScoresChanged,
    SetClosed,
    SetOpened,
    TruthChanged,
)
from mfgui.core.result import Result
from mfgui.core.score_table import Area, Cell, Column, ScoreRow, ScoreTable
from mfgui.jobs.pool import Task, TaskFailed
from mfgui.methods.optimise.mffssim.window import window_size

_KEPT = 512  # tallies of 4 KiB

_MEASURES = {
    say.LOCAL_Q: Measure.Q,
    say.PSNR: Measure.ERROR,
    say.RMSE: Measure.ERROR,
    say.AGREEMENT: Measure.AGREEMENT,
}


@dataclass(frozen=True)
class _Key:
    """What a tally is of. `map` tells contents of the map apart, `stamp` pixels of the result,
    `truth` ground truths; each is 0 where it does not count."""

    run_id: int
    stamp: int
    measure: Measure
    rect: Rect
    map: tuple[int, int]
    truth: int


@dataclass(eq=False)
class _Job:
    """A pass and the flag that ends it."""

    key: _Key
    work: Pass
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


class Scores:
    """A table of scores of the results of the session, all against the present focus map.

    Nothing is computed before a view wants it. Edits of the map make the scores stale; `renew`
    computes them again, once edits have settled. What was computed for a map is kept, so that
    undoing an edit brings its scores back.
    """

    def __init__(self, desk: Desk, compare: CompareControl) -> None:
        self._desk = desk
        self._compare = compare
        self._wishes: dict[str, frozenset[Area]] = {}
        self._tallies: OrderedDict[_Key, Tally] = OrderedDict()
        self._failed: set[_Key] = set()
        self._stamps: Counter[int] = Counter()
        self._guards: dict[int, AbstractContextManager[object] | None] = {}
        self._maps = self._truths = 0
        self._snapshot: tuple[tuple[int, int], MapSnapshot] | None = None
        self._job: _Job | None = None
        self._settled = True
        self._stale = False  # when it was last told
        self._band = compare.state.band
        desk.notifier.connect(self._take)

    def want(self, on: bool, *, by: str = "table", areas: Sequence[Area] = (Area.WHOLE,)) -> None:
        """Whether the view `by` shows scores of these areas."""
        self._wishes[by] = frozenset(areas) if on else frozenset()
        self.renew()
        self._desk.notifier.emit(ScoresChanged())

    def renew(self) -> None:
        """Compute what is wanted and missing: to be called when edits settle."""
        self._settled = True
        self._begin()

    @property
    def stale(self) -> bool:
        """Whether something is wanted that `renew` would compute."""
        return self._job is None and next(self._due(), None) is not None

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._job is not None

    @property
    def band(self) -> int:
        """Width of the boundary band in pixels."""
        return self._compare.state.band

    @property
    def window(self) -> int | None:
        """Side of the window of local Q, the same for all results; None for pictures that are
        smaller than the least one."""
        stack = self._desk.session.stack
        try:
            return None if stack is None else window_size("released", stack.size)
        except UsageError:
            return None

    def table(self, areas: Sequence[Area] | None = None) -> ScoreTable:
        """What is known now.

        Parameters
        ----------
        areas : sequence of Area, optional
            By default the whole picture and every other area that some score is known of.
        """
        shown = self._known_areas() if areas is None else areas
        columns = [c for area in shown for c in say.measures(area, window=self.window)]
        columns += [say.OWN_Q, say.SECONDS, say.ITERATIONS]
        session = self._desk.session
        rows = [
            ScoreRow(
                f"result:{run_id}",
                title_of(session, f"result:{run_id}"),
                tuple(self._cell(column, run_id, result) for column in columns),
                record_of(session, run_id, result),
            )
            for run_id, result in sorted(session.results.items())
        ]
        return ScoreTable(tuple(columns), tuple(rows))

    def export(self, path: Path) -> Task:
        """A task that writes the table as it is now to a .csv, .json, .md or .tex file, with how
        every row was made; its value is the path."""
        session = self._desk.session
        facts = facts_of(session, window=self.window, band=self.band)
        table = replace(self.table(), facts=facts)
        return exporting(self._desk.registry, session, table, path)

    def q_of(self, run_id: int) -> float | None:
        """Mean local Q of the whole picture, None while it is not known."""
        return self._q_cell(run_id).value

    def rank_of(self, run_id: int) -> int | None:
        """Place of a result by `q_of`, from 1; None while that of some result is not known."""
        cells = {number: self._q_cell(number) for number in self._desk.session.results}
        known = [cell.value for cell in cells.values() if cell.value is not None]
        own = cells[run_id].value if run_id in cells else None
        if own is None or len(known) < len(cells):
            return None
        return 1 + sum(other > own for other in known)

    def abandon(self) -> None:
        """Forget everything: the set is being left, or the window closes."""
        self._stop()
        self._tallies.clear()
        self._failed.clear()
        self._guards.clear()
        self._snapshot = None
        self._settled = True

    # Changes

    def _take(self, change: Change) -> None:
        settled = self._settled
        match change:
            case SetOpened() | SetClosed():
                self.abandon()
                self._maps += 1
            case MapChanged():
                self._maps += 1
            case TruthChanged():
                self._truths += 1
            case ResultAdded(run_id) | ResultRemoved(run_id):
                self._look_again(run_id)
            case MapPatched():
                self._settled = False
            case PicturePatched(key) if key.startswith("result:"):
                self._stamps[int(key.split(":")[1])] += 1
                self._settled = False
            case CompareChanged() if self.band == self._band:
                return
            case RegionChanged() | MarkChanged() | CompareChanged():
                self._band = self.band
            case _:
                return
        if isinstance(change, MapChanged):
            self._settled = True
        if self._job is not None and self._job.key not in self._due():
            self._stop()
        self._begin()
        before, self._stale = self._stale, self.stale
        if not settled and not self._settled and self._stale == before:
            return  # a stroke goes on: what it makes stale is so already
        if self._desk.session.results or isinstance(change, SetOpened | SetClosed | ResultRemoved):
            self._desk.notifier.emit(ScoresChanged())

    def _look_again(self, run_id: int) -> None:
        """The pixels are others, unless it is the result that follows the map."""
        result = self._desk.session.results.get(run_id)
        guard = None if result is None else result.guard
        if guard is None or guard is not self._guards.get(run_id):
            self._stamps[run_id] += 1
        self._guards[run_id] = guard

    # Computing

    def _begin(self) -> None:
        if self._job is not None or not self._settled:
            return
        key = next(self._due(), None)
        if key is None:
            self._snapshot = None  # 48 MB at 24 megapixels
            return
        job = self._job = _Job(key, Pass(key.measure, self._subject(key), key.rect))
        self._go_on(job)

    def _go_on(self, job: _Job) -> None:
        compute = Compute(threads=self._desk.backend.threads, checkpoint=job.check)
        self._desk.submit(
            scoring(job.work, compute=compute),
            done=lambda ended: self._on_advanced(job, ended),
            failed=lambda failure: self._on_failed(job, failure),
        )

    def _on_advanced(self, job: _Job, ended: object) -> None:
        if job is not self._job or ended is None:
            return  # it is no longer wanted
        if not ended:
            self._go_on(job)
            return
        self._job = None
        self._tallies[job.key] = job.work.tally
        while len(self._tallies) > _KEPT:
            self._tallies.popitem(last=False)
        self._begin()
        self._desk.notifier.emit(ScoresChanged())

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if job is not self._job:
            return
        self._job = None
        self._failed.add(job.key)
        self._desk.failing("the other scores are computed")(failure)
        self._begin()
        self._desk.notifier.emit(ScoresChanged())

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stopped.set()
            self._job = None

    def _due(self) -> Iterator[_Key]:
        """What is wanted and not known, the quick ones first."""
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

    def _key(self, run_id: int, measure: Measure, rect: Rect) -> _Key:
        truth = self._truths if measure is Measure.ERROR else 0
        return _Key(run_id, self._stamps[run_id], measure, rect, self._map_key(), truth)

    def _map_key(self) -> tuple[int, int]:
        focus_map = self._desk.session.focus_map
        return self._maps, -1 if focus_map is None else focus_map.revision

    def _subject(self, key: _Key) -> Subject:
        session = self._desk.session
        assert session.stack is not None
        reader = reader_of(session, f"result:{key.run_id}")
        assert reader is not None
        if session.focus_map is None:
            self._snapshot = None
        elif self._snapshot is None or self._snapshot[0] != key.map:
            self._snapshot = key.map, MapSnapshot(session.focus_map.snapshot())
        return Subject(
            session.stack,
            None if self._snapshot is None else self._snapshot[1],
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

    # The table

    def _known_areas(self) -> tuple[Area, ...]:
        rects = {key.rect for key in self._tallies if key.map == self._map_key()}
        has_map = self._desk.session.focus_map is not None
        region = self._rect(Area.REGION)
        known = {Area.WHOLE: True, Area.BAND: has_map and bool(rects), Area.REGION: region in rects}
        return tuple(area for area in Area if known[area])

    def _q_cell(self, run_id: int) -> Cell:
        result = self._desk.session.results.get(run_id)
        column = say.measures(Area.WHOLE, window=self.window)[0]
        return Cell() if result is None else self._cell(column, run_id, result)

    def _cell(self, column: Column, run_id: int, result: Result) -> Cell:
        if column.area is None:
            return say.own_cell(column, result)
        measure, rect = _MEASURES[column.key], self._rect(column.area)
        if rect is None:
            return Cell(None, say.NO_REGION)
        hindrance = self._hindrance(measure, result)
        if not hindrance and column.area is Area.BAND and self._desk.session.focus_map is None:
            hindrance = say.NO_MAP
        if hindrance:
            return Cell(None, hindrance)
        key = self._key(run_id, measure, rect)
        tally = self._tallies.get(key)
        if tally is None:
            wanted = any(column.area in areas for areas in self._wishes.values())
            if key in self._failed:
                return Cell(None, say.FAILED)
            return Cell(None, say.COMING if wanted else say.NOT_ASKED, coming=wanted)
        mean, pixels = tally.mean(self.band if column.area is Area.BAND else None)
        if mean is None:
            return Cell(None, say.NO_BAND if column.area is Area.BAND else say.NO_PIXELS)
        return Cell(say.in_unit(column.key, mean), pixels=pixels)
