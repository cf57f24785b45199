"""Carries a study out: jobs in processes, rows kept as they come, and the files of the result.

``data.csv`` gets the rows of each job when it has ended, so that a study that was interrupted goes
on where it was; ``summary.csv``, ``summary.json``, ``plot.svg`` and ``plot.png`` are written at
the end. ``summary.json`` is there from the beginning, incomplete: it says which settings the rows
belong to.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
import json
import math
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from mfgui import __version__
from mfgui.bench import plot_raster, plots
from mfgui.bench.plots import Figure
from mfgui.bench.pool import Engine, Inline, Lost, Processes
from mfgui.core.errors import InputError, MfguiError, UsageError
from mfgui.files import atomic, reports

Value: TypeAlias = str | int | float | None
Row: TypeAlias = Mapping[str, Value]
Job: TypeAlias = tuple[Value, ...]

DATA, SUMMARY, FACTS, PLOT, PICTURE = (
    "data.csv",
    "summary.csv",
    "summary.json",
    "plot.svg",
    "plot.png",
)
_VERSIONS = ("numpy", "opencv-python-headless", "numba", "scipy", "torch")


class Study(Protocol):
    """What is varied, and what comes of it. Picklable: it is sent to the processes once.

    Attributes
    ----------
    name : str
    keys : tuple of str
        Columns whose values make a job, in the order of `Job`.
    columns : tuple of str
        All columns of ``data.csv``; the keys come first.
    """

    @property
    def name(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def columns(self) -> tuple[str, ...]: ...

    def settings(self) -> dict[str, object]:
        """All that decides the numbers of a job, but for its keys."""

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Files and their SHA-256."""

    def jobs(self) -> Sequence[Job]: ...

    def prepared(self) -> Any:
        """What all jobs of one process share."""

    def run(self, shared: Any, job: Job) -> list[Row]:
        """One or more rows."""

    def summary(self, rows: Sequence[Row]) -> list[Row]: ...

    def figure(self, rows: Sequence[Row]) -> Figure: ...


@dataclass(frozen=True)
class Outcome:
    """What a study gave.

    Attributes
    ----------
    rows : int
        Of ``data.csv``.
    computed : int
        Jobs that were carried out now; the others were there.
    failed : tuple of (job, reason)
    seconds : float
        Of all runs that made the rows.
    """

    folder: Path
    rows: int
    computed: int
    failed: tuple[tuple[Job, str], ...]
    seconds: float
    summary: tuple[Row, ...] = field(repr=False)


def carry_out(
    study: Study,
    folder: Path,
    *,
    workers: int = 1,
    again: bool = False,
    facts: Mapping[str, object] | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Compute what is missing in `folder`, and write the files of the result.

    Parameters
    ----------
    folder : Path
        Made if missing.
    workers : int
        Processes with one thread each; one job after the other in this process with 1.
    again : bool
        Start over, whatever the folder holds.
    facts : mapping, optional
        Written to ``summary.json``: machine, command.
    watch : callable, optional
        Told how many of how many jobs are done.

    Raises
    ------
    UsageError
        If the folder holds the rows of another experiment, or of other settings.
    OutputError
        If it cannot be written.
    """
    began = time.perf_counter()
    data = _Data(folder, study, again=again)
    jobs = list(study.jobs())
    missing = [job for job in jobs if _key(job) not in data.done]
    known = _facts(study, jobs, facts)
    _write_facts(folder, {**known, "complete": False, "seconds": data.seconds})
    tell = watch or (lambda _done, _all: None)
    tell(len(jobs) - len(missing), len(jobs))
    failed: list[tuple[Job, str]] = []

    def done(number: int, result: list[Row] | str | Lost) -> None:
        if isinstance(result, list):
            data.add(result)
        else:
            reason = result.reason if isinstance(result, Lost) else result
            failed.append((missing[number], reason))
        counted = len(jobs) - len(missing) + len(failed) + data.added
        tell(counted, len(jobs))

    engine: Engine = Inline() if min(workers, len(missing)) <= 1 else Processes(workers)
    try:
        engine.run(_Work(study), missing, done)
    finally:
        data.close()
        seconds = data.seconds + time.perf_counter() - began
        _write_facts(folder, {**known, "complete": False, "seconds": seconds})
    rows = data.rows(jobs)
    summary = study.summary(rows) if rows else []
    _finish(study, folder, rows, summary)
    told = {"complete": not failed, "seconds": seconds, "workers": workers, "rows": len(rows)}
    lost = [{"job": list(job), "reason": reason} for job, reason in failed]
    _write_facts(folder, {**known, **told, "failed": lost, "summary": summary})
    return Outcome(folder, len(rows), data.added, tuple(failed), seconds, tuple(summary))


class _Work:
    """The function of a process: what its jobs share is made once, with the first of them."""

    def __init__(self, study: Study) -> None:
        self._study, self._shared = study, None

    def __call__(self, job: Job) -> list[Row] | str:
        """The rows, or in one line why there are none."""
        try:
            if self._shared is None:
                self._shared = self._study.prepared()
            return self._study.run(self._shared, job)
        except MfguiError as error:
            return str(error)
        except MemoryError:
            return "not enough memory"


class _Data:
    """The rows on the disk."""

    def __init__(self, folder: Path, study: Study, *, again: bool) -> None:
        with atomic.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name in (DATA, SUMMARY, FACTS, PLOT, PICTURE):
            atomic.check_output(folder / name)
        self._path, self._study, self.added = folder / DATA, study, 0
        self._rows: dict[tuple[str, ...], list[dict[str, Value]]] = {}
        self.seconds = 0.0
        if again:
            with atomic.writing(self._path):
                self._path.unlink(missing_ok=True)
        elif self._path.exists():
            self._take_up(folder)
        self._write_anew()
        with atomic.writing(self._path):
            self._file = self._path.open("a", encoding="utf-8", newline="")

    @property
    def done(self) -> set[tuple[str, ...]]:
        return set(self._rows)

    def add(self, rows: Sequence[Row]) -> None:
        """Keep the rows of one job, on the disk as well."""
        self.added += 1
        for row in rows:
            self._keep({name: row.get(name) for name in self._study.columns})
        with atomic.writing(self._path):
            self._file.write(_csv(self._study.columns, rows, header=False))
            self._file.flush()

    def close(self) -> None:
        with atomic.writing(self._path):
            self._file.close()

    def rows(self, jobs: Sequence[Job]) -> list[Row]:
        """Those of the jobs, in their order."""
        return [row for job in jobs for row in self._rows.get(_key(job), [])]

    def _keep(self, row: dict[str, Value]) -> None:
        key = _key(tuple(row[name] for name in self._study.keys))
        self._rows.setdefault(key, []).append(row)

    def _take_up(self, folder: Path) -> None:
        facts = _read_facts(folder / FACTS)
        if facts.get("identity") != identity(self._study):
            what = "it holds the rows of another experiment, or of other settings"
            hint = "name another folder, or start over with --again"
            raise UsageError(what, path=folder, hint=hint)
        self.seconds = float(facts.get("seconds") or 0.0)
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("it cannot be read", path=self._path) from error
        # What was being written when the program was killed has no end of line.
        whole = text[: text.rfind("\n") + 1]
        for read in csv.DictReader(io.StringIO(whole)):
            if set(read) == set(self._study.columns):
                self._keep({name: _value(told) for name, told in read.items()})

    def _write_anew(self) -> None:
        kept = [row for rows in self._rows.values() for row in rows]
        atomic.write_bytes(self._path, _csv(self._study.columns, kept).encode())


def identity(study: Study) -> str:
    """A hash of all that decides the numbers of a study's jobs."""
    content = {
        "experiment": study.name,
        "columns": study.columns,
        "settings": study.settings(),
        "inputs": [digest for _, digest in study.inputs()],
    }
    return hashlib.sha256(reports.json_text(content).encode()).hexdigest()


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Value, ...], list[Row]]:
    """Rows by their values of some columns, in the order in which these first appear."""
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def numbers(rows: Iterable[Row], name: str) -> list[float]:
    """The values of a column, without those that are missing."""
    return [float(row[name]) for row in rows if row[name] is not None]  # type: ignore[arg-type]


def described(rows: Sequence[Row], name: str) -> dict[str, Value]:
    """Mean, standard deviation (n - 1) and least of a column, named after it."""
    values = numbers(rows, name)
    if not values:
        return {f"{name}_{part}": None for part in ("mean", "std", "min")}
    finite = all(map(math.isfinite, values))
    spread = statistics.stdev(values) if finite and len(values) > 1 else None
    mean = statistics.fmean(values) if finite else math.inf
    return {f"{name}_mean": mean, f"{name}_std": spread, f"{name}_min": min(values)}


def _key(job: Job) -> tuple[str, ...]:
    return tuple(_text(value) for value in job)


def _text(value: Value) -> str:
    """A value in a table: all digits, nothing for none."""
    if value is None:
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)


def _value(text: str) -> Value:
    if text == "":
        return None
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        # Names such as 007 or 1_0 stay what they are.
        if _text(found) == text:
            return found
    return text


def _csv(columns: Sequence[str], rows: Iterable[Row], *, header: bool = True) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(columns)
    writer.writerows([_text(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _finish(study: Study, folder: Path, rows: Sequence[Row], summary: Sequence[Row]) -> None:
    """The table in the order of the jobs, its summary and its plot."""
    atomic.write_bytes(folder / DATA, _csv(study.columns, rows).encode())
    columns = list(dict.fromkeys(name for row in summary for name in row))
    atomic.write_bytes(folder / SUMMARY, _csv(columns, summary).encode())
    if summary:
        figure = study.figure(rows)
        atomic.write_bytes(folder / PLOT, plots.svg(figure).encode())
        atomic.write_bytes(folder / PICTURE, plot_raster.png(figure))


def _facts(
    study: Study, jobs: Sequence[Job], facts: Mapping[str, object] | None
) -> dict[str, object]:
    versions = {"mfgui": __version__, "python": platform.python_version()}
    for name in _VERSIONS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    values = {
        name: list(dict.fromkeys(job[i] for job in jobs)) for i, name in enumerate(study.keys)
    }
    return {
        "experiment": study.name,
        "identity": identity(study),
        "settings": study.settings(),
        "varied": values,
        "inputs": [{"file": file, "sha256": digest} for file, digest in study.inputs()],
        "versions": versions,
        **(facts or {}),
    }


def _write_facts(folder: Path, content: Mapping[str, object]) -> None:
    """JSON has no infinity, which is a value here: it becomes text."""
    reports.write_json(folder / FACTS, _spelt(content))


def _spelt(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: _spelt(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt(item) for item in value]
    return value


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
