"""Opening files that come from outside: what may be read at all, and failures in plain words."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from mfgui.core.errors import InputError, MfguiError, OutOfMemoryError

_OS_REASONS = {
    errno.ENOENT: ("no such file", "check the name"),
    errno.ENOTDIR: ("no such file", "check the name"),
    errno.EACCES: ("no permission to read the file", "check its access rights"),
    errno.EPERM: ("no permission to read the file", "check its access rights"),
    errno.EISDIR: ("is a folder, not an image", "name the image files in it"),
    errno.ENAMETOOLONG: ("the path is longer than the system allows", "use a shorter path"),
    errno.ELOOP: ("a link that leads back to itself", "name the file itself"),
}


def open_input(path: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises
    ------
    InputError
        If it is missing, a folder, empty, not permitted, or a pipe or device (reading one
        could wait for ever).
    """
    with reading(path):
        found = os.stat(path)  # noqa: PTH116 - Path.stat hides ValueError for a NUL in the name
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(found.st_mode):
            raise InputError("not a regular file", path=path, hint="copy it to a file first")
        if found.st_size == 0:
            raise InputError("the file is empty", path=path, hint="copy it again from its source")
        return path.open("rb")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong inside into one InputError (or OutOfMemoryError) about `path`.

    Decoders raise errors of many kinds for damaged files; all of them mean the same to a person.
    """
    try:
        yield
    except MfguiError:
        raise
    except MemoryError as error:
        raise _out_of_memory(path) from error
    except OSError as error:
        if error.errno is None:
            raise damaged(path, _first_line(error)) from error
        what, hint = _OS_REASONS.get(error.errno, (error.strerror or "cannot be read", ""))
        raise InputError(what, path=path, hint=hint) from error
    except Exception as error:
        if "Insufficient memory" in str(error):  # OpenCV's own way to say it
            raise _out_of_memory(path) from error
        raise damaged(path, _first_line(error)) from error


def _out_of_memory(path: Path) -> OutOfMemoryError:
    return OutOfMemoryError(
        "not enough memory to read the image", path=path, hint="close other programs"
    )


def damaged(path: Path, reason: str) -> InputError:
    """The error for a file whose content contradicts its format."""
    return InputError(
        f"the file is damaged or of an unsupported kind ({reason})",
        path=path,
        hint="export it again, for example as PNG or TIFF",
    )


def cut_off(path: Path) -> InputError:
    """The error for a file that ends too early."""
    return InputError("the file is cut off", path=path, hint="copy it again from its source")


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:160]
