"""Writing so that a file is either the old one or the new one, whatever happens between."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mfgui.core.errors import OutputError, UsageError

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EFBIG: ("the file is too large for this disk", "choose another folder"),
    errno.EACCES: ("no permission to write here", "choose another folder"),
    errno.EPERM: ("no permission to write here", "choose another folder"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.ENAMETOOLONG: ("the path is longer than the system allows", "use a shorter name"),
    errno.ENOENT: ("the folder does not exist", "create it first"),
    errno.ENOTDIR: ("the folder does not exist", "create it first"),
    errno.EISDIR: ("is a folder", "name a file in it"),
    errno.ELOOP: ("a link that leads back to itself", "name the file itself"),
}


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary file in the folder of `path` that becomes `path` when the block ends well.

    The block writes to the path it is given. Its data reach the disk before the file is
    renamed; when anything fails, the temporary file is removed and the old file, if there was
    one, is untouched. A link is followed, so that it stays a link.

    Raises
    ------
    OutputError
        If the system refuses: disk full, no permission, name too long, a folder.
    """
    with writing(path):
        target = _target(path)
        # A short name of its own: the final name may already be as long as the system allows.
        temporary = target.parent / f".mfgui-{secrets.token_hex(6)}.tmp"
        try:
            _create(temporary, target)
            yield temporary
            _sync(temporary, os.O_RDWR)
            os.replace(temporary, target)  # noqa: PTH105 - the call tests make fail
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        with suppress(OSError, AttributeError):  # a folder cannot be synced everywhere
            _sync(target.parent, os.O_RDONLY | os.O_DIRECTORY)


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Write `data` to `path` atomically (see `atomic_file`)."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn system errors inside into one OutputError about `path`."""
    try:
        yield
    except OSError as error:
        fallback = (error.strerror or "cannot be written", "choose another folder")
        what, hint = _REASONS.get(error.errno or 0, fallback)
        raise OutputError(what, path=path, hint=hint) from error
    except ValueError as error:
        if "embedded null" not in str(error):
            raise
        raise OutputError("the name holds a NUL character", path=path) from error


def check_output(path: Path, *, inputs: Iterable[Path] = ()) -> None:
    """Say before any work whether `path` can be written.

    Raises
    ------
    OutputError
        If its folder is missing or not writable, or if it is a folder, a device or a
        write-protected file.
    UsageError
        If it is one of `inputs`, also through a link or another spelling.
    """
    with writing(path):
        target = _target(path)
        folder = target.parent
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, "no such folder")
        for source in inputs:
            if _same(target, source):
                raise UsageError(
                    f"the output is the input {source}", path=path, hint="choose another name"
                )
        locked = target.exists() and not os.access(target, os.W_OK)
        if locked or not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "no permission")


def _target(path: Path) -> Path:
    """The file that `path` stands for, which must be absent or a regular file."""
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        found = os.stat(target)  # noqa: PTH116 - Path.stat hides ValueError for a NUL in the name
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise OutputError("not a regular file", path=path, hint="name a file in a folder")
    return target


def _same(target: Path, source: Path) -> bool:
    try:
        return os.path.samefile(target, source)  # noqa: PTH121 - both may be missing
    except OSError:
        return os.path.realpath(target) == os.path.realpath(source)


def _create(temporary: Path, target: Path) -> None:
    """An empty file with the rights of the file it will replace, or those of any new file."""
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    with suppress(FileNotFoundError):
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
