"""What the process that makes a table tells, line by line, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

_INTERRUPTED = 130
_PREFIX = "mfgui: "


class End(Enum):
    """How the making of a table ended."""

    DONE = auto()
    STOPPED = auto()
    FAILED = auto()


@dataclass
class Told:
    """How far a table is, from the lines on standard error.

    Attributes
    ----------
    done, total, failed : int
        Cells.
    elapsed : float
        Seconds.
    left : float or None
        Seconds, where that is known.
    failures : list of str
        A line for each failed cell, with its reason.
    scored : bool
        All cells are done; tables and the report are being written.
    note : str
        What it waits for before the first cell.
    error : str
        Why it failed.
    """

    done: int = 0
    total: int = 0
    failed: int = 0
    elapsed: float = 0.0
    left: float | None = None
    failures: list[str] = field(default_factory=list)
    scored: bool = False
    note: str = ""
    error: str = ""

    def take(self, line: str) -> None:
        """One line."""
        content = _object(line)
        if content is None:
            self._take_text(line.strip())
        elif "failures" in content:
            self.failures = [
                f"{entry['set']}, {entry['method']}: {entry['reason']}"
                for entry in content["failures"]
            ]
            self.failed, self.scored = len(self.failures), True
        else:
            if content["failed"] > self.failed and content["done"] > self.done:
                self.failures.append(content["text"])
            self.done, self.total = content["done"], content["total"]
            self.failed = content["failed"]
            self.elapsed, self.left = content["elapsed"], content["left"]
            self.note = ""

    def end(self, code: int | None, *, stopping: bool) -> End:
        """How it ended.

        Parameters
        ----------
        code : int or None
            Exit code; None when it was ended from outside.
        stopping : bool
            Whether it was asked to stop.
        """
        self.left = None
        if code == 0 or (code == 1 and self.scored):
            return End.DONE
        if stopping or code == _INTERRUPTED:
            return End.STOPPED
        if not self.error:
            self.error = "the process ended unexpectedly; run again to go on from here"
        return End.FAILED

    def _take_text(self, text: str) -> None:
        if text.startswith(_PREFIX):
            self.error = text.removeprefix(_PREFIX)
        elif text and not self.total:
            self.note = text


def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) and content.keys() & {"done", "failures"} else None
