"""The zip file of a session. What is read was perhaps made by a stranger: every member has a
known name and a size that is bounded before a byte of it is inflated, and nothing is unpickled
or written to a place that the file chooses.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mfgui.core.arrays import MAX_PIXELS, ImageF32, LabelArray
from mfgui.core.errors import InputError, MfguiError
from mfgui.files.inputs import cut_off, open_input, reading
from mfgui.files.reports import json_text
from mfgui.files.session_fields import WrongField, parsed
from mfgui.files.session_manifest import MANIFEST, Frame
from mfgui.files.session_pixels import decode_float, decode_labels, encode_float, encode_labels

_MIB = 1 << 20
_DIRECTORY_MOST = 16 * _MIB
_TEXT_MOST = 32 * _MIB
_TEXTS_MOST = 256 * _MIB
_PIXELS_MOST = MAX_PIXELS * 13  # an image of floats, and a little
_SOURCE_MOST = 16 << 30
_PIECE = 1 << 20
_KNOWN = (
    (re.compile(r"manifest\.json|results/\d{1,10}/curve\.json"), _TEXT_MOST),
    (re.compile(r"(map|labels)\.png|results/\d{1,10}/labels\.png"), MAX_PIXELS * 3),
    (re.compile(r"results/\d{1,10}/(image|start|best)\.tif"), _PIXELS_MOST),
    (re.compile(r"sources/\d{1,4}(\.\w{1,8})?"), _SOURCE_MOST),
)
_END, _END_64, _LOCATOR_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_ANEW = "open an earlier copy of it, or open the images anew"


@contextmanager
def reading_session(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong inside into one InputError (or OutOfMemoryError) about `path`."""
    with reading(path):
        try:
            yield
        except (MfguiError, MemoryError):
            raise
        except OSError as error:
            if error.errno is not None:
                raise
            raise damaged(path, str(error)) from error
        except WrongField as error:
            raise damaged(path, str(error)) from error
        except Exception as error:
            raise damaged(path, str(error) or type(error).__name__) from error


def damaged(path: Path, reason: str) -> InputError:
    """The error for a session whose content contradicts itself."""
    first = reason.splitlines()[0][:160] if reason else "unknown"
    return InputError(f"the session is damaged: {first}", path=path, hint=_ANEW)


class ArchiveWriter:
    """Writes members of a new archive, the same bytes for the same content.

    The pixels of one array are written once, however often they are given.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._written: dict[int, str] = {}
        self._kept: list[object] = []  # alive, so that no other array takes over their number

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def image(self, image: ImageF32, name: str) -> str:
        return self._once(image, name, lambda: encode_float(image))

    def labels(self, labels: LabelArray, name: str) -> str:
        return self._once(labels, name, lambda: encode_labels(labels))

    def text(self, content: Mapping[str, object], name: str) -> str:
        data = json_text(content).encode()
        self._zip.writestr(_entry(name), data, zipfile.ZIP_DEFLATED)
        return name

    def file(self, path: Path, name: str, *, sha256: str) -> str:
        """Embed a file, which must have the hash that is known of it."""
        digest = hashlib.sha256()
        with open_input(path) as source, reading(path):
            entry = _entry(name)
            entry.file_size = path.stat().st_size
            with self._zip.open(entry, "w") as target:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    target.write(piece)
        if digest.hexdigest() != sha256:
            hint = "open the images anew"
            raise InputError("the file was changed since it was opened", path=path, hint=hint)
        return name

    def _once(self, array: object, name: str, encode: Callable[[], bytes]) -> str:
        known = self._written.get(id(array))
        if known is not None:
            return known
        self._zip.writestr(_entry(name), encode())
        self._written[id(array)] = name
        self._kept.append(array)
        return name


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


class ArchiveReader:
    """Members of an archive, checked before they are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_input(path)
        try:
            with reading_session(path):
                _check_end(self._file, path)
                self._zip = zipfile.ZipFile(self._file)
                self._entries = self._checked()
        except BaseException:
            self._file.close()
            raise
        self._arrays: dict[str, object] = {}
        self._texts_left = _TEXTS_MOST

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()
        self._file.close()

    def check_names(self) -> None:
        """Refuse members that no session of a known schema has."""
        for name in self._entries:
            if _most(name) is None:
                raise WrongField(f"it holds {name!r}, which no session does")

    def image(self, name: str, frame: Frame) -> ImageF32:
        if name not in self._arrays:
            self._arrays[name] = decode_float(self._bytes(name), frame.size, frame.channels)
        image: ImageF32 = self._arrays[name]  # type: ignore[assignment]
        if getattr(image, "ndim", 0) != 3:
            raise WrongField(f"{name} is not an image")
        return image

    def labels(self, name: str, frame: Frame, *, k: int) -> LabelArray:
        if name not in self._arrays:
            self._arrays[name] = decode_labels(self._bytes(name), frame.size, k=k)
        labels: LabelArray = self._arrays[name]  # type: ignore[assignment]
        if getattr(labels, "ndim", 0) != 2:
            raise WrongField(f"{name} is not a map")
        return labels

    def text(self, name: str) -> Mapping[str, object]:
        return parsed(self._bytes(name))

    def extract(self, name: str, target: Path, *, sha256: str) -> None:
        """Write an embedded file to `target`, which the caller has chosen."""
        digest = hashlib.sha256()
        entry = self._entry(name)
        with self._zip.open(entry) as source, target.open("xb") as file:
            while piece := source.read(_PIECE):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != sha256:
            raise WrongField(f"{name} is not the file that it should be")

    def _entry(self, name: str) -> zipfile.ZipInfo:
        if name not in self._entries or _most(name) is None:
            raise WrongField(f"{name!r:.80} is missing")
        return self._entries[name]

    def _bytes(self, name: str) -> bytes:
        entry = self._entry(name)
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            self._texts_left -= entry.file_size
            if self._texts_left < 0:
                raise WrongField("its texts are too large")
        with self._zip.open(entry) as file:
            data = file.read(entry.file_size + 1)
        if len(data) != entry.file_size:
            raise WrongField(f"{name} has not the size it should have")
        return data

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        stored = 0
        for entry in self._zip.infolist():
            name = entry.filename
            if name in entries:
                raise WrongField(f"it holds {name!r:.80} twice")
            if entry.flag_bits & 1:
                raise InputError("the session is encrypted", path=self._path, hint="decrypt it")
            self._check_size(entry)
            stored += entry.compress_size
            entries[name] = entry
        # Members that share bytes make a small file inflate to any size.
        if stored > self._path.stat().st_size:
            raise WrongField("its members are larger than the file")
        if MANIFEST not in entries:
            raise InputError(
                "not a session of mfgui", path=self._path, hint="choose a file that mfgui saved"
            )
        return entries

    def _check_size(self, entry: zipfile.ZipInfo) -> None:
        most = _most(entry.filename)
        if most is None:
            return  # is never read
        packed = entry.compress_type == zipfile.ZIP_DEFLATED and most == _TEXT_MOST
        if not packed and entry.compress_type != zipfile.ZIP_STORED:
            raise WrongField(f"{entry.filename} is packed in a way that sessions are not")
        if not packed and entry.compress_size != entry.file_size:
            raise WrongField(f"{entry.filename} has two sizes")
        if entry.file_size > most:
            raise WrongField(f"{entry.filename} is larger than any of its kind")


def _most(name: str) -> int | None:
    """The largest size of a member of this name, None for an unknown one."""
    return next((most for pattern, most in _KNOWN if pattern.fullmatch(name)), None)


def _check_end(file: BufferedReader, path: Path) -> None:
    """Bound the list of members before zipfile reads it into memory."""
    length = file.seek(0, 2)
    file.seek(0)
    start = file.read(4)
    if not start.startswith(b"PK"):
        hint = "choose a file that mfgui saved"
        raise InputError("not a session of mfgui", path=path, hint=hint)
    tail_at = max(0, length - 22 - 0xFFFF - 20)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise cut_off(path)
    (size,) = struct.unpack_from("<I", tail, at + 12)
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == _LOCATOR_64:
        (place,) = struct.unpack_from("<Q", tail, locator + 8)
        if place > length - 56:
            raise cut_off(path)
        file.seek(place)
        record = file.read(56)
        if record[:4] != _END_64:
            raise cut_off(path)
        (size,) = struct.unpack_from("<Q", record, 40)
    if size > min(length, _DIRECTORY_MOST):
        raise WrongField("it lists more members than a session has")
    file.seek(0)
