"""Scores of the results, computed strip by strip when a view wants them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mfgui.app import score_columns as say
from mfgui.app.compare_control import CompareControl
from mfgui.app.desk import Desk
from mfgui.app.metric_columns import STANDARD, column_of, known
from mfgui.app.metric_scores import MetricKey, MetricScores
from mfgui.app.naming import title_of
from mfgui.app.pass_scores import PassKey, PassScores
from mfgui.app.score_export import exporting, facts_of, record_of
from mfgui.app.score_tasks import Order, scoring
from mfgui.app.score_versions import Versions
from mfgui.core.compute import Compute, StopRequested
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


@dataclass(eq=False)
class _Job:
    """What is computed and the flag that ends it."""

    order: Order
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
        self._versions = Versions(desk)
        self._passes = PassScores(desk, self._versions)
        self._metrics = MetricScores(desk, self._versions)
        self._job: _Job | None = None
        self._ending = 0  # orders that go on to their end though nobody wants them any more
        self._settled = True
        self._stale = False  # when it was last told
        self._band = compare.state.band
        desk.notifier.connect(self._take)

    def want(
        self,
        on: bool,
        *,
        by: str = "table",
        areas: Sequence[Area] = (Area.WHOLE,),
        metrics: bool = False,
    ) -> None:
        """Whether the view `by` shows scores of these areas, with `metrics` all that are
        chosen."""
        shown = frozenset(areas) if on else frozenset[Area]()
        self._passes.want(by, shown)
        self._metrics.want(by, shown if metrics else frozenset())
        self.renew()
        self._desk.notifier.emit(ScoresChanged())

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the columns that the table shows beside what a run tells of itself."""
        return known(self._desk.settings.values.metrics)

    def choose(self, names: Iterable[str]) -> None:
        """Show other columns, from now on; names that are none are left out."""
        self._desk.settings.change(metrics=known(names))
        self._drop_unwanted()
        self._begin()
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
        return self._passes.window

    def table(self, areas: Sequence[Area] | None = None, *, chosen: bool = True) -> ScoreTable:
        """What is known now.

        Parameters
        ----------
        areas : sequence of Area, optional
            By default the whole picture and every other area that some score is known of.
        chosen : bool
            Of the columns that were chosen; without, of those of every session.
        """
        shown = self._known_areas() if areas is None else areas
        columns = [column for area in shown for column in self._columns(area, chosen=chosen)]
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
        self._passes.forget()
        self._metrics.forget()
        self._versions.forget()
        self._settled = True

    # Changes

    def _take(self, change: Change) -> None:
        settled = self._settled
        if isinstance(change, SetOpened | SetClosed):
            self.abandon()
        self._versions.take(change)
        match change:
            case MapPatched():
                self._settled = False
            case PicturePatched(key) if key.startswith("result:"):
                self._settled = False
            case CompareChanged() if self.band == self._band:
                return
            case RegionChanged() | MarkChanged() | CompareChanged():
                self._band = self.band
            case MapChanged():
                self._settled = True
            case SetOpened() | SetClosed() | TruthChanged() | ResultAdded() | ResultRemoved():
                pass
            case _:
                return
        self._drop_unwanted()
        self._begin()
        before, self._stale = self._stale, self.stale
        if not settled and not self._settled and self._stale == before:
            return  # a stroke goes on: what it makes stale is so already
        if self._desk.session.results or isinstance(change, SetOpened | SetClosed | ResultRemoved):
            self._desk.notifier.emit(ScoresChanged())

    # Computing

    def _begin(self) -> None:
        if self._job is not None or not self._settled:
            return
        key = next(self._due(), None)
        if key is None:
            self._versions.rest()
            self._metrics.rest()
            return
        if isinstance(key, PassKey):
            self._job = _Job(self._passes.order(key))
        elif self._ending:
            return  # else edits could leave many of them behind
        else:
            self._job = _Job(self._metrics.order(key))
        self._go_on(self._job)

    def _go_on(self, job: _Job) -> None:
        compute = Compute(threads=self._desk.backend.threads, checkpoint=job.check)
        self._desk.submit(
            scoring(job.order.work, compute=compute),
            done=lambda ended: self._on_advanced(job, ended),
            failed=lambda failure: self._on_failed(job, failure),
        )

    def _on_advanced(self, job: _Job, ended: object) -> None:
        if self._left_behind(job) or ended is None:
            return
        if not ended:
            self._go_on(job)
            return
        self._job = None
        job.order.keep()
        self._begin()
        self._desk.notifier.emit(ScoresChanged())

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if self._left_behind(job):
            return
        self._job = None
        job.order.fail()
        self._desk.failing("the other scores are computed")(failure)
        self._begin()
        self._desk.notifier.emit(ScoresChanged())

    def _left_behind(self, job: _Job) -> bool:
        """Whether what has ended is no longer wanted."""
        if job is self._job:
            return False
        if job.order.whole:
            self._ending -= 1
            self._begin()
        return True

    def _drop_unwanted(self) -> None:
        job = self._job
        if job is not None and not any(job.order.key == key for key in self._due()):
            self._stop()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stopped.set()
            self._ending += self._job.order.whole
            self._job = None

    def _due(self) -> Iterator[PassKey | MetricKey]:
        """What is wanted and not known, the quick ones first."""
        yield from self._passes.due(self.band)
        yield from self._metrics.due(self.band)

    # The table

    def _columns(self, area: Area, *, chosen: bool) -> list[Column]:
        names = self.chosen if chosen else STANDARD
        standard = say.measures(area, window=self.window)
        columns = [column for column in standard if column.key in names]
        measures = self._metrics.measures if chosen else ()
        return [*columns, *(column_of(measure, area) for measure in measures)]

    def _known_areas(self) -> list[Area]:
        known = self._passes.known_areas(self.band) | self._metrics.known_areas(self.band)
        return [area for area in Area if area is Area.WHOLE or area in known]

    def _q_cell(self, run_id: int) -> Cell:
        result = self._desk.session.results.get(run_id)
        if result is None:
            return Cell()
        return self._passes.cell(say.LOCAL_Q, run_id, result, Area.WHOLE, self.band)

    def _cell(self, column: Column, run_id: int, result: Result) -> Cell:
        if column.area is None:
            return say.own_cell(column, result)
        part = self._passes if column.key in STANDARD else self._metrics
        return part.cell(column.key, run_id, result, column.area, self.band)
