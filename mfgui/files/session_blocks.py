"""A session as a folder of blocks, each named by its content: what has not changed since the last
time is not written again."""

from __future__ import annotations

import os
import re
import secrets
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.labels import label_dtype
from mfgui.files.atomic import write_bytes, writing
from mfgui.files.inputs import open_input
from mfgui.files.reports import json_text
from mfgui.files.scratch import release_pages
from mfgui.files.session_archive import reading_session
from mfgui.files.session_fields import Fields, WrongField, parsed
from mfgui.files.session_manifest import Frame, StoredSession, described, understood
from mfgui.files.session_pixels import (
    checked_labels,
    decode_block,
    encode_block,
    hash_of,
)

STATE = "session.json"
_BLOCKS = "blocks"
_BLOCK_BYTES = 4 << 20
_STATE_MOST = 64 << 20
_NAME = re.compile(r"[0-9a-f]{64}")


class Written:
    """Which blocks hold the arrays that were written before; these never change, so that they need
    not even be looked at again. An array that is gone is forgotten."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[PixelArray], tuple[int, list[str]]]] = {}

    def get(self, array: PixelArray) -> tuple[int, list[str]] | None:
        known = self._entries.get(id(array))
        return known[1] if known is not None and known[0]() is array else None

    def put(self, array: PixelArray, rows: int, blocks: list[str]) -> None:
        gone = [key for key, (reference, _) in self._entries.items() if reference() is None]
        for key in gone:
            del self._entries[key]
        self._entries[id(array)] = (weakref.ref(array), (rows, blocks))

    def clear(self) -> None:
        self._entries.clear()


class BlockWriter:
    """Keeps pixels as blocks of rows; those that are there already are left.

    Time: one hash of every array that is new, and the writing of the blocks that are.
    """

    def __init__(self, folder: Path, known: Written | None = None) -> None:
        self._known = Written() if known is None else known
        self._folder = folder / _BLOCKS
        self._folder.mkdir(parents=True, exist_ok=True)
        self._there = {entry.name for entry in self._folder.iterdir()}
        self._names: dict[int, str] = {}
        self.arrays: dict[str, object] = {}
        self.used: set[str] = set()
        self.written_bytes = 0

    def image(self, image: ImageF32, name: str) -> str:
        return self._keep(image, name)

    def labels(self, labels: LabelArray, name: str) -> str:
        return self._keep(labels, name)

    def text(self, content: Mapping[str, object], name: str) -> str:
        self.arrays[name] = content
        return name

    def tidy(self) -> None:
        """Remove the blocks that no array of this time has."""
        for name in self._there - self.used:
            with suppress(OSError):
                (self._folder / name).unlink()

    def _keep(self, array: PixelArray, name: str) -> str:
        known = self._names.get(id(array))
        if known is not None:
            return known
        before = self._known.get(array)
        if before is not None and self._there.issuperset(before[1]):
            rows, blocks = before
            self.used.update(blocks)
        else:
            rows = max(1, _BLOCK_BYTES // max(1, array[:1].nbytes))
            blocks = [self._block(array[top : top + rows]) for top in range(0, len(array), rows)]
            self._known.put(array, rows, blocks)
            release_pages(array)  # read once, for a copy that is seldom written
        self.arrays[name] = {"rows": rows, "blocks": blocks}
        self._names[id(array)] = name
        return name

    def _block(self, part: PixelArray) -> str:
        block = np.ascontiguousarray(part)
        name = hash_of(block)
        self.used.add(name)
        if name not in self._there:
            data = encode_block(block)
            _write(self._folder / name, data)
            self.written_bytes += len(data)
            self._there.add(name)
        return name


class _BlockReader:
    """Members of a folder of blocks."""

    def __init__(self, folder: Path, arrays: Fields) -> None:
        self._folder = folder / _BLOCKS
        self._arrays = arrays
        self._read: dict[str, PixelArray] = {}

    def image(self, name: str, frame: Frame) -> ImageF32:
        shape = (frame.size.height, frame.size.width, frame.channels)
        image = self._array(name, shape, np.dtype(np.float32))
        if not np.isfinite(image).all():
            raise WrongField(f"{name} holds values that are not numbers")
        return image

    def labels(self, name: str, frame: Frame, *, k: int) -> LabelArray:
        shape = (frame.size.height, frame.size.width)
        found = self._array(name, shape, np.dtype(label_dtype(k)))
        return checked_labels(found, frame.size, k=k)

    def text(self, name: str) -> Mapping[str, object]:
        return self._arrays.inside(name).plain()

    def _array(self, name: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> PixelArray:
        if name in self._read:
            return self._read[name]
        kept = self._arrays.inside(name)
        rows = kept.whole("rows", least=1)
        blocks = kept.names("blocks", _NAME)
        if len(blocks) != -(-shape[0] // rows):
            raise WrongField(f"{name} has not the blocks it should have")
        array = np.empty(shape, dtype)
        for index, block in enumerate(blocks):
            part = array[index * rows : (index + 1) * rows]
            try:
                with (self._folder / block).open("rb") as file:
                    data = file.read(2 * part.nbytes + 4096)
            except FileNotFoundError as error:
                raise WrongField(f"a block of {name} is missing") from error
            part[...] = decode_block(data, part.shape, dtype)
            if hash_of(np.ascontiguousarray(part)) != block:
                raise WrongField(f"a block of {name} is not what it was")
        array.flags.writeable = False
        self._read[name] = array
        return array


def write_blocks(
    folder: Path,
    stored: StoredSession,
    *,
    saved: str,
    more: Mapping[str, object],
    known: Written | None = None,
) -> int:
    """Write a session into a folder of its own; returns the bytes of new blocks.

    Whenever the process ends, the folder holds this state or the one before, complete.

    Parameters
    ----------
    more : mapping
        What else to note, as plain values.
    known : Written, optional
        What earlier calls for this folder have written.

    Raises
    ------
    OutputError
        If the system refuses; the state before is kept.
    """
    with writing(folder):
        writer = BlockWriter(folder, known)
        manifest = described(stored, writer, saved=saved)
        content = {**manifest, "more": dict(more), "arrays": writer.arrays}
        data = json_text(content).encode()
    write_bytes(folder / STATE, data)
    writer.tidy()
    return writer.written_bytes + len(data)


def read_blocks(folder: Path) -> StoredSession:
    """The session that `write_blocks` wrote; InputError when it is damaged."""
    state = folder / STATE
    with reading_session(state):
        content = read_state(folder)
        arrays = Fields(content).inside("arrays")
        return understood(content, _BlockReader(folder, arrays))


def read_state(folder: Path) -> Mapping[str, object]:
    """The description alone; InputError when it is damaged."""
    state = folder / STATE
    with reading_session(state), open_input(state) as file:
        data = file.read(_STATE_MOST + 1)
        if len(data) > _STATE_MOST:
            raise WrongField("its description is too large")
        return parsed(data)


def _write(path: Path, data: bytes) -> None:
    """A complete file or none; the disk is told to keep it before anything refers to it."""
    temporary = path.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
