"""A focus map drawn by a person, with what is known about the work: NAME_map.png and .json.

The PNG holds label numbers, as any map of `mfgui.files.maps`; the JSON is that of a map with the
colour and file of each source, and under "annotation" the state of the set, a note, the
annotator, seconds for each tool and the spots that were checked. Both are written together;
reading both gives back the same state.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from mfgui.core.arrays import LabelArray, Rect, Size
from mfgui.core.errors import InputError
from mfgui.core.labels import ignore_label
from mfgui.core.stack import SourceStack
from mfgui.files.atomic import writing
from mfgui.files.grouping import MAP_ENDING
from mfgui.files.inputs import open_input, reading
from mfgui.files.maps import SCHEMA, describe, encoded_map, read_map, write_together
from mfgui.files.reports import json_text

_LARGEST = 16 << 20  # bytes of a JSON; 200 sources and 10000 spots need one
_HINT = "the old files are kept when a new map is saved"


class SetState(StrEnum):
    """How far the work on a set is, in words that people read."""

    NEW = "new"
    IN_PROGRESS = "in progress"
    DONE = "done"
    FLAGGED = "flagged"


@dataclass(frozen=True)
class SourceMark:
    """Which file a label stands for; `colour` is ``#rrggbb``, `file` as seen from the map."""

    name: str
    sha256: str
    file: str = ""
    colour: str = ""


@dataclass(frozen=True)
class SpotMark:
    """A doubtful place that was looked at."""

    kind: str
    rect: Rect


@dataclass(frozen=True)
class Annotation:
    """What the JSON beside a drawn map says.

    Attributes
    ----------
    sources : tuple of SourceMark
        Of the labels 1 ... k.
    tools : mapping of str to float
        Seconds spent with each tool.
    origin : mapping or None
        How the map began: a detector with its settings, or a file.
    unassigned : float or None
        Share of pixels without a label; None before it was written.
    """

    size: Size
    sources: tuple[SourceMark, ...]
    state: SetState = SetState.IN_PROGRESS
    note: str = ""
    annotator: str = ""
    tools: Mapping[str, float] = field(default_factory=dict)
    spots: tuple[SpotMark, ...] = ()
    origin: Mapping[str, object] | None = None
    unassigned: float | None = None
    created: str = ""

    @property
    def k(self) -> int:
        return len(self.sources)

    @property
    def seconds(self) -> float:
        return sum(self.tools.values())


class SourcesChanged(InputError):
    """The sources are not those that a map was drawn for, though it has their size and number."""


def annotation_files(base: Path) -> tuple[Path, Path]:
    """Map and description of the set whose outputs begin with `base`.

    >>> [path.name for path in annotation_files(Path("list/set01/set01"))]
    ['set01_map.png', 'set01_map.json']
    """
    stem = f"{base.name}{MAP_ENDING}"
    return base.with_name(f"{stem}.png"), base.with_name(f"{stem}.json")


def sources_of(
    stack: SourceStack, base: Path, colours: Sequence[str] = ()
) -> tuple[SourceMark, ...]:
    """The marks of a stack's sources, their files as seen from the folder of `base`."""
    marks = []
    for index, source in enumerate(stack.sources):
        file = "" if source.path is None else _relative(source.path, base.parent)
        colour = colours[index] if index < len(colours) else ""
        marks.append(SourceMark(source.name, source.sha256, file, colour))
    return tuple(marks)


def write_annotation(
    base: Path, labels: LabelArray, annotation: Annotation, *, keep_old: bool = False
) -> tuple[Path, ...]:
    """Write map and description; both or none.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        In the type for the number of sources.
    keep_old : bool
        Whether files that are there are copied first (``.kept1`` and so on).

    Returns
    -------
    tuple of Path
        The copies.

    Raises
    ------
    OutputError
        If one cannot be written; old files are then as they were.
    """
    path, description = annotation_files(base)
    sources = annotation.sources
    content = describe(
        labels,
        k=annotation.k,
        names=[source.name for source in sources],
        hashes=[source.sha256 for source in sources],
        files=[source.file for source in sources],
        colours=[source.colour for source in sources],
        provenance=annotation.origin,
    )
    content["alignment"] = "none"
    content["annotation"] = {
        "state": annotation.state.value,
        "note": annotation.note,
        "annotator": annotation.annotator,
        "seconds": round(annotation.seconds, 3),
        "tools": {tool: round(spent, 3) for tool, spent in annotation.tools.items()},
        "spots_checked": [
            {"kind": s.kind, "rect": [s.rect.x, s.rect.y, s.rect.width, s.rect.height]}
            for s in annotation.spots
        ],
    }
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = _kept((path, description)) if keep_old else ()
    # The map is replaced before its description: it can be read with the one before.
    write_together(
        {description: json_text(content).encode(), path: encoded_map(labels, k=annotation.k)}
    )
    return kept


def read_annotation(
    base: Path, stack: SourceStack, *, anyway: bool = False
) -> tuple[LabelArray, Annotation] | None:
    """Map and description of a set, None when there is no map.

    A map without a description is taken as one of these sources. Where the files are the same in
    another order, labels follow their source.

    Parameters
    ----------
    anyway : bool
        Take the map also for sources that have changed since it was drawn.

    Raises
    ------
    SourcesChanged
        If a source has other content than when the map was drawn.
    InputError
        If a file cannot be read, is damaged, is of a newer version, or has another size or
        another number of sources.
    """
    path, description = annotation_files(base)
    if not description.exists():
        if not path.exists():
            return None
        found = Annotation(stack.size, sources_of(stack, base))
        return read_map(path, k=stack.k, size=stack.size), found
    found = read_description(description)
    _check_fits(found, stack, description)
    if not path.exists():
        raise InputError("the map that belongs to its JSON is missing", path=path, hint=_HINT)
    order = _order(found, [source.sha256 for source in stack.sources])
    if order is None and not anyway:
        raise SourcesChanged(
            f"{_changed(found, stack)} has changed since the map was drawn",
            path=path,
            hint="load it anyway, or draw it anew",
        )
    labels = read_map(path, k=stack.k, size=stack.size)
    if order is not None and order != list(range(1, stack.k + 1)):
        labels = _renumbered(labels, order)
    return labels, found


def read_other(path: Path, *, size: Size, hashes: Sequence[str]) -> tuple[LabelArray, str]:
    """Somebody's map of sources that have these hashes, and what is odd about it.

    Where a description beside it says that the sources were the same in another order, its
    labels are those of this order.

    Raises
    ------
    InputError
        If it cannot be read, or has another size or a label above the number of sources.
    """
    labels = read_map(path, k=len(hashes), size=size)
    description = path.with_suffix(".json")
    if not description.exists():
        return labels, ""
    try:
        found = read_description(description)
    except InputError as error:
        return labels, f"its description was not used: {error.what}"
    if found.k != len(hashes):
        return labels, f"it was drawn for {found.k} sources"
    order = _order(found, hashes)
    if order is None:
        return labels, "it was drawn for other sources"
    same = order == list(range(1, len(hashes) + 1))
    return (labels if same else _renumbered(labels, order)), ""


def read_description(path: Path) -> Annotation:
    """What the JSON of an annotation says.

    Raises
    ------
    InputError
        If it cannot be read, is no such JSON, or is of a newer version.
    """
    content = read_json(path)
    newer = content.get("schema")
    if isinstance(newer, int) and newer > SCHEMA:
        raise InputError(
            f"written by a newer mfgui (schema {newer}, known is {SCHEMA})",
            path=path,
            hint="update mfgui",
        )
    try:
        return _annotation(content)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(
            f"not the description of a drawn map ({reason[:120]})", path=path, hint=_HINT
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from outside.

    Raises
    ------
    InputError
        If it cannot be read, is larger than 16 MiB, or is no JSON object.
    """
    with open_input(path) as file, reading(path):
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise InputError("larger than any JSON that mfgui writes", path=path, hint=_HINT)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0][:120]
        raise InputError(f"damaged JSON ({reason})", path=path, hint=_HINT) from error
    if not isinstance(content, dict):
        raise InputError("not a JSON object", path=path, hint=_HINT)
    return content


def _annotation(content: Mapping[str, Any]) -> Annotation:
    table = content["labels"]
    if [entry["number"] for entry in table] != list(range(1, len(table) + 1)) or not table:
        raise ValueError("the label table is not 1, 2, ...")
    work = content.get("annotation", {})
    tools = {str(tool): seconds_of(spent) for tool, spent in work.get("tools", {}).items()}
    spots = [
        SpotMark(str(spot["kind"]), Rect(*(int(value) for value in spot["rect"])))
        for spot in work.get("spots_checked", ())
    ]
    return Annotation(
        size=Size(int(content["width"]), int(content["height"])),
        sources=tuple(
            SourceMark(
                str(entry["name"]),
                str(entry.get("sha256") or ""),
                str(entry.get("file", "")),
                str(entry.get("colour", "")),
            )
            for entry in table
        ),
        state=SetState(work.get("state", SetState.IN_PROGRESS)),
        note=str(work.get("note", "")),
        annotator=str(work.get("annotator", "")),
        tools=tools,
        spots=tuple(spots),
        origin=content.get("provenance"),
        unassigned=float(content["unassigned"]["share"]),
        created=str(content.get("created", "")),
    )


def seconds_of(value: object) -> float:
    """Time spent, as a file says it; ValueError or TypeError for what is no such time."""
    spent = float(value)  # type: ignore[arg-type]
    if not 0 <= spent < 1e9:
        raise ValueError(f"{spent} seconds")
    return spent


def _check_fits(found: Annotation, stack: SourceStack, path: Path) -> None:
    if found.size != stack.size:
        raise InputError(
            f"the map is {found.size}, but the sources are {stack.size}", path=path, hint=_HINT
        )
    if found.k != stack.k:
        raise InputError(
            f"the map is of {found.k} sources, but there are {stack.k}", path=path, hint=_HINT
        )


def _order(found: Annotation, now: Sequence[str]) -> list[int] | None:
    """The present number of each label, None when the sources are others."""
    before = [source.sha256 for source in found.sources]
    same = [not old or old == new for old, new in zip(before, now, strict=True)]
    if all(same):
        return list(range(1, len(now) + 1))
    if len(set(now)) == len(now) and set(before) == set(now):
        return [now.index(digest) + 1 for digest in before]
    return None


def _changed(found: Annotation, stack: SourceStack) -> str:
    """The first source that is another one."""
    for mark, source in zip(found.sources, stack.sources, strict=True):
        if mark.sha256 and mark.sha256 != source.sha256:
            return source.name
    return "a source"


def _renumbered(labels: LabelArray, order: Sequence[int]) -> LabelArray:
    ignored = ignore_label(labels)
    table = np.arange(ignored + 1).astype(labels.dtype)
    table[1 : len(order) + 1] = order
    renumbered: LabelArray = table[labels]
    return renumbered


def _kept(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Copy files that are there to free names of one number."""
    present = [path for path in paths if path.exists()]
    number = 1
    while any(_kept_name(path, number).exists() for path in paths):
        number += 1
    for path in present:
        shutil.copy2(path, _kept_name(path, number))
    return tuple(_kept_name(path, number) for path in present)


def _kept_name(path: Path, number: int) -> Path:
    # Not an image's ending, so that a set's folder still holds its sources only.
    return path.with_name(f"{path.name}.kept{number}")


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return str(path)
