"""Arrays in files that nobody else sees: as exact as in memory, which they give back."""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.files.atomic import writing

_AT_ONCE = 8 << 20  # bytes
Array = npt.NDArray[Any]


def mapped_copy(array: Array, folder: Path) -> Array:
    """A read-only copy whose pages the system reads from a file when they are looked at.

    Its file has no name, or goes with its last use where a system knows no such files: nothing
    is left behind, however the program ends.

    Parameters
    ----------
    folder : Path
        On a disk, not in memory; made if missing.

    Raises
    ------
    OutputError
        If the system refuses, because the disk is full for example.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            # All of it is written: a file with holes would fail when it is read, not now.
            pixels = np.ascontiguousarray(array).data.cast("B")
            written = 0
            while written < len(pixels):
                written += file.write(pixels[written : written + _AT_ONCE]) or 0
            pages = mmap.mmap(file.fileno(), len(pixels), access=mmap.ACCESS_READ)
    copy: Array = np.frombuffer(pages, array.dtype).reshape(array.shape)
    return copy


def is_mapped(array: Array) -> bool:
    """Whether an array, or what it is a view of, lies in a file."""
    return _pages(array) is not None


def release_pages(array: Array) -> None:
    """Take the pages of a mapped array that were looked at out of the memory of this process;
    they come back when they are looked at again."""
    pages = _pages(array)
    if pages is not None and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def _pages(array: Array) -> mmap.mmap | None:
    owner: object = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    return owner if isinstance(owner, mmap.mmap) else None
