"""Sets of images in folders, found by a rule for their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from mfgui.bench.templates import Template, listing
from mfgui.core.errors import InputError, UsageError
from mfgui.files.grouping import groups_in, natural_key
from mfgui.files.images import READ_SUFFIXES

AUTO = "auto"
_EXAMPLE = "name their layout with --rule, such as '{set}-{source}.jpg'"
_TRUTH = ("truth", "gt", "groundtruth", "ground_truth", "ground-truth", "reference", "all-in-focus")
_LABELS = ("label", "labels")
_OTHER = ("map", "mask", "preview", "fused", "fusion", "result", "depth", "alpha")
_STACK_SUFFIXES = (".tif", ".tiff")  # one file may hold a whole stack
# Folders of which each holds one source of all sets.
_SOURCE_FOLDER = re.compile(
    r"(?:source|src|images?|img|input|focus|series)?[-_. ]?(?:[a-d]|near|far|front|back|left|right)"
    r"|(?:source|src|images?|img|input|focus|series)[-_. ]?\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Rule:
    """How the files of sets are named; empty where there are none of a kind.

    Attributes
    ----------
    sources, truth, labels : str
        Templates (see `Template`) of paths below the folder.
    results : str
        Template with ``{method}`` of fused pictures that were made elsewhere.
    """

    sources: str
    truth: str = ""
    labels: str = ""
    results: str = ""


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "lytro": Rule("{set}-{source:A|B|C|D}.*", truth="{set}-GT.*"),
        "mffw": Rule("{set}/image{source}.*", truth="{set}/truth.*", labels="{set}/label.png"),
        "edmf": Rule("bg-{source:A|B}-{set}.*"),
        "mfifb": Rule("{set}/{set}_{source:A|B}.*", results="{set}/{set}_{method}.*"),
    }
)
"""Layouts that data sets are published in."""


@dataclass(frozen=True)
class SourceSet:
    """Images of one scene, source 1 first, and what is known about it.

    Attributes
    ----------
    dataset, name : str
    truth, labels : Path or None
        Ground truth; true focus map.
    """

    dataset: str
    name: str
    sources: tuple[Path, ...]
    truth: Path | None = None
    labels: Path | None = None

    @property
    def key(self) -> str:
        return f"{self.dataset}/{self.name}"

    @property
    def files(self) -> tuple[Path, ...]:
        return (*self.sources, *(p for p in (self.truth, self.labels) if p is not None))


@dataclass(frozen=True)
class Dataset:
    """The sets of one folder.

    Attributes
    ----------
    rule : str
        By which they were found, in words.
    results : mapping
        Method -> name of set -> fused picture made elsewhere.
    left_out : tuple of str
        Images that belong to no set.
    """

    name: str
    folder: Path
    rule: str
    sets: tuple[SourceSet, ...]
    results: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def find(folder: Path, rule: str = AUTO, *, truth: str = "", labels: str = "") -> Dataset:
    """The sets of a folder, in natural order.

    Parameters
    ----------
    rule : str
        A name in `RULES`, a template of the sources, or "auto": a layout of `RULES` that all
        images fit; else a folder for each source with the same names in all; else a folder for
        each set; else names that share a stem. Files named truth, GT, reference or label(s) are
        taken for what they are called, maps, masks and fused pictures are passed over.
    truth, labels : str
        Templates that take the place of those of the rule.

    Raises
    ------
    UsageError
        If a template is wrong.
    InputError
        If the folder cannot be listed, or nothing fits.
    """
    for template in (truth, labels):
        Template(template)
    names = [name for name in listing(folder) if _suffix(name) in READ_SUFFIXES]
    found = _by_rule(names, _rule(rule)) if rule != AUTO else _automatic(names)
    if found is None or not found.sets:
        what = "no sets of images were found" if rule == AUTO else f"no images fit the rule {rule}"
        raise InputError(what, path=folder, hint=_EXAMPLE)
    sets = [_overridden(entry, names, truth, labels) for entry in found.sets]
    name = folder.resolve().name or "root"
    placed = [_placed(entry, name, folder) for entry in sorted(sets, key=_order)]
    used = {name for entry in sets for name in map(str, entry.files)}
    used |= {str(path) for paths in found.results.values() for path in paths.values()}
    results = {m: {s: folder / p for s, p in by.items()} for m, by in found.results.items()}
    left = tuple(name for name in names if name not in used and not _role(name))
    return Dataset(name, folder, found.rule, tuple(placed), results, left)


def all_of(
    folders: Sequence[Path], rules: Sequence[str], *, truth: str = "", labels: str = ""
) -> tuple[Dataset, ...]:
    """The data sets of several folders, with names that are all different.

    Parameters
    ----------
    rules : sequence of str
        None for "auto", one for all folders, or one for each.

    Raises
    ------
    UsageError, InputError
        As `find`, for a folder that is named twice, and for another number of rules.
    """
    if len(rules) not in (0, 1, len(folders)):
        what = f"{len(rules)} rules for {len(folders)} folders"
        raise UsageError(what, hint="give --rule once, or once for each folder")
    each = list(rules or [AUTO]) * (len(folders) if len(rules) < 2 else 1)
    found = [
        find(folder, rule, truth=truth, labels=labels)
        for folder, rule in zip(folders, each, strict=True)
    ]
    twins = {d.name for d in found if sum(d.name == other.name for other in found) > 1}
    named = [_renamed(d, _longer_name(d.folder)) if d.name in twins else d for d in found]
    if len({dataset.name for dataset in named}) < len(named):
        raise UsageError("a folder is named twice", hint="name each folder once")
    return tuple(named)


def _longer_name(folder: Path) -> str:
    """With all folders that it lies in: two folders never have the same."""
    return "/".join(folder.resolve().parts[1:])


def _renamed(dataset: Dataset, name: str) -> Dataset:
    return replace(dataset, name=name, sets=tuple(replace(s, dataset=name) for s in dataset.sets))


@dataclass
class _Found:
    """Sets with paths below the folder."""

    rule: str
    sets: list[SourceSet]
    results: dict[str, dict[str, Path]] = field(default_factory=dict)


def _rule(text: str) -> Rule:
    known = RULES.get(text)
    if known is not None:
        return known
    fields = Template(text).fields
    if "source" not in fields or "set" not in fields:
        hint = f"use {AUTO}, {', '.join(RULES)}, or a template with {{set}} and {{source}}"
        raise UsageError(f"{text} is no rule for sets of images", hint=hint)
    if "method" in fields or "number" in fields:
        raise UsageError(f"{text}: sources are told by {{set}} and {{source}} alone")
    return Rule(text)


def _by_rule(names: Sequence[str], rule: Rule) -> _Found:
    sources = Template(rule.sources).files(names)
    taken = {
        role: Template(template).files(names) if template else {}
        for role, template in (("truth", rule.truth), ("labels", rule.labels))
    }
    others = {name for found in taken.values() for name in found}
    groups: dict[str, list[str]] = {}
    roles: dict[str, dict[str, str]] = {"truth": {}, "labels": {}}
    for name, values in sources.items():
        role = _role_of_word(values["source"])
        if role in roles:
            roles[role].setdefault(values["set"], name)
        elif not role and name not in others:
            groups.setdefault(values["set"], []).append(name)
    for role, found in taken.items():
        roles[role].update({values["set"]: name for name, values in found.items()})
    sets = [
        SourceSet("", key, _paths(members), *_two(roles, key)) for key, members in groups.items()
    ]
    return _Found(rule.sources, sets, _results(names, rule, set(groups), {*sources, *others}))


def _results(
    names: Sequence[str], rule: Rule, sets: set[str], taken: set[str]
) -> dict[str, dict[str, Path]]:
    found: dict[str, dict[str, Path]] = {}
    if rule.results:
        for name, values in Template(rule.results).files(names).items():
            if name not in taken and values["set"] in sets:
                found.setdefault(values["method"], {})[values["set"]] = Path(name)
    return found


def _automatic(names: Sequence[str]) -> _Found | None:
    for title, rule in RULES.items():
        found = _by_rule(names, rule)
        if found.sets and _covers(found, names) and all(len(s.sources) > 1 for s in found.sets):
            return _named(found, f"{title}: {rule.sources}")
    plain = [name for name in names if not _role(name)]
    return _folder_per_source(names) or _folders(names, plain)


def _named(found: _Found, rule: str) -> _Found:
    return _Found(rule, found.sets, found.results)


def _covers(found: _Found, names: Sequence[str]) -> bool:
    used = {str(path) for entry in found.sets for path in entry.files}
    used |= {str(path) for by in found.results.values() for path in by.values()}
    return all(name in used or _role(name) for name in names)


def _folder_per_source(names: Sequence[str]) -> _Found | None:
    """``A/01.png``, ``B/01.png``: two and more folders with the same names in all."""
    stems: dict[str, set[str]] = {}
    for name in names:
        folder, _, rest = name.partition("/")
        if rest and "/" not in rest and not _role_of_word(folder):
            stems.setdefault(folder, set()).add(PurePosixPath(rest).stem)
    alike = len(stems) > 1 and len(set(map(frozenset, stems.values()))) == 1
    if not alike or not all(_SOURCE_FOLDER.fullmatch(folder) for folder in stems):
        return None
    return _named(_by_rule(names, Rule("{source}/{set}.*")), "a folder for each source")


def _folders(names: Sequence[str], plain: Sequence[str]) -> _Found | None:
    """Each folder a set, or several where names share a stem."""
    by_folder: dict[str, list[str]] = {}
    for name in plain:
        by_folder.setdefault(name.rpartition("/")[0], []).append(name)
    sets: list[SourceSet] = []
    shared = False
    for folder, members in by_folder.items():
        beside = [name for name in names if name.rpartition("/")[0] == folder and _role(name)]
        groups = _published(members) or _groups(members)
        shared |= len(groups) > 1
        for title, group in groups.items():
            key = title if len(groups) > 1 else ""
            path = "/".join(part for part in (folder, key) if part) or title
            sets.append(SourceSet("", path, _paths(group), *_beside(beside, key)))
    rule = "names that share a stem" if shared else "a folder for each set"
    return _Found(rule, sets) if sets else None


def _published(members: Sequence[str]) -> dict[str, list[str]]:
    """Files of one folder by set where all fit one of the published layouts."""
    inside = {name.rpartition("/")[2]: name for name in members}
    for rule in RULES.values():
        found = _by_rule(list(inside), rule) if not Template(rule.sources).depth else None
        if found and _covers(found, list(inside)) and all(len(s.sources) > 1 for s in found.sets):
            return {s.name: [inside[path.name] for path in s.sources] for s in found.sets}
    return {}


def _groups(members: Sequence[str]) -> dict[str, list[str]]:
    """Files of one folder by set; all are one set unless their names clearly say otherwise."""
    found = groups_in([Path(name) for name in members])
    several = [group for group in found if len(group.images) > 1]
    grouped = sum(len(group.images) for group in several)
    if (
        several
        and (len(several) > 1 or grouped == len(members))
        and 5 * grouped >= 4 * len(members)
    ):
        return {group.name: [path.as_posix() for path in group.images] for group in several}
    if len(members) > 1 or _suffix(members[0]) in _STACK_SUFFIXES:
        return {PurePosixPath(members[0]).stem: list(members)}
    return {}


def _beside(names: Iterable[str], key: str) -> tuple[Path | None, Path | None]:
    """Truth and labels of a set among the files of its folder; `key` begins or ends their name."""
    found: dict[str, Path] = {}
    for name in names:
        stem = PurePosixPath(name).stem.casefold()
        words = [w for w in (*_TRUTH, *_LABELS) if stem.endswith(w)]
        rest = stem.removesuffix(max(words, key=len)).rstrip("-_. ") if words else stem
        if rest == key.casefold():
            found.setdefault(_role(name), Path(name))
    return found.get("truth"), found.get("labels")


def _role(name: str) -> str:
    """What a file is by the last word of its name or by its folder; empty for a source."""
    path = PurePosixPath(name)
    words = re.split(r"[-_. ]", path.stem.casefold())
    return (
        _role_of_word(path.stem)
        or (_role_of_word(words[-1]) if len(words) > 1 else "")
        or next((role for part in path.parts[:-1] if (role := _role_of_word(part))), "")
    )


def _role_of_word(word: str) -> str:
    word = word.casefold()
    if word in _TRUTH:
        return "truth"
    if word in _LABELS:
        return "labels"
    return "other" if word in _OTHER else ""


def _two(roles: Mapping[str, Mapping[str, str]], key: str) -> tuple[Path | None, Path | None]:
    truth, labels = (roles[role].get(key) for role in ("truth", "labels"))
    return (None if truth is None else Path(truth)), (None if labels is None else Path(labels))


def _overridden(entry: SourceSet, names: Sequence[str], truth: str, labels: str) -> SourceSet:
    """With truth and labels by templates of their own."""

    def other(template: str, present: Path | None) -> Path | None:
        if not template:
            return present
        fitting = Template(template).files(names, {"set": entry.name})
        return Path(min(fitting)) if fitting else None

    found = other(truth, entry.truth), other(labels, entry.labels)
    return replace(entry, truth=found[0], labels=found[1])


def _placed(entry: SourceSet, dataset: str, folder: Path) -> SourceSet:
    """With absolute paths, which hold on other machines and in other processes."""
    base = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are named
    return SourceSet(
        dataset,
        entry.name,
        tuple(base / path for path in entry.sources),
        None if entry.truth is None else base / entry.truth,
        None if entry.labels is None else base / entry.labels,
    )


def _paths(names: Iterable[str]) -> tuple[Path, ...]:
    return tuple(sorted(map(Path, names), key=lambda path: (natural_key(path), str(path))))


def _order(entry: SourceSet) -> list[object]:
    return [natural_key(Path(part)) for part in entry.name.split("/")]


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
