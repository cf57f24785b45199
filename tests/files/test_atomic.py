from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mfgui.core.errors import OutputError, UsageError
from mfgui.files.atomic import atomic_file, check_output, write_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    return place


def test_that_the_new_file_replaces_the_old_one(folder: Path) -> None:
    path = folder / "a.bin"
    for data in (b"old", b"new and longer"):
        write_bytes(path, data)
        assert path.read_bytes() == data
    assert list(folder.iterdir()) == [path]


def fail_half_way(path: Path, failure: type[BaseException]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_bytes(b"half")
        raise failure


def test_that_any_failure_keeps_the_old_file(folder: Path) -> None:
    path = folder / "a.bin"
    path.write_bytes(b"old")
    for failure in (ValueError, KeyboardInterrupt, MemoryError):
        with pytest.raises(failure):
            fail_half_way(path, failure)
        assert path.read_bytes() == b"old"
        assert list(folder.iterdir()) == [path]


def test_that_the_temporary_file_stands_in_the_same_folder(folder: Path) -> None:
    with atomic_file(folder / "a.bin") as temporary:
        assert temporary.parent == folder
        assert temporary.name.startswith(".")
        assert not (folder / "a.bin").exists()


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_that_system_errors_become_output_errors(
    call: str, code: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "a.bin"
    path.write_bytes(b"old")

    def fail(*_args: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(f"mfgui.files.atomic.os.{call}", fail)
        with pytest.raises(OutputError, match=r"a\.bin"):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no file size limit here")
def test_that_a_limit_of_the_system_in_mid_write_keeps_the_old_file(folder: Path) -> None:
    path = folder / "a.bin"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match="too large for this disk"):
            write_bytes(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]


def test_that_a_killed_writer_leaves_the_old_file(folder: Path) -> None:
    path = folder / "a.bin"
    path.write_bytes(b"old")
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from mfgui.files.atomic import atomic_file\n"
        "with atomic_file(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_bytes(bytes(1000)); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert ended.returncode == -9
    assert path.read_bytes() == b"old"


def test_that_a_link_stays_a_link(folder: Path) -> None:
    (folder / "real.bin").write_bytes(b"old")
    (folder / "link.bin").symlink_to("real.bin")
    write_bytes(folder / "link.bin", b"new")
    assert (folder / "link.bin").is_symlink()
    assert (folder / "real.bin").read_bytes() == b"new"


def test_that_rights_of_the_old_file_are_kept(folder: Path) -> None:
    path = folder / "a.bin"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_bytes(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_that_a_new_file_has_ordinary_rights(folder: Path) -> None:
    write_bytes(folder / "ours.bin", b"")
    (folder / "ordinary.bin").write_bytes(b"")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert len(modes) == 1


def test_that_pipes_and_devices_are_not_replaced(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    for act in (check_output, lambda path: write_bytes(path, b"new")):
        with pytest.raises(OutputError, match="not a regular file"):
            act(folder / "pipe")
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert len(list(folder.iterdir())) == 1


def test_that_names_with_nul_are_refused(folder: Path) -> None:
    for act in (check_output, lambda path: write_bytes(path, b"new")):
        with pytest.raises(OutputError, match="NUL"):
            act(folder / "a\0b.png")


def test_that_check_output_accepts_new_and_old_files(folder: Path) -> None:
    check_output(folder / "new.png", inputs=[folder / "nowhere.png"])
    (folder / "old.png").write_bytes(b"old")
    check_output(folder / "old.png")
    assert [path.name for path in folder.iterdir()] == ["old.png"]


def test_that_a_file_for_a_folder_is_refused(folder: Path) -> None:
    (folder / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="folder does not exist"):
        check_output(folder / "file" / "a.png")


def test_that_an_output_equal_to_a_missing_input_is_noticed(folder: Path) -> None:
    with pytest.raises(UsageError, match="the output is the input"):
        check_output(folder / "a.png", inputs=[folder / ".." / "place" / "a.png"])


def test_that_a_write_protected_file_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "a.png"
    path.write_bytes(b"old")
    monkeypatch.setattr("mfgui.files.atomic.os.access", lambda at, _mode: Path(at) != path)
    with pytest.raises(OutputError, match="no permission to write"):
        check_output(path)
