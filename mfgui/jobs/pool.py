"""Short tasks off the interface thread: decoding, levels, thumbnails, saving."""

from __future__ import annotations

import itertools
import queue
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mfgui.core.errors import MfguiError, OutOfMemoryError, is_out_of_memory


@dataclass(frozen=True, eq=False)
class TaskDone:
    """A task returned `value`."""

    ticket: int
    value: object = field(repr=False)


@dataclass(frozen=True, eq=False)
class TaskFailed:
    """A task raised; `details` is a traceback when the failure was unexpected."""

    ticket: int
    error: MfguiError
    details: str = field(default="", repr=False)


@dataclass(frozen=True)
class TaskProgress:
    """A task handed over something before its end (a proxy before the full picture)."""

    ticket: int
    value: object = field(repr=False)


TaskEvent = TaskDone | TaskFailed | TaskProgress
Report = Callable[[object], None]
Task = Callable[[Report], object]


class TaskPool:
    """A queue of tasks and the loop that several threads may run on it.

    A task is called with a function that reports intermediate values and returns its final
    one. `emit` receives the events in the thread of the loop. Pools that share `tickets` never
    give the same one.
    """

    def __init__(
        self, *, emit: Callable[[TaskEvent], None], tickets: Iterator[int] | None = None
    ) -> None:
        self._emit = emit
        self._queue: queue.SimpleQueue[tuple[int, Task] | None] = queue.SimpleQueue()
        self._tickets = itertools.count(1) if tickets is None else tickets

    def submit(self, task: Task) -> int:
        """Queue a task; returns the ticket that its events carry."""
        ticket = next(self._tickets)
        self._queue.put((ticket, task))
        return ticket

    def close(self, loops: int) -> None:
        """Let `loops` loops end after the tasks that are queued before."""
        for _ in range(loops):
            self._queue.put(None)

    def loop(self) -> None:
        """Carry out tasks until closed."""
        while (entry := self._queue.get()) is not None:
            self._carry_out(*entry)
            del entry  # a task may hold pictures, which nobody may need by the next one

    def _carry_out(self, ticket: int, task: Task) -> None:
        try:
            value = task(lambda part: self._emit(TaskProgress(ticket, part)))
        except MfguiError as error:
            self._emit(TaskFailed(ticket, error))
        except Exception as error:  # a worker must outlive any task
            if is_out_of_memory(error):
                hint = "close other programs or open smaller pictures"
                self._emit(TaskFailed(ticket, OutOfMemoryError("not enough memory", hint=hint)))
                return
            failure = MfguiError(f"unexpected {type(error).__name__}: {error}")
            self._emit(TaskFailed(ticket, failure, traceback.format_exc()))
        else:
            self._emit(TaskDone(ticket, value))
