"""Which pixels are counted, and of which pictures."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.app import histograms
from mfgui.app.histograms import Area, Counted, counted, counting, pixels_of
from mfgui.core.arrays import Rect, from_float
from mfgui.core.bands import boundary_band
from mfgui.core.compute import StopRequested
from mfgui.core.labels import FocusMap

NOWHERE = Rect(0, 0, 0, 0)


@pytest.fixture
def opened(desk, tiny_pair_files, tiny_pair):
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.session.focus_map = FocusMap(tiny_pair.labels, k=2)
    return desk


def session_of(desk):
    return desk.controller.session


def test_that_areas_without_pixels_say_why(desk, opened) -> None:
    session = session_of(opened)
    assert counted(session, Area.REGION, visible=NOWHERE, band=8) == (None, "draw a region first")
    assert "visible" in counted(session, Area.VISIBLE, visible=Rect(-9, 0, 5, 5), band=8)[1]
    session.focus_map = None
    assert "focus map" in counted(session, Area.BAND, visible=NOWHERE, band=8)[1]
    session.stack = None
    assert counted(session, Area.WHOLE, visible=NOWHERE, band=8)[0] is None


def test_that_areas_lie_inside_the_picture(opened) -> None:
    session = session_of(opened)
    seen, _ = counted(session, Area.VISIBLE, visible=Rect(-5, 10, 500, 20), band=8)
    assert seen.rect == Rect(0, 10, 64, 20)
    session.region = Rect(3, 4, 10, 12)
    assert counted(session, Area.REGION, visible=NOWHERE, band=8)[0].rect == Rect(3, 4, 10, 12)
    assert counted(session, Area.WHOLE, visible=NOWHERE, band=8)[0].rect == Rect(0, 0, 64, 48)


@pytest.mark.parametrize("band", [1, 3, 8, 64])
def test_that_the_band_of_parts_is_that_of_the_whole(band: int) -> None:
    labels = np.random.default_rng(3).integers(1, 3, (6, 8)).astype(np.uint8)
    labels = np.kron(labels, np.ones((9, 11), np.uint8)).astype(np.uint8)
    height, width = labels.shape
    inside = Counted(Rect(0, 0, width, height), labels, band).mask()
    whole = boundary_band(labels, band)
    for rect in (Rect(0, 0, width, 7), Rect(5, 13, 40, 1), Rect(60, 40, 28, 14)):
        assert np.array_equal(inside(rect), whole[rect.slices])


def test_that_the_counts_are_those_of_the_pixels(opened) -> None:
    session = session_of(opened)
    composite = opened.controller.composite
    what, _ = counted(session, Area.BAND, visible=NOWHERE, band=3)
    readers = {
        key: pixels_of(session, composite, key)
        for key in ("source:1", "composite", "live", "result:4")
    }
    assert readers["live"] is None
    assert readers["result:4"] is None
    there = {key: reader for key, reader in readers.items() if reader is not None}
    found = counting(there, what, "uint8", checkpoint=lambda: None)(lambda _part: None)
    band = boundary_band(session.focus_map.labels, 3)
    first = session.stack.pixels(0)
    wanted = np.bincount(first[band][:, 2], minlength=256)
    assert np.array_equal(found["source:1"].channels[2], wanted)
    stored = from_float(composite.image()(), "uint8")
    assert np.array_equal(
        found["composite"].channels[0], np.bincount(stored[band][:, 0], minlength=256)
    )


def test_that_counting_can_be_stopped(opened) -> None:
    session = session_of(opened)
    what, _ = counted(session, Area.WHOLE, visible=NOWHERE, band=3)
    reader = pixels_of(session, opened.controller.composite, "source:1")

    def check() -> None:
        raise StopRequested

    assert counting({"source:1": reader}, what, "uint8", checkpoint=check)(print) is None


def test_that_without_a_map_there_is_no_composite(opened) -> None:
    session = session_of(opened)
    session.focus_map = None
    assert histograms.pixels_of(session, opened.controller.composite, "composite") is None
