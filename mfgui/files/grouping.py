"""Which files a person means by the files and folders they name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mfgui.core.errors import InputError
from mfgui.files.images import READ_SUFFIXES
from mfgui.files.inputs import reading
from mfgui.files.maps import companions

_DIGITS = re.compile(r"(\d+)")


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
    """The images of `select`.

    Raises
    ------
    InputError
        As `select`.
    """
    return list(select(paths).images)


def select(paths: Sequence[Path]) -> Selection:
    """Files as they are given, folders replaced by the images directly in them.

    Named files keep their order, because the first is source 1, and are never passed over: one
    that is not an image should be reported by the reader. Of a folder, in natural order, all
    files with an image suffix are taken except hidden ones and the maps and previews that this
    program wrote.

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


def _in_folder(folder: Path) -> Selection:
    with reading(folder):
        entries = sorted(folder.iterdir(), key=natural_key)
    own = _own_outputs(entries)
    images: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    for path in entries:
        reason = _reason_to_skip(path, own)
        if reason:
            skipped.append((path, reason))
        else:
            images.append(path)
    return Selection(tuple(images), tuple(skipped))


def _reason_to_skip(path: Path, own: frozenset[Path]) -> str:
    if path.name.startswith("."):
        return "hidden"
    if path.suffix.lower() not in READ_SUFFIXES:
        return "not an image"
    if not path.is_file():
        return "not a file"
    return "a focus map or its preview" if path in own else ""


def _own_outputs(entries: Iterable[Path]) -> frozenset[Path]:
    """Maps and previews, known by standing beside each other and their description."""
    present = set(entries)
    own: set[Path] = set()
    for path in present:
        description, preview = companions(path)
        if path.suffix.lower() == ".png" and {description, preview} <= present:
            own |= {path, preview}
    return frozenset(own)
