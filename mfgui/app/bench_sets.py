"""What there is in folders of sets and of results, for a table over many sets.

The package that makes tables is imported inside functions, so that the window starts without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mfgui.core.errors import MfguiError
from mfgui.jobs.pool import Report, Task
from mfgui.methods.registry import Registry

if TYPE_CHECKING:
    from mfgui.app.bench_desk import Wish
    from mfgui.bench.datasets import Dataset
    from mfgui.bench.entries import Entry

AUTO = "auto"
_IN_THE_WINDOW = (
    (" with --rule", " as the rule"),
    ("write LABEL=NAME for one", "give one of them another name"),
    ("name the files with {set} or {number}, such as NAME='DIR/{set}_fused.png'",
     "name the files with {set} or {number}, such as …/{set}_fused.png"),
)  # fmt: skip
"""What hints say of options, and how the window says it."""


@dataclass(frozen=True)
class Folder:
    """A folder of sets, and the rule by which they are named: a name, or a template."""

    path: str
    rule: str = AUTO


@dataclass(frozen=True)
class Results:
    """Fused pictures made elsewhere: a folder, or a template of files. One with ``{method}`` and
    no name is a row for each."""

    name: str
    where: str

    @property
    def text(self) -> str:
        """As the command line takes it."""
        return f"{self.name}={self.where}" if self.name else self.where


@dataclass(frozen=True)
class Found:
    """What is in a folder, in words; `wrong` where that is why it cannot be used."""

    words: str
    wrong: bool = False
    dataset: Dataset | None = field(default=None, repr=False, compare=False)
    published: int = 0


@dataclass(frozen=True)
class Looked:
    """What was found for a wish.

    Attributes
    ----------
    folders, results : tuple of Found
        In its order.
    rows : tuple of str
        Labels of the rows, as far as they are known.
    sets, published : int
        All sets; methods whose results lie beside the sources.
    problem : str
        The first thing that is wrong, in one line.
    """

    asked: tuple[Folder, ...]
    folders: tuple[Found, ...]
    results: tuple[Found, ...] = ()
    rows: tuple[str, ...] = ()
    sets: int = 0
    published: int = 0
    problem: str = ""


def look(wish: Wish, known: Registry, before: Looked | None = None) -> Task:
    """A task that gives a `Looked`, and before it each folder with its `Found`.

    Parameters
    ----------
    before : Looked, optional
        Folders that were looked into with the same rule are taken from it.
    """

    def task(report: Report) -> Looked:
        return looked(wish, known, before, report)

    return task


def looked(
    wish: Wish, known: Registry, before: Looked | None = None, report: Report = lambda _part: None
) -> Looked:
    """See `look`."""
    old = {} if before is None else dict(zip(before.asked, before.folders, strict=True))
    folders = []
    for folder in wish.folders:
        folders.append(old[folder] if _usable(old.get(folder)) else _found(folder))
        report((folder, folders[-1]))
    datasets = [found.dataset for found in folders if found.dataset is not None]
    entries, problem = _methods(wish, known)
    results = []
    for result in wish.results:
        found, rows = _results(result, datasets)
        results.append(found)
        entries += rows
    labels, twice = _labels(entries, datasets if wish.published else ())
    wrong = _wrong([Path(folder.path).name for folder in wish.folders], folders)
    wrong += [problem] if problem else []
    wrong += _wrong([result.name or result.where for result in wish.results], results)
    wrong += [twice] if twice else []
    return Looked(
        wish.folders,
        tuple(folders),
        tuple(results),
        labels,
        sum(len(dataset.sets) for dataset in datasets),
        len({method for dataset in datasets for method in dataset.results}),
        wrong[0] if wrong else "",
    )


def _wrong(names: Sequence[str], found: Sequence[Found]) -> list[str]:
    return [f"{n}: {f.words}" for n, f in zip(names, found, strict=True) if f.wrong]


def _usable(found: Found | None) -> bool:
    return found is not None and not found.wrong


def _found(folder: Folder) -> Found:
    from mfgui.bench.datasets import find

    try:
        dataset = find(Path(folder.path), folder.rule.strip() or AUTO)
    except MfguiError as error:
        return Found(_line(error), wrong=True)
    return Found(_words(dataset), dataset=dataset, published=len(dataset.results))


def _words(dataset: Dataset) -> str:
    """Number of sets, the rule, and what else is there."""
    sets = dataset.sets
    images = sorted({len(entry.sources) for entry in sets})
    span = f"{images[0]} to {images[-1]}" if len(images) > 1 else f"{images[0]}"
    parts = [f"{_counted(len(sets), 'set')} of {span} images", dataset.rule]
    for what, there in (
        ("ground truth", sum(entry.truth is not None for entry in sets)),
        ("true maps", sum(entry.labels is not None for entry in sets)),
    ):
        if there:
            parts.append(what if there == len(sets) else f"{what} of {there}")
    if dataset.results:
        parts.append(f"results of {_counted(len(dataset.results), 'method')} beside them")
    if dataset.left_out:
        left = _counted(len(dataset.left_out), "image")
        parts.append(f"{left} left out, such as {dataset.left_out[0]}")
    return " · ".join(parts)


def _methods(wish: Wish, known: Registry) -> tuple[list[Entry], str]:
    """Rows that are methods, and what is wrong with those that were typed."""
    from mfgui.bench.entries import parsed

    entries = []
    try:
        for text in (*wish.methods, *wish.more.split(",")):
            if text.strip():
                entries.append(parsed(text, known))
    except MfguiError as error:
        return entries, _line(error)
    return entries, ""


def _results(result: Results, datasets: Sequence[Dataset]) -> tuple[Found, list[Entry]]:
    from mfgui.bench.entries import elsewhere

    if "=" in result.name:
        return Found("a name has no =", wrong=True), []
    if not result.name and "{method}" not in result.where:
        return Found("give these results a name", wrong=True), []
    if not datasets:
        return Found(""), []
    try:
        entries = elsewhere(result.text, datasets)
    except MfguiError as error:
        return Found(_line(error), wrong=True), []
    sets = sum(len(dataset.sets) for dataset in datasets)
    if len(entries) > 1 or not result.name:
        named = ", ".join(entry.label for entry in entries)
        return Found(f"{_counted(len(entries), 'row')}: {named}"), entries
    there = len(entries[0].pictures)
    maps = f" · {_counted(len(entries[0].maps), 'map')}" if entries[0].maps else ""
    return Found(f"results for {there} of {_counted(sets, 'set')}{maps}"), entries


def _labels(entries: list[Entry], datasets: Sequence[Dataset]) -> tuple[tuple[str, ...], str]:
    from mfgui.bench.entries import distinct, published

    try:
        rows = distinct([*entries, *published(datasets)])
    except MfguiError as error:
        return tuple(dict.fromkeys(entry.label for entry in entries)), _line(error)
    return tuple(entry.label for entry in rows), ""


def _line(error: MfguiError) -> str:
    """What is wrong and what to do, as the window says it: no names of options."""
    hint = error.hint
    for option, words in _IN_THE_WINDOW:
        hint = hint.replace(option, words)
    return " ".join(f"{error.what}{f'; {hint}' if hint else ''}".split())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
