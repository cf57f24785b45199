"""A list of sets to annotate, and how far each of them is.

A list is a folder: of folders, each of which is one set, or of files that are grouped into sets
by their names. Every set's own JSON holds its state; beside them one file of the list,
``mfgui-annotations.json``, holds name, state, note and time of every set that has been worked on,
so that a list of thousands is shown after a look at the folders alone. A set whose JSON is newer
than its entry is read again; a list whose file is missing, damaged or cannot be written takes
all states from the JSONs. No image is opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mfgui.core.errors import InputError, MfguiError
from mfgui.files.annotations import (
    Annotation,
    SetState,
    annotation_files,
    read_description,
    read_json,
    seconds_of,
)
from mfgui.files.atomic import writing
from mfgui.files.grouping import groups_in, natural_key, select
from mfgui.files.inputs import reading
from mfgui.files.reports import write_json

LIST_NAME = "mfgui-annotations.json"
SCHEMA = 1


@dataclass(frozen=True)
class WorkSet:
    """One set of a list.

    Attributes
    ----------
    name : str
        Unique in the list.
    images : tuple of Path
        The sources in order.
    base : Path
        What the names of its outputs begin with.
    seconds : float
        Time spent.
    unassigned : float or None
        Share of pixels without a label when it was saved last; None before.
    written : int
        When the set's JSON was written, in nanoseconds since 1970; 0 for none.
    """

    name: str
    images: tuple[Path, ...]
    base: Path
    state: SetState = SetState.NEW
    note: str = ""
    annotator: str = ""
    seconds: float = 0.0
    unassigned: float | None = None
    written: int = 0

    def with_annotation(self, annotation: Annotation, *, written: int) -> WorkSet:
        """The set after its annotation was read or written."""
        return replace(
            self,
            state=annotation.state,
            note=annotation.note,
            annotator=annotation.annotator,
            seconds=annotation.seconds,
            unassigned=annotation.unassigned,
            written=written,
        )

    def with_share(self, unassigned: float) -> WorkSet:
        """The set with another share of pixels without a label."""
        return replace(self, unassigned=unassigned)


@dataclass(frozen=True)
class Worklist:
    """Sets in natural order.

    Attributes
    ----------
    folder : Path
        What was opened.
    output : Path
        Where the file of the list is.
    locked : str
        Why that file must not be written; empty when it may.
    notices : tuple of str
        What was passed over or is not as it should be, one clause each.
    """

    folder: Path
    output: Path
    sets: tuple[WorkSet, ...]
    locked: str = ""
    notices: tuple[str, ...] = field(default=(), repr=False)

    def replaced(self, index: int, entry: WorkSet) -> Worklist:
        """The list with another entry at `index`."""
        return replace(self, sets=(*self.sets[:index], entry, *self.sets[index + 1 :]))

    def count(self, state: SetState) -> int:
        return sum(entry.state is state for entry in self.sets)


def read_worklist(paths: Sequence[Path], *, output: Path | None = None) -> Worklist:
    """The sets of a folder, or of several folders that are one set each.

    Parameters
    ----------
    paths : sequence of Path
        One folder: its folders that hold images are the sets; if there are none, its files
        grouped by their names. Several folders: each one is a set.
    output : Path, optional
        Where maps and the list's file go, instead of beside the images.

    Raises
    ------
    InputError
        If a folder cannot be listed, or there is no set.

    Notes
    -----
    Time grows with the number of files in the folders.
    """
    found, passed = _found(paths)
    folder = paths[0] if len(paths) == 1 else Path(os.path.commonpath(paths))
    if not found:
        raise InputError(
            "no sets in this folder: neither folders with two images or more, nor files whose "
            "names have a common part",
            path=folder,
            hint="name a folder of folders, or one of files like 01_near.png, 01_far.png",
        )
    target = folder if output is None else output
    known, locked, problems = _read_states(target / LIST_NAME)
    sets, unread = [], []
    for name, images in found:
        base = _base(name, images, folder, output)
        entry, problem = _with_state(WorkSet(name, images, base), known.get(name))
        sets.append(entry)
        unread += [problem] if problem else []
    notices = (*problems, *_few(passed), *_few(unread))
    return Worklist(folder, target, tuple(sets), locked, notices)


def write_states(worklist: Worklist, changed: Iterable[WorkSet]) -> None:
    """Put the entries of `changed` into the list's file; all others stay as they are there.

    A damaged file is set aside under another name first.

    Raises
    ------
    OutputError
        If it cannot be written.
    InputError
        If the file is of a newer version.
    """
    path = worklist.output / LIST_NAME
    known, locked, problems = _read_states(path)
    if locked:
        raise InputError(locked, path=path, hint="update mfgui; the states are in the sets' JSON")
    if problems:
        with writing(path):
            path.rename(_free_name(path))
    for entry in changed:
        known[entry.name] = {
            "state": entry.state.value,
            "note": entry.note,
            "annotator": entry.annotator,
            "seconds": round(entry.seconds, 3),
            "unassigned": entry.unassigned,
            "written": entry.written,
        }
    ordered = sorted(known, key=lambda name: natural_key(Path(name)))
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"schema": SCHEMA, "sets": {name: known[name] for name in ordered}})


def written_at(base: Path) -> int:
    """When the JSON of a set was written, in nanoseconds since 1970; 0 when there is none."""
    try:
        return annotation_files(base)[1].stat().st_mtime_ns
    except OSError:
        return 0


def other_map(entry: WorkSet, folder: Path) -> Path | None:
    """The map of the same set in a folder of another annotator, or None.

    It may lie in a folder of the set's name, as in a copy of the list, or directly there.
    """
    last = Path(entry.name).name
    places = (folder / entry.name / last, folder / entry.name, folder / last)
    maps = (annotation_files(place)[0] for place in places)
    return next((path for path in maps if path.is_file()), None)


def _found(paths: Sequence[Path]) -> tuple[list[tuple[str, tuple[Path, ...]]], list[str]]:
    """Name and images of each set, and what was passed over."""
    if len(paths) == 1:
        with reading(paths[0]):
            entries = sorted(paths[0].iterdir(), key=natural_key)
        folders = [e for e in entries if e.is_dir() and not e.name.startswith(".")]
        found, passed = _sets_of(folders, paths[0])
        if found:
            return found, passed
        if not any(entry.is_file() for entry in entries):
            return [], passed
        try:
            images = select([paths[0]]).images
        except InputError:
            return [], passed
        return [(group.name, group.images) for group in groups_in(images)], passed
    common = Path(os.path.commonpath(paths))
    return _sets_of(sorted(paths, key=natural_key), common)


def _sets_of(
    folders: Sequence[Path], root: Path
) -> tuple[list[tuple[str, tuple[Path, ...]]], list[str]]:
    found: list[tuple[str, tuple[Path, ...]]] = []
    passed: list[str] = []
    for folder in folders:
        name = folder.relative_to(root).as_posix()
        try:
            images = select([folder]).images
        except InputError as error:
            passed.append(f"{name}: {error.what}")
            continue
        if len(images) < 2 and images[0].suffix.lower() not in (".tif", ".tiff"):
            passed.append(f"{name}: only one image")
            continue
        found.append((name, images))
    return found, passed


def _base(name: str, images: Sequence[Path], folder: Path, output: Path | None) -> Path:
    if output is not None:
        return output / name
    inside = images[0].parent
    return inside / Path(name).name if inside != folder else folder / name


def _with_state(entry: WorkSet, known: Mapping[str, Any] | None) -> tuple[WorkSet, str]:
    """The entry as the list's file knows it, or its own JSON when that is newer."""
    written = written_at(entry.base)
    if known is not None and known["written"] == written:
        return _from_states(entry, known), ""
    if not written:
        # Flagged, perhaps, before a map was drawn; or the map is gone.
        return (entry if known is None else replace(_from_states(entry, known), written=0)), ""
    try:
        annotation = read_description(annotation_files(entry.base)[1])
    except MfguiError as error:
        state = replace(entry, state=SetState.IN_PROGRESS, written=written)
        return state, f"{entry.name}: {error.what}"
    return entry.with_annotation(annotation, written=written), ""


def _from_states(entry: WorkSet, known: Mapping[str, Any]) -> WorkSet:
    return replace(
        entry,
        state=SetState(known["state"]),
        note=known["note"],
        annotator=known["annotator"],
        seconds=known["seconds"],
        unassigned=known["unassigned"],
        written=known["written"],
    )


def _read_states(path: Path) -> tuple[dict[str, dict[str, Any]], str, list[str]]:
    """Entries by name, why the file must not be written, and what is wrong with it."""
    if not path.exists():
        return {}, "", []
    try:
        content = read_json(path)
        schema = content.get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            reason = f"{LIST_NAME} was written by a newer mfgui (schema {schema})"
            return {}, reason, [f"{reason}; the states come from the sets"]
        entries = {str(name): _checked(entry) for name, entry in content["sets"].items()}
    except (MfguiError, KeyError, TypeError, ValueError, AttributeError) as error:
        what = error.what if isinstance(error, MfguiError) else "damaged"
        return {}, "", [f"{LIST_NAME}: {what}; the states come from the sets"]
    return entries, "", []


def _checked(entry: Mapping[str, Any]) -> dict[str, Any]:
    unassigned = entry.get("unassigned")
    return {
        "state": SetState(entry["state"]).value,
        "note": str(entry.get("note", "")),
        "annotator": str(entry.get("annotator", "")),
        "seconds": seconds_of(entry.get("seconds", 0.0)),
        "unassigned": None if unassigned is None else float(unassigned),
        "written": int(entry.get("written", 0)),
    }


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_name(f"{path.stem}.damaged{number}.json")).exists():
        number += 1
    return free


def _few(lines: Sequence[str], *, most: int = 20) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], *([f"and {more} more"] if more > 0 else [])]
