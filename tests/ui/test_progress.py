from __future__ import annotations

from typing import Any

import pytest

from mfgui.core.events import RunState, RunStatus
from mfgui.ui.progress import ProgressView, clock_text, progress_words
from tests.ui.hands import click


def status(**changes: Any) -> RunStatus:
    values: dict[str, Any] = {
        "run_id": 1,
        "name": "MS-Lap",
        "state": RunState.RUNNING,
        "stage": "ascending",
        "iteration": 12,
        "total": 60,
        "elapsed": 63.0,
        "remaining": 7.2,
    }
    return RunStatus(**{**values, **changes})


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (9.9, "0:09"), (63, "1:03"), (3725, "1:02:05")]
)
def test_that_times_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ("Iteration 12 of 60", "1:03 · 0:08 left")),
        ({"remaining": None, "iteration": 3}, ("Iteration 3 of 60", "1:03 · estimating")),
        ({"state": RunState.STOPPING}, ("Stopping…", "1:03")),
        ({"state": RunState.PAUSING}, ("Pausing…", "1:03")),
        ({"state": RunState.PAUSED}, ("Paused at 12 of 60", "1:03 · 0:08 left")),
        (
            {"state": RunState.PAUSED, "total": 0, "stage": "detecting", "remaining": None},
            ("Paused, detecting", "1:03"),
        ),
        ({"state": RunState.QUEUED}, ("Waiting", "")),
        (
            {"total": 0, "iteration": 0, "stage": "detecting", "remaining": None},
            ("Detecting", "1:03"),
        ),
        ({"total": 0, "iteration": 0, "stage": "GFF"}, ("GFF", "1:03 · 0:08 left")),
    ],
)
def test_that_progress_is_said_in_words(change: dict[str, Any], words: tuple[str, str]) -> None:
    assert progress_words(status(**change), elapsed=63.0) == words


@pytest.fixture(params=[True, False])
def view(qtbot: Any, request: Any) -> ProgressView:
    view = ProgressView(one_line=request.param)
    qtbot.addWidget(view)
    return view


def test_that_the_bar_follows_the_run(view: ProgressView) -> None:
    view.show_status(status())
    assert view.isVisible()
    assert (view.bar.value(), view.bar.maximum()) == (12, 60)
    assert "Iteration 12 of 60" in view.bar.accessibleDescription()


def test_that_the_bar_follows_a_stage_that_says_how_far_it_is(view: ProgressView) -> None:
    view.show_status(status(total=0, iteration=0, stage="GFF", share=0.25))
    assert view.bar.value() / view.bar.maximum() == 0.25
    view.show_status(status(total=0, iteration=0, stage="GFF", share=None))
    assert (view.bar.minimum(), view.bar.maximum()) == (0, 0)  # busy


def test_that_it_is_gone_when_the_run_ends(view: ProgressView) -> None:
    view.show_status(status())
    view.show_status(status(state=RunState.DONE))
    assert not view.isVisible()
    assert not view._timer.isActive()


def test_that_the_time_goes_on_between_steps(view: ProgressView, qtbot: Any) -> None:
    view.show_status(status(elapsed=62.95))
    assert view.times.text().startswith("1:02")
    qtbot.waitUntil(lambda: view.times.text().startswith("1:03"), timeout=3000)


def test_that_stop_can_be_pressed_once(qtbot: Any) -> None:
    view = ProgressView(one_line=True)
    qtbot.addWidget(view)
    view.show_status(status())
    with qtbot.waitSignal(view.stop_clicked):
        click(view.stop_button)
    view.show_status(status(state=RunState.STOPPING))
    assert view.where.text() == "Stopping…"
    assert not view.stop_button.isEnabled()
    assert not view.pause_button.isEnabled()


def test_that_pause_and_stop_carry_the_number_of_the_run(qtbot: Any) -> None:
    view = ProgressView(one_line=True)
    qtbot.addWidget(view)
    view.show_status(status(run_id=5))
    for button, signal in (
        (view.pause_button, view.pause_clicked),
        (view.stop_button, view.stop_clicked),
    ):
        with qtbot.waitSignal(signal) as caught:
            click(button)
        assert caught.args == [5]
    before = view.pause_button.accessibleName()
    view.show_status(status(state=RunState.PAUSED))
    assert view.pause_button.accessibleName() != before
    assert view.pause_button.isEnabled()


def test_that_other_runs_are_counted_and_the_device_is_told(view: ProgressView) -> None:
    view.show_status(status(device="cuda:0"), others=2)
    assert view.where.text() == "Iteration 12 of 60 (+2)"
    assert view.where.toolTip() == "MS-Lap on cuda:0; 2 more in progress or waiting"
    view.show_status(status())
    assert view.where.text() == "Iteration 12 of 60"


def test_that_the_time_of_a_paused_run_stands_still(view: ProgressView, qtbot: Any) -> None:
    view.show_status(status(state=RunState.PAUSED, elapsed=62.95))
    qtbot.wait(600)
    assert view.times.text().startswith("1:02")
