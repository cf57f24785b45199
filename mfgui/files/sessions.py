"""Sessions as one file, `NAME.mfgui`: everything in the window; the sources by name and hash,
or embedded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mfgui.core.errors import InputError
from mfgui.files.atomic import atomic_file
from mfgui.files.session_archive import ArchiveReader, ArchiveWriter, reading_session
from mfgui.files.session_fields import WrongField
from mfgui.files.session_manifest import (
    MANIFEST,
    SourceRecord,
    StoredSession,
    described,
    schema_of,
    understood,
)
from mfgui.files.session_migrations import SCHEMA

SUFFIX = ".mfgui"


def write_session(
    path: Path, stored: StoredSession, *, embed: Sequence[Path] = (), saved: str | None = None
) -> None:
    """Write a session; the old file stays until the new one is complete.

    Parameters
    ----------
    embed : sequence of Path, optional
        The file of each source, whose bytes go into the session (*Collect files*).
    saved : str, optional
        Time to write into it; the present one by default.

    Raises
    ------
    OutputError
        If it cannot be written; the old file is untouched.
    InputError
        If a file to embed cannot be read or was changed since it was opened.

    Notes
    -----
    A result of 24 megapixels takes about a second and 200 MB; the bytes are the same for the same
    session and time.
    """
    when = datetime.now(UTC).isoformat(timespec="seconds") if saved is None else saved
    stored = replace(stored, sources=tuple(_placed(s, path.parent) for s in stored.sources))
    with (
        atomic_file(path) as temporary,
        temporary.open("wb") as file,
        ArchiveWriter(file) as archive,
    ):
        if embed:
            stored = replace(stored, sources=_embedded(stored, embed, archive))
        archive.text(described(stored, archive, saved=when), MANIFEST)


def read_session(path: Path) -> StoredSession:
    """Read a session with its labels and results; sources stay where they are.

    Raises
    ------
    InputError
        If it is not a session, damaged, cut off, encrypted, or larger than any session may be.
        Of a session of a newer schema the known fields are taken (`StoredSession.schema` tells);
        the error says so where those do not suffice.
    """
    with ArchiveReader(path) as archive, reading_session(path):
        content = archive.text(MANIFEST)
        schema = schema_of(content)
        if schema <= SCHEMA:
            archive.check_names()
            return understood(content, archive)
        try:
            return understood(content, archive)
        except WrongField as error:
            raise InputError(
                f"made by a newer mfgui (schema {schema}; this one knows {SCHEMA})",
                path=path,
                hint="update mfgui to open it",
            ) from error


def extract_sources(path: Path, stored: StoredSession, folder: Path) -> list[Path | None]:
    """Write the embedded sources below `folder`, which is private; one path per source, None
    for those that are not embedded.

    Raises
    ------
    InputError
        If one is damaged.
    OutputError, OSError
        If there is no room for them.
    """
    places: dict[str, Path] = {}
    with ArchiveReader(path) as archive, reading_session(path):
        for number, source in enumerate(stored.sources, start=1):
            if source.member and source.member not in places:
                place = folder / str(number)
                place.mkdir(parents=True)
                target = place / _plain_name(source.path or source.name, source.member)
                archive.extract(source.member, target, sha256=source.sha256)
                places[source.member] = target
    return [places.get(source.member) for source in stored.sources]


def keep_copy(path: Path, schema: int) -> Path | None:
    """Copy a session of an older schema beside itself before it is replaced: NAME.mfgui.v0.

    Returns the copy, None when there is nothing to keep.
    """
    if not path.is_file():
        return None
    copy = path.with_name(f"{path.name}.v{schema}")
    number = 2
    while copy.exists():
        copy = path.with_name(f"{path.name}.v{schema}-{number}")
        number += 1
    with atomic_file(copy) as temporary:
        shutil.copyfile(path, temporary)
    return copy


def _placed(source: SourceRecord, folder: Path) -> SourceRecord:
    """The source with its way from the folder of the session."""
    if not source.path:
        return source
    try:
        relative = os.path.relpath(source.path, Path(os.path.abspath(folder)))  # noqa: PTH100
    except ValueError:  # on another drive
        relative = ""
    return replace(source, relative=Path(relative).as_posix() if relative else "")


def _embedded(
    stored: StoredSession, files: Sequence[Path], archive: ArchiveWriter
) -> tuple[SourceRecord, ...]:
    members: dict[str, str] = {}
    sources = []
    for number, (source, file) in enumerate(zip(stored.sources, files, strict=True), start=1):
        if source.sha256 not in members:
            suffix = file.suffix if file.suffix[1:].isalnum() and len(file.suffix) < 9 else ""
            name = f"sources/{number}{suffix.lower()}"
            members[source.sha256] = archive.file(file, name, sha256=source.sha256)
        sources.append(replace(source, member=members[source.sha256]))
    return tuple(sources)


def _plain_name(name: str, member: str) -> str:
    """A file name that leads nowhere else, with the ending of the member."""
    stem = "".join(c if c.isalnum() or c in "-_ " else "_" for c in Path(name).stem)[:80]
    suffix = Path(member).suffix
    return f"{stem.strip('. ') or 'source'}{suffix}"
