"""What the dialog of batches works with: a rule, what it finds, and how far its process is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mfgui.app import batch_plan, batch_report, batch_rule
from mfgui.app.batch_report import Record, State
from mfgui.app.batch_rule import LIST, PATTERN, Rule
from mfgui.app.batch_sets import Stacks, find
from mfgui.app.bench_desk import folder_problem
from mfgui.app.command_line import quoted
from mfgui.app.process_told import End, ProcessTold, told_object
from mfgui.core.errors import MfguiError, OutputError
from mfgui.jobs.pool import Report, Task
from mfgui.methods.registry import Registry

RULE_NAME = "batch.toml"
HEAD = "# Written by the Batch dialog of mfgui.\n"
_KEYS = (
    ("output.existing be skip, number or replace", "existing pictures be kept or numbered"),
    ("output.folder or output.name", "folder or name"),
    ("input.pattern ", "the pattern "),
)
"""What hints say of keys of a rule file, and how the window says it."""


@dataclass(frozen=True)
class Row:
    """One set by one method, as the table shows it."""

    name: str
    label: str
    state: State
    output: str = ""
    error: str = ""
    seconds: float | None = None
    q: float | None = None
    stage: str = ""


@dataclass(frozen=True)
class Looked:
    """What was found for a rule.

    Attributes
    ----------
    words : str
        How many sets of how many images.
    rows : tuple of Row
        With what became of them the last time.
    examples : tuple of str
        Names of the first pictures.
    failed, due : int
        How many failed the last time, and how many are to be made.
    problem : str
        What is wrong, in one line.
    """

    words: str = ""
    rows: tuple[Row, ...] = ()
    examples: tuple[str, ...] = ()
    failed: int = 0
    due: int = 0
    problem: str = ""


def rule_path(rule: Rule) -> Path:
    """Where the dialog writes the rule that it runs: beside the pictures."""
    return Path(rule.output) / RULE_NAME


def write_rule(rule: Rule) -> Path:
    """Write the rule where it is run from; the folder is made.

    Raises
    ------
    OutputError
        If that is refused, or if a rule lies there that was not written by the dialog.
    """
    path = rule_path(rule)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.read_text("utf-8", errors="replace") if path.exists() else HEAD
    except OSError as error:
        what = error.strerror or "cannot be written"
        raise OutputError(what, path=path, hint="choose another folder") from error
    if not there.startswith(HEAD):
        hint = "rename it, or choose another folder"
        raise OutputError("is a rule of your own, which would be lost", path=path, hint=hint)
    batch_rule.save(rule, path, head=HEAD)
    return path


def arguments(path: Path, *, failed: bool = False, again: bool = False) -> list[str]:
    """The words behind ``mfgui``."""
    options = ["--failed"] if failed else ["--again"] if again else []
    return ["batch", str(path), *options]


def command(rule: Rule) -> str:
    """The line to be typed, quoted for this system's shell."""
    return quoted(["mfgui", *arguments(rule_path(rule))])


def process(words: Sequence[str]) -> tuple[str, list[str]]:
    """Program and arguments of the process that runs a batch and tells how far it is."""
    return sys.executable, ["-m", "mfgui", *words, "--progress", "json"]


def look(rule: Rule, known: Registry) -> Task:
    """A task that gives a `Looked`."""

    def task(_report: Report) -> Looked:
        return looked(rule, known)

    return task


def looked(rule: Rule, known: Registry) -> Looked:
    """Find the sets of a rule that is complete, and what became of them the last time."""
    words, examples = "", list[str]()
    try:
        found = find(rule)
        words = _words(found)
        examples = batch_plan.examples(rule, known, found)
        before = batch_report.read(batch_report.report_paths(rule_path(rule), Path(rule.output))[0])
        plan = batch_plan.make(rule, known, before=before)
    except MfguiError as error:
        return Looked(words, examples=tuple(examples), problem=_line(error))
    failed = {record.key: record for record in before if record.state is State.FAILED}
    records = [failed.get(i.record.key, i.record) if i.due else i.record for i in plan.items]
    return Looked(
        words,
        tuple(_row(record) for record in records),
        tuple(examples),
        sum(record.state is State.FAILED for record in records),
        len(plan.due),
    )


def problem(rule: Rule, found: Looked | None) -> str:
    """What must be done before the batch can run, in one line; empty for nothing.

    Parameters
    ----------
    found : Looked, optional
        None while it is not known.
    """
    if rule.sort == LIST:
        if not rule.list_file:
            return "Choose a list of sets."
    elif not rule.folder:
        return "Choose the folder of the sets."
    elif rule.sort == PATTERN and not rule.pattern:
        return "Write how files are named, such as {set}-{source}.jpg"
    if not rule.methods:
        return "Tick a method."
    if not rule.name:
        return "Write how pictures are named, such as {name}"
    return _output_problem(rule) or ("" if found is None else found.problem)


def complete(rule: Rule) -> bool:
    """Whether there is enough to look for sets."""
    return not problem(rule, None)


def suggested_output(rule: Rule) -> str:
    """A folder beside that of the sets, or beside the list; empty where there is none."""
    place = rule.list_file if rule.sort == LIST else rule.folder
    return str(Path(place).with_name(f"{Path(place).stem}-fused")) if place else ""


def _output_problem(rule: Rule) -> str:
    if not rule.output:
        return "Choose a folder for the pictures."
    return folder_problem(Path(rule.output))


def _words(found: Stacks) -> str:
    counts = sorted({len(stack.sources) for stack in found.stacks})
    span = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    sets = len(found.stacks)
    images = "image" if counts == [1] else "images"
    words = f"{sets} set{'' if sets == 1 else 's'} of {span} {images}"
    if found.left_out:
        count = len(found.left_out)
        more = f", and {count - 1} more" if count > 1 else ""
        words += f" · left out: {found.left_out[0]}{more}"
    return words


def _row(record: Record) -> Row:
    return Row(
        record.name,
        record.label,
        record.state,
        record.output,
        record.error,
        record.seconds,
        record.q,
    )


def _line(error: MfguiError) -> str:
    """What is wrong and what to do, as the window says it: no keys of a file."""
    text = str(error)
    for key, words in _KEYS:
        text = text.replace(key, words)
    return text


@dataclass
class Told(ProcessTold):
    """How far a batch is, from the lines on standard error of its process.

    Attributes
    ----------
    due : int
        Sets of this run.
    """

    rows: list[Row] = field(default_factory=list)
    due: int = 0

    @property
    def done(self) -> int:
        """Sets of this run that have ended."""
        return self._ended

    @property
    def failed(self) -> int:
        return sum(row.state is State.FAILED for row in self.rows)

    def __post_init__(self) -> None:
        self._ended = 0

    def take(self, line: str) -> None:
        content = told_object(line, {"sets", "item"})
        if content is None:
            self._take_text(line.strip(), begun=self._ended > 0)
        elif "sets" in content:
            self.rows = [_told_row(entry) for entry in content["sets"]]
            self.due = sum(row.state is State.WAITING for row in self.rows)
        elif "stage" in content:
            self._take_stage(content)
        else:
            row = _told_row(content)
            self.rows[content["item"]] = row
            self._ended += row.state is not State.RUNNING
            self.note = ""

    def end(self, code: int | None, *, stopping: bool) -> End:
        if code in (0, 1) and self.rows and not self.error:
            return End.DONE
        self.rows = [_at_rest(row) for row in self.rows]
        return self._cut_short(code, stopping=stopping)

    def _take_stage(self, content: dict[str, Any]) -> None:
        row = self.rows[content["item"]]
        count = f" {content['done']}/{content['total']}" if content["total"] else ""
        stage = f"{content['stage']}{count}"
        self.rows[content["item"]] = Row(row.name, row.label, row.state, row.output, stage=stage)


def _at_rest(row: Row) -> Row:
    running = row.state is State.RUNNING
    return Row(row.name, row.label, State.STOPPED, row.output) if running else row


def _told_row(entry: dict[str, Any]) -> Row:
    return Row(
        entry["set"],
        entry["method"],
        State(entry["state"]),
        entry["output"],
        entry["error"],
        entry["seconds"],
        entry["q"],
    )
