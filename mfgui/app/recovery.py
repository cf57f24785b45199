"""A place where the present work is kept against a crash, one for each window."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mfgui.core.errors import InputError, MfguiError
from mfgui.files.atomic import write_bytes, writing
from mfgui.files.session_blocks import STATE, Written, read_blocks, read_state, write_blocks
from mfgui.files.session_fields import Fields, WrongField
from mfgui.files.session_manifest import StoredSession

_log = logging.getLogger(__name__)

_LOCK, _THUMBNAIL, _SOURCES = "lock", "thumbnail.jpg", "sources"
_PARTS = (STATE, "blocks", _THUMBNAIL, _SOURCES)


@dataclass(frozen=True)
class Offer:
    """Work that a window left behind when it ended without a word.

    Attributes
    ----------
    title : str
        Name of the session, or of its first source.
    saved : datetime
        When it was kept.
    thumbnail : Path or None
    """

    folder: Path
    title: str
    saved: datetime
    thumbnail: Path | None


class Slot:
    """The recovery folder of one window, made when it is first needed and locked as long as the
    window lives, so that no other takes it for one that was left behind.

    Safe to use from several threads; nothing is written once it has been removed.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._folder: Path | None = None
        self._lock: _Lock | None = None
        self._busy = threading.Lock()
        self._written = Written()
        self._ended = False

    @property
    def folder(self) -> Path | None:
        """Where it is; None while nothing was kept."""
        return self._folder

    def write(self, stored: StoredSession, *, original: str, title: str, picture: bytes) -> int:
        """Keep a state; returns the bytes written.

        Parameters
        ----------
        original : str
            The session file that this is work on; empty for none.
        picture : bytes
            JPEG, small.

        Raises
        ------
        OutputError
            If the system refuses; what was kept before stays.
        """
        with self._busy:
            if self._ended:
                return 0
            folder = self._made()
            if picture and not (folder / _THUMBNAIL).exists():
                write_bytes(folder / _THUMBNAIL, picture)
            return write_blocks(
                folder,
                stored,
                saved=datetime.now(UTC).isoformat(timespec="seconds"),
                more={"original": original, "title": title},
                known=self._written,
            )

    def new_sources_folder(self) -> Path:
        """A private folder for sources that come out of a session."""
        with self._busy:
            folder = self._made() / _SOURCES / secrets.token_hex(4)
            folder.mkdir(parents=True, mode=0o700)
            return folder

    def holds(self, path: Path) -> bool:
        """Whether a file is one of the sources kept here."""
        return self._folder is not None and path.is_relative_to(self._folder)

    def clear(self, *, sources: bool = False) -> None:
        """The present work is saved, or given up: keep nothing of it."""
        with self._busy:
            if self._folder is not None:
                for name in _PARTS if sources else _PARTS[:-1]:
                    _remove(self._folder / name)
                self._written.clear()

    def adopt(self, folder: Path) -> None:
        """Go on in the folder of a window that ended.

        Raises
        ------
        InputError
            If another window has it now.
        """
        lock = _taken(folder)
        if lock is None:
            raise InputError("another window is restoring this session", path=folder)
        with self._busy:
            self._drop()
            self._folder, self._lock = folder, lock
            self._written.clear()

    def remove(self) -> None:
        """The window closes as it should: nothing is left, and nothing more is written."""
        with self._busy:
            self._ended = True
            self._drop()

    def _made(self) -> Path:
        if self._folder is None:
            # Another window may take a new folder for an empty one that was left, and remove it.
            while self._lock is None:
                folder = self._new()
                self._lock = _taken(folder)
            self._folder = folder
        return self._folder

    def _new(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        folder = self._root / f"{stamp}-{os.getpid()}-{secrets.token_hex(3)}"
        with writing(folder):
            folder.mkdir(parents=True, mode=0o700)
            (folder / _LOCK).touch()
        return folder

    def _drop(self) -> None:
        if self._folder is not None:
            # The lock goes last: others must not find it open and half empty.
            for name in _PARTS:
                _remove(self._folder / name)
        if self._lock is not None:
            self._lock.close()
        if self._folder is not None:
            _remove(self._folder)
        self._folder = self._lock = None


def offers(root: Path) -> list[Offer]:
    """What windows left behind that have ended, newest first; empty folders are removed."""
    found = []
    for folder in _folders(root):
        lock = _taken(folder)
        if lock is None:
            continue  # its window is open
        with lock:
            if (folder / STATE).exists():
                found.append(_offer(folder))
            else:
                _remove(folder)
    return sorted(found, key=lambda offer: offer.saved, reverse=True)


def read_offer(offer: Offer) -> tuple[StoredSession, str]:
    """The session that was kept, and the file it was work on (empty for none).

    Raises
    ------
    InputError
        If it is damaged.
    """
    stored = read_blocks(offer.folder)
    more = Fields(read_state(offer.folder)).inside("more")
    return stored, more.text("original")


def discard(offer: Offer) -> None:
    """Give up what was kept, unless another window has taken it."""
    lock = _taken(offer.folder)
    if lock is not None:
        with lock:
            _remove(offer.folder)


def _offer(folder: Path) -> Offer:
    thumbnail = folder / _THUMBNAIL
    title, saved = "a damaged session", datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    try:
        content = Fields(read_state(folder))
        title = content.inside("more").text("title", most=1000)
        saved = datetime.fromisoformat(content.text("saved", most=100))
    except (MfguiError, WrongField, ValueError) as error:
        _log.warning("%s: %s", folder, error)
    if saved.tzinfo is None:
        saved = saved.replace(tzinfo=UTC)
    return Offer(folder, title, saved, thumbnail if thumbnail.exists() else None)


def _folders(root: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(entry for entry in root.iterdir() if entry.is_dir())


class _Lock:
    """Held until it is closed, forgotten, or the process ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __enter__(self) -> _Lock:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _taken(folder: Path) -> _Lock | None:
    """The lock of a folder; None when another window has it, or has removed it."""
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return None
    lock = _Lock(handle)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    if not (folder / _LOCK).exists():
        lock.close()
        return None
    return lock


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
