"""Fill."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.ui.tools.fill import Fill
from mfgui.ui.tools.tool import NOTHING, Point
from tests.guides import halves
from tests.ui.tools.stages import CTRL, PLAIN, drag, painted, stage


@pytest.fixture
def rings() -> np.ndarray:
    """Label 2 as two separate squares on label 1."""
    labels = np.ones((40, 60), np.uint8)
    labels[5:15, 5:15] = 2
    labels[20:30, 30:45] = 2
    return labels


def test_that_the_connected_region_is_filled_at_once(rings) -> None:
    where, fill = stage(labels=rings, active=3), Fill()
    pressed, released = drag(fill, where, (7.5, 6.9))
    assert (pressed.begin, pressed.end, released) == ("Fill", "commit", NOTHING)
    expected = rings.copy()
    expected[5:15, 5:15] = 3
    np.testing.assert_array_equal(painted(where, [pressed]), expected)
    assert not fill.busy


def test_that_a_label_is_filled_everywhere(rings) -> None:
    where = stage(labels=rings, active=3, everywhere=True)
    answers = drag(Fill(), where, (7, 7))
    np.testing.assert_array_equal(painted(where, answers), np.where(rings == 2, 3, rings))


def test_that_ctrl_fills_with_unassigned(rings) -> None:
    where = stage(labels=rings, active=3)
    answers = drag(Fill(), where, (0, 0), keys=CTRL)
    np.testing.assert_array_equal(painted(where, answers), np.where(rings == 1, 0, rings))


@pytest.mark.parametrize("everywhere", [False, True])
def test_that_without_a_map_everything_is_unassigned(everywhere) -> None:
    where = stage(labels=None, active=2, everywhere=everywhere)
    assert (painted(where, drag(Fill(), where, (7, 7))) == 2).all()


def test_that_filling_with_the_label_that_is_there_is_nothing(rings) -> None:
    assert Fill().press(stage(labels=rings, active=2), Point(7, 7), PLAIN) is NOTHING
    assert Fill().press(stage(labels=None), Point(7, 7), CTRL) is NOTHING


@pytest.mark.parametrize("labels", [None, "empty"])
def test_that_edges_bound_a_fill_when_they_are_to(labels) -> None:
    guide = halves(60, 40, border=30)
    where = stage(labels=labels, guide=guide, by_edges=True)
    filled = painted(where, drag(Fill(), where, (10, 10)))
    assert filled[:, :28].all()
    assert not filled[:, 32:].any()


@pytest.mark.parametrize("options", [{}, {"everywhere": True, "by_edges": True}])
def test_that_the_guide_is_not_read_otherwise(options) -> None:
    guide = halves(60, 40, border=30)
    where = stage(guide=guide, **options)
    assert painted(where, drag(Fill(), where, (10, 10))).all()
    assert guide.asked == []


def test_that_edges_are_left_out_where_there_is_no_guide() -> None:
    where = stage(by_edges=True)
    assert painted(where, drag(Fill(), where, (10, 10))).all()
