"""Lasso and polygon."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.ui.tools.lasso import Lasso
from mfgui.ui.tools.polygon import Polygon
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Point, Stage
from tests.guides import Picture, halves
from tests.ui.tools.stages import CTRL, PLAIN, covered, drag, edits_of, painted, stage

SQUARE = ((10, 5), (30, 5), (30, 25), (10, 25))
INSIDE = np.s_[5:25, 10:30]
NOWHERE = Point(float("nan"), 3.0)


def square(label: int = 1) -> np.ndarray:
    labels = np.zeros((40, 60), int)
    labels[INSIDE] = label
    return labels


def clicks(tool: Polygon, where: Stage, *points: tuple, keys: Keys = PLAIN) -> list[Answer]:
    return [answer for point in points for answer in drag(tool, where, point, keys=keys)]


@pytest.fixture
def lasso() -> Lasso:
    return Lasso()


@pytest.fixture
def polygon() -> Polygon:
    return Polygon()


def test_that_a_lasso_fills_its_outline_on_release(lasso) -> None:
    where = stage(active=2)
    answers = drag(lasso, where, *SQUARE)
    assert all(answer is NOTHING for answer in answers[:-1])
    assert (answers[-1].begin, answers[-1].end) == ("Lasso", "commit")
    np.testing.assert_array_equal(painted(where, answers), square(2))
    assert not lasso.busy


def test_that_the_outline_is_shown_while_it_is_drawn(lasso) -> None:
    where = stage(active=2)
    lasso.press(where, Point(10, 5), PLAIN)
    lasso.move(where, (Point(30, 5), Point(30, 25)))
    shown = lasso.outline(where)
    assert shown.path == ((10, 5), (30, 5), (30, 25))
    assert shown.closed
    assert shown.label == 2


def test_that_a_lasso_ends_where_it_is_let_go(lasso) -> None:
    where = stage()
    lasso.press(where, Point(10, 5), PLAIN)
    lasso.move(where, (Point(30, 5), Point(30, 25)))
    released = lasso.release(where, Point(10, 25))
    np.testing.assert_array_equal(painted(where, [released]), square())


def test_that_a_lasso_given_up_paints_nothing(lasso) -> None:
    where = stage()
    lasso.press(where, Point(10, 5), PLAIN)
    lasso.move(where, (Point(30, 5), Point(30, 25)))
    assert lasso.cancel().end == "abort"
    assert lasso.release(where, Point(10, 25)) is NOTHING
    assert lasso.outline(where) is None


@pytest.mark.parametrize("points", [[(10, 5)], [(10, 5), (30, 5)], [(-30, -5), (-9, 2), (-4, -30)]])
def test_that_a_lasso_around_nothing_is_no_step(lasso, points) -> None:
    assert drag(lasso, stage(), *points)[-1] is NOTHING


def test_that_a_lasso_may_go_beyond_the_picture(lasso) -> None:
    where = stage()
    answers = drag(lasso, where, (-20, -20), (90, -20), (90, 90), (-20, 90))
    assert covered(where, answers).all()


def test_that_subtract_takes_the_active_label_away(lasso) -> None:
    labels = np.ones((40, 60), np.uint8)
    labels[:, 20:] = 2
    where = stage(labels=labels, active=2, subtract=True)
    expected = labels.copy()
    expected[5:25, 20:30] = 0
    np.testing.assert_array_equal(painted(where, drag(lasso, where, *SQUARE)), expected)


@pytest.mark.parametrize(("labels", "active"), [(None, 1), ("empty", 1), (None, 0)])
def test_that_there_may_be_nothing_to_subtract(lasso, labels, active) -> None:
    where = stage(labels=labels, active=active, subtract=True)
    assert edits_of(drag(lasso, where, *SQUARE)) == []


@pytest.mark.parametrize("make", [Lasso, Polygon])
def test_that_ctrl_paints_unassigned(make) -> None:
    where, tool = stage(labels=np.full((40, 60), 2, np.uint8), active=2), make()
    if make is Lasso:
        answers = drag(tool, where, *SQUARE, keys=CTRL)
    else:
        answers = [*clicks(tool, where, *SQUARE, keys=CTRL), tool.confirm(where)]
    np.testing.assert_array_equal(painted(where, answers), 2 - square(2))


def test_that_a_lasso_with_snap_follows_the_edge(lasso) -> None:
    values = np.full((200, 300), 0.2)
    values[:, 150:] = 0.8
    where = stage(guide=Picture(values), snap=True, of=Picture(values).size)
    wobbly = [(150 + 6 * math.sin(y / 5), y) for y in range(20, 181, 4)]
    free = [(60, 180), (60, 20)]
    mask = covered(where, drag(lasso, where, *wobbly, *free))
    wanted = np.zeros_like(mask)
    wanted[20:180, 60:150] = True
    plain = stage(of=where.size)
    rough = covered(plain, drag(Lasso(), plain, *wobbly, *free))
    near = np.s_[40:160, 120:180]
    assert (mask != wanted)[near].sum() < 0.35 * (rough != wanted)[near].sum()


def test_that_a_snapped_lasso_is_shown_up_to_the_pointer(lasso) -> None:
    where = stage(guide=halves(60, 40, border=30), snap=True)
    lasso.press(where, Point(30, 3), PLAIN)
    for y in range(4, 38, 2):
        lasso.move(where, (Point(30, y),))
        path = lasso.outline(where).path
        assert math.dist(path[0], (30, 3)) < 2
        assert math.dist(path[-1], (30, y)) < 2


def test_that_a_snapped_lasso_goes_where_the_hand_goes_when_there_is_no_edge(lasso) -> None:
    guide = halves(300, 200, border=150)
    where = stage(guide=guide, snap=True, of=guide.size)
    corners = [(20, 20), (100, 22), (90, 180), (30, 170)]
    plain = stage(of=guide.size)
    np.testing.assert_array_equal(
        covered(where, drag(lasso, where, *corners)),
        covered(plain, drag(Lasso(), plain, *corners)),
    )


@pytest.mark.parametrize(("scale", "snap_strength"), [(8.0, 100), (1.0, 10)])
def test_that_an_edge_catches_from_nearby_only(lasso, scale, snap_strength) -> None:
    guide = halves(300, 200, border=150)
    where = stage(guide=guide, snap=True, of=guide.size, scale=scale, snap_strength=snap_strength)
    mask = covered(where, drag(lasso, where, (140, 20), (140, 180), (50, 180), (50, 20)))
    assert not mask[:, 141:].any()
    nearer = stage(guide=guide, snap=True, of=guide.size, snap_strength=100)
    mask = covered(nearer, drag(Lasso(), nearer, (140, 20), (140, 180), (50, 180), (50, 20)))
    assert mask[40:160, 141:149].all()


def test_that_a_snapped_lasso_may_leave_the_picture(lasso) -> None:
    where = stage(guide=halves(60, 40, border=30), snap=True)
    mask = covered(where, drag(lasso, where, (-20, -20), (90, -20), (90, 90), (-20, 90)))
    assert mask.all()


def test_that_snap_at_0_percent_is_a_free_lasso(lasso) -> None:
    guide = halves(60, 40, border=30)
    where = stage(guide=guide, snap=True, snap_strength=0)
    np.testing.assert_array_equal(painted(where, drag(lasso, where, *SQUARE)), square())
    assert guide.asked == []


def test_that_a_polygon_is_filled_when_it_is_closed(polygon) -> None:
    where = stage(active=3)
    assert all(answer is NOTHING for answer in clicks(polygon, where, *SQUARE))
    assert polygon.busy
    closed = polygon.confirm(where)
    assert (closed.begin, closed.end) == ("Polygon", "commit")
    np.testing.assert_array_equal(painted(where, [closed]), square(3))
    assert not polygon.busy
    assert polygon.confirm(where) is NOTHING


def test_that_a_click_on_the_first_corner_closes_a_polygon(polygon) -> None:
    where = stage(scale=4.0)
    answers = clicks(polygon, where, *SQUARE, (11, 6))
    np.testing.assert_array_equal(painted(where, answers), square())
    assert not polygon.busy


def test_that_what_is_near_is_measured_on_the_screen(polygon) -> None:
    clicks(polygon, stage(scale=16.0), *SQUARE, (11, 6))
    assert polygon.busy


def test_that_a_double_click_at_the_last_corner_closes_a_polygon(polygon) -> None:
    where = stage()
    answers = clicks(polygon, where, *SQUARE, SQUARE[-1])
    answers.append(polygon.confirm(where))
    np.testing.assert_array_equal(painted(where, answers), square())


@pytest.mark.parametrize("points", [SQUARE[:1], SQUARE[:2], (SQUARE[0],) * 4])
def test_that_an_outline_of_less_than_three_corners_stays_open(polygon, points) -> None:
    where = stage(scale=0.001)
    clicks(polygon, where, *points[:2])
    for point in points[2:]:
        polygon.press(stage(scale=100.0), Point(*point), PLAIN)
    assert polygon.confirm(where) is NOTHING
    assert polygon.busy == (len(set(points)) < 3)


def test_that_undo_takes_one_corner_after_the_other_back(polygon) -> None:
    where = stage()
    clicks(polygon, where, *SQUARE, (50, 35))
    assert polygon.step_back(where)
    assert polygon.outline(where).path == SQUARE
    for _ in SQUARE:
        assert polygon.step_back(where)
    assert not polygon.busy
    assert not polygon.step_back(where)
    assert polygon.outline(where) is None


def test_that_a_corner_can_be_dragged(polygon) -> None:
    where = stage()
    polygon.press(where, Point(0, 0), PLAIN)
    polygon.move(where, (Point(5, 5), NOWHERE, Point(10, 5)))
    polygon.release(where, Point(10, 5))
    polygon.move(where, (Point(40, 40),))
    assert polygon.outline(where).path == ((10, 5),)


def test_that_a_polygon_reaches_for_the_pointer(polygon) -> None:
    where = stage()
    clicks(polygon, where, *SQUARE[:2])
    polygon.hover(where, Point(30, 20), PLAIN)
    assert polygon.outline(where).path == (*SQUARE[:2], (30, 20))
    polygon.hover(where, None, PLAIN)
    assert polygon.outline(where).path == SQUARE[:2]


def test_that_a_polygon_can_be_given_up(polygon) -> None:
    where = stage()
    clicks(polygon, where, *SQUARE)
    assert polygon.cancel().end == "abort"
    assert not polygon.busy
    assert polygon.cancel() is NOTHING
    clicks(polygon, where, *SQUARE[:2])
    assert polygon.outline(where).path == SQUARE[:2]
