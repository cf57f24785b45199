"""All cells of a table: those in the cache are read, the others computed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mfgui.bench.cells import Job, Outcome, compute_cell, kept
from mfgui.bench.columns import Column
from mfgui.bench.datasets import SourceSet
from mfgui.bench.entries import Entry
from mfgui.bench.pool import Engine, Lost
from mfgui.bench.store import Store, key_of, versions
from mfgui.core.errors import MfguiError
from mfgui.files.decode import sha256_of
from mfgui.methods.registry import Registry


@dataclass(frozen=True)
class Plan:
    """What a table is of: every entry on every set, in every column."""

    sets: tuple[SourceSet, ...]
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]
    folder: Path
    device: str = "cpu"


@dataclass(frozen=True)
class Progress:
    """How far a table is.

    Attributes
    ----------
    done, total : int
        Cells; those from the cache count as done from the beginning.
    left : float or None
        Seconds that it will still take, from what each method took so far.
    text : str
        The cell that was finished last.
    """

    done: int
    total: int
    failed: int
    elapsed: float
    left: float | None
    text: str


Observe = Callable[[Progress], None]
Place = tuple[str, str]  # key of the set, label of the entry


@dataclass(frozen=True, eq=False)
class Table:
    """All cells."""

    plan: Plan
    cells: Mapping[Place, Outcome]
    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)

    def value(self, source_set: SourceSet, entry: Entry, column: Column) -> float | None:
        """A score; None where there is none."""
        found = self.cells[source_set.key, entry.label].scores.get(column.key)
        return None if found is None else found.value

    def values(self, entry: Entry, column: Column) -> list[float | None]:
        """The scores of an entry, set by set."""
        return [self.value(source_set, entry, column) for source_set in self.plan.sets]

    @cached_property
    def failures(self) -> list[tuple[Place, str]]:
        """Cells that failed, with their reasons."""
        return [(p, o.reason) for p, o in self.cells.items() if o.reason and not o.missing]

    @cached_property
    def known_columns(self) -> tuple[Column, ...]:
        """Columns in which there is a value."""
        return tuple(column for column in self.plan.columns if not self.why_empty(column))

    def why_empty(self, column: Column) -> str:
        """Why a column has no value at all; empty when it has one."""
        scores = [cell.scores.get(column.key) for cell in self.cells.values()]
        found = [score for score in scores if score is not None]
        if any(score.value is not None for score in found):
            return ""
        return next((score.why for score in found if score.why), "no cell was scored")


def _nothing() -> None:
    """What there is to do before methods run, where there is nothing."""


def run(
    plan: Plan,
    engine: Engine,
    *,
    known: Registry,
    observe: Observe,
    again: bool = False,
    prepare: Callable[[], None] = _nothing,
) -> Table:
    """Compute what is not in the cache; with `again` everything.

    Cells are handed out set by set, so that every method is timed early. One that fails is told
    in its outcome; it is tried again the next time. `prepare` is called before the first method
    runs, if one does.

    Raises
    ------
    OutputError
        If the folder of the cache cannot be made.
    KeyboardInterrupt
        As it comes; what was finished until then is in the cache.
    """
    Store(plan.folder).prepare()
    began = time.monotonic()
    hashes = _Hashes()
    jobs, cells = _divided(plan, known, hashes, again=again)
    clock = _Clock(engine.workers, [place[1] for place in jobs])
    places = list(jobs)
    total = len(plan.sets) * len(plan.entries)

    def tell(text: str) -> None:
        failures = sum(bool(o.reason) and not o.missing for o in cells.values())
        elapsed = time.monotonic() - began
        observe(Progress(len(cells), total, failures, elapsed, clock.left(), text))

    def done(number: int, outcome: Outcome | Lost) -> None:
        place = places[number]
        if isinstance(outcome, Lost):
            outcome = Outcome(reason=outcome.reason)
        cells[place] = outcome
        clock.add(place[1], outcome.spent)
        tell(f"{place[0]} {place[1]}{': ' + outcome.reason if outcome.reason else ''}")

    tell(f"{len(cells)} of {total} cells were computed before" if cells else "")
    if any(job.method for job in jobs.values()):
        prepare()
    engine.run(compute_cell, list(jobs.values()), done)
    ordered = {(s.key, e.label): cells[s.key, e.label] for s in plan.sets for e in plan.entries}
    return Table(plan, ordered, hashes.known)


def _divided(
    plan: Plan, known: Registry, hashes: _Hashes, *, again: bool
) -> tuple[dict[Place, Job], dict[Place, Outcome]]:
    """What is to be computed, and what is known already."""
    jobs: dict[Place, Job] = {}
    cells: dict[Place, Outcome] = {}
    for source_set in plan.sets:
        for entry in plan.entries:
            place = source_set.key, entry.label
            made = _job(plan, source_set, entry, hashes, known)
            if isinstance(made, Outcome):
                cells[place] = made
                continue
            if again:
                Store(plan.folder).forget(made.picture_key, made.score_key)
            found = kept(made)
            if found is None:
                jobs[place] = made
            else:
                cells[place] = found
    return jobs, cells


class _Hashes:
    """SHA-256 of files, each read once; a file that cannot be read has its error."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self._errors: dict[str, MfguiError] = {}

    def of(self, path: Path) -> str:
        name = str(path)
        if name in self._errors:
            raise self._errors[name]
        if name not in self.known:
            try:
                self.known[name] = sha256_of(path)
            except MfguiError as error:
                self._errors[name] = error
                raise
        return self.known[name]


def _job(
    plan: Plan, source_set: SourceSet, entry: Entry, hashes: _Hashes, known: Registry
) -> Job | Outcome:
    """The job of a cell, or its outcome where there is nothing to compute."""
    picture, labels = entry.pictures.get(source_set.key), entry.maps.get(source_set.key)
    if entry.elsewhere and picture is None:
        return Outcome(reason="no result for this set", missing=True)
    method = None if entry.elsewhere else known.get(entry.method)
    device = plan.device if method is not None and method.on_devices else "cpu"
    try:
        inputs = [hashes.of(path) for path in source_set.sources]
        made: dict[str, object] = {"inputs": inputs}
        if picture is not None:
            made["picture"] = hashes.of(picture)
            made["map"] = "" if labels is None else hashes.of(labels)
        else:
            weights = any(name.endswith("weights") for name in entry.resolved)
            made |= {**entry.resolved, "device": device, "versions": versions(torch=weights)}
        picture_key = key_of(made)
        beside = [
            "" if path is None else hashes.of(path)
            for path in (source_set.truth, source_set.labels)
        ]
    except MfguiError as error:
        return Outcome(reason=str(error))
    score_key = key_of({"picture": picture_key, "beside": beside, "versions": versions()})
    return Job(
        plan.folder,
        source_set,
        entry.label,
        entry.method,
        entry.explicit,
        entry.resolved,
        picture,
        labels,
        picture_key,
        score_key,
        plan.columns,
        device,
    )


class _Clock:
    """What is left, from the mean time of each method so far."""

    def __init__(self, workers: int, labels: Sequence[str]) -> None:
        self._workers = workers
        self._waiting = list(labels)
        self._spent: dict[str, list[float]] = {}

    def add(self, label: str, seconds: float) -> None:
        self._waiting.remove(label)
        self._spent.setdefault(label, []).append(seconds)

    def left(self) -> float | None:
        if not self._spent:
            return None
        means = {label: sum(times) / len(times) for label, times in self._spent.items()}
        usual = sum(means.values()) / len(means)
        return sum(means.get(label, usual) for label in self._waiting) / self._workers
