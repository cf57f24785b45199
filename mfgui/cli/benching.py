"""The command bench."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TextIO

from mfgui import _startup
from mfgui.app import compiled, devices, machine
from mfgui.bench import cluster, report, tables
from mfgui.bench.columns import columns, digits
from mfgui.bench.datasets import Dataset, all_of
from mfgui.bench.entries import Entry, distinct, elsewhere, parsed, published
from mfgui.bench.pool import Engine, Processes
from mfgui.bench.runner import Plan, Progress, Table, run
from mfgui.bench.statistics import Summaries, summaries
from mfgui.bench.store import python_version, versions
from mfgui.cli.progress import duration
from mfgui.core.errors import INTERRUPTED, UsageError
from mfgui.files import atomic
from mfgui.methods import registry
from mfgui.methods.registry import Registry

_LINE_SECONDS = 10.0  # between lines where progress is not on a terminal


def bench(options: Namespace) -> int:
    """`mfgui bench`: exit code 1 when cells failed."""
    known = registry.load()
    datasets = all_of(options.datasets, options.rule, truth=options.truth, labels=options.labels)
    folder = Path(os.path.abspath(options.output))  # noqa: PTH100 - links stay as they are named
    plan = Plan(
        tuple(source_set for dataset in datasets for source_set in dataset.sets),
        _entries(options, datasets, known),
        columns(options.metrics, band=options.band),
        folder,
        devices.chosen(options.device).id,
    )
    labels = [entry.label for entry in plan.entries]
    if options.baseline and options.baseline not in labels:
        hint = f"choose from: {', '.join(labels)}"
        raise UsageError(f"the baseline {options.baseline} is no row of the table", hint=hint)
    with atomic.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in (*tables.NAMES, report.NAME):
        atomic.check_output(folder / name)
    for dataset in datasets:
        _tell_found(dataset)
    json_lines = options.progress == "json"
    line: _Told = _ProgressObjects(sys.stderr) if json_lines else _ProgressLine(sys.stderr)
    try:
        with interruptible(), _engine(options, folder) as engine:
            table = run(
                plan, engine, known=known, observe=line, again=options.again, prepare=_compile
            )
            line.end(table)
            return _written(options, datasets, table, engine)
    except KeyboardInterrupt:
        line.end(None)
        told = f"stopped after {line.done} of {line.total} cells" if line.total else "stopped"
        print(f"mfgui: {told}; the same command goes on from there", file=sys.stderr)
        return INTERRUPTED


def _entries(options: Namespace, datasets: Sequence[Dataset], known: Registry) -> tuple[Entry, ...]:
    """The rows: methods first, then results made elsewhere."""
    found = [parsed(text, known) for text in options.methods.split(",") if text.strip()]
    maps = dict(_named(text) for text in options.result_maps)
    for text in options.results:
        label = text.partition("=")[0].strip()
        found += elsewhere(text, datasets, maps=maps.pop(label, ""))
    if maps:
        raise UsageError(
            f"--result-maps {next(iter(maps))}: there are no such results",
            hint="name them with --results, too",
        )
    if not options.no_published:
        found += published(datasets)
    if not found:
        raise UsageError("there is nothing to compare", hint="name --methods or --results")
    return distinct(found)


def _named(text: str) -> tuple[str, str]:
    name, equals, template = text.partition("=")
    if not equals or not name.strip() or not template.strip():
        raise UsageError(f"--result-maps {text} is not NAME=TEMPLATE")
    return name.strip(), template.strip()


def _tell_found(dataset: Dataset) -> None:
    count = len(dataset.sets)
    told = f"{dataset.folder}: {count} set{'' if count == 1 else 's'} ({dataset.rule})"
    if dataset.left_out:
        told += f"; {len(dataset.left_out)} images left out, such as {dataset.left_out[0]}"
    print(told, file=sys.stderr)


@contextmanager
def _engine(options: Namespace, folder: Path) -> Iterator[Engine]:
    if options.cluster is None:
        yield Processes(options.workers or _startup.cores())
        return
    with cluster.connected(options.cluster) as there:
        there.check(folder)
        yield there


def _compile() -> None:
    """The loops of methods, once: not in every process, and not in the time of a method."""
    if not compiled.ready():
        print(compiled.NOTE, file=sys.stderr, flush=True)
        compiled.compile_here()


def _written(options: Namespace, datasets: Sequence[Dataset], table: Table, engine: Engine) -> int:
    """Write everything and print the means."""
    folder = table.plan.folder
    found = summaries(table, baseline=options.baseline)
    facts = _facts(datasets, table)
    tables.write(folder, table, found, baseline=options.baseline, facts=facts)
    print(_means(table, found))
    for (source_set, label), reason in table.failures:
        print(f"{source_set} {label}: {reason}", file=sys.stderr)
    if options.no_report:
        print(f"{folder}: {', '.join(tables.NAMES)}")
    else:
        drawn = report.draw_pictures(table, engine, full=options.pictures)
        print(report.write_report(table, found, drawn, baseline=options.baseline, facts=facts))
    return 1 if table.failures else 0


def _facts(datasets: Sequence[Dataset], table: Table) -> Mapping[str, object]:
    memory = machine.memory().total
    networks = any(name.endswith("weights") for e in table.plan.entries for name in e.resolved)
    return {
        "made": datetime.now(UTC).isoformat(" ", "seconds"),
        "versions": {**versions(torch=networks), "python": python_version()},
        "machine": {
            "processor": machine.processor_name(),
            "cores": _startup.cores(),
            "memory_gib": None if memory is None else round(memory / (1 << 30), 1),
        },
        "datasets": [
            {
                "name": dataset.name,
                "folder": str(dataset.folder),
                "rule": dataset.rule,
                "left_out": list(dataset.left_out),
            }
            for dataset in datasets
        ],
    }


def _means(table: Table, found: Summaries) -> str:
    """The means of all columns as plain text."""
    shown = table.known_columns
    rows = [["method", *(column.title for column in shown)]]
    for entry in table.plan.entries:
        rows.append([entry.label])
        for column in shown:
            means = [found[column.key, e.label].mean for e in table.plan.entries]
            places = digits(mean for mean in means if mean is not None)
            rows[-1].append(tables.shown(found[column.key, entry.label].mean, places))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for label, *texts in rows:
        right = (text.rjust(width) for text, width in zip(texts, widths[1:], strict=True))
        lines.append("  ".join([label.ljust(widths[0]), *right]))
    return "\n".join(lines)


class _Told(Protocol):
    """Who is told how far a table is."""

    done: int
    total: int

    def __call__(self, progress: Progress) -> None: ...

    def end(self, table: Table | None) -> None:
        """All cells are done, or (None) it was interrupted."""


class _ProgressObjects:
    """For programs: an object a line for every cell, and one with all failures at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.done, self.total = 0, 0

    def __call__(self, progress: Progress) -> None:
        self.done, self.total = progress.done, progress.total
        self._tell(
            {
                "done": progress.done,
                "total": progress.total,
                "failed": progress.failed,
                "elapsed": round(progress.elapsed, 3),
                "left": None if progress.left is None else round(progress.left, 3),
                "text": progress.text,
            }
        )

    def end(self, table: Table | None) -> None:
        if table is not None:
            failures = table.failures
            told = [{"set": s, "method": m, "reason": why} for (s, m), why in failures]
            self._tell({"failures": told})

    def _tell(self, content: Mapping[str, object]) -> None:
        print(json.dumps(content), file=self._stream, flush=True)


class _ProgressLine:
    """Cells that are done, failed, and the time left: a line that renews itself on a terminal,
    else now and then a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._width = 0
        self._told = time.monotonic() - _LINE_SECONDS
        self.done, self.total = 0, 0

    def __call__(self, progress: Progress) -> None:
        self.done, self.total = progress.done, progress.total
        text = f"{progress.done}/{progress.total} cells"
        if progress.failed:
            text += f", {progress.failed} failed"
        text += f"  {duration(progress.elapsed)}"
        if progress.left is not None and progress.done < progress.total:
            text += f", about {duration(progress.left)} left"
        text += f"  {progress.text}"
        if self._terminal:
            columns = os.get_terminal_size(self._stream.fileno()).columns
            text = text[: max(20, columns - 1)]
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
            self._stream.flush()
        elif progress.done == progress.total or time.monotonic() - self._told >= _LINE_SECONDS:
            self._told = time.monotonic()
            print(text, file=self._stream, flush=True)

    def end(self, table: Table | None) -> None:
        """Leave an empty line behind."""
        del table
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


@contextmanager
def interruptible() -> Iterator[None]:
    """A request to terminate ends as cleanly as Ctrl+C."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
