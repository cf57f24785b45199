"""Who carries out the sets of a batch: this process, or others that cannot take it along.

A set that runs out of memory or breaks a library ends its process, not the batch. A picture is
left in a folder of its own; the batch puts it in its place.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

from mfgui import _startup
from mfgui.app import headless
from mfgui.app.headless import Job
from mfgui.core.errors import MfguiError, OutOfMemoryError, is_out_of_memory
from mfgui.core.processes import death, environment
from mfgui.jobs.events import Event, Iterated, Progress
from mfgui.jobs.gate import Gate

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 5.0
_TELL_SECONDS = 0.25


@dataclass(frozen=True)
class Stage:
    """Where a set is: `total` is 0 when unknown."""

    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a set: a report, or the reason why there is none."""

    report: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    error: str = ""
    details: str = ""
    stopped: bool = False


Tell = Callable[[Stage], None]
Begun = Callable[[int], None]
Told = Callable[[int, Stage], None]
Done = Callable[[int, Outcome], None]
Work = Callable[[Job, Tell, Gate], Outcome]


class Engine(Protocol):
    """What carries out jobs. `begun`, `told` and `done` are called with the number of a job; one
    that was stopped ends with an outcome that says so, one that was not begun with none."""

    def run(self, jobs: Sequence[Job], gate: Gate, begun: Begun, told: Told, done: Done) -> None:
        """Carry out all jobs, or until `gate` is stopped."""


def carry_out(job: Job, tell: Tell, gate: Gate) -> Outcome:
    """Fuse one set; whatever is wrong with it is in the outcome, in one line."""
    try:
        work = replace(job, began=time.perf_counter())
        made = headless.fuse(work, observe=_Observer(tell), gate=gate)
    except KeyboardInterrupt:
        return Outcome(stopped=True)
    except MfguiError as error:
        return Outcome(error=str(error), details=getattr(error, "details", ""))
    except Exception as error:  # methods of others fail in any way
        if is_out_of_memory(error):
            return Outcome(error=str(OutOfMemoryError("not enough memory for this set")))
        what = " ".join(f"unexpected fault ({type(error).__name__}: {error})".split())
        return Outcome(error=what, details=traceback.format_exc())
    return Outcome(made.report, made.notices, stopped=made.stopped)


@dataclass(frozen=True)
class Inline:
    """Set by set in this process."""

    def run(self, jobs: Sequence[Job], gate: Gate, begun: Begun, told: Told, done: Done) -> None:
        """See `Engine`."""
        for number, job in enumerate(jobs):
            if gate.stopped:
                return
            begun(number)
            tell: Tell = lambda stage, number=number: told(number, stage)  # type: ignore[misc]  # noqa: E731
            done(number, carry_out(job, tell, gate))


@dataclass(frozen=True)
class Processes:
    """In processes of their own, `workers` at most, which share the cores."""

    workers: int
    work: Work = carry_out

    def run(self, jobs: Sequence[Job], gate: Gate, begun: Begun, told: Told, done: Done) -> None:
        """See `Engine`. A process that dies is replaced."""
        count = min(self.workers, len(jobs))
        cores = max(1, _startup.cores() // max(1, count))
        waiting = deque(enumerate(jobs))
        idle: list[_Worker] = []
        busy: dict[Connection, tuple[_Worker, int]] = {}
        try:
            while (waiting and not gate.stopped) or busy:
                while waiting and len(busy) < count and not gate.stopped:
                    number, job = waiting.popleft()
                    worker = idle.pop() if idle else _Worker.started(self.work, cores)
                    busy[worker.pipe] = worker, number
                    begun(number)
                    worker.ask(job)
                if gate.stopped:
                    _stop([worker for worker, _ in busy.values()])
                for ready in connection.wait(list(busy), _POLL_SECONDS):
                    assert isinstance(ready, Connection)
                    worker, number = busy[ready]
                    said, alive = worker.said()
                    if isinstance(said, Stage):
                        told(number, said)
                        continue
                    del busy[ready]
                    if alive:
                        idle.append(worker)
                    stopped = gate.stopped and bool(said.error)
                    done(number, Outcome(stopped=True) if stopped else said)
        finally:
            for worker in (*idle, *(worker for worker, _ in busy.values())):
                worker.end(at_once=bool(busy))


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    asked_to_stop: float = 0.0

    @classmethod
    def started(cls, work: Work, cores: int) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_loop, args=(theirs, work), daemon=True)
        with environment({_startup.CORES: str(cores)}):
            process.start()
        theirs.close()  # else its end would not be noticed
        return cls(process, ours)

    def ask(self, job: Job) -> None:
        with suppress(OSError):  # a process that has died meanwhile is noticed by its answer
            self.pipe.send(job)

    def said(self) -> tuple[Stage | Outcome, bool]:
        """What it sent, and whether it is still there."""
        try:
            return self.pipe.recv(), True
        except (EOFError, OSError):
            self.process.join(_GRACE_SECONDS)
            self.end(at_once=True)
            return Outcome(error=death(self.process.exitcode)), False

    def end(self, *, at_once: bool) -> None:
        """Wait for its end, and force it when it does not come."""
        with suppress(OSError):
            self.pipe.close()  # it ends when nothing more can come
        if not at_once:
            self.process.join(_GRACE_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _stop(workers: Sequence[_Worker]) -> None:
    """Ask processes to stop after the current step; after a while they are ended."""
    now = time.monotonic()
    for worker in workers:
        if not worker.asked_to_stop:
            worker.asked_to_stop = now
            worker.process.terminate()
        elif now - worker.asked_to_stop > _GRACE_SECONDS:
            worker.process.kill()


class _Observer:
    """Turns the events of a run into stages, a few a second."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last = ("", 0.0)

    def __call__(self, event: Event) -> None:
        stage = None
        if isinstance(event, Progress):
            stage = Stage(event.stage, event.done, event.total)
        elif isinstance(event, Iterated):
            stage = Stage("steps", event.iteration, event.total)
        now = time.monotonic()
        if stage and (stage.text != self._last[0] or now - self._last[1] >= _TELL_SECONDS):
            self._last = stage.text, now
            self._tell(stage)


def _loop(pipe: Connection, work: Work) -> None:
    """The loop of a process."""
    gate = Gate()
    # Ctrl+C reaches all processes of a terminal; the first one tells the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: gate.stop())
    _startup.prepare_command_line()

    def tell(stage: Stage) -> None:
        try:
            pipe.send(stage)
        except OSError:  # nobody waits for the picture any more
            gate.stop()

    with suppress(EOFError, OSError):
        while not gate.stopped:
            # Not in recv, which a request to stop would not end.
            if pipe.poll(_POLL_SECONDS):
                pipe.send(work(pipe.recv(), tell, gate))
    sys.exit(0)
