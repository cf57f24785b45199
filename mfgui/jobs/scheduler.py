"""One compute loop per device: runs in order, one at a time, each can be stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from mfgui.jobs.events import Event, Stopped
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.request import RunRequest
from mfgui.jobs.runner import execute


class Scheduler:
    """Queue of runs and the loop that carries them out.

    `loop` is called by whoever owns the thread (a QThread in the window, the caller itself in
    tests); everything else may be called from any thread.

    Parameters
    ----------
    emit : callable
        Receives every event, in the thread of `loop`.
    frames : LiveFrames
        Receives the pictures of the run in progress.
    """

    def __init__(self, *, emit: Callable[[Event], None], frames: LiveFrames) -> None:
        self._emit = emit
        self.frames = frames
        self._queue: queue.SimpleQueue[RunRequest | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stops: dict[int, threading.Event] = {}

    def submit(self, request: RunRequest) -> None:
        """Append a run to the queue."""
        with self._lock:
            self._stops[request.run_id] = threading.Event()
        self._queue.put(request)

    def stop(self, run_id: int) -> None:
        """Ask a queued or running run to stop; unknown and ended ones are ignored."""
        with self._lock:
            flag = self._stops.get(run_id)
        if flag is not None:
            flag.set()

    def close(self) -> None:
        """Stop everything; `loop` returns after the run in progress has ended."""
        with self._lock:
            for flag in self._stops.values():
                flag.set()
        self._queue.put(None)

    def loop(self) -> None:
        """Carry out runs until `close`."""
        while (request := self._queue.get()) is not None:
            self._carry_out(request)

    def _carry_out(self, request: RunRequest) -> None:
        with self._lock:
            flag = self._stops[request.run_id]
        if flag.is_set():
            self._emit(Stopped(request.run_id, None))
        else:
            self.frames.reset()
            execute(request, emit=self._emit, stop=flag, frames=self.frames)
        with self._lock:
            del self._stops[request.run_id]
