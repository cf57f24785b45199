"""What the process that makes a table tells, line by line, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfgui.app.process_told import End, ProcessTold, told_object


@dataclass
class Told(ProcessTold):
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
    """

    done: int = 0
    total: int = 0
    failed: int = 0
    elapsed: float = 0.0
    left: float | None = None
    failures: list[str] = field(default_factory=list)
    scored: bool = False

    def take(self, line: str) -> None:
        content = told_object(line, {"done", "failures"})
        if content is None:
            self._take_text(line.strip(), begun=self.total > 0)
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
        self.left = None
        if code == 0 or (code == 1 and self.scored):
            return End.DONE
        return self._cut_short(code, stopping=stopping)
