"""The sets of a batch, found by the rule of its input. Of pictures at most the heads are read.

What knows the names of data sets is imported inside functions, so that the window starts
without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from mfgui.app.batch_rule import LIST, PATTERN, TIME, Rule
from mfgui.core.errors import InputError, UsageError
from mfgui.files.frames import frames_in, remarks
from mfgui.files.grouping import Selection, natural_key
from mfgui.files.images import READ_SUFFIXES
from mfgui.files.inputs import open_input, reading

_DEEPEST = 4
_MOST_BYTES = 8 << 20
_PAGED = (".tif", ".tiff")  # one file may hold a whole stack


@dataclass(frozen=True)
class Stack:
    """The sources of one picture, in order. `name` is unique in a batch."""

    name: str
    sources: tuple[Path, ...]


@dataclass(frozen=True)
class Stacks:
    """All of a batch; `left_out` says what was passed over and why, in words."""

    stacks: tuple[Stack, ...]
    left_out: tuple[str, ...] = ()


def find(rule: Rule) -> Stacks:
    """The sets of a rule, in natural order; those of a list as they are listed.

    The folder of outputs is never looked into. A set that is listed but not there is found all
    the same: it fails when its turn comes, and the others do not.

    Raises
    ------
    InputError
        If a folder or list cannot be read, or there is no set at all.
    UsageError
        If a pattern is wrong.
    """
    if rule.sort == LIST:
        found = _listed(Path(rule.list_file), Path(rule.folder) if rule.folder else None)
    elif rule.sort == PATTERN:
        found = _fitting(Path(rule.folder), rule.pattern, _absolute(rule.output))
    elif rule.sort == TIME:
        found = _bursts(Path(rule.folder), _absolute(rule.output))
    else:
        found = _folders(Path(rule.folder), _absolute(rule.output))
    if not found.stacks:
        left = f" ({found.left_out[0]})" if found.left_out else ""
        place = rule.list_file if rule.sort == LIST else rule.folder
        what = f"no sets of images were found{left}"
        raise InputError(what, path=place, hint="name another folder or another input rule")
    return found


def _folders(folder: Path, output: Path) -> Stacks:
    """Each folder that holds two images or more, at most four folders down."""
    stacks: list[Stack] = []
    left: list[str] = []
    for place in _places(folder, output):
        found = _frames(place)
        images = found.images
        name = place.relative_to(folder).as_posix()
        name = folder.name if name == "." else name
        if len(images) > 1 or (images and images[0].suffix.lower() in _PAGED):
            stacks.append(Stack(name, images))
        elif images:
            left.append(f"{name} holds one image only")
        left.extend(f"{name}: {remark}" for remark in remarks(found))
    return Stacks(tuple(stacks), tuple(left))


def _bursts(folder: Path, output: Path) -> Stacks:
    """What was taken in one go, wherever it lies in the folder or below it."""
    from mfgui.files.bursts import sort_out

    places = [place for place in _places(folder, output) if _frames(place).images]
    if not places:
        return Stacks(())
    found = sort_out(places)
    names: set[str] = set()
    stacks = []
    for group in found.stacks:
        name = _distinct(group.name, names)
        names.add(name)
        stacks.append(Stack(name, group.images))
    left = [f"{path.relative_to(folder).as_posix()} stands alone" for path in found.singles]
    return Stacks(tuple(stacks), tuple(left))


def _distinct(name: str, taken: Set[str]) -> str:
    """The name, with a number behind it where another set has it."""
    numbered = (f"{name} ({number})" for number in count(2))
    return next(text for text in chain([name], numbered) if text not in taken)


def _places(folder: Path, output: Path) -> Iterator[Path]:
    """The folder and those below it, in natural order, without that of the outputs."""
    if not folder.is_dir():
        raise InputError("is no folder", path=folder, hint="name the folder of the sets")

    def refuse(error: OSError) -> None:
        what = error.strerror or "cannot be listed"
        raise InputError(what, path=error.filename, hint="check its access rights") from error

    for root, folders, _ in os.walk(folder, onerror=refuse):
        place = Path(root)
        inner = [name for name in folders if not name.startswith(".") and place / name != output]
        deep = len(place.relative_to(folder).parts) >= _DEEPEST
        folders[:] = [] if deep else sorted(inner, key=lambda name: natural_key(Path(name)))
        if place != output:
            yield place


def _frames(place: Path) -> Selection:
    """As `mfgui fuse FOLDER` would take them; none where there are none."""
    with reading(place):
        there = any(path.suffix.lower() in READ_SUFFIXES for path in place.iterdir())
    if not there:
        return Selection(())
    try:
        return frames_in([place])
    except InputError:  # all of them are hidden files or maps
        return Selection(())


def _fitting(folder: Path, pattern: str, output: Path) -> Stacks:
    """Files whose names fit a template, one set for each value of ``{set}``."""
    from mfgui.bench.templates import Template, listing

    template = Template(pattern)
    fields = set(template.fields)
    if not {"set", "source"} <= fields <= {"set", "source", "number"}:
        hint = "write {set} and {source} in it, such as '{set}-{source}.jpg'"
        raise UsageError(f"input.pattern {pattern!r} does not tell sets apart", hint=hint)
    groups: dict[str, list[str]] = {}
    names = [n for n in listing(folder) if Path(n).suffix.lower() in READ_SUFFIXES]
    inside = [name for name in names if output not in (folder / name).parents]
    for name, values in template.files(inside).items():
        groups.setdefault(values["set"], []).append(name)
    stacks = [
        Stack(name, tuple(folder / path for path in sorted(members, key=_in_order)))
        for name, members in groups.items()
        if len(members) > 1 or Path(members[0]).suffix.lower() in _PAGED
    ]
    taken = {path for stack in stacks for path in stack.sources}
    left = [f"{name} belongs to no set" for name in inside if folder / name not in taken]
    return Stacks(tuple(sorted(stacks, key=lambda stack: _in_order(stack.name))), tuple(left))


def _listed(path: Path, base: Path | None) -> Stacks:
    """A set a line: a folder or a multi-page file, or several files with tabs between them; in
    front of it ``NAME = ``, if it is to have a name of its own. ``#`` begins a remark."""
    with open_input(path) as file, reading(path):
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InputError("is too large for a list of sets", path=path, hint="use a pattern")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("is no text in UTF-8", path=path, hint="save it again as such") from error
    place = base or path.parent
    stacks: dict[str, Stack] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            stack = _of_line(text, place)
            if stack.name in stacks:
                what = f"line {number}: a second set is called {stack.name!r}"
                raise InputError(what, path=path, hint="write NAME = in front of one of them")
            stacks[stack.name] = stack
    return Stacks(tuple(stacks.values()))


def _of_line(text: str, place: Path) -> Stack:
    name, equals, rest = text.partition(" = ")
    paths = [part.strip() for part in (rest if equals else text).split("\t") if part.strip()]
    sources = tuple(_absolute(place / os.path.expanduser(part)) for part in paths)  # noqa: PTH111
    if len(sources) == 1 and sources[0].is_dir():
        named = sources[0].name
        return Stack(name.strip() if equals else named, _frames(sources[0]).images or sources)
    return Stack(name.strip() if equals else sources[0].stem, sources)


def _in_order(name: str) -> list[object]:
    return [natural_key(Path(part)) for part in name.split("/")]


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they are named
