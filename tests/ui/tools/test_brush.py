"""Brush and eraser."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.ui.tools import strokes
from mfgui.ui.tools.brush import Brush
from mfgui.ui.tools.tool import NOTHING, Point
from tests.guides import halves
from tests.ui.tools.stages import (
    CTRL,
    ERASER,
    PLAIN,
    SHIFT,
    covered,
    drag,
    edits_of,
    painted,
    stage,
    within,
)


@pytest.fixture
def brush() -> Brush:
    return Brush()


def test_that_a_click_paints_a_dab_as_one_gesture(brush) -> None:
    where = stage(active=2)
    pressed, released = drag(brush, where, (20, 15))
    assert pressed.begin == "Brush"
    assert released.end == "commit"
    np.testing.assert_array_equal(
        painted(where, [pressed, released]), 2 * within(where, 20, 15, 4.5)
    )


def test_that_every_point_is_painted_when_it_comes(brush) -> None:
    where = stage()
    pressed = brush.press(where, Point(10, 10), PLAIN)
    assert brush.busy
    moved = brush.move(where, (Point(30, 10), Point(30, 30)))
    mask = covered(where, [pressed, moved])
    for x, y in ((20, 10), (30, 10), (30, 20), (30, 30)):
        assert (mask >= within(where, x, y, 4.5)).all()
    assert not mask[30, 10]
    released = brush.release(where, Point(30, 30))
    assert released.edits == ()
    assert not brush.busy


def test_that_the_place_of_the_release_is_reached(brush) -> None:
    where = stage()
    brush.press(where, Point(10, 10), PLAIN)
    released = brush.release(where, Point(40, 10))
    assert covered(where, [released])[10, 40]


@pytest.mark.parametrize("keys", [CTRL, ERASER])
def test_that_ctrl_and_the_eraser_end_paint_unassigned(brush, keys) -> None:
    where = stage(labels=np.full((40, 60), 3, np.uint8))
    answers = drag(brush, where, (20, 15), keys=keys)
    assert answers[0].begin == "Eraser"
    np.testing.assert_array_equal(painted(where, answers), 3 * ~within(where, 20, 15, 4.5))


def test_that_the_eraser_paints_unassigned_whatever_the_label() -> None:
    eraser, where = Brush(erases=True), stage(labels=np.full((40, 60), 3, np.uint8), active=2)
    answers = drag(eraser, where, (20, 15), (30, 15))
    assert eraser.name == "eraser"
    assert {edit.labels for edit in edits_of(answers)} == {0}
    assert not painted(where, answers)[15, 20:30].any()


def test_that_shift_paints_straight_from_the_last_point(brush) -> None:
    where = stage()
    drag(brush, where, (5, 5), (10, 20))
    answers = drag(brush, where, (50, 20), keys=SHIFT)
    mask = covered(where, answers)
    assert mask[20, 10:50].all()
    assert not mask[5, 5]
    further = drag(brush, where, (50, 38), keys=SHIFT)
    assert covered(where, further)[20:38, 50].all()


def test_that_shift_is_a_dab_where_there_is_no_last_point(brush) -> None:
    where = stage()
    answers = drag(brush, where, (50, 20), keys=SHIFT)
    np.testing.assert_array_equal(covered(where, answers), within(where, 50, 20, 4.5))


def test_that_the_last_point_of_another_map_is_none(brush) -> None:
    drag(brush, stage(of=Size(900, 800)), (850, 790))
    where = stage()
    answers = drag(brush, where, (50, 20), keys=SHIFT)
    np.testing.assert_array_equal(covered(where, answers), within(where, 50, 20, 4.5))


def test_that_a_stroke_given_up_is_no_last_point(brush) -> None:
    where = stage()
    drag(brush, where, (10, 20))
    brush.press(where, Point(50, 35), PLAIN)
    brush.move(where, (Point(55, 5),))
    assert brush.cancel().end == "abort"
    mask = covered(where, drag(brush, where, (30, 20), keys=SHIFT))
    assert mask[20, 10:30].all()
    assert not mask[35].any()


@pytest.mark.parametrize(
    ("pressure", "radius"), [(1.0, 10), (0.5, 5), (0.25, 2.5), (0.0, 0.5), (7.0, 10)]
)
def test_that_pressure_drives_the_size_when_it_is_to(brush, pressure, radius) -> None:
    where = stage(pressure_size=True, size=20)
    answers = drag(brush, where, (30.5, 20.5, pressure))
    np.testing.assert_array_equal(covered(where, answers), within(where, 30.5, 20.5, radius))


def test_that_pressure_does_not_matter_otherwise(brush) -> None:
    where = stage()
    answers = drag(brush, where, (20, 15, 0.1))
    np.testing.assert_array_equal(covered(where, answers), within(where, 20, 15, 4.5))


def test_that_lifting_the_pen_does_not_thin_the_stroke(brush) -> None:
    where = stage(pressure_size=True)
    brush.press(where, Point(10, 10, 1.0), PLAIN)
    brush.move(where, (Point(20, 10, 1.0),))
    released = brush.release(where, Point(40, 10, 0.0))
    mask = covered(where, [released])
    assert mask[6:14, 40].all()


def test_that_the_pressure_changes_evenly_along_the_way(brush) -> None:
    where = stage(pressure_size=True)
    answers = drag(brush, where, (10, 20, 1.0), (50, 20, 0.2))
    widths = covered(where, answers)[:, 10:50].sum(axis=0)
    assert (np.diff(widths.astype(int)) <= 0).all()
    assert widths[0] > 3 * widths[-1]


def test_that_snap_keeps_to_the_side_where_the_stroke_began(brush) -> None:
    guide = halves(60, 40, border=30)
    plain, where = stage(), stage(guide=guide, snap=True, snap_strength=100)
    way = [(27, 10), (29, 15), (31, 20), (28, 30)]
    mask = covered(where, drag(brush, where, *way))
    free = covered(plain, drag(Brush(), plain, *way))
    assert free[:, 31:].any()
    assert not mask[:, 30:].any()
    assert not (mask & ~free).any()
    assert (mask[:, :29] == free[:, :29]).mean() > 0.99


def test_that_snap_on_the_other_side_keeps_to_that(brush) -> None:
    where = stage(guide=halves(60, 40, border=30), snap=True, snap_strength=100)
    mask = covered(where, drag(brush, where, (33, 10), (33, 30)))
    assert not mask[:, :30].any()
    assert mask[10:30, 31:37].all()


def test_that_a_snapped_stroke_comes_home_from_the_other_side(brush) -> None:
    """Far beyond the edge it paints there; back within reach of its side, only that side."""
    where = stage(guide=halves(60, 40, border=30), snap=True, snap_strength=100, size=8)
    mask = covered(where, drag(brush, where, (20, 8), (50, 8), (50, 30), (36, 30), (20, 30)))
    assert mask[8, 45:53].all()
    assert mask[28:32, 20:29].all()
    assert not mask[:, 30:34].any()


def test_that_there_is_no_snap_without_a_guide(brush) -> None:
    where = stage(snap=True)
    np.testing.assert_array_equal(
        covered(where, drag(brush, where, (20, 15))), within(where, 20, 15, 4.5)
    )


def test_that_a_snapped_stroke_leaves_no_gaps_however_fast(brush) -> None:
    guide = halves(600, 40, border=590)
    where = stage(of=Size(600, 40), guide=guide, snap=True)
    mask = covered(where, drag(brush, where, (10, 20), (550, 20)))
    assert mask[17:24, 10:550].all()


def test_that_the_way_decides_the_dabs_of_a_snapped_stroke_not_its_events(brush) -> None:
    guide = halves(60, 40, border=30)
    where = stage(guide=guide, snap=True)
    way = [Point(5 + i, 20 + 5 * np.sin(i / 3)) for i in range(50)]
    answers = [brush.press(where, way[0], PLAIN), brush.move(where, tuple(way[1:]))]
    answers.append(brush.release(where, way[-1]))
    one_by_one = Brush()
    singly = [one_by_one.press(where, way[0], PLAIN)]
    singly += [one_by_one.move(where, (point,)) for point in way[1:]]
    singly.append(one_by_one.release(where, way[-1]))
    # Dabs where the pointer was after each event come on top of those at equal distances.
    assert not (covered(where, answers) & ~covered(where, singly)).any()
    assert (covered(where, singly) & ~covered(where, answers)).sum() < 60


def test_that_a_slow_snapped_stroke_is_where_the_pointer_is(brush) -> None:
    where = stage(guide=halves(60, 40, border=55), snap=True, size=24)
    answers = [brush.press(where, Point(15, 20), PLAIN)]
    for x in np.arange(15.5, 30, 0.5):
        answers.append(brush.move(where, (Point(x, 20),)))
        assert (covered(where, answers) >= within(where, x, 20, 12)).all()


def test_that_many_points_cost_no_more_dabs_than_the_way(brush, monkeypatch) -> None:
    asked: list[tuple] = []

    def counted(guide, rect, mask, centre, **others):
        asked.append(centre)
        return mask

    monkeypatch.setattr(strokes, "snapped", counted)
    where = stage(guide=halves(60, 40, border=55), snap=True, size=40)
    brush.press(where, Point(5, 20), PLAIN)
    brush.move(where, tuple(Point(5 + i / 10, 20) for i in range(1, 401)))
    # 40 pixels in steps of an eighth of the size, the first dab, and the one at the pointer.
    assert np.allclose([x for x, _ in asked[:8]], np.arange(5, 45, 5))
    assert len(asked) in (9, 10)


def test_that_the_area_to_be_painted_is_shown_before_the_click(brush) -> None:
    where = stage(guide=halves(60, 40, border=30), snap=True, snap_strength=100, active=2)
    brush.hover(where, Point(28, 20), PLAIN)
    shown = brush.outline(where)
    mask = np.zeros((40, 60), bool)
    mask[shown.rect.slices] = shown.mask
    np.testing.assert_array_equal(mask, covered(where, drag(brush, where, (28, 20))))
    assert shown.label == 2
    assert not mask[:, 30:].any()


def test_that_ctrl_is_shown_before_the_click(brush) -> None:
    where = stage(guide=halves(60, 40, border=30), snap=True, active=2)
    brush.hover(where, Point(28, 20), CTRL)
    assert brush.outline(where).label == 0


def test_that_a_straight_stroke_is_shown_before_the_click(brush) -> None:
    where = stage()
    drag(brush, where, (10, 10))
    brush.hover(where, Point(50, 30), SHIFT)
    shown = brush.outline(where)
    assert shown.closed
    xs, ys = zip(*shown.path, strict=True)
    assert (min(xs), max(xs)) == pytest.approx((5.5, 54.5), abs=0.1)
    assert (min(ys), max(ys)) == pytest.approx((5.5, 34.5), abs=0.1)


def test_that_a_plain_brush_leaves_the_ring_to_the_canvas(brush) -> None:
    where = stage()
    brush.hover(where, Point(20, 20), PLAIN)
    assert brush.outline(where) is None
    brush.hover(where, None, PLAIN)
    assert brush.outline(where) is None


def test_that_large_brushes_paint_what_they_newly_cover(brush) -> None:
    where = stage(of=Size(1500, 1400), size=1000)
    way = [(300, 300), (310, 305), (340, 330), (900, 340), (880, 900)]
    answers = drag(brush, where, *way)
    few = Brush()
    together = [few.press(where, Point(*way[0]), PLAIN)]
    together.append(few.move(where, tuple(Point(*place) for place in way[1:])))
    ys, xs = np.mgrid[:1400, :1500] + 0.5
    distance = np.full((1400, 1500), np.inf)
    for (x0, y0), (x1, y1) in itertools.pairwise(way):
        dx, dy = x1 - x0, y1 - y0
        share = np.clip(((xs - x0) * dx + (ys - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        distance = np.minimum(distance, np.hypot(xs - x0 - share * dx, ys - y0 - share * dy))
    np.testing.assert_array_equal(covered(where, answers), distance <= 500)
    np.testing.assert_array_equal(covered(where, together), distance <= 500)
    assert sum(edit.mask.size for edit in answers[1].edits) < 0.3 * 1000 * 1000
    assert len(together[1].edits) < 30


def test_that_what_is_no_place_is_ignored(brush) -> None:
    where, nowhere = stage(), Point(float("nan"), float("inf"))
    assert brush.press(where, nowhere, PLAIN) is NOTHING
    assert not brush.busy
    brush.press(where, Point(20, 15), PLAIN)
    assert brush.move(where, (nowhere,)) is NOTHING
    released = brush.release(where, nowhere)
    assert (released.edits, released.end) == ((), "commit")
    brush.hover(where, nowhere, PLAIN)
    assert brush.outline(where) is None


def test_that_a_snapped_way_from_far_outside_is_that_of_its_part_in_the_picture(
    brush, monkeypatch
) -> None:
    """Dab by dab over the whole of it would take years."""
    made = []
    real = strokes.snapped_dab
    monkeypatch.setattr(
        strokes, "snapped_dab", lambda *a, **k: (made.append(a[1]), real(*a, **k))[1]
    )
    guide = halves(60, 40, border=1000)  # without an edge
    where = stage(active=2, guide=guide, snap=True, size=9)
    answers = drag(brush, where, (-1e9, 20.5), (1e9, 20.5))
    labels = painted(where, answers)
    assert len(made) < 200
    assert (labels[20] == 2).all()
    rows = np.flatnonzero((labels == 2).any(axis=1))
    assert (rows.min(), rows.max()) == (16, 24)
