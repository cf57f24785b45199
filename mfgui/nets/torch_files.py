"""Tensors of files that torch or safetensors wrote, perhaps in a stranger's hands.

Nothing is unpickled but by torch's reader for weights alone, and what it is given was looked
through before: the members of the zip archive and the instructions of the pickle.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from mfgui.core.errors import InputError
from mfgui.nets.inputs import ANOTHER, damaged, reading
from mfgui.nets.pickle_scan import Storage, Unsafe, scan

# The pickled number 0x1950a86a20f9469cfc6c, with which torch began files until version 1.6.
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PICKLES = 5  # that number, the version, the machine, the object, the keys of storages
_HEADER_MOST = 1 << 20
_MEMBERS_MOST = 10_000
_ENTRY = b"PK\1\2"
_STORAGE = re.compile(r"data/(\d{1,20})")
_KNOWN = re.compile(r"data\.pkl|data/\d{1,20}|version|byteorder|\.[\w./-]+")
_SAVE = "save its state dict alone with torch.save"


def state(path: Path, data: bytes) -> Any:
    """What the file holds: tensors by name, or more around them.

    Parameters
    ----------
    path : Path
        For messages.
    data : bytes
        All of the file: a zip archive or a pickle of torch, or safetensors.

    Raises
    ------
    InputError
        If it is none of them, is damaged, or holds more than tensors.
    """
    with reading(path):
        if is_safetensors(data):
            return of_safetensors(data)
        try:
            if data.startswith(b"PK\3\4"):
                return _loaded(path, _repacked(path, data))
            if data.startswith(LEGACY):
                _check_legacy(path, data)
                return _loaded(path, data)
        except Unsafe as error:
            what = f"not weights alone, so nothing in it was run: {error}"
            raise InputError(what, path=path, hint=_SAVE) from error
    raise InputError("not a file of weights", path=path, hint=ANOTHER)


def is_safetensors(data: bytes) -> bool:
    """Whether a header of a length that fits begins the file."""
    length = int.from_bytes(data[:8], "little")
    return data[8:9] == b"{" and length <= min(_HEADER_MOST, len(data) - 8)


def metadata(data: bytes) -> dict[str, str]:
    """Strings in the header of a safetensors file."""
    length = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + length]).get("__metadata__") or {})


def of_safetensors(data: bytes) -> Mapping[str, Tensor]:
    """Tensors of a safetensors file."""
    return safetensors.torch.load(data)


def _loaded(path: Path, data: bytes) -> Any:
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # its text advises to trust the file
        raise damaged(path, f"torch cannot read it ({type(error).__name__})") from error


def _repacked(path: Path, data: bytes) -> bytes:
    """The archive written anew, so that torch reads what was looked at and nothing else."""
    members = _members(path, data)
    if "data.pkl" not in members:
        raise InputError("a zip archive, but not of weights", path=path, hint=ANOTHER)
    sizes = {name: len(member) for name, member in members.items()}
    for storage in scan(io.BytesIO(members["data.pkl"])):
        if storage.size > sizes.get(f"data/{storage.key}", -1):
            raise damaged(path, "a tensor is larger than its numbers")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), members[name])
        if "version" not in members:
            archive.writestr(zipfile.ZipInfo("archive/version"), b"3\n")
    return file.getvalue()


def _members(path: Path, data: bytes) -> dict[str, bytes]:
    """Members that torch reads, by their names without the folder that all lie in."""
    if data.count(_ENTRY) > _MEMBERS_MOST:  # before zipfile makes an object of each
        raise damaged(path, "it has more members than tensors need")
    members = {}
    left = len(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len({entry.filename.partition("/")[0] for entry in entries}) > 1:
            raise damaged(path, "its members lie in several folders")
        for entry in entries:
            name = entry.filename.partition("/")[2]
            if not _KNOWN.fullmatch(name) or ".." in name:
                raise Unsafe(f"it has a member {entry.filename[:60]!r}")
            # torch does not compress. Members that share bytes are larger than the file.
            packed = entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1
            left -= entry.file_size
            if packed or entry.file_size != entry.compress_size or left < 0:
                raise Unsafe("its members are packed as torch never packs them")
            if name in members:
                raise damaged(path, f"it holds {name!r} twice")
            if not name.startswith("."):
                members[name] = archive.read(entry)
    return members


def _check_legacy(path: Path, data: bytes) -> None:
    file = io.BytesIO(data)
    storages: list[Storage] = []
    for _ in range(_LEGACY_PICKLES):
        storages += scan(file)
    if _total(storages) > len(data) - file.tell():
        raise damaged(path, "it is cut off")


def _total(storages: Iterable[Storage]) -> int:
    """Bytes of all storages; tensors that share one ask for it each."""
    sizes: dict[str, int] = {}
    for storage in storages:
        sizes[storage.key] = max(storage.size, sizes.get(storage.key, 0))
    return sum(sizes.values())
