"""Torch files as torch writes them, and taken apart and put together again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np
import torch


def saved(content: object, *, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def repacked(
    data: bytes, change: Callable[[str, bytes], bytes] = lambda _, member: member
) -> bytes:
    """The archive of `data` with members changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for entry in old.infolist():
            name = entry.filename.partition("/")[2]
            new.writestr(entry.filename, change(name, old.read(entry)))
    return file.getvalue()


def archived(pickled: bytes) -> bytes:
    """An archive of these instructions and of four floats, 0 to 3."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", np.arange(4, dtype=np.float32).tobytes())
        archive.writestr("archive/version", b"3\n")
    return file.getvalue()
