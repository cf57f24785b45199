"""The line profile tool on the real window, with real events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from mfgui.core.line_profile import Interpolation
from mfgui.core.session import Line
from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import pixels_of
from tests.ui.strokes import LEFT, SHIFT, drag, move, on_screen, press, release


@pytest.fixture
def window(opened: Application, qtbot: Any) -> Any:
    canvas = opened.window.parts.canvas
    opened.window.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus, timeout=WAIT_MS)
    canvas.zoom_to(1.0)
    QTest.keyClick(canvas, Qt.Key.Key_U)
    return opened.window


def line_of(window: Any) -> Line | None:
    return window.bench._controller.session.line


def names(window: Any) -> tuple[str, ...]:
    return window.bench._controller.edit.history.names


def test_that_u_takes_the_tool_and_a_drag_draws_a_line(window: Any) -> None:
    assert window.bench.name == "line"
    assert window.parts.actions["tool-line"].isChecked()
    drag(window.parts.canvas, (100, 80), (180, 80), (300, 200))
    assert line_of(window) == Line(100.5, 80.5, 300.5, 200.5)
    assert names(window) == ("Line profile",)
    assert "233.2 px" in window.parts.option_bar.hint.text()
    window.parts.actions["undo"].trigger()
    assert line_of(window) is None


def test_that_the_first_line_brings_up_its_dock(window: Any, qtbot: Any) -> None:
    dock = window.docks["profile"]
    assert dock.isHidden()
    press(window.parts.canvas, (100, 80))
    move(window.parts.canvas, (300, 90), LEFT)
    window.parts.canvas.flush_input()
    assert dock.isHidden()  # nothing moves below the pointer
    release(window.parts.canvas, (300, 90))
    assert not dock.isHidden()
    qtbot.waitUntil(lambda: "source:1" in window.compare_docks.profile._values, timeout=WAIT_MS)
    dock.hide()
    drag(window.parts.canvas, (300, 90), (320, 120))
    assert dock.isHidden()  # a person has closed it


def test_that_the_line_follows_the_drag_and_shift_keeps_it_level(window: Any) -> None:
    canvas = window.parts.canvas
    press(canvas, (100, 80))
    move(canvas, (300, 90), LEFT)
    canvas.flush_input()
    assert line_of(window) == Line(100.5, 80.5, 300.5, 90.5)
    QTest.keyPress(canvas, Qt.Key.Key_Shift, SHIFT)
    move(canvas, (310, 90), LEFT, SHIFT)
    canvas.flush_input()
    assert line_of(window) == Line(100.5, 80.5, 310.5, 80.5)
    release(canvas, (310, 90), keys=SHIFT)
    QTest.keyRelease(canvas, Qt.Key.Key_Shift)
    assert line_of(window) == Line(100.5, 80.5, 310.5, 80.5)


def test_that_escape_gives_up_the_drag_then_removes_the_line_then_the_tool(window: Any) -> None:
    canvas = window.parts.canvas
    drag(canvas, (100, 80), (300, 200))
    press(canvas, (300, 200))
    move(canvas, (400, 300), LEFT)
    canvas.flush_input()
    assert line_of(window).x1 == 400.5
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    release(canvas, (400, 300))
    assert line_of(window) == Line(100.5, 80.5, 300.5, 200.5)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert line_of(window) is None
    assert window.bench.name == "line"
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert window.bench.name == "inspect"


def test_that_width_and_line_keep_in_step(window: Any) -> None:
    bar, bench = window.parts.option_bar, window.bench
    drag(window.parts.canvas, (100, 80), (300, 80))
    box = bar._numbers["line_width"].box
    assert box.isVisible()
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "7")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert line_of(window).width == 7
    window.parts.actions["undo"].trigger()
    assert line_of(window).width == bench.options.line_width == box.value() == 1
    click(bar.remove_button)
    assert line_of(window) is None
    assert not bar.remove_button.isVisible()


def test_that_the_interpolation_is_that_of_the_option_bar(window: Any) -> None:
    control = window.bench._controller.line
    window.parts.option_bar.interpolation_box.activated.emit(1)
    assert control.interpolation is Interpolation.NEAREST
    assert window.bench.options.line_interpolation is Interpolation.NEAREST


def test_that_the_line_shows_on_the_canvas(window: Any) -> None:
    canvas = window.parts.canvas
    plain = pixels_of(canvas.grab().toImage()).astype(int)
    window.bench._controller.line.set(Line(100.5, 80.5, 300.5, 80.5))
    drawn = pixels_of(canvas.grab().toImage()).astype(int)
    changed = np.abs(drawn - plain).sum(axis=2) > 0
    left, middle, right = (on_screen(canvas, (x, 80.5)).toPoint() for x in (100.5, 200.5, 300.5))
    y = middle.y()
    assert changed[y - 1 : y + 2, left.x() + 8 : right.x() - 8].any(axis=0).all()
    assert changed[y - 5 : y + 6, right.x() - 5 : right.x() + 6].sum() > 20
    beside = changed.copy()
    beside[y - 9 : y + 10, left.x() - 9 : right.x() + 10] = False
    assert not beside.any()


def test_that_the_keyboard_draws_a_line(window: Any) -> None:
    canvas = window.parts.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    line = line_of(window)
    assert (line.x1 - line.x0, line.y1 - line.y0) == (30, 0)


def test_that_the_context_menu_draws_a_level_line(window: Any) -> None:
    window.bench.choose("inspect")
    menu: QMenu = window.tools.make_menu(200, 120)
    next(action for action in menu.actions() if action.text() == "Line profile here").trigger()
    line = line_of(window)
    assert line.y0 == line.y1 == 120.5
    assert (line.x0 + line.x1) / 2 == 200.5
    assert window.bench.name == "line"
    menu.deleteLater()
