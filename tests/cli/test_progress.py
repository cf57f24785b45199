from __future__ import annotations

import io

from mfgui.cli.progress import ProgressLine, duration
from mfgui.jobs.events import Iterated, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def step(iteration: int, *, q: float = 0.9, total: int = 60) -> Iterated:
    return Iterated(1, iteration, total, q, 1.0, 0.1, 0.5 * iteration, "box-joint")


def test_that_nothing_is_written_when_nobody_watches() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    line(Progress(1, "detecting", 0, 1))
    line(step(0))
    line.clear()
    assert stream.getvalue() == ""


def test_that_a_terminal_sees_iteration_q_elapsed_and_remaining_time() -> None:
    now = [100.0]
    stream = Terminal()
    line = ProgressLine(stream, clock=lambda: now[0])
    for iteration in range(11):
        now[0] = 100.0 + 0.5 * iteration
        line(step(iteration, q=0.9 + iteration / 1000))
    last = stream.getvalue().split("\r")[-1]
    assert last.rstrip() == "iteration 10/60  Q 0.910000  5.0 s  at most 25.0 s left"
    assert "\n" not in stream.getvalue()


def test_that_the_line_is_renewed_at_most_ten_times_a_second() -> None:
    now = [0.0]
    stream = Terminal()
    line = ProgressLine(stream, clock=lambda: now[0])
    for iteration in range(101):
        now[0] = iteration / 100
        line(step(iteration, total=100))
    assert stream.getvalue().count("\r") <= 12


def test_that_a_shorter_text_leaves_nothing_of_the_longer_one_behind() -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    line(step(0))
    line(Progress(1, "reading", 0, 1))
    shown = stream.getvalue().split("\r")
    assert len(shown[-1]) >= len(shown[-2])
    line.clear()
    assert stream.getvalue().endswith(" \r")


def test_that_durations_are_read_at_a_glance() -> None:
    assert [duration(s) for s in (0.04, 59.9, 60, 125.4, 3600)] == [
        "0.0 s",
        "59.9 s",
        "1:00",
        "2:05",
        "1:00:00",
    ]
