"""Where cells are computed: here, or in processes of this machine.

An engine carries out one function for many jobs and hands over each result as it comes. One that
is lost with its process is handed over as `Lost`; the others go on.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol, TypeVar

import cv2

from mfgui.core.processes import death, environment

_J = TypeVar("_J")
_R = TypeVar("_R")

# Libraries read these when they are loaded: each worker computes with one thread, and glibc
# keeps planes of up to 256 MB for the next ones, instead of having the system clear new memory
# for each: that took up to a third of the time, and more beside a second worker.
_KEPT_BYTES = str(256 * 2**20)
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": _KEPT_BYTES,
    "MALLOC_TRIM_THRESHOLD_": _KEPT_BYTES,
}
_GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class Lost:
    """A job whose process died: why, in one clause."""

    reason: str


class Engine(Protocol):
    """What carries out jobs."""

    @property
    def workers(self) -> int:
        """Jobs that are carried out at the same time."""

    def run(
        self,
        function: Callable[[_J], _R],
        jobs: Sequence[_J],
        done: Callable[[int, _R | Lost], None],
    ) -> None:
        """Carry out `function` for every job and tell `done` its number and result.

        When it is interrupted nothing goes on behind it.
        """


@dataclass(frozen=True)
class Inline:
    """Job by job in this process."""

    workers: int = 1

    def run(
        self,
        function: Callable[[_J], _R],
        jobs: Sequence[_J],
        done: Callable[[int, _R | Lost], None],
    ) -> None:
        """See `Engine`."""
        for number, job in enumerate(jobs):
            done(number, function(job))


@dataclass(frozen=True)
class Processes:
    """In processes of their own, each with one thread; `workers` of them at most."""

    workers: int

    def run(
        self,
        function: Callable[[_J], _R],
        jobs: Sequence[_J],
        done: Callable[[int, _R | Lost], None],
    ) -> None:
        """See `Engine`. A process that dies is replaced."""
        waiting = deque(enumerate(jobs))
        workers: dict[Connection, _Worker] = {}
        busy: dict[Connection, int] = {}

        def hand_over(worker: _Worker) -> None:
            number, job = waiting.popleft()
            busy[worker.pipe] = number
            worker.ask(job)

        def start() -> None:
            worker = _Worker.started(function)
            workers[worker.pipe] = worker
            hand_over(worker)

        try:
            for _ in range(min(self.workers, len(jobs))):
                start()
            while busy:
                for ready in connection.wait(list(busy)):
                    assert isinstance(ready, Connection)
                    worker, number = workers[ready], busy.pop(ready)
                    result, alive = worker.result()
                    done(number, result)
                    if waiting and alive:
                        hand_over(worker)
                    else:
                        workers.pop(ready).leave()
                        if waiting:
                            start()
        finally:
            for worker in workers.values():
                worker.process.terminate()
            for worker in workers.values():
                worker.leave()


@dataclass(frozen=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection

    @classmethod
    def started(cls, function: Callable[[Any], Any]) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, function), daemon=True)
        with environment(WORKER_ENVIRONMENT):
            process.start()
        theirs.close()  # else its end would not be noticed
        return cls(process, ours)

    def ask(self, job: Any) -> None:
        with suppress(OSError):  # a process that has died meanwhile is noticed by its answer
            self.pipe.send(job)

    def result(self) -> tuple[Any, bool]:
        """What it sent, and whether it is still there."""
        try:
            return self.pipe.recv(), True
        except (EOFError, OSError):
            self.process.join(_GRACE_SECONDS)
            return Lost(death(self.process.exitcode)), False

    def leave(self) -> None:
        """Wait for its end, and force it when it does not come."""
        with suppress(OSError):
            self.pipe.close()  # it ends when nothing more can come
        self.process.join(_GRACE_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(pipe: Connection, function: Callable[[Any], Any]) -> None:
    """The loop of a worker."""
    # Ctrl+C reaches all processes of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An end with tidying up: files that are half written are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cv2.setNumThreads(1)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(function(pipe.recv()))
