from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QListView,
    QMenu,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QWidget,
)

from mfgui.app.actions import COMMANDS
from mfgui.core.events import Severity
from mfgui.ui.application import Application, make_application
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.theme import Themes
from mfgui.ui.workspaces import Arrangement, Workspace
from tests.ui.hands import WAIT_MS, click


def detect(application: Application, qtbot: Any) -> None:
    application.window.parts.actions["detect"].trigger()
    controller = application.controller
    qtbot.waitUntil(
        lambda: controller.session.focus_map is not None and not controller.state.running,
        timeout=WAIT_MS,
    )


def test_that_the_window_starts_on_the_start_page(application: Application) -> None:
    window = application.window
    assert window.parts.start.isVisible()
    assert not window.parts.canvas.isVisible()
    assert all(not dock.isVisible() for dock in window.docks.values())
    assert window.minimumSize().toTuple() == (1024, 640)


def test_that_try_a_sample_opens_the_pair(application: Application, qtbot: Any) -> None:
    window = application.window
    click(window.parts.start.drop_area.sample_button)
    qtbot.waitUntil(lambda: window.parts.canvas.shown == "source:1", timeout=WAIT_MS)
    assert window.parts.canvas.isVisible()
    assert window.docks["sources"].isVisible()
    assert len(window.parts.sources.view.rows.rows) == 2
    assert window.windowTitle() == "1.png, 2.png – mfgui"
    assert window.parts.canvas.hasFocus()


def test_that_every_command_can_be_carried_out(application: Application) -> None:
    assert set(application.window.commands._answers) == {command.id for command in COMMANDS}


def test_that_menus_hold_every_command_once(application: Application) -> None:
    menus = [action.menu() for action in application.window.menuBar().actions()]
    menus += [part.menu() for menu in menus for part in menu.actions() if part.menu()]  # type: ignore[attr-defined]
    listed = [
        action.objectName()
        for menu in menus
        for action in menu.actions()  # type: ignore[attr-defined]
        if action.objectName()
    ]
    assert sorted(listed) == sorted(command.id for command in COMMANDS)


def test_that_bare_keys_act_only_while_the_canvas_has_the_focus(
    opened: Application, qtbot: Any
) -> None:
    detect(opened, qtbot)
    parts = opened.window.parts
    line = parts.method.form.rows["iterations"].field.findChild(QLineEdit)
    line.setFocus()
    before = parts.overlay.overlay
    QTest.keyClicks(line, "o,.")
    assert parts.overlay.overlay == before
    assert line.text().endswith("o,.")
    parts.sources.view.setFocus()
    QTest.keyClick(parts.sources.view, Qt.Key.Key_O)
    assert parts.overlay.overlay == before
    parts.canvas.setFocus()
    QTest.keyClick(parts.canvas, Qt.Key.Key_O)
    assert parts.canvas.overlay.mode is OverlayMode.OFF
    QTest.keyClick(parts.canvas, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert parts.canvas.overlay.mode is OverlayMode.TINT
    QTest.keyClick(parts.canvas, Qt.Key.Key_Period)
    assert parts.canvas.overlay.strength == before.strength + 5
    QTest.keyClick(parts.canvas, Qt.Key.Key_Comma)
    assert parts.canvas.overlay.strength == before.strength


def test_that_page_keys_step_through_the_sources(opened: Application, qtbot: Any) -> None:
    canvas = opened.window.parts.canvas
    QTest.keyClick(canvas, Qt.Key.Key_PageDown)
    assert canvas.shown == "source:2"
    assert opened.window.parts.sources.view.current_key() == "source:2"
    assert opened.window.parts.switch.source_buttons[1].isChecked()
    QTest.keyClick(canvas, Qt.Key.Key_PageUp)
    assert canvas.shown == "source:1"


def test_that_holding_s_shows_the_active_source_until_release(
    opened: Application, qtbot: Any
) -> None:
    canvas = opened.window.parts.canvas
    detect(opened, qtbot)
    QTest.keyPress(canvas, Qt.Key.Key_S)
    assert canvas.peeked == "source:1"
    QTest.keyRelease(canvas, Qt.Key.Key_S)
    assert canvas.peeked == ""


def test_that_the_reference_key_shows_what_was_set(opened: Application) -> None:
    parts = opened.window.parts
    parts.actions["set-reference"].trigger()
    QTest.keyClick(parts.canvas, Qt.Key.Key_PageDown)
    QTest.keyPress(parts.canvas, Qt.Key.Key_QuoteLeft)
    assert (parts.canvas.shown, parts.canvas.peeked) == ("source:2", "source:1")
    QTest.keyRelease(parts.canvas, Qt.Key.Key_QuoteLeft)


def test_that_zoom_keys_work_from_anywhere(opened: Application) -> None:
    parts = opened.window.parts
    parts.sources.view.setFocus()
    QTest.keyClick(parts.sources.view, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert parts.canvas.zoom == 1.0
    assert parts.status.zoom.text() == "100 %"
    QTest.keyClick(parts.sources.view, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert parts.canvas.zoom > 1.0


def test_that_the_status_bar_reads_values_under_the_pointer(
    opened: Application, qtbot: Any
) -> None:
    parts = opened.window.parts
    QTest.mouseMove(parts.canvas, parts.canvas.rect().center())
    QTest.mouseMove(parts.canvas, parts.canvas.rect().center() + QPoint(2, 2))
    qtbot.waitUntil(lambda: "2: " in parts.status.readout.text())
    assert "1: " in parts.status.readout.text()


def test_that_the_eye_shows_a_source_and_then_the_fused_image(
    opened: Application, qtbot: Any
) -> None:
    controller = opened.controller
    opened.window.parts.method.choose_method("average")
    click(opened.window.parts.method.run_button)
    qtbot.waitUntil(lambda: controller.session.shown == "result:1", timeout=WAIT_MS)
    opened.window.commands.toggle_source("source:2")
    assert controller.session.shown == "source:2"
    opened.window.commands.toggle_source("source:2")
    assert controller.session.shown == "result:1"


def test_that_a_failed_opening_keeps_the_set_and_says_so(
    opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    broken = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in broken:
        path.write_bytes(b"no picture")
    window = opened.window
    before = opened.controller.session.stack
    window.commands.open_paths(broken)
    qtbot.waitUntil(lambda: bool(window.parts.banners.notices), timeout=WAIT_MS)
    notice = window.parts.banners.notices[0]
    assert notice.severity is Severity.ERROR
    assert "a.png" in notice.what
    assert "unchanged" in notice.kept
    assert opened.controller.session.stack is before
    assert window.parts.canvas.shown == "source:1"
    assert not window.parts.status.opening.isVisible()


def test_that_a_failed_second_set_brings_the_first_picture_back(
    opened: Application, qtbot: Any, tmp_path: Path, tiny_pair_files: tuple[Path, Path]
) -> None:
    damaged = tmp_path / "z.png"
    damaged.write_bytes(b"no picture")
    window = opened.window
    detect(opened, qtbot)
    size = window.parts.canvas.image_size
    window.commands.open_paths([tiny_pair_files[0], damaged])
    qtbot.waitUntil(lambda: bool(window.parts.banners.notices), timeout=WAIT_MS)
    assert window.parts.canvas.image_size == size
    assert window.parts.canvas.shown == "source:1"
    assert "source:2" in window.parts.canvas.picture_keys


def test_that_closing_the_set_leads_back_to_the_start_page(opened: Application, qtbot: Any) -> None:
    window = opened.window
    QTest.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert window.parts.start.isVisible()
    assert len(window.parts.start.recent.tiles) == 1
    assert window.parts.start.recent.tiles[0].entry.picture is not None
    assert window.windowTitle() == "mfgui"


def test_that_missing_recent_sets_are_found_out(
    application: Application, qtbot: Any, tiny_pair_files: tuple[Path, Path]
) -> None:
    window = application.window
    window.commands.open_paths(list(tiny_pair_files))
    qtbot.waitUntil(lambda: application.controller.state.has_set, timeout=WAIT_MS)
    tiny_pair_files[1].unlink()
    window.parts.actions["close-set"].trigger()
    qtbot.waitUntil(lambda: window.parts.start.recent.tiles[0].entry.missing, timeout=WAIT_MS)


def test_that_copy_as_command_puts_the_exact_line_in_the_clipboard(
    opened: Application, qtbot: Any
) -> None:
    parts = opened.window.parts
    line = parts.method.form.rows["iterations"].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "7")
    click(parts.method.copy_button)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:2] == ["mfgui", "fuse"]
    assert words[2].endswith("pair/1.png")
    assert words[-4:] == ["--method", "ms-lap", "-p", "iterations=7"]


def test_that_settings_and_layout_are_remembered(qapp: Any, qtbot: Any, themes: Themes) -> None:
    first = make_application(qapp, themes=themes)
    first.window.resize(1500, 860)
    first.window.show()
    first.window.commands.open_sample()
    qtbot.waitUntil(lambda: first.controller.state.has_set, timeout=WAIT_MS)
    first.window.parts.actions["theme-dark"].trigger()
    first.window.docks["results"].close()
    first.window.arranger.arrangement = Arrangement.OWN
    first.window.parts.overlay.strengthen(2)
    first.close()
    first.window.deleteLater()
    first.bridge.deleteLater()

    second = make_application(qapp, themes=themes)
    second.window.show()
    second.window.commands.open_sample()
    qtbot.waitUntil(lambda: second.controller.state.has_set, timeout=WAIT_MS)
    assert second.window.docks["results"].isHidden()
    assert not second.window.docks["method"].isHidden()
    assert themes.choice == "dark"
    assert second.window.parts.overlay.overlay.strength == 45
    second.close()
    second.window.deleteLater()
    second.bridge.deleteLater()


def test_that_a_window_saved_on_a_screen_that_is_gone_comes_back_in_sight(
    application: Application, qapp: Any
) -> None:
    window = application.window
    window.move(50_000, 50_000)
    geometry, layouts = window.arranger.saved()
    window.arranger.restore(geometry, layouts)
    screen = qapp.primaryScreen().availableGeometry()
    assert screen.intersects(window.frameGeometry())


def test_that_a_damaged_layout_gives_the_default(application: Application) -> None:
    application.window.arranger.restore("????", {Workspace.FUSE: "roomy:????"})
    assert application.window.arranger.arrangement.value in ("compact", "narrow", "roomy")


_CONTROLS = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QListView, QProgressBar)


def controls(root: QWidget) -> list[QWidget]:
    """What a person operates, without the parts inside Qt's own widgets."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, _CONTROLS)
        and not isinstance(widget, QScrollBar)
        and not isinstance(widget.window(), QMenu)  # the plotting library's, never shown
        and not isinstance(widget.parent(), (QTabBar, QComboBox))
        and not widget.objectName().startswith("qt_")
        and widget.window() is root
    ]


def test_that_every_control_has_an_accessible_name(opened: Application) -> None:
    nameless = [
        f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}"
        for widget in controls(opened.window)
        if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
    ]
    assert nameless == []


def test_that_targets_are_large_enough_to_hit(opened: Application) -> None:
    opened.window.resize(2560, 1440)
    small = [
        f"{type(widget).__name__} {widget.accessibleName()} {widget.size().toTuple()}"
        for widget in controls(opened.window)
        if widget.isVisible()
        and not isinstance(widget, QProgressBar)
        and min(widget.width(), widget.height()) < 24
    ]
    assert small == []


def test_that_unexpected_errors_become_a_banner(application: Application) -> None:
    import sys

    from mfgui.ui.application import _unexpected_errors_shown

    before = sys.excepthook
    with _unexpected_errors_shown(application):
        error = ValueError("odd thing")
        sys.excepthook(ValueError, error, None)
    assert sys.excepthook is before
    notice = application.window.parts.banners.notices[0]
    assert "odd thing" in notice.what
    assert "ValueError" in notice.details


def test_that_fifty_sets_opened_and_closed_leave_nothing_behind(
    application: Application, qtbot: Any, tiny_pair_files: tuple[Path, Path]
) -> None:
    window, controller = application.window, application.controller

    def cycle() -> None:
        window.commands.open_paths(list(tiny_pair_files))
        qtbot.waitUntil(lambda: controller.session.shown == "source:1", timeout=WAIT_MS)
        window.parts.actions["close-set"].trigger()
        qtbot.waitUntil(lambda: not controller.state.has_set)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    for _ in range(3):
        cycle()
    before = len(window.findChildren(QObject))
    for _ in range(47):
        cycle()
    assert len(window.findChildren(QObject)) <= before + 2
    assert window.parts.canvas.picture_keys == ()


def test_that_a_run_in_progress_ends_with_the_window(opened: Application, qtbot: Any) -> None:
    parts = opened.window.parts
    line = parts.method.form.rows["iterations"].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "100000")
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == "live", timeout=WAIT_MS)
    opened.close()
    assert not any(thread.isRunning() for thread in opened.bridge.findChildren(QThread))


def test_that_leaving_a_set_stops_its_run(
    opened: Application, qtbot: Any, tiny_pair_files: tuple[Path, Path]
) -> None:
    parts = opened.window.parts
    line = parts.method.form.rows["iterations"].field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "100000")
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == "live", timeout=WAIT_MS)
    opened.window.commands.open_paths(list(tiny_pair_files))
    qtbot.waitUntil(
        lambda: (
            parts.canvas.image_size == opened.controller.session.stack.size
            and opened.controller.session.stack.sources[0].name == "left.png"
        ),
        timeout=WAIT_MS,
    )
    assert not opened.controller.state.running
    assert not parts.status.progress.isVisible()
    assert parts.curve.legend == {}
    assert parts.results.view.rows.rows == []
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1")


def test_that_tab_goes_round_once_in_reading_order(
    opened: Application, qapp: Any, qtbot: Any
) -> None:
    window, parts = opened.window, opened.window.parts
    window.resize(2560, 1440)
    window.activateWindow()
    parts.canvas.setFocus()
    seen: list[QWidget] = []
    while (widget := qapp.focusWidget()) not in seen:
        assert widget is not None
        seen.append(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    assert widget is parts.canvas
    rows = parts.method.form.rows
    landmarks = [
        parts.canvas,
        parts.sources.view,
        parts.method.method_box,
        parts.method.detector_box,
        rows["variant"].field.main,
        rows["iterations"].field.main,
        parts.method.run_button,
        window._tool_bar.widgetForAction(parts.actions["open"]),
        parts.overlay.button,
    ]
    present = [widget for widget in landmarks if widget.isEnabled()]
    assert [seen.index(widget) for widget in present] == sorted(
        seen.index(widget) for widget in present
    )
