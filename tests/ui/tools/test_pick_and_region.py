"""Pick label and region."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.ui.tools.pick import Pick
from mfgui.ui.tools.region import Region
from mfgui.ui.tools.tool import NOTHING, Point
from tests.ui.tools.stages import PLAIN, drag, stage


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 20:], labels[:, 40:] = 3, 255
    return labels


def test_that_a_click_takes_the_label_there(labels) -> None:
    where = stage(labels=labels)
    assert Pick().press(where, Point(20.0, 3.9), PLAIN).label == 3
    assert Pick().press(where, Point(19.99, 3.9), PLAIN).label == 0


def test_that_ignore_and_what_lies_beside_the_picture_are_not_taken(labels) -> None:
    where = stage(labels=labels)
    for x, y in ((45, 5), (-0.1, 5), (60, 5), (5, 40), (5, -3), (float("nan"), 5)):
        assert Pick().press(where, Point(x, y), PLAIN) is NOTHING


def test_that_a_drag_goes_on_taking(labels) -> None:
    where, pick = stage(labels=labels), Pick()
    pick.press(where, Point(5, 5), PLAIN)
    assert pick.move(where, (Point(6, 5), Point(25, 5))).label == 3
    pick.release(where, Point(25, 5))
    assert pick.move(where, (Point(5, 5),)) is NOTHING


def test_that_without_a_map_everything_is_unassigned() -> None:
    assert Pick().press(stage(labels=None), Point(5, 5), PLAIN).label == 0


def test_that_large_labels_are_taken() -> None:
    where = stage(labels=np.full((40, 60), 300, np.uint16), k=300)
    assert Pick().press(where, Point(5, 5), PLAIN).label == 300


@pytest.mark.parametrize(
    ("start", "end", "rect"),
    [
        ((10.2, 5.5), (30.7, 25.1), Rect(10, 5, 21, 21)),
        ((30.7, 25.1), (10.2, 5.5), Rect(10, 5, 21, 21)),
        ((-30, -20), (10, 10), Rect(0, 0, 10, 10)),
        ((50, 30), (200, 300), Rect(50, 30, 10, 10)),
        ((-9, 5), (99, 5), Rect(0, 5, 60, 1)),
    ],
)
def test_that_a_drag_sets_the_region(start, end, rect) -> None:
    where, region = stage(), Region()
    pressed, moved, released = drag(region, where, start, end)
    assert pressed is moved is NOTHING
    assert released.region == rect
    assert not region.busy


def test_that_a_click_clears_the_region() -> None:
    assert drag(Region(), stage(), (10, 10), (11, 11))[-1].region == "none"
    assert drag(Region(), stage(), (-50, 10))[-1].region == "none"


def test_that_a_short_drag_is_measured_on_the_screen() -> None:
    assert drag(Region(), stage(scale=8.0), (10, 10), (11, 11))[-1].region == Rect(10, 10, 1, 1)
    assert drag(Region(), stage(scale=0.1), (10, 10), (30, 20))[-1].region == "none"


def test_that_a_drag_beside_the_picture_changes_nothing() -> None:
    assert drag(Region(), stage(), (-50, 10), (-10, 30))[-1] is NOTHING


def test_that_the_region_is_shown_while_it_is_drawn() -> None:
    where, region = stage(), Region()
    region.press(where, Point(10, 10), PLAIN)
    assert region.outline(where) is None
    region.move(where, (Point(20.5, 15), Point(-5, 20)))
    shown = region.outline(where)
    assert shown.path == ((0, 10), (10, 10), (10, 20), (0, 20))
    assert shown.closed
    region.move(where, (Point(-9, 20), Point(-5, float("nan"))))
    assert region.cancel().end == "abort"
    assert region.release(where, Point(20, 20)) is NOTHING
    assert region.outline(where) is None


def test_that_a_region_beside_the_picture_is_not_shown() -> None:
    where, region = stage(), Region()
    region.press(where, Point(-50, 10), PLAIN)
    region.move(where, (Point(-10, 30),))
    assert region.outline(where) is None
