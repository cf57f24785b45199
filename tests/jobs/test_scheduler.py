from __future__ import annotations

import threading
from typing import Annotated

import numpy as np

from mfgui.core.stack import SourceStack
from mfgui.jobs import events
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.request import RunRequest
from mfgui.jobs.scheduler import Scheduler
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
        self.scheduler = Scheduler(emit=self._emit, frames=LiveFrames())
        self.thread = threading.Thread(target=self.scheduler.loop)
        self.thread.start()

    def _emit(self, event: events.Event) -> None:
        self.seen.append(event)
        if isinstance(event, events.Iterated):
            self.iterating.set()

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
