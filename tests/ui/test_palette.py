from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui.app.actions import COMMANDS
from mfgui.app.settings import SettingsFile
from mfgui.ui.application import Application
from mfgui.ui.palette import CommandPalette
from tests.ui.hands import WAIT_MS, click


def open_palette(application: Application) -> CommandPalette:
    window = application.window
    window.activateWindow()
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_P, held)
    assert window.palette_box.isVisible()
    return window.palette_box


def listed(palette: CommandPalette) -> list[str]:
    model = palette.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def current(palette: CommandPalette) -> str:
    return palette.list.currentIndex().data()


def type_in(palette: CommandPalette, text: str) -> None:
    QTest.keyClicks(palette.field, text)


def test_that_every_command_method_result_and_recent_set_is_offered(
    opened: Application, qtbot: Any
) -> None:
    controller = opened.controller
    controller.runs.run("average", {})
    qtbot.waitUntil(lambda: bool(controller.session.results), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    texts = listed(open_palette(opened))
    for command in COMMANDS:
        if command.id not in ("palette", "undo", "redo"):  # the latter name their steps
            assert command.text.replace("...", "") in texts, command.id
    assert {method.title for method in controller.registry.methods.values()} & set(texts)
    assert "1 · Average" in texts
    assert "pair/1.png, 2.png" in texts


def test_that_typing_and_enter_carry_out_a_command(opened: Application) -> None:
    palette = open_palette(opened)
    type_in(palette, "annot")
    assert current(palette) == "Annotate workspace"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert opened.window.parts.actions["workspace-annotate"].isChecked()


def test_that_the_keyboard_goes_back_where_it_was(opened: Application) -> None:
    opened.window.parts.canvas.setFocus()
    palette = open_palette(opened)
    assert palette.field.hasFocus()
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert opened.window.parts.canvas.hasFocus()


def test_that_arrows_go_round_and_tab_stays_in_the_palette(opened: Application) -> None:
    palette = open_palette(opened)
    first, last = listed(palette)[0], listed(palette)[-1]
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    assert current(palette) == last
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert current(palette) == first
    QTest.keyClick(palette.field, Qt.Key.Key_Tab)
    assert current(palette) == listed(palette)[1]
    assert palette.field.hasFocus()


def test_that_a_click_chooses(opened: Application) -> None:
    palette = open_palette(opened)
    type_in(palette, "annotate workspace")
    index = palette.list.model().index(0, 0)
    click(palette.list.viewport(), palette.list.visualRect(index).center())
    assert opened.window.parts.actions["workspace-annotate"].isChecked()


def test_that_a_disabled_command_says_why_and_is_not_carried_out(opened: Application) -> None:
    palette = open_palette(opened)
    type_in(palette, "stop")
    assert current(palette) == "Stop"
    assert "nothing is running" in palette.field.accessibleDescription()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.note.text() == "Stop: nothing is running."


def test_that_a_reason_does_not_outlive_the_search(opened: Application) -> None:
    palette = open_palette(opened)
    type_in(palette, "stop")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    QTest.keyClick(palette.field, Qt.Key.Key_Backspace)
    assert palette.note.text() == ""


def test_that_what_was_used_last_comes_first_also_after_a_restart(
    opened: Application, qtbot: Any
) -> None:
    palette = open_palette(opened)
    type_in(palette, "200")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    palette = open_palette(opened)
    type_in(palette, "reset layout")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert listed(open_palette(opened))[:2] == ["Reset layout", "200 %"]
    kept = ("command:reset-layout", "command:zoom-200")
    qtbot.waitUntil(lambda: SettingsFile().values.palette_recent[:2] == kept, timeout=WAIT_MS)


def test_that_a_method_is_chosen_in_its_dock(opened: Application) -> None:
    opened.window.docks["method"].close()
    palette = open_palette(opened)
    type_in(palette, "composite")
    assert current(palette) == "Composite"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert opened.window.parts.method.method.name == "composite"
    assert opened.window.docks["method"].isVisible()


def test_that_a_result_is_shown(opened: Application, qtbot: Any) -> None:
    controller = opened.controller
    controller.runs.run("average", {})
    qtbot.waitUntil(lambda: controller.session.shown == "result:1", timeout=WAIT_MS)
    controller.view.show("source:1")
    palette = open_palette(opened)
    type_in(palette, "1 average")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert controller.session.shown == "result:1"


def test_that_nothing_found_is_said(opened: Application) -> None:
    palette = open_palette(opened)
    type_in(palette, "qqqq")
    assert listed(palette) == []
    assert palette.note.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_that_a_click_beside_it_closes_it(opened: Application) -> None:
    palette = open_palette(opened)
    click(opened.window.parts.canvas, QPoint(20, 400))
    assert not palette.isVisible()


@pytest.mark.parametrize("size", [(1024, 640), (1280, 720), (2560, 1440)])
def test_that_it_lies_inside_the_window(opened: Application, size: tuple[int, int]) -> None:
    opened.window.resize(*size)
    palette = open_palette(opened)
    assert opened.window.rect().contains(palette.geometry())
