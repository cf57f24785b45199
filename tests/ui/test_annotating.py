"""The annotator's loop, with real events in the real window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

import mfgui.resources as resources
from mfgui.core.arrays import Size
from mfgui.files.annotations import SetState, annotation_files
from mfgui.files.maps import read_map
from mfgui.ui.application import Application
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.drop import understood
from tests.ui.hands import WAIT_MS, click

NAMES = ("a", "b", "c")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        target = tmp_path / "list" / name
        target.mkdir(parents=True)
        for number, source in enumerate(("far", "near"), start=1):
            shutil.copy(resources.path(f"samples/pair/{number}.png"), target / f"{source}.png")
    return tmp_path / "list"


@pytest.fixture
def working(application: Application, folder: Path, qtbot: Any) -> Application:
    """The list with its first set open."""
    application.window.annotations.open_list([folder])
    wait_for(application, qtbot, 0)
    return application


def wait_for(application: Application, qtbot: Any, position: int) -> None:
    annotation = application.controller.annotation

    def there() -> bool:
        return annotation.position == position and annotation.ready and not annotation.saving

    qtbot.waitUntil(there, timeout=WAIT_MS)


def panel(application: Application) -> Any:
    return application.window.docks["sets"].widget()


def stroke(application: Application, *places: tuple[float, float]) -> None:
    """A drag on the canvas; places are shares of its width and height."""
    canvas = application.window.parts.canvas
    points = [QPoint(round(x * canvas.width()), round(y * canvas.height())) for x, y in places]
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, left, pos=points[-1])


def key(application: Application, name: Any, modifiers: Any = None) -> None:
    canvas = application.window.parts.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, name, modifiers or Qt.KeyboardModifier.NoModifier)


CTRL = Qt.KeyboardModifier.ControlModifier


def draw(application: Application, qtbot: Any) -> Any:
    """A brush stroke with label 2; returns the map."""
    key(application, Qt.Key.Key_B)
    key(application, Qt.Key.Key_2)
    stroke(application, (0.4, 0.4), (0.5, 0.5), (0.6, 0.4))
    session = application.controller.session
    qtbot.waitUntil(lambda: session.focus_map is not None, timeout=WAIT_MS)
    labels = session.focus_map.labels.copy()
    assert (labels == 2).any()
    return labels


def test_that_a_list_shows_the_sets_dock_and_opens_its_first_set(working: Application) -> None:
    assert panel(working).isVisible()
    assert panel(working).count.text() == "0 of 3 done"
    assert panel(working).saved.text() == "Nothing drawn yet"
    assert working.window.parts.actions["save-session"].text() == "Save map of this set"


def test_that_the_next_set_is_a_key_away_and_the_drawn_one_is_saved(
    working: Application, folder: Path, qtbot: Any
) -> None:
    labels = draw(working, qtbot)
    canvas, overlay = working.window.parts.canvas, working.window.parts.overlay
    overlay.set_mode(OverlayMode.TINT)
    canvas.zoom_to(2.0)
    view = canvas.viewport.view
    assert panel(working).saved.text() == "Not saved yet"
    key(working, Qt.Key.Key_PageDown, CTRL)
    wait_for(working, qtbot, 1)
    assert working.controller.session.focus_map is None
    assert canvas.viewport.view == view
    assert overlay.overlay.mode is OverlayMode.TINT
    assert working.window.bench.name == "brush"
    assert working.controller.session.active_label == 2
    path, description = annotation_files(folder / "a" / "a")
    height, width = labels.shape
    np.testing.assert_array_equal(read_map(path, k=2, size=Size(width, height)), labels)
    content = json.loads(description.read_text("utf-8"))
    assert content["labels"][1]["colour"] == canvas.label_colour(2, k=2).name()
    assert content["annotation"]["tools"]["brush"] > 0
    key(working, Qt.Key.Key_PageUp, CTRL)
    wait_for(working, qtbot, 0)
    focus_map = working.controller.session.focus_map
    assert focus_map is not None
    np.testing.assert_array_equal(focus_map.labels, labels)
    assert panel(working).saved.text() == "Saved"


def test_that_ctrl_s_saves_the_map_and_not_a_session(
    working: Application, folder: Path, qtbot: Any
) -> None:
    draw(working, qtbot)
    key(working, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: panel(working).saved.text() == "Saved", timeout=WAIT_MS)
    assert (folder / "a" / "a_map.json").exists()
    assert not list(folder.rglob("*.mfgui"))
    assert not working.controller.sessions.unsaved_work


def test_that_a_set_is_marked_and_the_list_says_so(
    working: Application, folder: Path, qtbot: Any
) -> None:
    draw(working, qtbot)
    QTest.keyClicks(panel(working).note_line, "hair")
    click(panel(working).state_buttons[SetState.DONE])
    qtbot.waitUntil(lambda: panel(working).saved.text() == "Saved", timeout=WAIT_MS)
    assert panel(working).count.text() == "1 of 3 done"
    row = panel(working).model.index(0)
    assert row.data(Qt.ItemDataRole.AccessibleTextRole) == "a, done, open"
    content = json.loads((folder / "a" / "a_map.json").read_text("utf-8"))
    assert content["annotation"]["state"] == "done"
    assert content["annotation"]["note"] == "hair"


def test_that_a_double_click_in_the_dock_opens_a_set(working: Application, qtbot: Any) -> None:
    view = panel(working).view
    place = view.visualRect(panel(working).model.index(2)).center()
    view.scrollTo(panel(working).model.index(2))
    place = view.visualRect(panel(working).model.index(2)).center()
    click(view.viewport(), place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    wait_for(working, qtbot, 2)
    assert view.currentIndex().row() == 2


def test_that_everything_comes_back_in_another_window(
    working: Application, folder: Path, qtbot: Any, themes: Any, qapp: Any
) -> None:
    from mfgui.ui.application import make_application

    labels = draw(working, qtbot)
    click(panel(working).state_buttons[SetState.FLAGGED])
    qtbot.waitUntil(lambda: panel(working).saved.text() == "Saved", timeout=WAIT_MS)
    other = make_application(qapp, themes=themes)
    try:
        other.window.show()
        other.window.annotations.open_list([folder])
        wait_for(other, qtbot, 0)
        focus_map = other.controller.session.focus_map
        assert focus_map is not None
        np.testing.assert_array_equal(focus_map.labels, labels)
        assert panel(other).state_buttons[SetState.FLAGGED].isChecked()
        assert other.controller.annotation.clock.tools()["brush"] > 0
    finally:
        other.close()
        other.window.deleteLater()
        other.bridge.deleteLater()


def test_that_closing_the_window_asks_nothing_and_loses_nothing(
    working: Application, folder: Path, qtbot: Any
) -> None:
    labels = draw(working, qtbot)
    assert working.window.close()
    height, width = labels.shape
    found = read_map(folder / "a" / "a_map.png", k=2, size=Size(width, height))
    np.testing.assert_array_equal(found, labels)


def test_that_the_minute_timer_runs_only_with_a_list(
    application: Application, folder: Path, qtbot: Any
) -> None:
    timer = application.window.annotations._timer
    assert not timer.isActive()
    application.window.annotations.open_list([folder])
    wait_for(application, qtbot, 0)
    assert timer.isActive()
    draw(application, qtbot)
    timer.timeout.emit()
    qtbot.waitUntil((folder / "a" / "a_map.json").exists, timeout=WAIT_MS)
    application.window.commands.carry_out("close-list")
    annotation = application.controller.annotation
    qtbot.waitUntil(lambda: annotation.worklist is None, timeout=WAIT_MS)
    assert not timer.isActive()


def test_that_time_stops_while_another_window_is_active(working: Application, qtbot: Any) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    clock = working.controller.annotation.clock
    key(working, Qt.Key.Key_B)
    assert clock._input is not None
    QCoreApplication.sendEvent(working.window, QEvent(QEvent.Type.WindowDeactivate))
    assert clock._input is None


def test_that_several_folders_or_a_folder_of_folders_drop_as_a_list(
    folder: Path, tmp_path: Path
) -> None:
    several = understood([folder / "a", folder / "b"], has_set=False)
    assert (several.action, several.words) == ("list", "Open 2 folders as a list of sets")
    nested = understood([folder], has_set=True)
    assert (nested.action, nested.words) == ("list", "Open folder list as a list of sets")
    assert understood([folder / "a"], has_set=False).action == "set"
    (tmp_path / "empty").mkdir()
    assert understood([tmp_path / "empty"], has_set=False).action == "set"


def test_that_the_command_asks_for_a_folder(
    application: Application, folder: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(folder))
    application.window.parts.actions["open-list"].trigger()
    wait_for(application, qtbot, 0)


def test_that_a_list_that_cannot_be_written_puts_maps_elsewhere(
    application: Application,
    folder: Path,
    tmp_path: Path,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path) != folder)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(mine))
    application.window.annotations.open_list([folder])
    wait_for(application, qtbot, 0)
    draw(application, qtbot)
    key(application, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil((mine / "a_map.json").exists, timeout=WAIT_MS)
    assert not (folder / "a" / "a_map.json").exists()


def test_that_two_maps_are_compared_in_table_and_picture(
    working: Application, folder: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(working, qtbot)
    key(working, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil((folder / "a" / "a_map.json").exists, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not working.controller.annotation.modified, timeout=WAIT_MS)
    other = folder / "a" / "a_map.png"
    stroke(working, (0.7, 0.7), (0.8, 0.7))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(other), ""))
    before = working.window.parts.overlay.overlay.mode
    dialog = working.window.figures.compare()
    assert dialog is not None
    click(dialog.file_button)
    qtbot.waitUntil(lambda: "kappa" in dialog.summary.text(), timeout=WAIT_MS)
    click(dialog.differences_box)
    assert working.window.parts.overlay.overlay.mode is OverlayMode.DIFFERENCE
    dialog.reject()
    assert working.window.parts.overlay.overlay.mode is before


def test_that_the_list_is_compared_with_another_annotator_and_reported(
    working: Application,
    folder: Path,
    tmp_path: Path,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw(working, qtbot)
    key(working, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil((folder / "a" / "a_map.json").exists, timeout=WAIT_MS)
    copy, report = tmp_path / "bob", tmp_path / "report.csv"
    qtbot.waitUntil(lambda: not working.controller.annotation.saving, timeout=WAIT_MS)
    shutil.copytree(folder, copy)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(copy))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(report), ""))
    dialog = working.window.figures.compare()
    assert dialog is not None
    click(dialog.folder_button)
    qtbot.waitUntil(lambda: "1 of 3 sets compared" in dialog.what.text(), timeout=WAIT_MS)
    click(dialog.report_button)
    qtbot.waitUntil(report.exists, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: dialog.what.text() == "Saved report.csv", timeout=WAIT_MS)
    dialog.reject()
    assert report.read_text("utf-8").splitlines()[1].startswith("a,")


def test_that_the_map_is_exported_through_the_dialog(
    working: Application, folder: Path, qtbot: Any
) -> None:
    draw(working, qtbot)
    dialog = working.window.figures.export()
    assert dialog is not None
    assert dialog.path_line.text() == str(folder / "a" / "a_labels.png")
    QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    qtbot.waitUntil((folder / "a" / "a_labels.png").exists, timeout=WAIT_MS)


def test_that_statistics_are_counted(working: Application, qtbot: Any) -> None:
    draw(working, qtbot)
    dialog = working.window.figures.statistics()
    assert dialog is not None
    qtbot.waitUntil(lambda: "regions" in dialog.summary.text(), timeout=WAIT_MS)
    assert "brush" in dialog.time.text()
    dialog.accept()


def test_that_dropped_folders_open_as_a_list(
    application: Application, folder: Path, qtbot: Any
) -> None:
    drop = understood([folder / "a", folder / "c"], has_set=False)
    application.window.parts.drops.dropped.emit(drop)
    wait_for(application, qtbot, 0)
    worklist = application.controller.annotation.worklist
    assert worklist is not None
    assert [entry.name for entry in worklist.sets] == ["a", "c"]


def test_that_a_changed_source_is_said_in_the_dock_and_its_map_is_a_click_away(
    working: Application, folder: Path, qtbot: Any
) -> None:
    labels = draw(working, qtbot)
    key(working, Qt.Key.Key_PageDown, CTRL)
    wait_for(working, qtbot, 1)
    shutil.copy(folder / "c" / "near.png", folder / "a" / "far.png")
    key(working, Qt.Key.Key_PageUp, CTRL)
    wait_for(working, qtbot, 0)
    assert working.controller.session.focus_map is None
    assert "far.png has changed" in panel(working).problem.text()
    assert panel(working).saved.text() == "Map not loaded"
    click(panel(working).anyway_button)
    qtbot.waitUntil(lambda: working.controller.session.focus_map is not None, timeout=WAIT_MS)
    focus_map = working.controller.session.focus_map
    assert focus_map is not None
    np.testing.assert_array_equal(focus_map.labels, labels)
    qtbot.waitUntil(lambda: not panel(working).anyway_button.isVisible(), timeout=WAIT_MS)
