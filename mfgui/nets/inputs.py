"""Opening files that others made: bounded in size, and every failure one clear line."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mfgui.core.errors import InputError

FILE_MOST = 512 << 20  # bytes; with the state of its optimiser MFIF-GAN has 165 MB
ANOTHER = "choose a file of weights that mfgui or the authors of a method wrote"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong inside into one InputError about `path`.

    Libraries raise anything for a damaged file, so all exceptions count as its fault; only want
    of memory does not.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InputError(reason[0].lower() + reason[1:], path=path, hint=ANOTHER) from error
    except Exception as error:
        raise damaged(path, str(error) or type(error).__name__) from error


def damaged(path: Path, reason: str) -> InputError:
    """The error for a file whose content contradicts itself."""
    first = reason.strip().partition("\n")[0][:160]
    return InputError(f"the weights are damaged: {first}", path=path, hint=ANOTHER)


def unfit(path: Path | None, reason: str) -> InputError:
    """The error for tensors that are not those of the network."""
    return InputError(f"the weights do not fit: {reason}", path=path, hint=ANOTHER)


def contents(path: Path, *, most: int = FILE_MOST) -> bytes:
    """All bytes of a regular file of at most `most` bytes.

    Raises
    ------
    InputError
        If it is something else, larger, empty, or cannot be read.
    """
    with reading(path):
        found = path.stat()  # before opening, which would wait for the other end of a pipe
        if stat.S_ISDIR(found.st_mode):
            raise InputError("is a folder", path=path, hint="name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise InputError("not a regular file", path=path, hint=ANOTHER)
        if found.st_size > most:
            what = f"larger than any file of weights ({most >> 20} MB)"
            raise InputError(what, path=path, hint=ANOTHER)
        with path.open("rb") as file:
            data = file.read(found.st_size)
    if not data:
        raise InputError("the file is empty", path=path, hint=ANOTHER)
    return data
