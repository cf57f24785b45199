"""One compute loop per device: runs in order, one at a time, each can be held and stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from mfgui.jobs.events import Event, Stopped
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.gate import Gate
from mfgui.jobs.request import RunRequest
from mfgui.jobs.runner import execute


class Scheduler:
    """Queue of the runs of one device and the loop that carries them out.

    `loop` is called by whoever owns the thread (a QThread in the window, the caller itself in
    tests); everything else may be called from any thread. Unknown and ended runs are ignored.

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
        self._gates: dict[int, Gate] = {}

    def submit(self, request: RunRequest) -> None:
        """Append a run to the queue."""
        with self._lock:
            self._gates[request.run_id] = Gate()
        self._queue.put(request)

    def stop(self, run_id: int) -> None:
        """Ask a queued, running or held run to stop."""
        if (gate := self._gate(run_id)) is not None:
            gate.stop()

    def pause(self, run_id: int) -> None:
        """Hold a run at its next checkpoint; the runs behind it wait too."""
        if (gate := self._gate(run_id)) is not None:
            gate.close()

    def resume(self, run_id: int) -> None:
        """Let a held run go on."""
        if (gate := self._gate(run_id)) is not None:
            gate.open()

    def close(self) -> None:
        """Stop everything; `loop` returns after the run in progress has ended."""
        with self._lock:
            for gate in self._gates.values():
                gate.stop()
        self._queue.put(None)

    def loop(self) -> None:
        """Carry out runs until `close`."""
        while (request := self._queue.get()) is not None:
            self._carry_out(request)
            del request  # it holds the sources, which may be left by the next one

    def _gate(self, run_id: int) -> Gate | None:
        with self._lock:
            return self._gates.get(run_id)

    def _carry_out(self, request: RunRequest) -> None:
        with self._lock:
            gate = self._gates[request.run_id]
        if gate.stopped:
            self._emit(Stopped(request.run_id, None))
        else:
            self.frames.reset()
            execute(request, emit=self._emit, gate=gate, frames=self.frames)
        with self._lock:
            del self._gates[request.run_id]


class DeviceQueues:
    """One `Scheduler` for each compute device, made when the first run for it comes.

    Runs of one device go one after the other, runs of different devices at the same time.

    Parameters
    ----------
    emit : callable
        Receives the events of all runs, each in the thread of its device's loop.
    start : callable
        Calls a loop, the second argument, in a thread of its own with the given name.
    """

    def __init__(
        self, *, emit: Callable[[Event], None], start: Callable[[str, Callable[[], None]], None]
    ) -> None:
        self._emit = emit
        self._start = start
        self._schedulers: dict[str, Scheduler] = {}

    @property
    def frames(self) -> tuple[LiveFrames, ...]:
        """Live pictures of each device."""
        return tuple(scheduler.frames for scheduler in self._schedulers.values())

    def submit(self, request: RunRequest) -> None:
        """Append a run to the queue of its device."""
        scheduler = self._schedulers.get(request.device)
        if scheduler is None:
            scheduler = Scheduler(emit=self._emit, frames=LiveFrames())
            self._schedulers[request.device] = scheduler
            self._start(f"compute on {request.device}", scheduler.loop)
        scheduler.submit(request)

    def stop(self, run_id: int) -> None:
        for scheduler in self._schedulers.values():
            scheduler.stop(run_id)

    def pause(self, run_id: int) -> None:
        for scheduler in self._schedulers.values():
            scheduler.pause(run_id)

    def resume(self, run_id: int) -> None:
        for scheduler in self._schedulers.values():
            scheduler.resume(run_id)

    def close(self) -> None:
        """Stop everything; every loop returns after its run in progress has ended."""
        for scheduler in self._schedulers.values():
            scheduler.close()
