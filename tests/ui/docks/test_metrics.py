"""The table of scores: computed while it is seen, ordered by clicks, reasons where it is empty."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFont, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import TruthChanged
from mfgui.core.score_table import Area
from mfgui.core.session import MapOrigin, Truth
from mfgui.ui.docks.metrics import MetricsPanel
from tests.app.conftest import Desk
from tests.ui.hands import WAIT_MS


@pytest.fixture
def desk(tiny_pair, tiny_pair_files):
    """Three results of the tiny pair, with a map, on a backend that works when it is told to."""
    desk = Desk()
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    controller.sets.set_map(tiny_pair.labels, MapOrigin(path="map.png"))
    for method, parameters in (("ms-lap", {"iterations": 2}), ("average", {}), ("gfdf", {})):
        controller.runs.run(method, parameters)
    desk.settle()
    assert len(controller.session.results) == 3
    return desk


@pytest.fixture
def panel(desk, qtbot):
    panel = MetricsPanel(desk.controller)
    panel.resize(900, 240)
    yield panel
    panel.close()
    panel.deleteLater()


@pytest.fixture
def shown(panel, desk, qtbot):
    panel.show()
    qtbot.waitExposed(panel)
    desk.settle()
    return panel


def settle(panel, desk, qtbot):
    """Wait until edits have settled, and for what is then computed."""
    qtbot.waitUntil(lambda: not panel._controller.scores.stale, timeout=WAIT_MS)
    desk.settle()


def column(panel, key):
    heads = [panel.grid.horizontalHeaderItem(n) for n in range(panel.grid.columnCount())]
    return next(n for n, head in enumerate(heads) if head.text().startswith(key))


def texts(panel, key):
    place = column(panel, key)
    return [panel.grid.item(row, place).text() for row in range(panel.grid.rowCount())]


def click_head(panel, qtbot, key):
    header = panel.grid.horizontalHeader()
    place = column(panel, key)
    x = header.sectionViewportPosition(place) + header.sectionSize(place) // 2
    middle = QPoint(x, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def test_that_nothing_is_computed_while_it_is_hidden(panel, desk, qtbot) -> None:
    scores = panel._controller.scores
    assert not scores.busy
    assert scores.q_of(1) is None
    panel.show()
    qtbot.waitExposed(panel)
    desk.settle()
    assert scores.q_of(1) is not None
    panel.hide()
    panel._controller.sets.set_map(
        3 - panel._controller.session.focus_map.labels, MapOrigin(path="x.png")
    )
    assert not scores.busy


def test_that_results_stand_best_first_and_heads_reorder_them(shown, desk, qtbot) -> None:
    panel = shown
    numbers = [float(text) for text in texts(panel, "Local Q")]
    assert numbers == sorted(numbers, reverse=True)
    click_head(panel, qtbot, "Local Q")
    assert texts(panel, "Local Q") == [f"{n:.5f}" for n in reversed(numbers)]
    click_head(panel, qtbot, "Time")
    seconds = [float(text) for text in texts(panel, "Time")]
    assert seconds == sorted(seconds), "lower is better"
    click_head(panel, qtbot, "Map agreement")
    assert texts(panel, "Map agreement")[-1] == "–", "what is missing stands last"
    click_head(panel, qtbot, "Map agreement")
    assert texts(panel, "Map agreement")[-1] == "–"
    click_head(panel, qtbot, "Result")
    assert [text[0] for text in texts(panel, "Result")] == ["1", "2", "3"]


def test_that_the_best_is_bold_and_missing_values_say_why(shown, desk, qtbot) -> None:
    panel = shown
    place = column(panel, "Local Q")
    weights = [panel.grid.item(row, place).font().weight() for row in range(3)]
    assert weights == [QFont.Weight.DemiBold, QFont.Weight.Normal, QFont.Weight.Normal]
    item = panel.grid.item(0, column(panel, "PSNR"))
    assert item.text() == "–"
    assert "no ground truth" in item.toolTip().lower()
    spoken = item.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "PSNR [dB]: No ground truth is loaded"
    head = panel.grid.horizontalHeaderItem(column(panel, "PSNR"))
    assert "↑" in head.text()
    assert "10 log10" in head.toolTip()


def test_that_a_ground_truth_fills_its_columns(shown, desk, qtbot) -> None:
    panel = shown
    session = panel._controller.session
    session.truth = Truth("t.png", "", "", session.stack.pixels(0))
    panel._controller.notifier.emit(TruthChanged())
    desk.settle()
    assert "–" not in texts(panel, "PSNR")


def test_that_areas_are_chosen_and_named(shown, desk, qtbot) -> None:
    panel = shown
    whole = texts(panel, "Local Q")
    panel._controller.region.set(Rect(4, 4, 30, 20))
    assert panel.area_box.itemText(2) == "Region, 30 × 20 px"
    panel.area_box.setFocus()
    qtbot.keyClick(panel.area_box, Qt.Key.Key_Down)
    assert panel.area is Area.BAND
    assert panel.area_box.currentText() == "Boundary band, 8 px"
    desk.settle()
    band = texts(panel, "Local Q")
    assert band != whole
    qtbot.keyClick(panel.area_box, Qt.Key.Key_Down)
    desk.settle()
    assert texts(panel, "Local Q") not in (whole, band)
    panel._controller.region.set(None)
    assert texts(panel, "Local Q") == ["–"] * 3


def test_that_a_double_click_and_enter_show_a_result(shown, desk, qtbot) -> None:
    panel = shown
    controller = panel._controller
    controller.view.show("source:1")
    row = next(n for n, text in enumerate(texts(panel, "Result")) if text.startswith("2"))
    place = panel.grid.visualItemRect(panel.grid.item(row, 0)).center()
    qtbot.mouseClick(panel.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(panel.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert controller.session.shown == "result:2"
    controller.view.show("result:1")
    row = next(n for n, text in enumerate(texts(panel, "Result")) if text.startswith("1"))
    desk.settle()
    qtbot.waitUntil(lambda: panel.grid.currentRow() == row)
    controller.view.show("source:1")
    qtbot.keyClick(panel.grid, Qt.Key.Key_Return)
    assert controller.session.shown == "result:1"


def test_that_edits_are_scored_once_they_settle(shown, desk, qtbot) -> None:
    panel = shown
    before = texts(panel, "Local Q")
    edit = Edit(Rect(5, 5, 20, 20), np.ones((20, 20), bool), 2)
    assert panel._controller.edit.apply("Brush", [edit])
    assert texts(panel, "Local Q") == ["…"] * 3
    assert panel.state.text() == "5 left…", "local Q, and agreement of two maps"
    assert "5 values left" in panel.state.accessibleDescription()
    settle(panel, desk, qtbot)
    assert texts(panel, "Local Q") != before
    assert not panel.state.text()


def test_that_the_table_is_copied_as_it_stands_and_export_is_asked_for(shown, desk, qtbot) -> None:
    panel = shown
    click_head(panel, qtbot, "Result")
    qtbot.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    assert [row["result"] for row in rows] == ["result:1", "result:2", "result:3"]
    assert float(rows[0]["local_q_whole"]) == panel._controller.scores.q_of(1)
    with qtbot.waitSignal(panel.export_clicked, timeout=WAIT_MS):
        qtbot.mouseClick(panel.export_button, Qt.MouseButton.LeftButton)


def test_that_the_menu_of_the_table_orders_it_and_shows_a_result(shown, desk, qtbot) -> None:
    panel = shown
    menu = panel.make_menu()
    order = next(action.menu() for action in menu.actions() if action.menu() is not None)
    next(action for action in order.actions() if action.text() == "Time").trigger()
    seconds = [float(text) for text in texts(panel, "Time")]
    assert seconds == sorted(seconds)
    panel.grid.setCurrentCell(0, 0)
    desk.controller.view.show("source:1")
    panel.grid.setCurrentCell(1, 0)
    menu.deleteLater()
    menu = panel.make_menu()
    menu.actions()[0].trigger()
    number = texts(panel, "Result")[1][0]
    assert desk.controller.session.shown == f"result:{number}"
    menu.deleteLater()


def test_that_a_right_click_opens_the_menu(shown, qtbot) -> None:
    place = QPoint(10, 10)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, shown.mapToGlobal(place))
    QGuiApplication.sendEvent(shown.grid.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()


def test_that_names_stay_in_sight_when_the_table_is_scrolled(shown, desk, qtbot) -> None:
    panel, grid, names = shown, shown.grid, shown.grid.names
    panel.resize(330, 150)
    assert not names.isVisible()
    grid.horizontalScrollBar().setValue(120)
    assert names.isVisible()
    assert names.width() == grid.columnWidth(0) + 1
    header = names.horizontalHeader()
    middle = header.rect().center()
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert [text[0] for text in texts(panel, "Result")] == ["1", "2", "3"]
    desk.controller.view.show("source:1")
    place = names.visualRect(names.model().index(1, 0)).center()
    qtbot.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert grid.currentRow() == 1
    qtbot.mouseDClick(names.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert desk.controller.session.shown == "result:2"
    assert not names.hasFocus()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    last = names.visualRect(names.model().index(2, 0))
    assert last.y() == grid.visualRect(grid.model().index(2, 0)).y()
    grid.horizontalScrollBar().setValue(0)
    assert not names.isVisible()
