from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui.app.settings import SettingsFile
from mfgui.ui.application import Application, make_application
from mfgui.ui.theme import Themes
from mfgui.ui.workspaces import Arrangement, Workspace
from tests.ui.hands import WAIT_MS, click

FUSE = {"sources", "method", "results", "curve"}
SIZES = [(1280, 720), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440), (3840, 2160)]


def shown(application: Application) -> set[str]:
    docks = application.window.docks
    return {name for name, dock in docks.items() if not dock.isHidden()}


def annotate(application: Application) -> set[str]:
    """The docks of the Annotate workspace that the window has."""
    return {"sources", "spots", "sets", "history"} & set(application.window.docks)


def press(application: Application, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    application.window.activateWindow()
    QTest.keyClick(QApplication.focusWidget() or application.window, key, held)


def test_that_the_keys_change_which_docks_show_and_nothing_else(opened: Application) -> None:
    window, session = opened.window, opened.controller.session
    before = (session.shown, session.stack, session.active_source)
    assert shown(opened) == FUSE
    press(opened, Qt.Key.Key_F3)
    assert shown(opened) == annotate(opened)
    assert window.parts.actions["workspace-annotate"].isChecked()
    press(opened, Qt.Key.Key_F2)
    assert shown(opened) == FUSE
    assert (session.shown, session.stack, session.active_source) == before


def test_that_the_buttons_change_the_workspace_and_say_which_it_is(opened: Application) -> None:
    buttons = opened.window._tool_bar.workspaces.buttons
    assert buttons[Workspace.FUSE].isChecked()
    click(buttons[Workspace.ANNOTATE])
    assert shown(opened) == annotate(opened)
    assert [button.isChecked() for button in buttons.values()] == [False, True, False]
    click(buttons[Workspace.ANNOTATE])
    assert buttons[Workspace.ANNOTATE].isChecked()


def test_that_each_workspace_remembers_its_layout(opened: Application) -> None:
    window = opened.window
    window.docks["results"].close()
    press(opened, Qt.Key.Key_F3)
    window.docks["history"].close()
    press(opened, Qt.Key.Key_F2)
    assert shown(opened) == FUSE - {"results"}
    press(opened, Qt.Key.Key_F3)
    assert shown(opened) == annotate(opened) - {"history"}


def test_that_reset_layout_is_of_the_present_workspace(opened: Application) -> None:
    press(opened, Qt.Key.Key_F3)
    opened.window.docks["history"].setFloating(True)
    opened.window.docks["method"].show()
    opened.window.parts.actions["reset-layout"].trigger()
    assert shown(opened) == annotate(opened)
    assert not opened.window.docks["history"].isFloating()


@pytest.mark.parametrize("size", SIZES)
def test_that_the_canvas_takes_sixty_percent_when_annotating(
    opened: Application, qtbot: Any, size: tuple[int, int]
) -> None:
    window, canvas = opened.window, opened.window.parts.canvas
    press(opened, Qt.Key.Key_F3)
    window.resize(*size)
    qtbot.waitUntil(
        lambda: canvas.width() * canvas.height() >= 0.6 * size[0] * size[1], timeout=WAIT_MS
    )


def test_that_the_docks_are_tabs_in_a_narrow_window(opened: Application, qtbot: Any) -> None:
    window = opened.window
    window.resize(1100, 700)
    press(opened, Qt.Key.Key_F3)
    qtbot.waitUntil(lambda: window.arranger.arrangement is Arrangement.NARROW, timeout=WAIT_MS)
    tabs = {dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["sources"])}
    assert tabs >= annotate(opened) - {"sources"}


def test_that_a_workspace_follows_a_window_that_was_resized_meanwhile(
    opened: Application, qtbot: Any
) -> None:
    window = opened.window
    press(opened, Qt.Key.Key_F3)
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: window.arranger.arrangement is Arrangement.NARROW, timeout=WAIT_MS)
    press(opened, Qt.Key.Key_F2)
    assert window.arranger.arrangement is Arrangement.NARROW


def test_that_the_window_reopens_in_its_workspace(
    application: Application, qapp: Any, qtbot: Any, themes: Themes
) -> None:
    window = application.window
    window.commands.open_sample()
    qtbot.waitUntil(lambda: application.controller.session.shown == "source:1", timeout=WAIT_MS)
    press(application, Qt.Key.Key_F3)
    window.docks["history"].close()
    window.close()
    qtbot.waitUntil(lambda: SettingsFile().values.workspace == "annotate", timeout=WAIT_MS)
    again = make_application(qapp, themes=themes)
    try:
        again.window.show()
        again.window.commands.open_sample()
        qtbot.waitUntil(lambda: again.controller.session.shown == "source:1", timeout=WAIT_MS)
        assert again.window.arranger.workspace is Workspace.ANNOTATE
        assert again.window.parts.actions["workspace-annotate"].isChecked()
        assert shown(again) == annotate(again) - {"history"}
        press(again, Qt.Key.Key_F2)
        assert shown(again) == FUSE
    finally:
        again.close()
        again.window.deleteLater()
        again.bridge.deleteLater()


def test_that_the_workspace_can_be_chosen_before_a_set_is_open(
    application: Application, qtbot: Any
) -> None:
    application.window.arranger.choose(Workspace.ANNOTATE)
    application.window.commands.open_sample()
    qtbot.waitUntil(lambda: application.controller.session.shown == "source:1", timeout=WAIT_MS)
    assert shown(application) == annotate(application)
    assert application.window._tool_bar.isVisible()


def test_that_keys_go_from_dock_to_dock_and_back_to_the_canvas(opened: Application) -> None:
    window = opened.window
    window.parts.canvas.setFocus()
    held = Qt.KeyboardModifier.ControlModifier
    seen = []
    for _ in range(5):
        press(opened, Qt.Key.Key_F6, held)
        focused = QApplication.focusWidget()
        seen.append(
            next((name for name, d in window.docks.items() if d.isAncestorOf(focused)), "canvas")
        )
    assert seen == ["sources", "method", "results", "curve", "canvas"]
    press(opened, Qt.Key.Key_F6, held, Qt.KeyboardModifier.ShiftModifier)
    assert window.docks["curve"].isAncestorOf(QApplication.focusWidget())


def test_that_a_dock_with_the_keyboard_says_so(opened: Application) -> None:
    window = opened.window
    window.docks["method"].raise_()
    window.parts.canvas.setFocus()
    press(opened, Qt.Key.Key_F6, Qt.KeyboardModifier.ControlModifier)
    assert window.docks["sources"].title.property("focused")
    assert not window.docks["method"].title.property("focused")
