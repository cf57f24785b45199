from __future__ import annotations

import numpy as np
import pytest

from mfgui.app.line_control import LineControl, carry_line
from mfgui.app.session_parts import SessionParts
from mfgui.core import events as changes
from mfgui.core.line_profile import Interpolation
from mfgui.core.session import Line

LINE = Line(3.5, 4.5, 40.5, 20.5)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def opened(desk, tiny_pair_files):
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    return desk


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def control(opened, clock) -> LineControl:
    return LineControl(opened.controller._desk, opened.controller.edit, clock=clock)


def names(desk) -> tuple[str, ...]:
    return desk.controller.edit.history.names


def test_that_a_line_is_a_step_that_can_be_undone(opened, control) -> None:
    edit = opened.controller.edit
    assert control.set(LINE)
    assert opened.controller.session.line == LINE
    assert opened.seen(changes.LineChanged)
    assert not control.set(LINE)
    control.set(None)
    assert names(opened) == ("Line profile", "Remove line")
    edit.undo()
    assert control.line == LINE
    edit.undo()
    assert control.line is None
    edit.redo()
    assert control.line == LINE


def test_that_a_line_that_is_being_drawn_is_one_step_at_its_end(opened, control) -> None:
    for end in range(10, 30):
        control.show(Line(3.5, 4.5, end + 0.5, 9.5))
        assert control.line.x1 == end + 0.5
    assert names(opened) == ()
    control.set(control.line)
    assert names(opened) == ("Line profile",)
    opened.controller.edit.undo()
    assert control.line is None


def test_that_a_drag_that_is_given_up_leaves_no_step(opened, control) -> None:
    control.set(LINE)
    control.show(Line(1.5, 1.5, 9.5, 9.5))
    control.set(LINE)
    assert control.line == LINE
    assert names(opened) == ("Line profile",)


def test_that_ends_lie_inside_the_picture(control) -> None:
    control.set(Line(-20, 10, 500, 99, 300))
    assert control.line == Line(0, 10, 64, 48, 101)
    control.set(Line(30, 30, 30.3, 30))
    assert control.line is None


def test_that_widths_within_a_second_are_one_step(opened, control, clock) -> None:
    control.set(LINE)
    for width in (2, 3, 4, 5):
        clock.now += 0.4
        control.set_width(width)
    assert control.line.width == 5
    assert names(opened) == ("Line profile", "Line width")
    clock.now += 1.1
    control.set_width(9)
    assert len(names(opened)) == 3
    opened.controller.edit.undo()
    assert control.line.width == 5
    opened.controller.edit.undo()
    assert control.line == LINE
    opened.controller.edit.redo()
    assert control.line.width == 5


def test_that_a_width_after_another_step_is_a_step_of_its_own(opened, control) -> None:
    control.set(LINE)
    control.set_width(2)
    opened.controller.edit.undo()
    control.set_width(3)
    assert names(opened) == ("Line profile", "Line width")
    opened.controller.edit.undo()
    assert control.line.width == 1


def test_that_a_new_set_has_no_line(opened, control, tiny_pair_files) -> None:
    control.set(LINE)
    opened.changes.clear()
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    assert control.line is None
    assert opened.seen(changes.LineChanged)
    control.set(LINE)
    opened.controller.edit.undo()
    assert control.line is None


def test_that_without_a_set_there_is_no_line(desk) -> None:
    control = LineControl(desk.controller._desk, desk.controller.edit)
    assert not control.set(LINE)
    control.set_width(3)
    assert desk.controller.session.line is None


def test_that_the_values_along_the_line_are_read(opened, control, tiny_pair_files) -> None:
    control.set(Line(0.5, 7.5, 63.5, 7.5))
    found: list = []
    control.read(["source:1", "source:2", "result:9", "composite", "truth"], found.append)
    opened.settle()
    assert set(found[0]) == {"source:1", "source:2"}
    stack = opened.controller.session.stack
    for number in (1, 2):
        wanted = stack.pixels(number - 1)[7].astype(np.float32) / np.float32(255)
        assert np.array_equal(found[0][f"source:{number}"], wanted)


def test_that_only_the_newest_wish_is_answered(opened, control) -> None:
    found: list = []
    control.set(Line(0.5, 7.5, 63.5, 7.5))
    control.read(["source:1"], lambda values: found.append(("old", values)))
    control.set(Line(0.5, 7.5, 9.5, 7.5))
    control.read(["source:2"], lambda values: found.append(("new", values)))
    opened.settle()
    assert [name for name, _ in found] == ["new"]
    assert found[0][1]["source:2"].shape == (10, 3)
    control.read(["source:1"], lambda _values: pytest.fail("answered"))
    control.stop()
    opened.settle()


def test_that_what_was_read_for_an_older_wish_is_dropped(opened, control) -> None:
    control.set(Line(0.5, 7.5, 63.5, 7.5))
    control.read(["source:1"], lambda _values: pytest.fail("answered"))
    opened.backend.work()  # it has been read, and is on its way
    found: list = []
    control.read(["source:2"], found.append)
    opened.settle()
    assert [set(values) for values in found] == [{"source:2"}]


def test_that_the_interpolation_is_told(opened, control) -> None:
    opened.changes.clear()
    control.interpolate(Interpolation.NEAREST)
    assert opened.seen(changes.LineChanged)
    assert names(opened) == ()


def test_that_a_session_file_carries_the_line(opened, tmp_path) -> None:
    controller = opened.controller
    controller.line.set(Line(3.25, 4.5, 40.5, 20.125, 7))
    controller.sessions.save_as(tmp_path / "work.mfgui")
    opened.settle()
    controller.line.set(None)
    controller.sessions.open(tmp_path / "work.mfgui")
    opened.settle()
    assert controller.session.line == Line(3.25, 4.5, 40.5, 20.125, 7)
    assert not controller.sessions.modified
    assert names(opened) == ()


def test_that_a_session_carries_the_line(opened, control) -> None:
    parts = SessionParts()
    carry_line(parts, control)
    control.set(Line(3.25, 4.5, 40.5, 20.125, 7))
    kept = parts.read()
    control.set(None)
    before = names(opened)
    assert parts.restore(kept) == []
    assert control.line == Line(3.25, 4.5, 40.5, 20.125, 7)
    assert names(opened) == before
    for damaged in (3, {"ends": [1, 2, 3], "width": 1}, {"ends": ["nan"] * 4, "width": 1}, {}):
        assert parts.restore({"line": damaged}) == ["line"]
        assert control.line == Line(3.25, 4.5, 40.5, 20.125, 7)
    assert parts.restore({"line": None}) == []
