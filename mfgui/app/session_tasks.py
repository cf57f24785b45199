"""What the pool does for sessions: read them, find their sources, write them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from mfgui.app.prepare import PrepareOptions, prepare
from mfgui.app.recovery import Offer, read_offer
from mfgui.app.tasks import LoadedSet, Preview, source_pictures, telling
from mfgui.core.arrays import ImageF32, from_float
from mfgui.core.compute import Compute
from mfgui.core.errors import InputError, MfguiError
from mfgui.core.pyramid import Picture
from mfgui.core.stack import SourceStack
from mfgui.files.decode import sha256_of
from mfgui.files.headers import read_headers
from mfgui.files.images import open_set as open_headers
from mfgui.files.profiles import for_display
from mfgui.files.session_manifest import Frame, SourceRecord, StoredSession
from mfgui.files.sessions import extract_sources, keep_copy, read_session, write_session
from mfgui.jobs.pool import Report, Task

_PREVIEW_SIDE = 1600
_THUMBNAIL_SIDE = 640


class Finding(StrEnum):
    """What became of a source's file, in words that people read."""

    FOUND = "found"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True)
class Place:
    """Where a source is now.

    Attributes
    ----------
    fits : bool
        A changed file could be used: it has the size of the other sources.
    accepted : bool
        It is to be used although it was changed.
    """

    record: SourceRecord
    path: Path | None
    finding: Finding
    fits: bool = False
    accepted: bool = False

    @property
    def usable(self) -> bool:
        return self.finding is Finding.FOUND or self.accepted


@dataclass(frozen=True, eq=False)
class Search:
    """A session that was read, and the places of its sources.

    Attributes
    ----------
    file : Path or None
        The session file; None for work that was recovered before it was ever saved.
    offer : Offer or None
        Where it was recovered from.
    """

    file: Path | None
    stored: StoredSession = field(repr=False)
    places: tuple[Place, ...]
    offer: Offer | None = None

    @property
    def complete(self) -> bool:
        """Whether every source can be opened."""
        return all(place.usable for place in self.places)


@dataclass(frozen=True, eq=False)
class LoadedSession:
    """A session with the pixels of its sources, and small pictures of its results by number."""

    search: Search
    loaded: LoadedSet
    thumbnails: Mapping[int, Picture] = field(repr=False)


def open_session(path: Path, sources_folder: Callable[[], Path]) -> Task:
    """Read a session file and its sources; returns a `Search` when some are not found.

    Parameters
    ----------
    sources_folder : callable
        Makes a private folder for embedded sources.
    """

    def task(report: Report) -> LoadedSession | Search:
        stored = read_session(path)
        inside: list[Path | None] = [None] * len(stored.sources)
        if any(source.member for source in stored.sources):
            inside = extract_sources(path, stored, sources_folder())
        places = tuple(
            _place(record, path.absolute().parent)
            if extracted is None
            # Its hash was checked on the way out.
            else Place(record, extracted, Finding.FOUND)
            for record, extracted in zip(stored.sources, inside, strict=True)
        )
        return _loaded(Search(path, stored, places), report)

    return task


def open_offer(offer: Offer) -> Task:
    """Read what a window left behind, as `open_session`."""

    def task(report: Report) -> LoadedSession | Search:
        stored, original = read_offer(offer)
        file = Path(original) if original else None
        places = tuple(_place(record, None) for record in stored.sources)
        return _loaded(Search(file, stored, places, offer), report)

    return task


def open_located(search: Search) -> Task:
    """Go on with a session whose sources were located."""

    def task(report: Report) -> LoadedSession | Search:
        return _loaded(search, report)

    return task


def locate(search: Search, index: int, path: Path) -> Task:
    """Take `path` for source `index` (from 0), and look for the others that are missing in its
    folder, by name and content; returns a new `Search`."""

    def task(_report: Report) -> Search:
        digest = sha256_of(path)
        wanted = search.places[index].record
        places = list(search.places)
        for number, place in enumerate(places):
            if place.finding is Finding.FOUND:
                continue
            if place.record.sha256 == digest:
                places[number] = Place(place.record, path, Finding.FOUND)
            elif number == index:
                fits = _fits(path, wanted, search.stored)
                places[number] = Place(wanted, path, Finding.CHANGED, fits)
            else:
                sibling = path.parent / _name_of(place.record)
                if sibling != path and sibling.is_file():
                    found = sha256_of(sibling) == place.record.sha256
                    if found:
                        places[number] = Place(place.record, sibling, Finding.FOUND)
        return replace(search, places=tuple(places))

    return task


def save_session(
    path: Path,
    freeze: Callable[[], StoredSession],
    *,
    embed: Sequence[Path] = (),
    older_schema: int | None = None,
) -> Task:
    """Write a session file; returns the copy that was kept of a file of an older schema."""

    def task(_report: Report) -> Path | None:
        copy = None if older_schema is None else keep_copy(path, older_schema)
        write_session(path, freeze(), embed=embed)
        return copy

    return task


def frame_of(stack: SourceStack) -> Frame:
    """What all pictures of a stack have in common."""
    return Frame(stack.size, stack.channels, stack.depth)


def small_jpeg(picture: Picture) -> bytes:
    """A thumbnail, at most 640 pixels wide and high."""
    largest = max(picture.size.width, picture.size.height)
    level = picture.levels[picture.level_for(min(1.0, _THUMBNAIL_SIDE / largest))]
    scale = min(1.0, _THUMBNAIL_SIDE / max(level.shape[:2]))
    width, height = (max(1, round(side * scale)) for side in level.shape[1::-1])
    small = cv2.resize(np.ascontiguousarray(level[..., :3]), (width, height))
    done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return bytes(data) if done else b""


def _loaded(search: Search, report: Report) -> LoadedSession | Search:
    if not search.complete:
        return search
    paths = [place.path for place in search.places if place.path is not None]
    pages = [place.record.page for place in search.places]
    # One file with several pages is opened as such; others by their first page.
    together = len(set(paths)) == 1 and pages == list(range(len(pages)))
    opened = open_headers(paths[:1] if together and len(pages) > 1 else paths)
    if len(opened.infos) != len(search.places):
        raise InputError(
            f"it has {len(opened.infos)} pages, the session {len(search.places)}", path=paths[0]
        )
    first = opened.infos[0]
    report(Preview(first.name, opened.size, Picture(opened.preview(max_side=_PREVIEW_SIDE))))
    stack = opened.load(compute=telling(report))
    places = tuple(
        place
        if place.accepted or source.sha256 == place.record.sha256
        else Place(place.record, place.path, Finding.CHANGED, opened.size == _size(search))
        for place, source in zip(search.places, stack.sources, strict=True)
    )
    checked = replace(search, places=places)
    if not checked.complete:
        return checked
    stack = as_stored(stack, search.stored)
    _check_frame(stack, search)
    pictures = source_pictures(stack)
    thumbnails = {
        number: small_picture(result.image, stack)
        for number, result in search.stored.results.items()
    }
    return LoadedSession(checked, LoadedSet(stack, pictures, tuple(paths)), thumbnails)


def as_stored(camera: SourceStack, stored: StoredSession) -> SourceStack:
    """The frames of a session, made again of those that the camera gave."""
    if stored.alignment is None or stored.alignment.size != camera.size:
        return camera
    options = PrepareOptions(exposure="off", alignment=stored.alignment, light=stored.exposure)
    return prepare(camera, options, compute=Compute(threads=max(1, (os.cpu_count() or 1) - 1)))


def small_picture(image: ImageF32, stack: SourceStack) -> Picture:
    """A fused image, (H, W, C) float32, as a list of results shows it."""
    height, width = image.shape[:2]
    scale = min(1.0, _THUMBNAIL_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small: ImageF32 = np.asarray(reduced, np.float32).reshape(*size[::-1], -1)
    icc = stack.sources[stack.reference].icc
    return Picture(for_display(from_float(small, "uint8"), icc))


def _check_frame(stack: SourceStack, search: Search) -> None:
    found, wanted = frame_of(stack), search.stored.frame
    if found != wanted:
        raise InputError(
            f"the sources are {found.size} {found.depth} with {found.channels} channels, but the "
            f"session was made with {wanted.size} {wanted.depth} with {wanted.channels}",
            path=search.file,
            hint="locate the sources that it was made with",
        )


def _place(record: SourceRecord, folder: Path | None) -> Place:
    """By the way from the session, else by the absolute path; the content decides between two."""
    candidates = [Path(record.path)] if record.path else []
    if folder is not None and record.relative:
        beside = folder / record.relative
        candidates = [beside, *(p for p in candidates if not _same(p, beside))]
    there = [path for path in candidates if _is_file(path)]
    if not there:
        return Place(record, None, Finding.MISSING)
    if len(there) > 1:
        for path in there:
            if _hash_or_none(path) == record.sha256:
                return Place(record, path, Finding.FOUND)
    # Its content is compared once it has been read.
    return Place(record, there[0], Finding.FOUND)


def _fits(path: Path, record: SourceRecord, stored: StoredSession) -> bool:
    try:
        pages = read_headers(path)
    except MfguiError:
        return False
    return record.page < len(pages) and pages[record.page].size == stored.camera_size


def _size(search: Search) -> object:
    return search.stored.camera_size


def _name_of(record: SourceRecord) -> str:
    """The file name, of a path of any system."""
    return record.path.replace("\\", "/").rpartition("/")[2] or record.name


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, ValueError, RuntimeError):
        return False


def _hash_or_none(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except MfguiError:
        return None


def is_there(key: str, stored: StoredSession) -> bool:
    """Whether a picture key names something that the session has."""
    kind, *rest = key.split(":")
    if kind == "composite":
        return not rest and stored.labels is not None
    if kind == "source" and len(rest) == 1 and rest[0].isdecimal():
        return 1 <= int(rest[0]) <= stored.k
    if kind == "result" and 1 <= len(rest) <= 2 and rest[0].isdecimal():
        return int(rest[0]) in stored.results and rest[1:] in ([], ["start"], ["best"])
    return False
