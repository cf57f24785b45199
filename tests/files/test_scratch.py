"""Arrays in files without names: exact, read-only, gone with their last use."""

from __future__ import annotations

import errno
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mfgui.core.errors import OutputError
from mfgui.files.scratch import is_mapped, mapped_copy, release_pages


def picture(seed: int = 0, shape: tuple[int, ...] = (97, 61, 3)) -> Any:
    return np.random.default_rng(seed).random(shape, np.float32)


def files_in(folder: Path) -> list[str]:
    """Those that are mapped into this process."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    return [line for line in maps if f"{folder}/" in line]


@pytest.mark.parametrize("shape", [(97, 61, 3), (2000, 1500, 1), (1, 1, 1), (33, 17)])
def test_that_a_copy_is_exact(tmp_path: Path, shape: tuple[int, ...]) -> None:
    image = picture(1, shape)
    image.flat[0] = np.float32(np.nan)
    image.flat[-1] = np.float32(-0.0)
    copy = mapped_copy(image, tmp_path / "deep" / "scratch")
    assert copy.dtype == image.dtype
    assert copy.tobytes() == image.tobytes()
    assert copy.shape == image.shape


def test_that_a_view_that_is_not_contiguous_is_copied_as_it_looks(tmp_path: Path) -> None:
    image = picture(2)[::-2, 3:50]
    assert np.array_equal(mapped_copy(image, tmp_path), image)


def test_that_a_copy_cannot_be_written(tmp_path: Path) -> None:
    copy = mapped_copy(picture(), tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        copy[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        copy.flags.writeable = True


def test_that_it_is_told_from_memory(tmp_path: Path) -> None:
    image = picture()
    copy = mapped_copy(image, tmp_path)
    assert is_mapped(copy)
    assert is_mapped(copy[3:9, ::2].view())
    assert not is_mapped(image)
    assert not is_mapped(np.frombuffer(image.tobytes(), np.float32))


def test_that_no_file_is_left(tmp_path: Path) -> None:
    copy = mapped_copy(picture(), tmp_path)
    if sys.platform != "win32":
        assert list(tmp_path.iterdir()) == []
    del copy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_the_file_is_closed_with_the_last_use(tmp_path: Path) -> None:
    copy = mapped_copy(picture(), tmp_path)
    part = copy[5:9]
    del copy
    assert len(files_in(tmp_path)) == 1
    del part
    assert files_in(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_pages_are_given_back_and_come_again(tmp_path: Path) -> None:
    image = picture(3, (1000, 1000, 3))

    def resident() -> int:
        """Bytes of the mapped file in the memory of this process."""
        text = Path("/proc/self/smaps").read_text()
        blocks = re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", text)
        own = (block for block in blocks if f"{tmp_path}" in block.splitlines()[0])
        return sum(1024 * int(re.search(r"Rss:\s+(\d+)", block)[1]) for block in own)  # type: ignore[index]

    copy = mapped_copy(image, tmp_path)
    assert resident() == 0
    assert np.array_equal(copy, image)
    assert resident() >= image.nbytes
    release_pages(copy[10:20])
    assert resident() == 0
    assert np.array_equal(copy, image)
    release_pages(image)  # nothing happens to memory
    assert image.any()


class _Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        self._real.close()

    def write(self, _part: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_that_a_full_disk_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: _Full(real(**options)))
    with pytest.raises(OutputError, match="the disk is full"):
        mapped_copy(picture(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_that_short_writes_are_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tempfile.TemporaryFile

    class Short(_Full):
        def write(self, part: Any) -> int:
            return int(self._real.write(part[:1000]))

        def fileno(self) -> int:
            return int(self._real.fileno())

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: Short(real(**options)))
    image = picture(4)
    assert np.array_equal(mapped_copy(image, tmp_path), image)


def test_that_a_folder_that_cannot_be_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        mapped_copy(picture(), tmp_path / "file")
