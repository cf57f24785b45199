"""Line profile: drawing, moving an end or the whole line, keeping to 45 degrees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mfgui.core.session import Line
from mfgui.ui.tools.line_profile import LineProfile
from mfgui.ui.tools.tool import NOTHING, LineMove, Point
from tests.ui.tools.stages import PLAIN, drag, stage

LINE = Line(10.5, 10.5, 40.5, 20.5, 3)


def where(line: Line | None = None, *, shift: bool = False, scale: float = 1.0, **options):
    return replace(stage(scale=scale, **options), line=line, shift=shift)


def test_that_a_drag_draws_a_line_between_pixel_centres() -> None:
    pressed, moved, released = drag(LineProfile(), where(line_width=5), (3.2, 4.9), (30.8, 17.1))
    assert pressed is NOTHING
    assert moved.line == LineMove(Line(3.5, 4.5, 30.5, 17.5, 5))
    assert released.line == LineMove(Line(3.5, 4.5, 30.5, 17.5, 5), settled=True)


def test_that_a_click_leaves_the_line_as_it_is() -> None:
    assert drag(LineProfile(), where(LINE), (50, 35), (51, 36))[-1] is NOTHING
    assert drag(LineProfile(), where(), (50, 35))[-1] is NOTHING
    # what is short on the screen is a click, whatever it is in the picture
    assert drag(LineProfile(), where(scale=0.1), (5, 5), (30, 10))[-1] is NOTHING
    assert drag(LineProfile(), where(scale=8), (5.1, 5.1), (7.1, 5.1))[-1].line is not None


def test_that_a_drag_back_to_where_it_began_keeps_the_line() -> None:
    answers = drag(LineProfile(), where(LINE), (50, 35), (20, 35), (50, 35))
    assert answers[-1].line == LineMove(LINE, settled=True)


@pytest.mark.parametrize(
    ("grip", "to", "line"),
    [
        ((40, 21), (50.2, 30.9), Line(10.5, 10.5, 50.5, 30.5, 3)),
        ((12, 12), (2, 3), Line(2.5, 3.5, 40.5, 20.5, 3)),
        ((40, 21), (500, -99), Line(10.5, 10.5, 59.5, 0.5, 3)),
    ],
)
def test_that_an_end_can_be_moved(grip, to, line) -> None:
    assert drag(LineProfile(), where(LINE), grip, to)[-1].line == LineMove(line, settled=True)


def test_that_the_whole_line_can_be_moved() -> None:
    moved = drag(LineProfile(), where(LINE), (25.5, 15.5), (30.6, 22.4))[-1].line
    assert moved == LineMove(Line(15.5, 17.5, 45.5, 27.5, 3), settled=True)


def test_that_a_moved_line_stays_inside_the_picture() -> None:
    line = drag(LineProfile(), where(LINE), (25.5, 15.5), (900, -900))[-1].line.line
    assert line == Line(29.5, 0.5, 59.5, 10.5, 3)


def test_that_ends_are_taken_hold_of_by_their_distance_on_the_screen() -> None:
    near = drag(LineProfile(), where(LINE, scale=10), (41, 20.5), (50, 20.5))[-1].line.line
    assert (near.x0, near.y0, near.x1) == (10.5, 10.5, 50.5)
    far = drag(LineProfile(), where(LINE, scale=10), (43, 20.5), (50, 20.5))[-1].line.line
    assert (far.x0, far.y0) == (43.5, 20.5)


@pytest.mark.parametrize(
    ("to", "end"),
    [
        ((40, 13), (40.5, 10.5)),
        ((40, 21), (40.5, 10.5)),
        ((40, 24), (32.5, 32.5)),
        ((12, 30), (10.5, 30.5)),
        ((25, 23), (24.5, 24.5)),
        ((1, 18), (2.5, 18.5)),
        ((4, 2), (3.5, 3.5)),
        ((999, 999), (39.5, 39.5)),
    ],
)
def test_that_shift_keeps_to_45_degrees(to, end) -> None:
    line = drag(LineProfile(), where(shift=True), (10, 10), to)[-1].line.line
    assert (line.x1, line.y1) == end


def test_that_shift_can_be_pressed_during_the_drag() -> None:
    tool = LineProfile()
    tool.press(where(), Point(10, 10), PLAIN)
    assert tool.move(where(), (Point(40, 13),)).line.line.y1 == 13.5
    assert tool.move(where(shift=True), (Point(40, 13),)).line.line.y1 == 10.5


def test_that_giving_up_puts_the_line_back() -> None:
    tool = LineProfile()
    tool.press(where(LINE), Point(25.5, 15.5), PLAIN)
    tool.move(where(LINE), (Point(30, 30),))
    answer = tool.cancel()
    assert answer.end == "abort"
    assert answer.line == LineMove(LINE, settled=True)


def test_that_the_end_below_the_pointer_is_ringed() -> None:
    tool = LineProfile()
    tool.hover(where(LINE), Point(42, 21), PLAIN)
    ring = tool.outline(where(LINE)).path
    assert sum(x for x, _ in ring) / len(ring) == pytest.approx(40.5)
    tool.hover(where(LINE), Point(25.5, 15.5), PLAIN)
    assert tool.outline(where(LINE)) is None
    tool.hover(where(LINE), None, PLAIN)
    assert tool.outline(where(LINE)) is None
