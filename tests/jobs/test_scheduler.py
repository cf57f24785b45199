from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated

import numpy as np
import pytest

from mfgui.core.stack import SourceStack
from mfgui.jobs import events
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.request import RunRequest
from mfgui.jobs.scheduler import DeviceQueues, Scheduler
from mfgui.methods.registry import Iterate, Kind, Parameter, method


@method("ones", kind=Kind.DETECTOR, title="Ones", summary="all source 1")
def _ones(images, *, compute):
    return np.ones(images[0].shape[:2], np.uint8)


@method("endless", kind=Kind.OPTIMISER, title="Endless", summary="until stopped")
def _endless(
    images,
    labels,
    *,
    compute,
    start_image=None,
    iterations: Annotated[int, Parameter("steps")] = 10_000_000,
):
    for step in range(iterations + 1):
        compute.checkpoint()
        yield Iterate(step, lambda: images[0], 0.5, 0.0, 0.0, step, "box-joint", 3)


def _request(run_id: int, **explicit) -> RunRequest:
    images = [np.full((8, 8, 1), value, np.uint8) for value in (10, 20)]
    return RunRequest(
        run_id=run_id,
        name=f"run {run_id}",
        stack=SourceStack.from_arrays(images),
        method=_endless.method,
        parameters=tuple(_endless.method.resolve(explicit).items()),
        detector=_ones.method,
    )


class _Worker:
    def __init__(self) -> None:
        self.seen: list[events.Event] = []
        self.iterating = threading.Event()
        self.paused = threading.Event()
        self.scheduler = Scheduler(emit=self._emit, frames=LiveFrames())
        self.thread = threading.Thread(target=self.scheduler.loop)
        self.thread.start()

    def _emit(self, event: events.Event) -> None:
        self.seen.append(event)
        if isinstance(event, events.Iterated):
            self.iterating.set()
        elif isinstance(event, events.Paused):
            self.paused.set()

    def ends(self) -> list[tuple[int, type]]:
        final = events.Finished | events.Stopped | events.Failed
        return [(e.run_id, type(e)) for e in self.seen if isinstance(e, final)]


def test_that_runs_go_one_after_the_other_in_order() -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1, iterations=3))
    worker.scheduler.submit(_request(2, iterations=3))
    worker.scheduler._queue.put(None)
    worker.thread.join(timeout=30)
    assert worker.ends() == [(1, events.Finished), (2, events.Finished)]
    order = [event.run_id for event in worker.seen]
    assert order == sorted(order)


def test_that_stop_ends_the_run_in_progress_and_the_next_goes_on() -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1))
    assert worker.iterating.wait(timeout=30)
    worker.scheduler.submit(_request(2, iterations=2))
    worker.scheduler.stop(1)
    worker.scheduler.stop(99)
    worker.scheduler._queue.put(None)
    worker.thread.join(timeout=30)
    assert worker.ends() == [(1, events.Stopped), (2, events.Finished)]


def test_that_a_queued_run_can_be_stopped_before_it_starts() -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1))
    assert worker.iterating.wait(timeout=30)
    worker.scheduler.submit(_request(2))
    worker.scheduler.stop(2)
    worker.scheduler.stop(1)
    worker.scheduler._queue.put(None)
    worker.thread.join(timeout=30)
    assert worker.ends() == [(1, events.Stopped), (2, events.Stopped)]
    assert not any(isinstance(e, events.Started) and e.run_id == 2 for e in worker.seen)


def test_that_close_ends_the_loop_during_a_run() -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1))
    assert worker.iterating.wait(timeout=30)
    worker.scheduler.close()
    worker.thread.join(timeout=30)
    assert not worker.thread.is_alive()
    assert worker.ends() == [(1, events.Stopped)]


def test_that_a_held_run_keeps_its_state_and_goes_on() -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1, iterations=20_000))
    assert worker.iterating.wait(timeout=30)
    worker.scheduler.pause(1)
    worker.scheduler.pause(99)
    assert worker.paused.wait(timeout=30)
    assert worker.ends() == []
    held_at = worker.seen.index(events.Paused(1))
    worker.scheduler.resume(1)
    worker.scheduler._queue.put(None)
    worker.thread.join(timeout=60)
    assert worker.ends() == [(1, events.Finished)]
    assert worker.seen[held_at + 1] == events.Resumed(1)
    steps = [event.iteration for event in worker.seen if isinstance(event, events.Iterated)]
    assert steps == list(range(20_001))


@pytest.mark.parametrize("whole", [True, False], ids=["close", "stop"])
def test_that_a_held_run_can_be_stopped(whole: bool) -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1))
    assert worker.iterating.wait(timeout=30)
    worker.scheduler.pause(1)
    assert worker.paused.wait(timeout=30)
    if whole:
        worker.scheduler.close()
    else:
        worker.scheduler.stop(1)
        worker.scheduler._queue.put(None)
    worker.thread.join(timeout=30)
    assert worker.ends() == [(1, events.Stopped)]
    assert worker.seen[-1].result is not None


def test_that_a_run_paused_in_the_queue_is_held_as_soon_as_it_starts() -> None:
    worker = _Worker()
    worker.scheduler.submit(_request(1))
    assert worker.iterating.wait(timeout=30)
    worker.scheduler.submit(_request(2, iterations=3))
    worker.scheduler.pause(2)
    worker.scheduler.stop(1)
    assert worker.paused.wait(timeout=30)
    assert not any(isinstance(e, events.Iterated) and e.run_id == 2 for e in worker.seen)
    worker.scheduler.resume(2)
    worker.scheduler._queue.put(None)
    worker.thread.join(timeout=30)
    assert worker.ends() == [(1, events.Stopped), (2, events.Finished)]


class _Machine:
    """Device queues with one thread each, and events to wait for."""

    def __init__(self) -> None:
        self.seen: list[events.Event] = []
        self._changed = threading.Condition()
        self.threads: dict[str, threading.Thread] = {}
        self.queues = DeviceQueues(emit=self._emit, start=self._start)

    def _start(self, name: str, loop: Callable[[], None]) -> None:
        self.threads[name] = threading.Thread(target=loop, name=name)
        self.threads[name].start()

    def _emit(self, event: events.Event) -> None:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()

    def wait_for(self, kind: type, run_id: int) -> None:
        def happened() -> bool:
            return any(isinstance(e, kind) and e.run_id == run_id for e in self.seen)

        with self._changed:
            assert self._changed.wait_for(happened, 30), (kind, run_id)


@pytest.fixture
def machine() -> Iterator[_Machine]:
    machine = _Machine()
    yield machine
    machine.queues.close()
    for thread in machine.threads.values():
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_that_runs_of_different_devices_go_on_at_the_same_time(machine: _Machine) -> None:
    machine.queues.submit(_request(1))
    machine.wait_for(events.Iterated, 1)
    machine.queues.submit(replace(_request(2), device="cuda:0"))
    machine.queues.submit(_request(3, iterations=2))
    machine.wait_for(events.Iterated, 2)
    assert set(machine.threads) == {"compute on cpu", "compute on cuda:0"}
    assert not any(isinstance(e, events.Started) and e.run_id == 3 for e in machine.seen)
    machine.queues.stop(1)
    machine.wait_for(events.Finished, 3)
    machine.wait_for(events.Stopped, 1)
    assert not any(isinstance(e, events.Stopped) and e.run_id == 2 for e in machine.seen)


def test_that_pause_and_resume_address_one_run(machine: _Machine) -> None:
    machine.queues.submit(_request(1))
    machine.queues.submit(replace(_request(2), device="mps"))
    machine.wait_for(events.Iterated, 2)
    machine.queues.pause(2)
    machine.wait_for(events.Paused, 2)
    assert not any(isinstance(e, events.Paused) and e.run_id == 1 for e in machine.seen)
    machine.queues.resume(2)
    machine.wait_for(events.Resumed, 2)


def test_that_each_device_has_live_pictures_of_its_own(machine: _Machine) -> None:
    machine.queues.submit(_request(1, iterations=0))
    machine.queues.submit(replace(_request(2, iterations=0), device="cuda:0"))
    machine.wait_for(events.Finished, 1)
    machine.wait_for(events.Finished, 2)
    shown = [frames.take() for frames in machine.queues.frames]
    assert [frame.run_id for frame in shown if frame is not None] == [1, 2]
