from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.ui.application import Application
from mfgui.ui.dialogs.swap import SwapDialog
from tests.ui.hands import WAIT_MS, click

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def painted(opened: Application) -> Application:
    """Two strokes: label 1 on the left, label 2 on the right half."""
    half = np.ones((400, 300), np.bool_)
    opened.controller.edit.apply("Brush", [Edit(Rect(0, 0, 300, 400), half, 1)])
    opened.controller.edit.apply("Fill", [Edit(Rect(300, 0, 300, 400), half, 2)])
    opened.window.activateWindow()
    opened.window.parts.canvas.setFocus()
    return opened


def press(application: Application, key: Qt.Key, held: Qt.KeyboardModifier = CTRL) -> None:
    QTest.keyClick(QApplication.focusWidget() or application.window, key, held)


def corner(application: Application) -> int:
    focus_map = application.controller.session.focus_map
    assert focus_map is not None
    return int(focus_map.labels[0, -1])


def dialog_of(application: Application) -> SwapDialog:
    return application.window.findChildren(SwapDialog)[-1]


def test_that_keys_undo_and_redo(painted: Application) -> None:
    press(painted, Qt.Key.Key_Z)
    assert corner(painted) == 0
    press(painted, Qt.Key.Key_Z, CTRL | SHIFT)
    assert corner(painted) == 2
    press(painted, Qt.Key.Key_Z)
    press(painted, Qt.Key.Key_Y)
    assert corner(painted) == 2


def test_that_menu_and_tool_bar_name_the_step(painted: Application) -> None:
    actions, bar = painted.window.parts.actions, painted.window._tool_bar
    assert actions["undo"].text() == "Undo Fill"
    assert not actions["redo"].isEnabled()
    button = bar.widgetForAction(actions["undo"])
    assert isinstance(button, QToolButton)
    click(button)
    assert actions["undo"].text() == "Undo Brush"
    assert actions["redo"].text() == "Redo Fill"
    assert corner(painted) == 0


def test_that_a_tool_with_something_to_take_back_is_asked_first(painted: Application) -> None:
    class Bench:
        points = 1

        def undo(self) -> bool:
            self.points -= 1
            return self.points >= 0

    painted.window.edits.bench = Bench()
    painted.window.edits.undo()
    assert corner(painted) == 2
    painted.window.edits.undo()
    assert corner(painted) == 0


def test_that_a_deleted_result_comes_back_with_its_curve(opened: Application, qtbot: Any) -> None:
    controller, parts = opened.controller, opened.window.parts
    qtbot.waitUntil(lambda: parts.curve.plot is not None, timeout=WAIT_MS)
    controller.runs.run("ms-lap", {"iterations": 3})
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:1", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(parts.curve.legend) == 1, timeout=WAIT_MS)
    click(parts.results.delete_button)
    assert not controller.session.results
    qtbot.waitUntil(lambda: len(parts.curve.legend) == 0, timeout=WAIT_MS)
    press(opened, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:1", timeout=WAIT_MS)
    assert len(parts.curve.legend) == 1
    assert parts.results.view.current_key() == "result:1"


def test_that_the_view_is_copied_as_it_is_seen(painted: Application) -> None:
    canvas = painted.window.parts.canvas
    seen = canvas.size() * canvas.devicePixelRatioF()
    press(painted, Qt.Key.Key_C, CTRL | SHIFT)
    assert QGuiApplication.clipboard().image().size() == seen


def test_that_two_labels_are_swapped_by_keys_alone(painted: Application, qtbot: Any) -> None:
    press(painted, Qt.Key.Key_I)
    dialog = dialog_of(painted)
    assert [box.currentIndex() for box in dialog.boxes] == [1, 2]
    assert dialog.region_box.isHidden()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: corner(painted) == 1, timeout=WAIT_MS)
    assert painted.controller.state.undo == "Swap labels 1 and 2"


def test_that_a_label_is_not_swapped_with_itself(painted: Application) -> None:
    press(painted, Qt.Key.Key_I)
    dialog = dialog_of(painted)
    dialog.boxes[1].setCurrentIndex(1)
    assert not dialog.swap_button.isEnabled()
    assert dialog.note.text().strip()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert corner(painted) == 2


def test_that_a_swap_can_be_kept_to_the_region(painted: Application, qtbot: Any) -> None:
    painted.controller.session.region = Rect(500, 0, 100, 100)
    press(painted, Qt.Key.Key_I)
    dialog = dialog_of(painted)
    assert dialog.region_box.isChecked()
    click(dialog.swap_button)
    qtbot.waitUntil(lambda: corner(painted) == 1, timeout=WAIT_MS)
    focus_map = painted.controller.session.focus_map
    assert focus_map is not None
    assert focus_map.labels[200, -1] == 2
