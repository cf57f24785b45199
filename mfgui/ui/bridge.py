"""Puts the Qt-free worker loops into QThreads and brings their events to the interface."""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal

from mfgui.jobs.events import Event, Failed, Finished, Stopped
from mfgui.jobs.pool import Task, TaskDone, TaskEvent, TaskFailed, TaskPool
from mfgui.jobs.request import RunRequest
from mfgui.jobs.scheduler import DeviceQueues

_DRAIN_MS = 16
_DRAIN_BUDGET_S = 0.008  # the rest of the queue waits for the next tick, input goes first
_POOL_LOOPS = 2


class _LoopThread(QThread):
    """Runs one worker loop."""

    def __init__(self, loop: Callable[[], None], name: str, parent: QObject) -> None:
        super().__init__(parent)
        self._loop = loop
        self.setObjectName(name)

    def run(self) -> None:
        self._loop()


class Bridge(QObject):
    """The controller's backend in the window.

    One compute loop for each device that has been used, a small pool, and a loop for urgent tasks
    run in threads of their own. Their events are queued and delivered on a 16-ms timer, which
    ticks only while something is under way.
    """

    delivered = Signal(object)
    """Every event, in order, on the interface thread."""

    frame_ready = Signal(object)
    """The newest `LiveFrame` of each run in progress."""

    def __init__(self, *, threads: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.threads = threads
        self._events: queue.SimpleQueue[Event | TaskEvent] = queue.SimpleQueue()
        self._outstanding = 0
        self._threads: list[_LoopThread] = []
        self._queues = DeviceQueues(emit=self._events.put, start=self._start_loop)
        tickets = itertools.count(1)
        self._pool = TaskPool(emit=self._events.put, tickets=tickets)
        self._urgent = TaskPool(emit=self._events.put, tickets=tickets)
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAIN_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_ticked)
        for number in range(_POOL_LOOPS):
            self._start_loop(f"pool {number + 1}", self._pool.loop)
        self._start_loop("urgent", self._urgent.loop)

    def submit_run(self, request: RunRequest) -> None:
        """Queue a run."""
        self._begin()
        self._queues.submit(request)

    def stop_run(self, run_id: int) -> None:
        """Ask a run to stop."""
        self._queues.stop(run_id)

    def pause_run(self, run_id: int) -> None:
        """Hold a run at its next checkpoint."""
        self._queues.pause(run_id)

    def resume_run(self, run_id: int) -> None:
        """Let a held run go on."""
        self._queues.resume(run_id)

    def submit_task(self, task: Task, *, urgent: bool = False) -> int:
        """Queue a task for the pool, or for the loop that is kept free for what follows the
        brush; returns its ticket."""
        self._begin()
        return (self._urgent if urgent else self._pool).submit(task)

    def close(self) -> None:
        """Stop everything and wait for the threads; events still queued are dropped."""
        self._timer.stop()
        self._queues.close()
        self._pool.close(_POOL_LOOPS)
        self._urgent.close(1)
        for thread in self._threads:
            thread.wait()

    def _start_loop(self, name: str, loop: Callable[[], None]) -> None:
        thread = _LoopThread(loop, name, self)
        self._threads.append(thread)
        thread.start()

    def _begin(self) -> None:
        self._outstanding += 1
        if not self._timer.isActive():
            self._timer.start()

    def _on_timer_ticked(self) -> None:
        deadline = time.perf_counter() + _DRAIN_BUDGET_S
        while time.perf_counter() < deadline:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                break
            if isinstance(event, Finished | Stopped | Failed | TaskDone | TaskFailed):
                self._outstanding -= 1
            self.delivered.emit(event)
        for frames in self._queues.frames:
            frame = frames.take()
            if frame is not None:
                self.frame_ready.emit(frame)
        if self._outstanding == 0:
            self._timer.stop()
