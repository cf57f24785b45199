"""The rows of a table: methods with their settings, and results that were made elsewhere."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mfgui.bench.datasets import Dataset, SourceSet
from mfgui.bench.templates import Template, listing
from mfgui.core.errors import InputError, UsageError
from mfgui.files.images import READ_SUFFIXES
from mfgui.methods.choice import Choice, choose
from mfgui.methods.learned.options import weights_digest
from mfgui.methods.registry import FUSING, Kind, Registry, Value

_MAPS = ("{set}_map.*", "{set}-map.*", "{number}_map.*", "{number}-map.*")
# Tried in this order in a folder of results; the first that finds most sets is taken.
_RESULTS = (
    "{set}.*",
    "{set}_fusion.*",
    "{set}_fused.*",
    "{set}-fusion.*",
    "{set}-fused.*",
    "{number}.*",
    "{number}_fusion.*",
    "{number}_fused.*",
    "{set}/fused.*",
    "{set}_*",
    "{set}-*",
    "*_{set}.*",
    "*-{set}.*",
    "*{number}.*",
)


@dataclass(frozen=True)
class Entry:
    """One row: a method, or pictures that were made elsewhere.

    Attributes
    ----------
    label : str
        As tables call it.
    method : str
        Name in the registry; empty for results made elsewhere.
    explicit : tuple of (name, text)
        Parameters that were set.
    resolved : mapping
        All that decides what the method gives, for provenance and keys: name, parameters, its
        detector's, hashes of weights.
    pictures, maps : mapping
        Key of the set -> fused picture, and focus map, made elsewhere.
    origin : str
        Where these come from, in words.
    """

    label: str
    method: str = ""
    explicit: tuple[tuple[str, str], ...] = ()
    resolved: Mapping[str, object] = field(default_factory=dict, repr=False)
    pictures: Mapping[str, Path] = field(default_factory=dict, repr=False)
    maps: Mapping[str, Path] = field(default_factory=dict, repr=False)
    origin: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether the pictures were made by another program."""
        return not self.method


def parsed(text: str, registry: Registry) -> Entry:
    """The entry that ``[LABEL=]NAME[:KEY=VALUE;KEY=VALUE...]`` names.

    Raises
    ------
    UsageError
        For an unknown method, parameter or value, or a method that makes no image.

    >>> from mfgui.methods.registry import load
    >>> parsed("paper=ms-lap:variant=paper;iterations=20", load()).label
    'paper'
    """
    head, colon, tail = text.strip().partition(":")
    label, equals, name = head.rpartition("=")
    explicit: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in tail.split(";"))):
        key, separator, value = (piece.strip() for piece in part.partition("="))
        if not separator or not key or not value or key in explicit:
            hint = "write NAME:KEY=VALUE;KEY=VALUE, each key once"
            raise UsageError(f"{text}: {part!r} is no KEY=VALUE", hint=hint)
        explicit[key] = value
    if not name or (colon and not explicit) or (equals and not label.strip()):
        raise UsageError(f"{text!r} is no method", hint="write NAME or NAME:KEY=VALUE;KEY=VALUE")
    choice = choose(registry, name.strip(), dict(explicit))
    _check_makes_images(choice)
    return Entry(
        label.strip() or text.strip(),
        choice.method.name,
        tuple(explicit.items()),
        resolved=resolved(choice),
    )


def _check_makes_images(choice: Choice) -> None:
    method = choice.method
    if method.kind not in (*FUSING, Kind.DETECTOR):
        raise UsageError(f"{method.name} makes no image", hint="choose a method that fuses")
    start = dict(choice.parameters).get("start")
    if start is not None and start not in method.parameter("start").declared.choices:
        hint = f"use {' or '.join(method.parameter('start').declared.choices)}"
        raise UsageError(f"start={start}: one picture cannot begin all sets", hint=hint)


def resolved(choice: Choice) -> dict[str, object]:
    """What decides the image of a method beside the sources; JSON types."""
    found: dict[str, object] = {}
    for role, (method, values) in zip(("method", "detector"), choice.used, strict=False):
        found[role] = method.name
        found[f"{role} parameters"] = dict(values)
        if method.network:
            digest = weights_digest(method.network, str(values["weights"]))
            found[f"{method.network} weights"] = f"sha256:{digest}"
        if not method.function.__module__.startswith("mfgui."):
            found[f"{role} source"] = f"sha256:{_source_digest(method.function)}"
    return found


def _source_digest(function: object) -> str:
    """Of the file that a method of others is in: its version is not that of the program."""
    try:
        path = inspect.getsourcefile(function)  # type: ignore[arg-type]
        data = b"" if path is None else Path(path).read_bytes()
    except (OSError, TypeError):
        data = b""
    return hashlib.sha256(data).hexdigest()


def explicit_values(entry: Entry) -> dict[str, Value]:
    """The parameters that were set, as `choose` takes them."""
    return dict(entry.explicit)


def elsewhere(text: str, datasets: Sequence[Dataset], *, maps: str = "") -> list[Entry]:
    """The entries of ``NAME=DIR``, ``NAME=TEMPLATE``, or a template with ``{method}``.

    Parameters
    ----------
    text : str
        A template is a path with ``{set}`` or ``{number}``; in a folder the usual names are
        tried.
    maps : str
        Template of the focus maps of these results; without it files named as the sets with
        ``_map`` behind are taken.

    Raises
    ------
    UsageError, InputError
        If it is none of these, or no picture is found.
    """
    label, equals, where = text.partition("=")
    if not equals and "{method}" in text:
        label, where = "", text
    elif not label.strip() or not where.strip():
        raise UsageError(f"{text} names no results", hint="write NAME=DIR or NAME=TEMPLATE")
    sets = [entry for dataset in datasets for entry in dataset.sets]
    base, template = _split(where.strip())
    names = [n for n in listing(base) if Path(n).suffix.lower() in READ_SUFFIXES]
    if not label:
        return _several(where, base, template, names, sets)
    pictures = _pictures(base, template, names, sets)
    if not pictures:
        hint = "name the files with {set} or {number}, such as NAME='DIR/{set}_fused.png'"
        raise InputError("no result fits the name of a set", path=base, hint=hint)
    found = _maps(maps, base, names, sets)
    return [Entry(label.strip(), pictures=pictures, maps=found, origin=where.strip())]


def published(datasets: Iterable[Dataset]) -> list[Entry]:
    """The results that lie beside the sources of data sets and fit their rule."""
    found: dict[str, dict[str, Path]] = {}
    for dataset in datasets:
        for method, by_set in dataset.results.items():
            placed = {f"{dataset.name}/{name}": path for name, path in by_set.items()}
            found.setdefault(method, {}).update(placed)
    return [
        Entry(label, pictures=_absolute(pictures), origin="beside the sources")
        for label, pictures in sorted(found.items())
    ]


def distinct(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries with labels that are all different.

    Raises
    ------
    UsageError
        When two would do the same.
    """
    seen: dict[str, Entry] = {}
    for entry in entries:
        twin = seen.get(entry.label)
        if twin is not None and entry.elsewhere == twin.elsewhere:
            raise UsageError(f"{entry.label} is named twice", hint="write LABEL=NAME for one")
        unique = entry if twin is None else replace(entry, label=f"{entry.label} (elsewhere)")
        seen[unique.label] = unique
    return tuple(seen.values())


def _split(where: str) -> tuple[Path, str]:
    """The folder before the first field, and the template of what is below it."""
    if "{" not in where and "*" not in where:
        return Path(where), ""
    parts = where.replace(os.sep, "/").split("/")
    first = next(n for n, part in enumerate(parts) if "{" in part or "*" in part)
    return Path("/".join(parts[:first]) or ("/" if where.startswith("/") else ".")), "/".join(
        parts[first:]
    )


def _several(
    where: str, base: Path, template: str, names: Sequence[str], sets: Sequence[SourceSet]
) -> list[Entry]:
    """One entry for each value of ``{method}``."""
    sources = {str(path) for entry in sets for path in entry.files}
    found: dict[str, dict[str, Path]] = {}
    for entry in sets:
        for name, values in Template(template).files(names, {"set": entry.name}).items():
            path = _absolute({"": base / name})[""]
            if str(path) not in sources:
                found.setdefault(values["method"], {})[entry.key] = path
    if not found:
        raise InputError("no result fits", path=where, hint="see mfgui bench --help")
    return [Entry(label, pictures=p, origin=where) for label, p in sorted(found.items())]


def _pictures(
    base: Path, template: str, names: Sequence[str], sets: Sequence[SourceSet]
) -> dict[str, Path]:
    if template:
        return _fitting(template, base, names, sets)
    plain = [name for name in names if not Path(name).stem.casefold().endswith(("_map", "-map"))]
    tried = [_fitting(pattern, base, plain, sets) for pattern in _RESULTS]
    return max(tried, key=len)


def _maps(
    template: str, base: Path, names: Sequence[str], sets: Sequence[SourceSet]
) -> dict[str, Path]:
    if template:
        other, below = _split(template)
        return _fitting(below, other, listing(other), sets)
    return max((_fitting(pattern, base, names, sets) for pattern in _MAPS), key=len)


def _fitting(
    template: str, base: Path, names: Sequence[str], sets: Sequence[SourceSet]
) -> dict[str, Path]:
    """Key of the set -> the one file that fits; sets of which several files fit have none."""
    found = {}
    for entry in sets:
        known = {"set": entry.name.rpartition("/")[2] if "/" not in template else entry.name}
        fitting = Template(template).files(names, known)
        if len(fitting) == 1:
            found[entry.key] = base / next(iter(fitting))
    return _absolute(found)


def _absolute(paths: Mapping[str, Path]) -> dict[str, Path]:
    return {key: Path(os.path.abspath(path)) for key, path in paths.items()}  # noqa: PTH100
