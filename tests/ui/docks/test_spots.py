"""The Spots dock, and the tour with real keys in the real window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.session import MapOrigin
from mfgui.ui.application import Application
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.docks.spots import SpotsPanel, box_of
from tests.ui.hands import WAIT_MS, click

SPECKS = (Rect(40, 50, 4, 3), Rect(200, 80, 3, 3), Rect(120, 200, 4, 4))


@pytest.fixture
def toured(opened: Application, qtbot: Any) -> Application:
    """The sample pair with a map of two halves and three specks, overlay off."""
    size = opened.controller.session.stack.size
    labels = np.ones((size.height, size.width), np.uint8)
    labels[:, size.width // 2 :] = 2
    for rect in SPECKS:
        labels[rect.slices] = 3 - labels[rect.slices]
    opened.controller.sets.set_map(labels, MapOrigin(path="map.png"))
    opened.window.parts.overlay.set_mode(OverlayMode.OFF)
    opened.window.parts.canvas.setFocus()
    return opened


@pytest.fixture
def panel(toured: Application) -> SpotsPanel:
    dock = toured.window.docks["spots"]
    dock.show()
    dock.raise_()
    panel = dock.widget()
    assert isinstance(panel, SpotsPanel)
    return panel


def press(application: Application, key: Qt.Key, *, shift: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(application.window.parts.canvas, key, modifier)


def search(application: Application, qtbot: Any) -> None:
    """N, and wait for what is found."""
    spots = application.controller.spots
    press(application, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: spots.current is not None, timeout=WAIT_MS)


def test_that_the_keys_go_through_the_spots(toured: Application, qtbot: Any) -> None:
    spots, parts = toured.controller.spots, toured.window.parts
    search(toured, qtbot)
    assert spots.current == 0
    first = parts.canvas.place_marked
    assert first == spots.spots[0].rect
    x, y = parts.canvas.viewport.to_screen(spots.spots[0].x, spots.spots[0].y)
    assert parts.canvas.rect().contains(QPoint(round(x), round(y)))
    press(toured, Qt.Key.Key_C)
    assert spots.left == len(spots.spots) - 1
    assert parts.canvas.place_marked == first
    assert parts.status.spots.text() == f"{spots.left} spots left"
    assert parts.status.spots.isVisible()
    press(toured, Qt.Key.Key_N)
    assert spots.current == 1
    press(toured, Qt.Key.Key_N, shift=True)
    assert spots.current != 0, "checked ones are passed over"


def test_that_the_list_goes_there_and_its_boxes_check(
    toured: Application, panel: SpotsPanel, qtbot: Any
) -> None:
    spots, view = toured.controller.spots, panel.view
    search(toured, qtbot)
    assert panel.model.rowCount() == len(spots.spots)
    assert toured.window.docks["spots"].title.label.text().endswith("left")
    index = panel.model.index(2)
    view.scrollTo(index)
    row = view.visualRect(index)
    click(view.viewport(), box_of(row).center())
    assert spots.is_checked(spots.spots[2])
    assert spots.current == 0
    click(view.viewport(), row.center())
    assert spots.current == 2
    assert "checked" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert not spots.is_checked(spots.spots[2])
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert spots.current == 1
    view.grab()


def test_that_buttons_say_what_they_do_and_when_they_cannot(
    application: Application, qtbot: Any
) -> None:
    panel = application.window.docks["spots"].widget()
    assert isinstance(panel, SpotsPanel)
    buttons = (panel.find_button, panel.previous_button, panel.next_button, panel.check_button)
    assert not any(button.isEnabled() for button in buttons)
    assert "focus map" in panel.summary.text()
    assert all(button.accessibleName() for button in buttons)


def test_that_spots_are_searched_again_once_edits_have_settled(
    toured: Application, panel: SpotsPanel, qtbot: Any
) -> None:
    controller, spots = toured.controller, toured.controller.spots
    search(toured, qtbot)
    count = len(spots.spots)
    rect = SPECKS[0]
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), 1)
    controller.edit.apply("Brush", [edit])
    assert "before the last edits" in panel.summary.text()
    qtbot.waitUntil(lambda: not spots.stale and not spots.busy, timeout=WAIT_MS)
    assert len(spots.spots) < count
    assert "left" in panel.summary.text()


def test_that_a_mended_spot_has_no_ring(toured: Application, qtbot: Any) -> None:
    controller, canvas = toured.controller, toured.window.parts.canvas
    search(toured, qtbot)
    spots = controller.spots
    number = next(n for n, s in enumerate(spots.spots) if s.rect.united(SPECKS[2]) == s.rect)
    spots.choose(number)
    rect = SPECKS[2]
    controller.edit.apply("Brush", [Edit(rect, np.ones((rect.height, rect.width), bool), 1)])
    qtbot.waitUntil(lambda: not spots.stale and not spots.busy, timeout=WAIT_MS)
    assert spots.current is None
    assert canvas.place_marked is None


def test_that_a_heat_map_is_computed_when_it_is_shown_and_follows_edits(
    toured: Application, qtbot: Any
) -> None:
    controller, parts = toured.controller, toured.window.parts
    parts.overlay.set_mode(OverlayMode.LOCAL_Q)
    heat = controller.heat
    assert heat.is_busy(heat.wanted)
    qtbot.waitUntil(lambda: heat.is_current(heat.wanted), timeout=WAIT_MS)
    parts.canvas.fit()
    before = parts.canvas.grab().toImage()
    rect = Rect(60, 100, 40, 30)
    controller.edit.apply("Brush", [Edit(rect, np.ones((30, 40), bool), 2)])
    assert not heat.is_current(heat.wanted)
    qtbot.waitUntil(lambda: heat.is_current(heat.wanted), timeout=WAIT_MS)
    assert parts.canvas.grab().toImage() != before
    parts.overlay.set_mode(OverlayMode.OFF)
    assert heat.wanted is None


def test_that_modes_without_anything_to_show_say_why(toured: Application) -> None:
    parts = toured.window.parts
    entry = parts.overlay.modes[OverlayMode.DIFFERENCE]
    assert not entry.isEnabled()
    assert "another map" in entry.toolTip()
    parts.canvas.set_other_labels(toured.controller.session.focus_map.snapshot())
    assert entry.isEnabled()
    assert not parts.overlay.modes[OverlayMode.SOFT].isEnabled()


def test_that_leaving_the_set_during_a_search_leaves_nothing(
    toured: Application, panel: SpotsPanel, qtbot: Any
) -> None:
    press(toured, Qt.Key.Key_N)
    toured.controller.sets.close()
    assert not toured.controller.spots.busy
    assert panel.model.rowCount() == 0
    assert not toured.window.parts.status.spots.isVisible()
