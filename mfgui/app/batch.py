"""Many sets, one finished picture each: a bad one does not stop the others, and what is done is
not lost, however the batch ends.

A picture is made in a hidden folder beside its place. Its record is in the report before it is
moved to its place: after a kill in between, the record does not stand and the set is done again,
but no picture is there that the report does not know.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mfgui.app import batch_report
from mfgui.app.batch_plan import Item, Plan
from mfgui.app.batch_report import Record, State
from mfgui.app.batch_workers import Engine, Outcome, Stage
from mfgui.app.headless import Job
from mfgui.core.errors import MfguiError, OutputError
from mfgui.files import atomic, naming
from mfgui.jobs.gate import Gate

_log = logging.getLogger(__name__)
_STAGING = ".mfgui-batch-"


@dataclass(frozen=True)
class Changed:
    """A set began, ended, or (with a stage) went on; `number` counts the items of the plan."""

    number: int
    record: Record
    stage: Stage | None = None


Observe = Callable[[Changed], None]


def _nothing() -> None:
    """What there is to do before the first set, where there is nothing."""


def run(
    plan: Plan,
    engine: Engine,
    rule_path: Path,
    *,
    observe: Observe,
    gate: Gate,
    prepare: Callable[[], None] = _nothing,
) -> list[Record]:
    """Do what is due of a plan, and write the reports after each set.

    Parameters
    ----------
    prepare : callable
        Called before the first set, if one is due.

    Returns
    -------
    list of Record
        One for each item, in its order; those that were not begun are waiting.

    Raises
    ------
    OutputError
        If the folder of the outputs cannot be made or a report cannot be written: what is
        finished until then is in the report.
    """
    work = _Run(plan, rule_path, observe)
    due = [number for number, item in enumerate(plan.items) if item.due]
    try:
        work.begin(due)
        if due:
            prepare()
        jobs = [work.staged(number) for number in due]
        engine.run(
            jobs,
            gate,
            lambda n: work.begun(due[n]),
            lambda n, stage: work.told(due[n], stage),
            lambda n, outcome: work.ended(due[n], outcome),
        )
    finally:
        work.tidy(due)
    return work.records


class _Run:
    """The records while they change."""

    def __init__(self, plan: Plan, rule_path: Path, observe: Observe) -> None:
        self._items, self._rule_path, self._observe = plan.items, rule_path, observe
        self._folder = Path(plan.rule.output)
        self._reports = batch_report.report_paths(rule_path, self._folder)
        self.records = [item.record for item in plan.items]

    def begin(self, due: Iterable[int]) -> None:
        """Make the folder, take away what a killed run left of these sets, write the reports."""
        with atomic.writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._reports:
            atomic.check_output(path)
        marks = {_mark(self._items[number]) for number in due}
        for place in self._folder.glob(f"{_STAGING}*"):
            if place.name.removeprefix(_STAGING).partition("-")[0] in marks:
                shutil.rmtree(place, ignore_errors=True)
        self._write()

    def staged(self, number: int) -> Job:
        """The job of an item, whose output is out of sight until it is complete."""
        job, place = self._items[number].job, self._staging(number)
        return replace(job, output=place / job.output.name, beside=job.beside.in_folder(place))

    def begun(self, number: int) -> None:
        with suppress(OSError):  # the set fails with the reason
            self._staging(number).mkdir(exist_ok=True)
        self._change(number, replace(self.records[number], state=State.RUNNING))

    def told(self, number: int, stage: Stage) -> None:
        self._observe(Changed(number, self.records[number], stage))

    def ended(self, number: int, outcome: Outcome) -> None:
        """Keep what came of a set: record and reports first, then the picture in its place."""
        record = self.records[number]
        if outcome.details:
            _log.warning("%s, %s: %s\n%s", *record.key, outcome.error, outcome.details)
        made: Job | None = None
        if outcome.stopped:
            record = replace(record, state=State.STOPPED)
        elif outcome.error:
            record = replace(record, state=State.FAILED, error=self._plain(number, outcome.error))
        else:
            made = self.staged(number)
            record = _with_report(record, outcome, made.output)
        self.records[number] = record
        self._write()
        if made is not None:
            self._put_in_place(number, made)
        shutil.rmtree(self._staging(number), ignore_errors=True)
        self._observe(Changed(number, self.records[number]))

    def tidy(self, due: Iterable[int]) -> None:
        """What did not end is stopped; nothing hidden is left."""
        for number in due:
            shutil.rmtree(self._staging(number), ignore_errors=True)
            if self.records[number].state is State.RUNNING:
                self._change(number, replace(self.records[number], state=State.STOPPED))

    def _put_in_place(self, number: int, made: Job) -> None:
        item, error = self._items[number], None
        try:
            if os.path.lexists(item.job.output) and not item.replaces:
                raise OutputError("was made by someone else meanwhile", path=item.job.output)
            for path in filter(os.path.exists, made.beside.paths):
                self._move(path, self._place_beside(item, path.name))
            self._move(made.output, item.job.output)
        except MfguiError as failure:
            error = str(failure)
        if error is not None:
            failed = replace(item.record, state=State.FAILED, error=error)
            self.records[number] = failed
            self._write()

    def _place_beside(self, item: Item, name: str) -> Path:
        """Where a file goes that is no picture; no picture loses its place to it."""
        return naming.free_path(
            self._folder / name,
            policy="replace" if item.replaces else "number",
            taken=[other.job.output for other in self._items],
        )

    @staticmethod
    def _move(made: Path, place: Path) -> None:
        with atomic.writing(place):
            os.replace(made, place)  # noqa: PTH105 - as in atomic files

    def _change(self, number: int, record: Record) -> None:
        self.records[number] = record
        self._observe(Changed(number, record))

    def _write(self) -> None:
        running = (State.RUNNING, State.STOPPED)
        kept = [
            replace(record, state=State.STOPPED) if record.state in running else record
            for record in self.records
        ]
        batch_report.write(kept, *self._reports, rule=self._rule_path)

    def _staging(self, number: int) -> Path:
        return self._folder / f"{_STAGING}{_mark(self._items[number])}-{os.getpid()}"

    def _plain(self, number: int, text: str) -> str:
        """A message with the place of the output as people know it."""
        return text.replace(f"{self._staging(number)}{os.sep}", f"{self._folder}{os.sep}")


def _mark(item: Item) -> str:
    return item.record.fingerprint[:16]


def _with_report(record: Record, outcome: Outcome, made: Path) -> Record:
    """The record of a set that is done."""
    report = {name: value for name, value in outcome.report.items() if name != "q_history"}
    found = made.stat()
    q = report.get("q") if report.get("q") is not None else report.get("q_box")
    seconds = report.get("seconds")
    return replace(
        record,
        state=State.DONE,
        seconds=seconds["total"] if isinstance(seconds, dict) else None,
        q=q,
        width=report.get("width"),
        height=report.get("height"),
        notices=outcome.notices,
        size=found.st_size,
        modified=found.st_mtime_ns,
        report=report,
    )
