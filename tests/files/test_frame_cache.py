from __future__ import annotations

import errno
import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import OutputError
from mfgui.files import frame_cache
from mfgui.files.frame_cache import FrameCache, cache_folder
from mfgui.files.stacks import open_set, read_stack


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_that_a_kept_frame_is_the_same_and_read_only(tmp_path: Path, dtype: str) -> None:
    frame = (np.random.default_rng(1).random((40, 50, 3)) * 200).astype(dtype)
    kept = FrameCache(tmp_path).keep(frame[::2])  # not contiguous
    assert isinstance(kept, np.memmap)
    assert kept.dtype == frame.dtype
    np.testing.assert_array_equal(kept, frame[::2])
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0, 0] = 1


def test_that_nothing_is_in_the_folder_and_the_room_is_given_back(tmp_path: Path) -> None:
    frame = np.ones((500, 500, 3), np.uint8)
    cache = FrameCache(tmp_path / "made" / "here")
    kept = cache.keep(frame)
    opened = _open_files()
    if sys.platform == "linux":
        assert list(cache.folder.iterdir()) == []
    del kept
    gc.collect()
    assert list(cache.folder.iterdir()) == []
    assert _open_files() < opened or not opened


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


_KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from mfgui.files.frame_cache import FrameCache
cache = FrameCache(Path(sys.argv[1]))
cache.check(10)
frames = [cache.keep(np.ones((100, 100, 3), np.uint8)) for _ in range(3)]
half = cache._file()
half.write(b"half a frame")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="kills with a signal")
def test_that_a_killed_program_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_that_files_of_a_dead_program_are_removed_and_others_stay(tmp_path: Path) -> None:
    stale, young, other = (tmp_path / f"{n}" for n in ("mfgui-frame-a", "mfgui-frame-b", "photo"))
    for path in (stale, young, other):
        path.write_bytes(b"x")
    for path in (stale, other):
        os.utime(path, (time.time() - 7200,) * 2)
    FrameCache(tmp_path).check(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mfgui-frame-b", "photo"]


def test_that_too_little_room_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**10, 0, 2 * 10**9))
    cache = FrameCache(tmp_path)
    cache.check(10**9)
    with pytest.raises(OutputError) as caught:
        cache.check(3 * 10**9)
    text = str(caught.value)
    assert str(tmp_path) in text
    assert "3.0 GB" in text
    assert "2.0 GB are free" in text
    assert "--cache" in text


def test_that_a_disk_that_fills_up_meanwhile_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_error: object) -> None:
            pass

        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    cache = FrameCache(tmp_path)
    monkeypatch.setattr(cache, "_file", Full)
    with pytest.raises(OutputError, match="the disk is full; free some space"):
        cache.keep(np.ones((4, 4, 3), np.uint8))


def test_that_a_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "within"):
        with pytest.raises(OutputError) as caught:
            FrameCache(folder).check(1)
        assert str(folder) in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="such folders are those of Linux")
def test_that_a_folder_in_memory_is_refused() -> None:
    if not frame_cache._in_memory(Path("/dev/shm")):
        pytest.skip("no folder in memory here")
    with pytest.raises(OutputError, match="lies in memory"):
        FrameCache(Path("/dev/shm/mfgui-test")).check(1)
    Path("/dev/shm/mfgui-test").rmdir()


def test_that_the_default_is_the_cache_folder_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFGUI_CACHE", str(tmp_path))
    assert FrameCache().folder == tmp_path / "frames"
    monkeypatch.delenv("MFGUI_CACHE")
    assert cache_folder() != tmp_path


def _frames(folder: Path, count: int) -> list[Path]:
    rng = np.random.default_rng(3)
    paths = [folder / f"{index}.png" for index in range(count)]
    for path in paths:
        cv2.imwrite(str(path), rng.integers(0, 256, (60, 80, 3), np.uint8))
    return paths


def test_that_a_stack_over_the_budget_is_decoded_once_into_the_cache(tmp_path: Path) -> None:
    paths = _frames(tmp_path, 5)
    whole = read_stack(paths)
    counted: list[tuple[int, int]] = []
    compute = Compute(threads=2, progress=lambda done, total: counted.append((done, total)))
    cache = FrameCache(tmp_path / "cache")
    stack = read_stack(paths, byte_budget=4 * 60 * 80 * 3, cache=cache, compute=compute)
    assert sorted(counted) == [(done, 5) for done in range(1, 6)]
    for path in paths:
        path.unlink()  # nothing is decoded again
    assert stack.store.kept_bytes == 0
    for index in range(5):
        assert isinstance(stack.pixels(index), np.memmap)
        np.testing.assert_array_equal(stack.pixels(index), whole.pixels(index))
    assert stack.sources == whole.sources


def test_that_a_stack_within_the_budget_stays_in_memory(tmp_path: Path) -> None:
    cache = FrameCache(tmp_path / "cache")
    stack = read_stack(_frames(tmp_path, 3), cache=cache)
    assert not isinstance(stack.pixels(0), np.memmap)
    assert not cache.folder.exists()


def test_that_reading_stops(tmp_path: Path) -> None:
    seen: list[int] = []

    def checkpoint() -> None:
        seen.append(1)
        if len(seen) > 2:
            raise StopRequested

    opened = open_set(_frames(tmp_path, 6))
    with pytest.raises(StopRequested):
        opened.load(compute=Compute(checkpoint=checkpoint))


def test_that_a_given_cache_without_room_is_an_error_and_the_default_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("MFGUI_CACHE", str(tmp_path / "file"))
    opened = open_set(_frames(tmp_path, 3))
    with pytest.raises(OutputError):
        opened.load(byte_budget=100, cache=FrameCache())
    stack = opened.load(byte_budget=100)
    assert stack.store.kept_bytes == stack.pixels(0).nbytes
