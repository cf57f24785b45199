from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.app.work_clock import IDLE, WorkClock


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0
        self.clock = WorkClock(now=lambda: self.time)

    def wait(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_that_nothing_counts_before_the_first_input(hand: Hand) -> None:
    hand.wait(1000)
    assert hand.clock.tools() == {}


def test_that_time_after_an_input_counts_for_thirty_seconds_only(hand: Hand) -> None:
    hand.clock.touch()
    hand.wait(10)
    assert hand.clock.tools() == {"inspect": 10}
    hand.wait(500)
    assert hand.clock.tools() == {"inspect": IDLE}
    hand.clock.touch()
    hand.wait(5)
    assert hand.clock.tools() == {"inspect": IDLE + 5}


def test_that_each_tool_has_its_own_time(hand: Hand) -> None:
    hand.clock.touch()
    hand.wait(4)
    hand.clock.use("brush")
    hand.wait(6)
    hand.clock.touch()
    hand.clock.use("fill")
    hand.wait(1)
    assert hand.clock.tools() == {"inspect": 4, "brush": 6, "fill": 1}


def test_that_time_in_another_window_does_not_count(hand: Hand) -> None:
    hand.clock.touch()
    hand.wait(3)
    hand.clock.pause()
    hand.wait(20)
    hand.clock.touch()
    hand.wait(2)
    assert hand.clock.tools() == {"inspect": 5}


def test_that_another_set_begins_with_its_own_time(hand: Hand) -> None:
    hand.clock.touch()
    hand.wait(3)
    hand.clock.begin({"brush": 7.0})
    hand.wait(2)
    assert hand.clock.tools() == {"brush": 7.0, "inspect": 2}


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["touch", "pause", "look"]), st.integers(0, 100)), max_size=20
    )
)
def test_that_looking_at_the_clock_changes_nothing(steps: list[tuple[str, int]]) -> None:
    watched, alone = Hand(), Hand()
    for what, seconds in steps:
        for hand in (watched, alone):
            if what != "look":
                getattr(hand.clock, what)()
            hand.wait(seconds)
        watched.clock.tools()
    assert sum(watched.clock.tools().values()) == pytest.approx(sum(alone.clock.tools().values()))
