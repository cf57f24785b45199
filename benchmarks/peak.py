"""Memory of processes while they compute."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_POLL = 0.005  # s
_WANTED = ("RssAnon:", "RssShmem:")


def resident(pid: int) -> int:
    """RssAnon + RssShmem of a process in kB; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(_WANTED))


class Peak:
    """The highest resident memory of this process while it is entered, in MB."""

    def __enter__(self) -> Peak:
        self._ended = threading.Event()
        self._first = self._highest = resident(os.getpid())
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        return (self._highest - self._first) / 1000

    def _watch(self) -> None:
        while not self._ended.wait(_POLL):
            self._highest = max(self._highest, resident(os.getpid()))
