"""What the parts of the controller share: the session, its listeners, and the backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mfgui.app.settings import SettingsFile
from mfgui.core.events import Notice, Notifier, Severity
from mfgui.core.history import Step
from mfgui.core.session import Session
from mfgui.jobs.pool import Task, TaskDone, TaskEvent, TaskFailed, TaskProgress
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import Registry


class Backend(Protocol):
    """Where runs and tasks are carried out: QThreads in the window, inline in tests."""

    threads: int

    def submit_run(self, request: RunRequest) -> None: ...

    def stop_run(self, run_id: int) -> None: ...

    def pause_run(self, run_id: int) -> None: ...

    def resume_run(self, run_id: int) -> None: ...

    def submit_task(self, task: Task, *, urgent: bool = False) -> int: ...


class Record(Protocol):
    """`EditControl.record`: adds a step that has been done to the history."""

    def __call__(self, step: Step, *, apart: bool = False) -> None: ...


def _ignore(_value: object) -> None:
    """The answer to a part that nobody waits for."""


@dataclass(frozen=True)
class _Pending:
    done: Callable[[object], None]
    failed: Callable[[TaskFailed], None]
    part: Callable[[object], None]


class Desk:
    """Shared state of the controller's parts; each of them writes its own piece of `session`."""

    record: Record
    """Adds a step to the history; set once by the controller."""

    def __init__(self, *, registry: Registry, backend: Backend, settings: SettingsFile) -> None:
        self.registry = registry
        self.backend = backend
        self.settings = settings
        self.session = Session()
        self.notifier = Notifier()
        self._pending: dict[int, _Pending] = {}

    def submit(
        self,
        task: Task,
        *,
        done: Callable[[object], None],
        failed: Callable[[TaskFailed], None],
        part: Callable[[object], None] = _ignore,
        urgent: bool = False,
    ) -> int:
        """Hand a task to the pool; the callbacks come later, on this thread.

        With `urgent` it waits for nothing but other urgent ones: for what follows the brush.
        """
        ticket = self.backend.submit_task(task, urgent=urgent)
        self._pending[ticket] = _Pending(done, failed, part)
        return ticket

    def handle(self, event: TaskEvent) -> None:
        """Deliver an event of the pool."""
        pending = self._pending[event.ticket]
        if isinstance(event, TaskProgress):
            pending.part(event.value)
            return
        del self._pending[event.ticket]
        if isinstance(event, TaskDone):
            pending.done(event.value)
        else:
            pending.failed(event)

    def notice(self, severity: Severity, what: str, kept: str = "", *, details: str = "") -> None:
        """Tell the person."""
        self.notifier.emit(Notice(severity, what, kept, details))

    def failing(self, kept: str) -> Callable[[TaskFailed], None]:
        """A callback that shows a task's failure and says what was `kept`."""

        def failed(failure: TaskFailed) -> None:
            self.notice(Severity.ERROR, str(failure.error), kept, details=failure.details)

        return failed
