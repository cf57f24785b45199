"""Stop and pause of one run, as its checkpoints see them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mfgui.core.compute import StopRequested


def _unheard(_held: bool) -> None:
    """Listener of a gate that nobody watches."""


class Gate:
    """A run passes it at every checkpoint; others close it, open it, or end the run there.

    `close`, `open` and `stop` may be called from any thread. A thread that waits at a closed
    gate sleeps until it is opened or the run is stopped.

    Parameters
    ----------
    clock : callable
        Seconds, whose readings `seconds` corrects for the time the run was held.
    """

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._opened = threading.Event()
        self._opened.set()
        self._stopped = threading.Event()
        self._lock = threading.RLock()  # a listener may ask for the seconds
        self._held_since: float | None = None
        self._held = 0.0
        self._listener: Callable[[bool], None] = _unheard

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stopped.is_set()

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Have `listener` told, in a thread of the run, that it is held (True) or goes on."""
        self._listener = listener

    def close(self) -> None:
        """Hold the run at its next checkpoint."""
        if not self.stopped:
            self._opened.clear()

    def open(self) -> None:
        """Let the run go on."""
        self._opened.set()

    def stop(self) -> None:
        """End the run at its next checkpoint, also where it is held.

        Takes no lock, so that a signal handler may call it.
        """
        self._stopped.set()
        self._opened.set()

    def check(self) -> None:
        """The checkpoint of the run; several of its threads may call it.

        Raises
        ------
        StopRequested
            The run was asked to stop.
        """
        if not self._opened.is_set():
            self._wait()
        if self.stopped:
            raise StopRequested

    def seconds(self) -> float:
        """The clock's reading less the time the run was held: it stands still meanwhile."""
        with self._lock:
            now = self._clock() if self._held_since is None else self._held_since
            return now - self._held

    def _wait(self) -> None:
        # The first thread that arrives says that the run is held, the first that leaves that it
        # goes on. A thread that wakes too late, when the gate is closed again, waits on.
        while not self._opened.is_set():
            with self._lock:
                if self._held_since is None:
                    self._held_since = self._clock()
                    self._listener(True)
            self._opened.wait()
            with self._lock:
                if self._opened.is_set() and self._held_since is not None:
                    self._held += self._clock() - self._held_since
                    self._held_since = None
                    self._listener(False)
