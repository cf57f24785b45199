from __future__ import annotations

import pytest

from mfgui.app.runs import RunTracker
from mfgui.core.events import RunState
from mfgui.jobs.events import Iterated, Progress
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import load


def _request(run_id: int) -> RunRequest:
    return RunRequest(run_id, "run", None, None, (), None)


def _step(number: int, seconds: float) -> Iterated:
    return Iterated(1, number, 100, 0.5 + number / 1000, 0.1, 1.0, seconds, "box-joint")


def test_that_the_time_left_is_the_median_step_times_the_steps_left() -> None:
    tracker = RunTracker(clock=lambda: 0.0)
    tracker.add(_request(1))
    tracker.started(1)
    seconds = [0.0, 1.0, 2.0, 3.0, 4.0, 14.0]  # one slow step of ten seconds
    statuses = [tracker.iterated(_step(n, t)) for n, t in enumerate(seconds)]
    assert [status.remaining for status in statuses[:5]] == [None] * 5
    assert statuses[5].remaining == 95.0


def test_that_only_the_last_twenty_steps_count() -> None:
    tracker = RunTracker(clock=lambda: 0.0)
    tracker.add(_request(1))
    now = 0.0
    for number in range(41):
        status = tracker.iterated(_step(number, now))
        now += 1.0 if number < 20 else 3.0
    assert status.remaining == 60 * 3.0


def test_that_a_run_asked_to_stop_while_queued_stays_stopping_when_it_starts() -> None:
    tracker = RunTracker()
    tracker.add(_request(1))
    tracker.stopping(1)
    assert tracker.started(1).state is RunState.STOPPING


def test_that_ended_runs_are_not_active_and_can_be_forgotten() -> None:
    tracker = RunTracker()
    tracker.add(_request(1))
    assert [status.run_id for status in tracker.active()] == [1]
    tracker.ended(1, RunState.DONE)
    assert tracker.active() == []
    tracker.forget(1)
    assert not tracker.knows(1)


def test_that_time_stands_still_while_a_run_is_held() -> None:
    now = [0.0]
    tracker = RunTracker(clock=lambda: now[0])
    tracker.add(_request(1))
    assert tracker.started(1).state is RunState.RUNNING
    now[0] = 5.0
    assert tracker.pause_asked(1, on=True).state is RunState.PAUSING
    now[0] = 6.0  # the step in hand is finished
    status = tracker.held(1)
    assert (status.state, status.elapsed) == (RunState.PAUSED, 6.0)
    now[0] = 100.0
    assert tracker.pause_asked(1, on=False).elapsed == 6.0
    status = tracker.released(1)
    assert (status.state, status.elapsed) == (RunState.RUNNING, 6.0)
    now[0] = 101.0
    assert tracker.ended(1, RunState.DONE).elapsed == 7.0


def test_that_resuming_and_pausing_again_before_the_run_noticed_is_paused() -> None:
    tracker = RunTracker(clock=lambda: 0.0)
    tracker.add(_request(1))
    tracker.started(1)
    tracker.pause_asked(1, on=True)
    tracker.held(1)
    assert tracker.pause_asked(1, on=False).state is RunState.RUNNING
    assert tracker.pause_asked(1, on=True).state is RunState.PAUSED


def test_that_a_stopping_run_stays_stopping_when_it_is_let_go() -> None:
    tracker = RunTracker(clock=lambda: 0.0)
    tracker.add(_request(1))
    tracker.started(1)
    tracker.pause_asked(1, on=True)
    tracker.held(1)
    tracker.stopping(1)
    assert tracker.released(1).state is RunState.STOPPING


def test_that_the_oldest_run_that_left_its_queue_is_followed() -> None:
    tracker = RunTracker()
    assert tracker.followed() is None
    for number in (1, 2, 3):
        tracker.add(_request(number))
    assert tracker.followed().run_id == 1
    tracker.started(2)
    tracker.started(3)
    assert tracker.followed().run_id == 2
    tracker.ended(2, RunState.DONE)
    assert tracker.followed().run_id == 3


def _told(method: str, stage: str, *, map_only: bool = False) -> list[float | None]:
    """Times left that a run of a method tells, a quarter of `stage` after two seconds of it and
    a half after four; three seconds of reading came before."""
    now = [100.0]
    tracker = RunTracker(clock=lambda: now[0])
    chosen, detector = load().get(method), load().get("laplacian")
    tracker.add(RunRequest(1, "run", None, chosen, (), detector, map_only=map_only))
    tracker.started(1)
    tracker.progressed(Progress(1, "reading", 0, 1))
    now[0] = 103.0
    left = []
    for seconds, done in ((0.0, 0), (2.0, 25), (4.0, 50)):
        now[0] = 103.0 + seconds
        left.append(tracker.progressed(Progress(1, stage, done, 100)).remaining)
    assert tracker.status(1).share == 0.5
    return left


@pytest.mark.parametrize(
    ("method", "map_only"), [("gff", False), ("gfdf", False), ("laplacian", True)]
)
def test_that_a_method_without_steps_tells_its_time_left(method: str, map_only: bool) -> None:
    stage = load().get(method).title if method == "gff" else "detecting"
    assert _told(method, stage, map_only=map_only) == [None, 6.0, 4.0]


def test_that_the_time_left_is_unknown_while_something_long_comes_after() -> None:
    assert _told("ms-lap", "detecting") == [None, None, None]
    assert _told("composite", "detecting") == [None, None, None]


def test_that_a_stage_that_tells_nothing_has_no_share() -> None:
    tracker = RunTracker(clock=lambda: 0.0)
    tracker.add(_request(1))
    tracker.started(1)
    assert tracker.progressed(Progress(1, "reading", 0, 1)).share is None
    assert tracker.iterated(_step(25, 1.0)).share == 0.25
