"""What is common to the processes that work on many sets: the lines they say, and their end."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Set
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from mfgui.core.errors import INTERRUPTED

_PREFIX = "mfgui: "
_NOTE = f"{_PREFIX}note: "


class End(Enum):
    """How a process ended."""

    DONE = auto()
    STOPPED = auto()
    FAILED = auto()


@dataclass(kw_only=True)
class ProcessTold(ABC):
    """How far a process is, from the lines on standard error.

    Attributes
    ----------
    note : str
        What it waits for before it begins.
    error : str
        Why it failed as a whole.
    """

    note: str = ""
    error: str = ""

    @abstractmethod
    def take(self, line: str) -> None:
        """One line."""

    @abstractmethod
    def end(self, code: int | None, *, stopping: bool) -> End:
        """How it ended.

        Parameters
        ----------
        code : int or None
            Exit code; None when it was ended from outside.
        stopping : bool
            Whether it was asked to stop.
        """

    def _cut_short(self, code: int | None, *, stopping: bool) -> End:
        """Its end where it is not done."""
        if stopping or code == INTERRUPTED:
            self.error = ""
            return End.STOPPED
        if not self.error:
            self.error = "the process ended unexpectedly; run again to go on from here"
        return End.FAILED

    def _take_text(self, text: str, *, begun: bool) -> None:
        """A line for people."""
        if text.startswith(_NOTE):
            return
        if text.startswith(_PREFIX):
            self.error = text.removeprefix(_PREFIX)
        elif text and not begun:
            self.note = text


def told_object(line: str, keys: Set[str]) -> dict[str, Any] | None:
    """The JSON object of a line that has any of the keys."""
    if not line.startswith("{"):
        return None
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) and content.keys() & keys else None
