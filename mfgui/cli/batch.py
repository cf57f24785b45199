"""The command batch."""

from __future__ import annotations

import json
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from mfgui.app import batch as batches
from mfgui.app import batch_plan, batch_report, batch_rule, compiled
from mfgui.app.batch import Changed
from mfgui.app.batch_plan import Plan
from mfgui.app.batch_report import Record, State
from mfgui.app.batch_workers import Processes
from mfgui.cli.fusion import stopped_by_interrupt
from mfgui.cli.progress import duration
from mfgui.core.errors import INTERRUPTED
from mfgui.files.reports import json_text
from mfgui.jobs.gate import Gate
from mfgui.methods import registry


def batch(options: Namespace) -> int:
    """`mfgui batch`: exit code 1 when sets failed."""
    path = Path(os.path.abspath(options.rule))  # noqa: PTH100 - links stay as they are named
    rule = batch_rule.load(path)
    json_path, csv_path = batch_report.report_paths(path, Path(rule.output))
    plan = batch_plan.make(
        rule,
        registry.load(),
        before=batch_report.read(json_path),
        again=options.again,
        failed_only=options.failed,
    )
    for words in plan.left_out:
        print(f"mfgui: note: {words}; left out", file=sys.stderr)
    if options.dry_run:
        print(_listed(plan, as_json=options.json))
        return 0
    lines = options.progress == "json"
    shown: _Told = _ProgressObjects(sys.stderr) if lines else _ProgressLines(sys.stderr)
    shown.begin(plan)
    with _stoppable() as gate:
        engine = Processes(rule.parallel)
        try:
            records = batches.run(
                plan, engine, path, observe=shown, gate=gate, prepare=lambda: _compile(shown)
            )
        except KeyboardInterrupt:  # the second one: nothing was waited for
            print("mfgui: ended at once; the same command goes on from there", file=sys.stderr)
            return INTERRUPTED
        finally:
            shown.end()
    if options.json:
        print(json_text(batch_report.content(records, rule=path)).rstrip())
    else:
        print(f"{_counted(records)}; {csv_path}")
    if gate.stopped:
        print("mfgui: stopped; the same command goes on from there", file=sys.stderr)
        return INTERRUPTED
    return 1 if any(record.state is State.FAILED for record in records) else 0


def _compile(shown: _Told) -> None:
    """The loops of methods, once: not in every process, and not in the time of a set."""
    if not compiled.ready():
        shown.note(compiled.NOTE)
        compiled.compile_here()


@contextmanager
def _stoppable() -> Iterator[Gate]:
    """A gate that Ctrl+C and a request to terminate tell to stop."""
    with stopped_by_interrupt() as gate:
        before = signal.signal(signal.SIGTERM, lambda *_: gate.stop())
        try:
            yield gate
        finally:
            signal.signal(signal.SIGTERM, before)


def _listed(plan: Plan, *, as_json: bool) -> str:
    """The sets and their outputs."""
    if as_json:
        sets = [_facts(item.record) for item in plan.items]
        return json_text({"sets": sets, "left_out": list(plan.left_out)}).rstrip()
    lines = []
    for record in (item.record for item in plan.items):
        why = "" if record.state is State.WAITING else f"  ({_state_words(record)})"
        count = len(record.sources)
        images = f"{count} image{'' if count == 1 else 's'}"
        lines.append(f"{record.name}  {images}  {record.label}  {record.output}{why}")
    due = len(plan.due)
    return "\n".join([*lines, f"{len(plan.items)} pictures, {due} to be made"])


def _facts(record: Record) -> dict[str, object]:
    return {
        "set": record.name,
        "method": record.label,
        "state": record.state.value,
        "sources": list(record.sources),
        "output": record.output,
        "error": record.error,
    }


def _state_words(record: Record) -> str:
    return f"{record.state.value}: {record.error}" if record.error else record.state.value


def _counted(records: Sequence[Record]) -> str:
    found = batch_report.counts(records)
    return ", ".join(f"{count} {state}" for state, count in found.items()) or "nothing to do"


class _Told(Protocol):
    """Who is told how far a batch is."""

    def begin(self, plan: Plan) -> None: ...

    def __call__(self, changed: Changed) -> None: ...

    def note(self, words: str) -> None: ...

    def end(self) -> None: ...


class _ProgressObjects:
    """For programs: all sets in one object, then an object a line for every change."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, plan: Plan) -> None:
        self._tell({"sets": [_changes(item.record) for item in plan.items]})

    def __call__(self, changed: Changed) -> None:
        stage = changed.stage
        if stage is not None:
            told = {"stage": stage.text, "done": stage.done, "total": stage.total}
            self._tell({"item": changed.number, **told})
        else:
            self._tell({"item": changed.number, **_changes(changed.record)})

    def note(self, words: str) -> None:
        print(words, file=self._stream, flush=True)

    def end(self) -> None:
        """Nothing is left open."""

    def _tell(self, content: Mapping[str, object]) -> None:
        print(json.dumps(content), file=self._stream, flush=True)


def _changes(record: Record) -> dict[str, object]:
    return {**_facts(record), "seconds": record.seconds, "q": record.q}


class _ProgressLines:
    """For people: a line for each set that ended; on a terminal also one that renews itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._width = 0
        self._total, self._ended = 0, 0

    def begin(self, plan: Plan) -> None:
        self._total = len(plan.due)

    def __call__(self, changed: Changed) -> None:
        record = changed.record
        if record.state is State.RUNNING:
            stage = changed.stage
            where = "" if stage is None else f": {stage.text}"
            if stage is not None and stage.total:
                where += f" {stage.done}/{stage.total}"
            self._renew(f"{self._ended + 1}/{self._total}  {record.name}{where}")
            return
        self.end()
        self._ended += 1
        print(f"{self._ended}/{self._total}  {_ended_words(record)}", file=self._stream, flush=True)

    def note(self, words: str) -> None:
        self.end()
        print(f"mfgui: note: {words}", file=self._stream, flush=True)

    def end(self) -> None:
        """Leave an empty line behind."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _renew(self, text: str) -> None:
        if not self._terminal:
            return
        text = text[: max(20, os.get_terminal_size(self._stream.fileno()).columns - 1)]
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


def _ended_words(record: Record) -> str:
    name = f"{record.name}  {record.label}"
    if record.state is not State.DONE:
        return f"{name}  {_state_words(record)}"
    seconds = "" if record.seconds is None else f"  {duration(record.seconds)}"
    q = "" if record.q is None else f"  Q {record.q:.6f}"
    notes = "".join(f"\n      note: {' '.join(text.split())}" for text in record.notices)
    return f"{name}{seconds}{q}  {record.output}{notes}"
