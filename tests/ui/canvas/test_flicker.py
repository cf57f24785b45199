"""Two pictures that alternate in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.flicker import Flicker
from mfgui.ui.canvas.titles import Title
from mfgui.ui.canvas.view import Canvas
from tests.ui.pictures import pixels_of

SIZE = Size(300, 200)


@pytest.fixture
def canvas(qtbot: Any) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.begin_set(SIZE)
    for key, level in (("result:1", 40), ("truth", 200)):
        canvas.set_picture(key, Picture(np.full((200, 300, 3), level, np.uint8)))
    return canvas


def level(canvas: Canvas) -> int:
    return int(pixels_of(canvas.grab().toImage())[150, 150, 0])


def test_that_pictures_alternate_beginning_with_the_other(canvas: Canvas, qtbot: Any) -> None:
    flicker = Flicker(canvas)
    flicker.start("truth", 8.0)
    seen = [level(canvas)]
    for _ in range(3):
        with qtbot.waitSignal(canvas.content_changed, timeout=5000):
            pass
        seen.append(level(canvas))
    assert seen == [200, 40, 200, 40]
    with qtbot.waitSignal(flicker.stopped):
        flicker.stop()
    assert level(canvas) == 40
    assert not flicker.active


@pytest.mark.parametrize(("asked", "milliseconds"), [(0.1, 1000), (2.0, 500), (50.0, 125)])
def test_that_the_rate_stays_in_its_range(canvas: Canvas, asked: float, milliseconds: int) -> None:
    flicker = Flicker(canvas)
    flicker.start("truth", asked)
    assert flicker._timer.interval() == milliseconds
    flicker.stop()


def test_that_another_rate_or_key_goes_on_at_once(canvas: Canvas) -> None:
    canvas.set_picture("source:1", Picture(np.full((200, 300, 3), 90, np.uint8)))
    flicker = Flicker(canvas)
    flicker.start("truth", 1.0)
    flicker.start("source:1", 1.0)
    assert level(canvas) == 90
    flicker.start("source:1", 4.0)
    assert (level(canvas), flicker._timer.interval()) == (90, 250)
    flicker.stop()


def test_that_hiding_the_canvas_ends_it(canvas: Canvas, qtbot: Any) -> None:
    flicker = Flicker(canvas)
    flicker.start("truth", 2.0)
    with qtbot.waitSignal(flicker.stopped):
        canvas.hide()
    assert not flicker.active
    canvas.show()
    assert level(canvas) == 40


def test_that_a_missing_picture_never_shows_as_an_empty_one(canvas: Canvas) -> None:
    flicker = Flicker(canvas)
    flicker.start("result:9", 8.0)
    flicker._timer.timeout.emit()
    assert level(canvas) == 40
    flicker.start("truth", 8.0)
    canvas.alternate("truth")
    canvas.remove_picture("truth")
    assert level(canvas) == 40
    flicker.stop()


def test_that_alternating_composes_each_picture_once(canvas: Canvas) -> None:
    labels = np.ones((200, 300), np.uint8)
    labels[:, 150:] = 2
    canvas.set_labels(labels, 2)
    canvas.set_overlay("tint", 60)
    for key in ("truth", None):
        canvas.alternate(key)
        canvas.grab()
    composed = canvas._compositor.composed_pixels
    for key in ("truth", None, "truth", None):
        canvas.alternate(key)
        canvas.grab()
    assert canvas._compositor.composed_pixels == composed


def test_that_the_name_tells_which_of_the_two_it_is(canvas: Canvas) -> None:
    titles = {"result:1": Title("1 · GFDF"), "truth": Title("Ground truth")}
    before = canvas.grab().toImage()
    canvas.set_titles(titles, always=False)
    assert canvas.grab().toImage() == before
    canvas.alternate("truth")
    shown = pixels_of(canvas.grab().toImage())[:36]
    assert len(np.unique(shown)) > 10
    canvas.alternate(None)
    assert canvas.grab().toImage() == before
