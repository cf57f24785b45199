"""Smart brush and refine band: tools that act on a whole stroke."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.snapping.guide import tiles_of
from mfgui.ui.tools import smart_brush
from mfgui.ui.tools.refine_band import RefineBand
from mfgui.ui.tools.smart_brush import SmartBrush
from mfgui.ui.tools.tool import NOTHING, Outline, Point
from tests.guides import Picture, halves
from tests.ui.tools.stages import CTRL, PLAIN, covered, drag, painted, stage, within


def drawn(shown: Outline) -> np.ndarray:
    mask = np.zeros((40, 60), bool)
    mask[shown.rect.slices] = shown.mask
    return mask


@pytest.fixture
def grown(monkeypatch) -> list[dict]:
    """The calls of `grow`; every region is the stroke and all of the lowest row."""
    calls: list[dict] = []

    def grow(guide, rect, mask, *, reach, sensitivity, side):
        calls.append({"reach": reach, "sensitivity": sensitivity, "side": side})
        region = np.zeros((40, 60), bool)
        region[rect.slices] = mask
        region[-1] = True
        return type(rect)(0, 0, 60, 40), region

    monkeypatch.setattr(smart_brush, "grow", grow)
    return calls


def test_that_the_smart_brush_paints_the_region_on_release(grown) -> None:
    brush, where = SmartBrush(), stage(guide=halves(60, 40, border=30), active=2)
    pressed, moved, released = drag(brush, where, (10, 10), (20, 10))
    assert pressed is moved is NOTHING
    assert (released.begin, released.end) == ("Smart brush", "commit")
    labels = painted(where, [released])
    assert (labels[-1] == 2).all()
    assert (labels[10, 8:22] == 2).all()
    assert not labels[20:39].any()


def test_that_the_region_is_shown_while_painting_and_computed_once(grown) -> None:
    brush, where = SmartBrush(), stage(guide=halves(60, 40, border=30), size=20, reach=50)
    brush.press(where, Point(10, 10), PLAIN)
    shown = [brush.outline(where) for _ in range(3)][-1]
    assert drawn(shown)[-1].all()
    assert [(call["reach"], call["sensitivity"]) for call in grown] == [(10, 50)]
    brush.move(where, (Point(15, 10),))
    brush.outline(where)
    brush.outline(stage(guide=where.guide, size=20, reach=50, sensitivity=90))
    brush.outline(stage(guide=where.guide, size=20, reach=50, sensitivity=90))
    assert len(grown) == 3


def test_that_the_preview_is_what_is_painted() -> None:
    brush, where = SmartBrush(), stage(guide=halves(60, 40, border=30), reach=200)
    brush.press(where, Point(20, 10), PLAIN)
    brush.move(where, (Point(22, 30),))
    shown = drawn(brush.outline(where))
    released = brush.release(where, Point(22, 30))
    np.testing.assert_array_equal(shown, covered(where, [released]))
    assert shown[10:30, 17:29].all()
    assert not shown[:, 31:].any()
    assert brush.outline(where) is None


class Slow(Picture):
    """A guide that is made tile by tile."""

    def __init__(self, values: np.ndarray) -> None:
        super().__init__(values)
        self.made: set[Rect] = set()

    def read(self, rect: Rect) -> np.ndarray:
        self.made.update(tiles_of(rect))
        return super().read(rect)

    def ready(self, rect: Rect) -> bool:
        return self.made.issuperset(tiles_of(rect))


def test_that_every_other_preview_makes_one_tile_of_edges() -> None:
    size = Size(900, 600)
    guide = Slow(halves(900, 600, border=560).values)
    where = stage(of=size, guide=guide, size=40, reach=500)
    brush = SmartBrush()
    brush.press(where, Point(500, 250), PLAIN)
    counts = []
    for _ in range(8):
        shown = brush.outline(where)
        counts.append(len(guide.made))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4]
    assert shown.mask.sum() > 150 * 300
    brush.move(where, (Point(500, 500),))
    brush.outline(where)
    released = brush.release(where, Point(500, 500))  # waits for what is not made
    mask = covered(where, [released])
    assert mask[400:590, 540:558].all()
    assert not mask[:, 562:].any()


def test_that_a_stroke_is_grown_piece_by_piece(grown) -> None:
    brush, where = SmartBrush(), stage(guide=halves(60, 40, border=30))
    brush.press(where, Point(10, 10), PLAIN)
    brush.outline(where)
    for x in range(12, 24, 2):
        brush.move(where, (Point(x, 10),))
        brush.outline(where)
        brush.outline(where)
    assert len(grown) == 7
    assert {call["side"] for call in grown} == {grown[0]["side"]}
    brush.release(where, Point(22, 10))
    assert len(grown) == 7


def test_that_the_smart_brush_is_a_brush_without_a_guide() -> None:
    brush, where = SmartBrush(), stage()
    np.testing.assert_array_equal(
        covered(where, drag(brush, where, (20, 15))), within(where, 20, 15, 4.5)
    )


def test_that_snap_does_not_act_on_the_smart_brush(grown) -> None:
    brush, where = SmartBrush(), stage(guide=halves(60, 40, border=30), snap=True)
    mask = covered(where, drag(brush, where, (28, 15)))
    assert mask[:39][within(where, 28, 15, 4.5)[:39]].all()


def test_that_ctrl_unassigns_the_region(grown) -> None:
    labels = np.full((40, 60), 3, np.uint8)
    where = stage(labels=labels, guide=halves(60, 40, border=30))
    brush = SmartBrush()
    brush.press(where, Point(10, 10), CTRL)
    assert brush.outline(where).label == 0
    assert not painted(where, [brush.release(where, Point(10, 10))])[-1].any()


@pytest.mark.parametrize("make", [SmartBrush, RefineBand])
def test_that_strokes_beside_the_picture_are_nothing(make) -> None:
    tool, where = make(), stage(guide=halves(60, 40, border=30))
    assert drag(tool, where, (-40, -40), (-30, 90))[-1] is NOTHING


@pytest.mark.parametrize("make", [SmartBrush, RefineBand])
def test_that_a_stroke_can_be_given_up(make) -> None:
    tool, where = make(), stage(guide=halves(60, 40, border=30))
    tool.press(where, Point(10, 10), PLAIN)
    assert tool.busy
    assert tool.cancel().end == "abort"
    assert not tool.busy
    assert tool.outline(where) is None
    assert tool.release(where, Point(10, 10)) is NOTHING
    tool.press(where, Point(50, 30), PLAIN)
    assert not drawn(tool.outline(where))[10, 10]


def test_that_refine_band_asks_for_what_was_swept() -> None:
    where = stage(band_width=7, band_method="guided-filter")
    band = RefineBand()
    pressed, *moved, released = drag(band, where, (10, 10.2), (40.2, 10.2), (40.2, 30))
    assert pressed is NOTHING
    assert all(answer is NOTHING for answer in moved)
    request = released.band
    assert (request.method, request.width) == ("guided-filter", 7)
    assert (released.begin, released.edits) == ("", ())
    mask = np.zeros((40, 60), bool)
    mask[request.rect.slices] = request.mask
    brushed = np.zeros((40, 60), bool)
    for x in np.linspace(10, 40.2, 300):
        brushed |= within(where, x, 10.2, 4.5)
    for y in np.linspace(10.2, 30, 300):
        brushed |= within(where, 40.2, y, 4.5)
    assert not (brushed & ~mask).any()
    assert (mask & ~brushed).sum() < 5


def test_that_refine_band_shows_what_it_has_swept() -> None:
    band, where = RefineBand(), stage()
    band.press(where, Point(10, 10), PLAIN)
    band.move(where, (Point(30, 10),))
    assert drawn(band.outline(where))[10, 8:32].all()


def test_that_there_is_no_band_without_a_map() -> None:
    assert drag(RefineBand(), stage(labels=None), (10, 10))[-1] is NOTHING
