"""The histogram dock, on the controller of a whole window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest

from mfgui.core import events as changes
from mfgui.core.arrays import Rect
from mfgui.core.bands import boundary_band
from mfgui.core.labels import FocusMap
from mfgui.ui.application import Application
from mfgui.ui.docks.histogram import HistogramPanel
from mfgui.ui.histogram_view import HistogramView, Shape
from mfgui.ui.theme import Theme
from tests.ui.hands import WAIT_MS
from tests.ui.pictures import pixels_of


@pytest.fixture
def panel(opened: Application, qtbot: Any) -> Iterator[HistogramPanel]:
    opened.window.hide()  # the pointer would find it in front of the panel
    panel = HistogramPanel(opened.controller, Theme.load("light"))
    panel.resize(320, 330)
    panel.show()
    yield panel
    opened.controller.notifier.disconnect(panel._take)
    panel.close()
    panel.deleteLater()


def settle(panel: HistogramPanel, qtbot: Any) -> None:
    qtbot.waitUntil(
        lambda: (
            not panel._timer.isActive()
            and panel._stopped is None
            and (set(panel._keys()) <= panel._current or bool(panel._reason))
        ),
        timeout=WAIT_MS,
    )


def drawn(panel: HistogramPanel) -> list[np.ndarray]:
    return [shape.counts for shape in panel.view._shapes]


def counts(values: np.ndarray) -> list[int]:
    return np.bincount(values.ravel(), minlength=256).tolist()


def luma(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = (pixels[..., n].astype(np.int64) for n in range(3))
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16


def choose(panel: HistogramPanel, words: str) -> None:
    for box in (panel.channel_box, panel.area_box, panel.scale_box):
        if (place := box.findText(words)) >= 0:
            box.setCurrentIndex(place)


def test_that_the_shown_picture_is_counted(panel: HistogramPanel, qtbot: Any) -> None:
    controller = panel._controller
    settle(panel, qtbot)
    first, second = (controller.session.stack.pixels(n) for n in (0, 1))
    assert [found.tolist() for found in drawn(panel)] == [counts(luma(first))]
    controller.view.show("source:2")
    settle(panel, qtbot)
    assert [found.tolist() for found in drawn(panel)] == [counts(luma(second))]
    assert "Source 2" in panel.name.text()


def test_that_channels_are_counted_apart(panel: HistogramPanel, qtbot: Any) -> None:
    settle(panel, qtbot)
    first = panel._controller.session.stack.pixels(0)
    choose(panel, "RGB")
    assert [found.tolist() for found in drawn(panel)] == [counts(first[..., n]) for n in range(3)]
    choose(panel, "Green")
    assert [found.tolist() for found in drawn(panel)] == [counts(first[..., 1])]


def test_that_the_reference_is_an_outline(panel: HistogramPanel, qtbot: Any) -> None:
    controller = panel._controller
    controller.view.show("source:2")
    controller.view.set_reference()
    controller.view.show("source:1")
    settle(panel, qtbot)
    assert [shape.outline for shape in panel.view._shapes] == [False, True]
    second = controller.session.stack.pixels(1)
    assert drawn(panel)[1].tolist() == counts(luma(second))
    assert "dashed: Source 2" in panel.name.text()


def test_that_only_the_area_is_counted(panel: HistogramPanel, qtbot: Any) -> None:
    controller = panel._controller
    first = controller.session.stack.pixels(0)
    choose(panel, "Region")
    settle(panel, qtbot)
    assert drawn(panel) == []
    assert panel.readout.text() == "draw a region first"
    controller.region.set(Rect(30, 40, 100, 50))
    settle(panel, qtbot)
    assert drawn(panel)[0].tolist() == counts(luma(first[40:90, 30:130]))
    choose(panel, "Visible part")
    panel.show_visible(Rect(-10, 100, 60, 70))
    settle(panel, qtbot)
    assert drawn(panel)[0].tolist() == counts(luma(first[100:170, :50]))


def test_that_the_band_follows_map_and_width(panel: HistogramPanel, qtbot: Any) -> None:
    controller = panel._controller
    first = controller.session.stack.pixels(0)
    labels = np.ones(first.shape[:2], np.uint8)
    labels[:, 200:] = 2
    controller.session.focus_map = FocusMap(labels, k=2)
    controller.notifier.emit(changes.MapChanged())
    choose(panel, "Boundary band")
    for width in (controller.compare.state.band, 3):
        controller.compare.change(band=width)
        settle(panel, qtbot)
        assert drawn(panel)[0].tolist() == counts(luma(first)[boundary_band(labels, width)])


def test_that_new_pixels_are_counted_again(panel: HistogramPanel, qtbot: Any) -> None:
    settle(panel, qtbot)
    panel._controller.notifier.emit(
        changes.PicturePatched("source:1", Rect(0, 0, 1, 1), np.zeros((1, 1, 3), np.uint8))
    )
    assert "source:1" not in panel._current
    assert drawn(panel)  # the former counts until there are others
    settle(panel, qtbot)
    assert "source:1" in panel._current


def test_that_the_pointer_reads_a_bin(panel: HistogramPanel, qtbot: Any) -> None:
    settle(panel, qtbot)
    first = luma(panel._controller.session.stack.pixels(0))
    assert panel.readout.text().startswith(f"Mean {first.mean():.4g}")
    assert f"median {np.median(first):.4g}" in panel.readout.text()
    view = panel.view
    x = next(x for x in range(view.width()) if view.bin_at(x) >= 100)
    QTest.mouseMove(view, QPoint(x, 50))
    qtbot.waitUntil(lambda: panel._bin == view.bin_at(x), timeout=WAIT_MS)
    value = view.bin_at(x)
    share = 100 * (first == value).mean()
    assert panel.readout.text() == f"{value}:  {share:.2f} %"


def test_that_clipped_pixels_are_told(panel: HistogramPanel, qtbot: Any) -> None:
    settle(panel, qtbot)
    first = panel._controller.session.stack.pixels(0)
    black = 100 * (first == 0).any(axis=2).mean()
    assert f"{black:.2f} % at 0" in panel.clipped.text()


def test_that_nothing_is_counted_while_it_is_hidden(panel: HistogramPanel, qtbot: Any) -> None:
    settle(panel, qtbot)
    panel.hide()
    panel._controller.view.show("source:2")
    qtbot.wait(30)
    assert "source:2" not in panel._current
    panel.show()
    settle(panel, qtbot)
    assert "source:2" in panel._current


def test_that_closing_the_set_empties_the_dock(panel: HistogramPanel, qtbot: Any) -> None:
    settle(panel, qtbot)
    panel._controller.sets.close()
    qtbot.waitUntil(lambda: panel._pages.currentIndex() == 0, timeout=WAIT_MS)
    assert panel._known == {}


@pytest.mark.parametrize("bins", [256, 1024])
def test_that_bars_are_as_high_as_their_counts(qtbot: Any, bins: int) -> None:
    """The inner bins only: those at the ends are cut off."""
    view = HistogramView(Theme.load("light"))
    qtbot.addWidget(view)
    view.resize(24 + 256, 26 + 100)
    shape = np.zeros(bins, np.int64)
    shape[bins // 4 : bins // 2] = 50
    shape[bins // 2 : 3 * bins // 4] = 100
    shape[0] = 100_000
    view.show_shapes([Shape(shape, "luma")], ends=("0", "255"), log=False)
    shown = pixels_of(view.grab().toImage()).astype(int)
    ground = shown[20, 12 + 30]
    filled = (np.abs(shown - ground).sum(axis=2) > 60)[6:106, 12:268]
    assert filled[:, 100].sum() == pytest.approx(50, abs=2)
    assert filled[:, 170].sum() == pytest.approx(100, abs=2)
    assert filled[:-2, 230].sum() <= 1
    assert filled[:, 0].sum() >= 98
