from __future__ import annotations

import threading
import time

import pytest

from mfgui.core.compute import StopRequested
from mfgui.jobs.gate import Gate

WAIT = 30.0


class _Walker:
    """A thread that passes the gate again and again until it is stopped."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.passed = 0
        self.thread = threading.Thread(target=self._walk)
        self.thread.start()

    def _walk(self) -> None:
        try:
            while True:
                self._gate.check()
                self.passed += 1
                time.sleep(0.0005)
        except StopRequested:
            pass  # as a run ends


class _Log:
    """What the gate says, and a way to wait for it."""

    def __init__(self, gate: Gate) -> None:
        self.said: list[bool] = []
        self._changed = threading.Condition()
        gate.listen(self._take)

    def _take(self, held: bool) -> None:
        with self._changed:
            self.said.append(held)
            self._changed.notify_all()

    def wait_for(self, *said: bool) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.said == list(said), WAIT), self.said


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_that_an_open_gate_lets_pass(gate: Gate) -> None:
    gate.check()
    gate.open()
    gate.check()
    assert not gate.stopped


def test_that_a_closed_gate_holds_all_threads_and_says_so_once(gate: Gate) -> None:
    log = _Log(gate)
    walkers = [_Walker(gate) for _ in range(3)]
    gate.close()
    log.wait_for(True)
    # Every thread is at the gate when a second look finds no step taken.
    before, now = [-1], [walker.passed for walker in walkers]
    while before != now:
        time.sleep(0.05)
        before, now = now, [walker.passed for walker in walkers]
    gate.open()
    log.wait_for(True, False)
    gate.stop()
    for walker in walkers:
        walker.thread.join(WAIT)
        assert not walker.thread.is_alive()
    assert log.said == [True, False]


def test_that_stop_works_where_the_run_is_held(gate: Gate) -> None:
    log = _Log(gate)
    walker = _Walker(gate)
    gate.close()
    log.wait_for(True)
    gate.stop()
    walker.thread.join(WAIT)
    assert not walker.thread.is_alive()
    assert gate.stopped


def test_that_a_stopped_run_cannot_be_held(gate: Gate) -> None:
    gate.stop()
    gate.close()
    with pytest.raises(StopRequested):
        gate.check()


class _Counting(threading.Event):
    """Counts how often it is asked."""

    asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return super().is_set()


def test_that_a_held_thread_sleeps_and_does_not_ask_again_and_again(gate: Gate) -> None:
    log = _Log(gate)
    gate._opened = opened = _Counting()
    walker = _Walker(gate)
    log.wait_for(True)
    time.sleep(0.1)
    gate.stop()
    walker.thread.join(WAIT)
    assert opened.asked < 10


def test_that_the_clock_stands_still_while_the_run_is_held() -> None:
    now = [10.0]
    gate = Gate(clock=lambda: now[0])
    seen: list[float] = []

    def listen(held: bool) -> None:
        seen.append(gate.seconds())
        if held:
            now[0] += 7.0
            seen.append(gate.seconds())
            gate.open()

    gate.listen(listen)
    gate.close()
    gate.check()
    now[0] += 1.0
    assert seen == [10.0, 10.0, 10.0]
    assert gate.seconds() == 11.0
