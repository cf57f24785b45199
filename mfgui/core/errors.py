"""Errors a person can act on: what is wrong, with which file, what to do."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

INTERRUPTED = 130  # exit code of what was stopped by Ctrl+C


class MfguiError(Exception):
    """Base of all expected failures; shown as one line, never as a traceback.

    Parameters
    ----------
    what : str
        What is wrong, one clause, no trailing full stop.
    path : path-like, optional
        The file or folder concerned.
    hint : str, optional
        What the person can do about it, one clause.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, path: str | Path | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.path = None if path is None else Path(path)
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path is not None else ""
        advice = f"; {self.hint}" if self.hint else ""
        # One line whatever a library or a file name put into the text.
        return " ".join(f"{where}{self.what}{advice}".split())


class UsageError(MfguiError):
    """Wrong use: too few images, unknown name, bad value (exit code 2)."""

    exit_code = 2


class InputError(MfguiError):
    """An input is not readable or does not fit the others (exit code 3)."""

    exit_code = 3


class OutOfMemoryError(MfguiError):
    """The work does not fit into memory (exit code 4)."""

    exit_code = 4


class OutputError(MfguiError):
    """An output cannot be written, or the disk is full (exit code 5)."""

    exit_code = 5


def is_out_of_memory(error: Exception) -> bool:
    """Whether `error` says that memory ran out: Python's own, or OpenCV's StsNoMem."""
    return isinstance(error, MemoryError) or getattr(error, "code", None) == -4
