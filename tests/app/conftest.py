"""A backend that works in the calling thread, when the test says so."""

from __future__ import annotations

from collections import deque

import pytest

from mfgui.app.controller import Controller
from mfgui.app.settings import SettingsFile
from mfgui.core.events import Change
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.pool import Task, TaskPool
from mfgui.jobs.request import RunRequest
from mfgui.jobs.scheduler import Scheduler
from mfgui.methods import registry


class InlineBackend:
    """Keeps submitted work until `work`, which carries it out and returns all events."""

    def __init__(self) -> None:
        self.threads = 1
        self.events: deque = deque()
        self.requests: list[RunRequest] = []
        self.asked: list[tuple[str, int]] = []
        self._scheduler = Scheduler(emit=self.events.append, frames=LiveFrames())
        self._pool = TaskPool(emit=self.events.append)

    def submit_run(self, request: RunRequest) -> None:
        self.requests.append(request)
        self._scheduler.submit(request)

    def stop_run(self, run_id: int) -> None:
        self._scheduler.stop(run_id)

    def pause_run(self, run_id: int) -> None:
        self.asked.append(("pause", run_id))

    def resume_run(self, run_id: int) -> None:
        self.asked.append(("resume", run_id))

    def submit_task(self, task: Task, *, urgent: bool = False) -> int:
        return self._pool.submit(task)

    def work(self) -> None:
        self._scheduler._queue.put(None)
        self._scheduler.loop()
        self._pool.close(1)
        self._pool.loop()


class Desk:
    """A controller on an inline backend, and everything it said."""

    def __init__(self) -> None:
        self.backend = InlineBackend()
        self.controller = Controller(
            registry=registry.load(), backend=self.backend, settings=SettingsFile()
        )
        self.changes: list[Change] = []
        self.controller.notifier.connect(self.changes.append)

    def settle(self) -> None:
        """Work and deliver until nothing is left to do."""
        self.backend.work()
        while self.backend.events:
            self.controller.handle(self.backend.events.popleft())
            if not self.backend.events:
                self.backend.work()

    def seen(self, kind: type) -> list:
        return [change for change in self.changes if isinstance(change, kind)]


@pytest.fixture
def desk() -> Desk:
    """A controller on an inline backend."""
    return Desk()
