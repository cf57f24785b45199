"""What a batch is going to do: every set with every method, and where each picture goes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mfgui import __version__
from mfgui.app.batch_report import Record, State
from mfgui.app.batch_rule import NUMBER, REFUSE, REPLACE, SKIP, Rule
from mfgui.app.batch_sets import Stack, Stacks, find
from mfgui.app.fused_files import Beside, Finish
from mfgui.app.headless import Job
from mfgui.app.prepare_job import Preparing
from mfgui.core.arrays import Depth
from mfgui.core.errors import UsageError
from mfgui.files import naming
from mfgui.files.capture import read_capture
from mfgui.methods.registry import FUSING, Registry

if TYPE_CHECKING:
    from mfgui.bench.entries import Entry

_DEPTHS: Mapping[str, Depth | None] = {"": None, "8": "uint8", "16": "uint16"}


@dataclass(frozen=True)
class Item:
    """One set by one method.

    Attributes
    ----------
    job : Job
        What `headless.fuse` is asked for; its output is where the picture goes in the end.
    replaces : bool
        Whether a file of that name gives way.
    record : Record
        What is known before it runs: the state tells whether it is to run.
    """

    job: Job
    replaces: bool
    record: Record

    @property
    def due(self) -> bool:
        """Whether it is to run."""
        return self.record.state is State.WAITING


@dataclass(frozen=True)
class Plan:
    """A batch. `left_out` says what was passed over and why, in words."""

    rule: Rule
    items: tuple[Item, ...]
    left_out: tuple[str, ...] = ()

    @property
    def due(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.due)


def make(
    rule: Rule,
    known: Registry,
    *,
    before: Sequence[Record] = (),
    again: bool = False,
    failed_only: bool = False,
) -> Plan:
    """Find the sets and decide for each what is to be done.

    Parameters
    ----------
    before : sequence of Record
        Of the last run of the batch: what is done and has not changed since is not done again.
    again : bool
        Do that again, too.
    failed_only : bool
        Do nothing but what failed the last time; everything else keeps its record.

    Raises
    ------
    UsageError
        For an unknown method or parameter, a wrong template or pattern, and, where the rule
        refuses them, for pictures that are there already.
    InputError
        If the input cannot be listed or holds no set.
    """
    entries = methods_of(rule, known)
    for entry in entries:
        _beside(rule, Path("picture")).check(known.get(entry.method))
    names = {name for entry in entries for name in _parameters(entry, known)}
    naming.check_template(f"{rule.name}.{rule.format}", names)
    found = find(rule)
    places = _Places(rule, before, again=again)
    items = []
    for number, stack in enumerate(found.stacks, 1):
        for entry in entries:
            fields = _fields(rule, stack, entry, number, known, labelled=len(entries) > 1)
            item = places.item(stack, entry, fields)
            items.append(_kept(item, before) if failed_only else item)
    _refuse_sources(items)
    _refuse_taken(rule, items)
    return Plan(rule, tuple(items), found.left_out)


def methods_of(rule: Rule, known: Registry) -> tuple[Entry, ...]:
    """The methods of a rule with their parameters, checked.

    Raises
    ------
    UsageError
        For one that is unknown, makes no picture, has a wrong parameter, or is named twice.
    """
    from mfgui.bench.entries import distinct, parsed

    entries = distinct([parsed(text, known) for text in rule.methods])
    for entry in entries:
        known.get(entry.method, *FUSING)
    return entries


def examples(rule: Rule, known: Registry, found: Stacks, *, most: int = 3) -> list[str]:
    """Names of the first outputs, as the template makes them.

    Raises
    ------
    UsageError
        As `make`, for methods and template.
    """
    entries = methods_of(rule, known)
    pairs = ((n, s, e) for n, s in enumerate(found.stacks, 1) for e in entries)
    names = []
    for (number, stack, entry), _ in zip(pairs, range(most), strict=False):
        fields = _fields(rule, stack, entry, number, known, labelled=len(entries) > 1)
        names.append(_file_name(rule, fields))
    return names


class _Places:
    """Gives out names of outputs, none of them twice."""

    def __init__(self, rule: Rule, before: Sequence[Record], *, again: bool) -> None:
        self._rule, self._again = rule, again
        self._before = {record.key: record for record in before}
        # A picture that stays must not lose its name to a set that comes before its own.
        self._taken = [Path(record.output) for record in before if record.finished]
        self._given: list[Path] = []

    def item(self, stack: Stack, entry: Entry, fields: Mapping[str, naming.Value]) -> Item:
        record = Record(
            stack.name,
            entry.label,
            sources=tuple(map(str, stack.sources)),
            fingerprint=fingerprint(self._rule, stack, entry),
        )
        old = self._before.get(record.key)
        wanted = Path(self._rule.output) / _file_name(self._rule, fields)
        if old is None or not (old.finished and old.stands()):
            return self._placed(entry, record, wanted)
        unchanged = old.fingerprint == record.fingerprint
        if unchanged and not self._again:
            self._given.append(Path(old.output))
            return self._item(entry, replace(old, state=State.UNCHANGED), replaces=False)
        if self._again and (unchanged or wanted == Path(old.output)):
            # It is the batch's own, as it was written, and somebody asks for it again.
            self._given.append(Path(old.output))
            return self._item(entry, replace(record, output=old.output), replaces=True)
        return self._placed(entry, record, wanted)

    def _placed(self, entry: Entry, record: Record, wanted: Path) -> Item:
        policy = self._rule.existing
        if policy == SKIP and os.path.lexists(wanted):
            why = f"{wanted.name} is there already"
            skipped = replace(record, state=State.SKIPPED, output=str(wanted), error=why)
            return self._item(entry, skipped, replaces=False)
        others = [path for path in self._taken if policy != REPLACE and path != wanted]
        path = naming.free_path(
            wanted,
            policy="number" if policy == NUMBER else "replace",
            taken=[*self._given, *others],
        )
        self._given.append(path)
        return self._item(entry, replace(record, output=str(path)), replaces=policy == REPLACE)

    def _item(self, entry: Entry, record: Record, *, replaces: bool) -> Item:
        job = Job(
            sources=tuple(map(Path, record.sources)),
            output=Path(record.output),
            method=entry.method,
            parameters=entry.explicit,
            device=self._rule.device,
            prepare=_preparing(self._rule),
            depth=_DEPTHS[self._rule.depth],
            finish=Finish(self._rule.space or None, self._rule.drop_location),
            beside=_beside(self._rule, Path(record.output)),
        )
        return Item(job, replaces, record)


def _kept(item: Item, before: Sequence[Record]) -> Item:
    """An item of a run that does failed ones only."""
    old = next((record for record in before if record.key == item.record.key), None)
    if old is not None and old.state is State.FAILED:
        return item
    new = replace(item.record, state=State.SKIPPED, output="", error="did not fail before")
    return replace(item, record=old or new)


def _refuse_sources(items: Sequence[Item]) -> None:
    """No picture may take the place of a source, through a link or another spelling neither."""
    sources = {os.path.realpath(path) for item in items for path in item.job.sources}
    for item in items:
        for path in (item.job.output, *item.job.beside.paths):
            if item.due and os.path.realpath(path) in sources:
                hint = "choose another output.folder or output.name"
                raise UsageError("the output is an input", path=path, hint=hint)


def _refuse_taken(rule: Rule, items: Sequence[Item]) -> None:
    if rule.existing != REFUSE:
        return
    taken = [i.job.output for i in items if i.due and not i.replaces and i.job.output.exists()]
    if taken:
        more = f", and so do {len(taken) - 1} more" if len(taken) > 1 else ""
        hint = "choose another folder or name, or let output.existing be skip, number or replace"
        raise UsageError(f"exists already{more}", path=taken[0], hint=hint)


def _preparing(rule: Rule) -> Preparing:
    """How frames are brought together; the limit of memory is that of one set of several."""
    return Preparing(
        align=rule.align or None,
        exposure=rule.exposure or None,
        crop=rule.crop or Preparing.crop,
        memory=rule.memory / rule.parallel if rule.memory else None,
    )


def _beside(rule: Rule, picture: Path) -> Beside:
    """What is written with a picture, named after it."""

    def path(wanted: bool, ending: str) -> Path | None:
        return picture.with_name(f"{picture.stem}-{ending}") if wanted else None

    return Beside(
        path(rule.depth_map, "depth.png"),
        path(rule.confidence, "confidence.png"),
        path(rule.layers, "layers.tif"),
    )


def fingerprint(rule: Rule, stack: Stack, entry: Entry) -> str:
    """SHA-256 of all that a picture depends on: files by name, size and time, and settings."""
    files: list[object] = []
    for path in stack.sources:
        try:
            found = path.stat()
            files.append([str(path), found.st_size, found.st_mtime_ns])
        except (OSError, ValueError):
            files.append([str(path)])
    settings = (entry.resolved, rule.output, rule.name, rule.format, rule.depth, rule.device)
    together = (rule.align, rule.exposure, rule.crop)
    finish = (rule.space, rule.drop_location, rule.depth_map, rule.confidence, rule.layers)
    every = [__version__, files, settings, together, finish]
    text = json.dumps(every, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _parameters(entry: Entry, known: Registry) -> set[str]:
    return {parameter.name for parameter in known.get(entry.method).parameters}


def _fields(
    rule: Rule, stack: Stack, entry: Entry, number: int, known: Registry, *, labelled: bool
) -> dict[str, naming.Value]:
    """What the template may use; ``{method}`` is the label where there are several."""
    explicit = {name: value for name, value in entry.explicit if name in _parameters(entry, known)}
    parameters = known.get(entry.method).resolve(explicit)
    dated = "{date" in rule.name
    return naming.fields_of(
        stack.sources,
        method=entry.label if labelled else entry.method,
        parameters=parameters,
        name=stack.name,
        number=number,
        taken=read_capture(stack.sources[0]).taken if dated else None,
    )


def _file_name(rule: Rule, fields: Mapping[str, naming.Value]) -> str:
    return f"{naming.expand(rule.name, fields)}.{rule.format}"
