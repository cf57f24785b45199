"""A folder that holds frames for a while: as arrays they take part of no memory but the system's.

Every file there is nameless from the start (or goes with its last use, where a system knows no
nameless files), so that what a killed program kept is given back by the system and nothing
incomplete is ever found. Where a computer lost its power files with a name may be left; they are
removed at the next start.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import platformdirs

from mfgui.core.arrays import PixelArray
from mfgui.core.errors import OutputError
from mfgui.files.atomic import writing

_PREFIX = "mfgui-frame-"
_AT_ONCE = 8 << 20  # bytes
_LEFT = 64 << 20  # bytes that stay free on the disk
_STALE = 3600.0  # s; younger files may be about to lose their name
_OPEN_FILES = 4096  # every frame keeps one open; some systems allow 256 at first
_IN_MEMORY = {"tmpfs", "ramfs"}


def cache_folder() -> Path:
    """Folder of what can be made again: MFGUI_CACHE, else the platform's own place."""
    override = os.environ.get("MFGUI_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("mfgui", False))


class FrameCache:
    """Frames in files of one folder, read again by the system when they are looked at.

    Parameters
    ----------
    folder : Path, optional
        On a disk; made with the first frame. Default: "frames" in `cache_folder`.

    Notes
    -----
    Safe to use from several threads. A frame's file goes when the last view of it has gone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_folder() / "frames" if folder is None else folder

    def check(self, needed: int) -> None:
        """Raise before any work when `needed` bytes more will not fit.

        Raises
        ------
        OutputError
            If the folder cannot be made or written to, lies in memory, or has too little room.
        """
        self._prepare()
        if _in_memory(self.folder):
            raise OutputError(
                "this folder lies in memory, which frames kept here would fill",
                path=self.folder,
                hint="name a folder on a disk with --cache",
            )
        free = shutil.disk_usage(self.folder).free
        if free < needed + _LEFT:
            raise OutputError(
                f"{_gigabytes(needed)} are needed here for frames, {_gigabytes(free)} are free",
                path=self.folder,
                hint="free some space or name a folder on another disk with --cache",
            )

    def keep(self, pixels: PixelArray) -> npt.NDArray[Any]:
        """A read-only numpy.memmap of the same shape, type and values.

        Raises
        ------
        OutputError
            If the system refuses, because the disk is full for example.
        """
        data = np.ascontiguousarray(pixels)
        with writing(self.folder), self._file() as file:
            bytes_left = data.reshape(-1).view(np.uint8).data
            # All of it is written: a file with holes would fail when it is read, not now.
            while len(bytes_left):
                bytes_left = bytes_left[file.write(bytes_left[:_AT_ONCE]) or 0 :]
            return np.memmap(file, data.dtype, "r", shape=data.shape)

    def _prepare(self) -> None:
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_stale()
            self._file().close()
        _allow_open_files()

    def _file(self) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self.folder, prefix=_PREFIX, buffering=0)

    def _remove_stale(self) -> None:
        for path in self.folder.glob(f"{_PREFIX}*"):
            with suppress(OSError):  # of a program that runs, where open files cannot be removed
                if time.time() - path.stat().st_mtime > _STALE:
                    path.unlink()


def _in_memory(folder: Path) -> bool:
    """Whether a folder lies in memory after all, as temporary ones of some systems do."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:  # a system that does not say
        return False
    kinds = {line.split()[1]: line.split()[2] for line in mounts.splitlines()}
    path = folder.resolve()
    place = next((str(p) for p in (path, *path.parents) if str(p) in kinds), "")
    return kinds.get(place) in _IN_MEMORY


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _allow_open_files() -> None:
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
