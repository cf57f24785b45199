"""Which files a person means by the files and folders they name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from mfgui.core.errors import InputError
from mfgui.files.capture import instants, read_capture
from mfgui.files.headers import RAW_SUFFIXES
from mfgui.files.images import READ_SUFFIXES
from mfgui.files.inputs import reading
from mfgui.files.maps import companions

MAP_ENDING = "_map"
_PICTURE_SUFFIXES = READ_SUFFIXES - RAW_SUFFIXES
_DIGITS = re.compile(r"(\d+)")
_STACK_SUFFIXES = frozenset({".tif", ".tiff"})  # one file may hold a whole stack

# What is left of a name without the part that tells the sources of one set apart; the order
# decides between rules that group equally many files.
_RULES = (
    re.compile(r"^(?:near|far|front|back|left|right)[-_. ]?(?P<set>.+)$", re.IGNORECASE),  # far_3
    re.compile(r"^(?P<set>.+)[-_. ][^-_. ]+$"),  # scene3_near, c_01_2
    re.compile(r"^(?P<set>.*\d)[-_. ]?[a-zA-Z]$"),  # 03a
    re.compile(r"^(?P<set>.*\D)\d+$"),  # scene2
    re.compile(r"^[^-_. ]+[-_. ](?P<set>.+)$"),  # top_3
)


@dataclass(frozen=True)
class Selection:
    """Images in order, and what was passed over in folders with the reason."""

    images: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...] = ()


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts "img2" before "img10" and does not mind upper or lower case.

    >>> sorted([Path("img10"), Path("Img2"), Path("img1")], key=natural_key)[1].name
    'Img2'
    """
    parts = _DIGITS.split(path.name.casefold())
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part
    )


def images_in(paths: Sequence[Path]) -> list[Path]:
    """The images of `select`, those of each folder in order of capture (`ordered_by_capture`).

    Raises
    ------
    InputError
        As `select`.
    """
    return [image for path in paths for image in _taken_in_order(path)]


def _taken_in_order(path: Path) -> Sequence[Path]:
    found = select([path]).images
    return found if len(found) == 1 else ordered_by_capture(found)


def ordered_by_capture(paths: Sequence[Path]) -> list[Path]:
    """Files in order of capture, those of one instant in natural order of their names.

    Where the time of any is missing, or all are the same, names alone decide.
    """
    by_name = sorted(paths, key=natural_key)
    found = instants([read_capture(path) for path in by_name])
    times = {path: time for path, time in zip(by_name, found, strict=True) if time is not None}
    if len(times) < len(set(by_name)):
        return by_name
    return sorted(by_name, key=times.__getitem__)


def select(paths: Sequence[Path]) -> Selection:
    """Files as they are given, folders replaced by the images directly in them.

    Named files keep their order, because the first is source 1, and are never passed over: one
    that is not an image should be reported by the reader. Of a folder, in natural order, all
    files with an image suffix are taken except hidden ones, the maps and previews that this
    program wrote, and raw files beside a picture of the same name, which cameras write together.

    Raises
    ------
    InputError
        If a folder cannot be listed or holds no image.
    """
    images: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails on names that are too long
            images.append(path)
            continue
        found = _in_folder(path)
        if not found.images:
            raise InputError("no images in this folder", path=path, hint="name another folder")
        images.extend(found.images)
        skipped.extend(found.skipped)
    return Selection(tuple(images), tuple(skipped))


@dataclass(frozen=True)
class Group:
    """Images of one scene and what their names have in common."""

    name: str
    images: tuple[Path, ...]


def groups_in(images: Sequence[Path]) -> tuple[Group, ...]:
    """Files of one folder grouped into scenes by a part that their names share.

    The part that differs within a scene may stand at the end (``3_near``, ``3-far``; ``3a``,
    ``3b``; ``scene1``, ``scene2``) or at the front (``near_3``). The same kind of part is taken
    off every name: the one that leaves the fewest files alone, of these the one whose groups are
    most alike in size. A file that stays alone is a scene only if it is a TIFF, which may hold
    a whole stack. Groups and the images of each are in natural order. Time grows with the number
    of names; no file is opened.

    >>> names = ["2_near.png", "10_near.png", "2_far.png", "10_far.png"]
    >>> [(group.name, len(group.images)) for group in groups_in([Path(n) for n in names])]
    [('2', 2), ('10', 2)]
    """
    ordered = sorted(images, key=natural_key)
    best = min((_grouped(ordered, rule) for rule in _RULES), key=_badness, default={})
    if not any(len(paths) > 1 for paths in best.values()):
        best = {path.stem: [path] for path in ordered}
    groups = [Group(name, tuple(paths)) for name, paths in best.items() if _is_scene(paths)]
    return tuple(sorted(groups, key=lambda group: natural_key(Path(group.name))))


def _grouped(images: Sequence[Path], rule: re.Pattern[str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in images:
        match = rule.match(path.stem)
        name = match["set"].rstrip("-_. ") if match is not None else ""
        found.setdefault(name or path.stem, []).append(path)
    return found


def _badness(groups: dict[str, list[Path]]) -> tuple[int, int]:
    """Files alone, and in how many ways the sizes of groups differ."""
    sizes = [len(paths) for paths in groups.values()]
    return sum(size for size in sizes if size == 1), len(set(sizes))


def _is_scene(images: Sequence[Path]) -> bool:
    return len(images) > 1 or images[0].suffix.lower() in _STACK_SUFFIXES


def _in_folder(folder: Path) -> Selection:
    with reading(folder):
        entries = sorted(folder.iterdir(), key=natural_key)
    own = _own_outputs(entries)
    pictures = {path.stem for path in entries if path.suffix.lower() in _PICTURE_SUFFIXES}
    images: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    for path in entries:
        reason = _reason_to_skip(path, own, pictures)
        if reason:
            skipped.append((path, reason))
        else:
            images.append(path)
    return Selection(tuple(images), tuple(skipped))


def _reason_to_skip(path: Path, own: frozenset[Path], pictures: Set[str]) -> str:
    if path.name.startswith("."):
        return "hidden"
    if path.suffix.lower() not in READ_SUFFIXES:
        return "not an image"
    if not path.is_file():
        return "not a file"
    if path.suffix.lower() in RAW_SUFFIXES and path.stem in pictures:
        return "a raw file beside a picture of the same name"
    return "a focus map or its preview" if path in own else ""


def _own_outputs(entries: Iterable[Path]) -> frozenset[Path]:
    """Maps and previews, known by standing beside each other and their description; a map that
    was drawn for a set has a name that ends with ``_map`` and no preview."""
    present = set(entries)
    own: set[Path] = set()
    for path in present:
        description, preview = companions(path)
        if path.suffix.lower() != ".png" or description not in present:
            continue
        if preview in present:
            own |= {path, preview}
        elif path.stem.endswith(MAP_ENDING):
            own.add(path)
    return frozenset(own)
