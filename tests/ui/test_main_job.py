"""The main job as a person does it, with real mouse, key and drop events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from mfgui import resources
from mfgui.core.events import RunState
from mfgui.ui.application import Application
from mfgui.ui.dialogs.export import ExportDialog
from tests.ui.hands import WAIT_MS, click


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Copies of the sample pair in a folder of the person."""
    folder = tmp_path / "my photographs"
    folder.mkdir()
    paths = []
    for name in ("1.png", "2.png"):
        path = folder / f"desk {name}"
        path.write_bytes(resources.path(f"samples/pair/{name}").read_bytes())
        paths.append(path)
    return paths


def drop(application: Application, paths: list[Path]) -> None:
    window = application.window
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(400, 300), copy, data, buttons, keys))
    assert window.parts.drops.overlay.isVisible()
    assert window.parts.drops.overlay.words.text() == "Open 2 images as a new set"
    QApplication.sendEvent(window, QDropEvent(QPointF(400, 300), copy, data, buttons, keys))
    assert not window.parts.drops.overlay.isVisible()


def set_iterations(application: Application, text: str) -> None:
    line = application.window.parts.method.form.rows["iterations"].field.findChild(QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)


def canvas_pixels(application: Application) -> Any:
    image = application.window.parts.canvas.grab().toImage()
    data = np.frombuffer(image.constBits(), np.uint8)
    return data.reshape(image.height(), -1)[:, : image.width() * 4].astype(int)


def test_that_a_person_fuses_two_photographs(
    application: Application, photographs: list[Path], qtbot: Any
) -> None:
    window, controller = application.window, application.controller
    parts, session = window.parts, lambda: controller.session

    # Start page, drop
    assert parts.start.isVisible()
    drop(application, photographs)
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1", timeout=WAIT_MS)
    assert [row.title for row in parts.sources.view.rows.rows] == ["desk 1.png", "desk 2.png"]

    # Detect: the map lies over the picture
    plain = canvas_pixels(application)
    click(window._tool_bar.widgetForAction(parts.actions["detect"]))
    qtbot.waitUntil(lambda: session().focus_map is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    outlined = canvas_pixels(application)
    contour = np.abs(outlined - plain) > 60  # of some thousand screen pixels, white on the picture
    assert 0.005 < contour.mean() < 0.2
    assert set(session().focus_map.shares()) == {1, 2}

    # Run, watch, stop
    set_iterations(application, "100000")
    for name in ("tolerance", "change"):
        rule = parts.method.form.rows[name].field.findChild(QLineEdit)
        rule.setFocus()
        rule.selectAll()
        QTest.keyClicks(rule, "0")
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == "live", timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: parts.status.progress.where.text().startswith("Iteration"), timeout=WAIT_MS
    )
    qtbot.waitUntil(lambda: " left" in parts.status.progress.times.text(), timeout=WAIT_MS)
    QTest.keyClick(window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    run_id = max(controller.runs.tracker._records)
    assert controller.runs.tracker.status(run_id).state is RunState.STOPPING
    assert parts.status.progress.where.text() == "Stopping…"
    qtbot.waitUntil(lambda: len(session().results) == 1, timeout=2000)
    first = session().results[run_id]
    assert first.state == "stopped"
    assert first.curve is not None
    assert all(b >= a - 1e-7 for a, b in zip(first.curve.q, first.curve.q[1:], strict=False))
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{run_id}", timeout=WAIT_MS)

    # Run again from this image
    set_iterations(application, "3")
    click(parts.method.run_again_button)
    qtbot.waitUntil(lambda: len(session().results) == 2, timeout=WAIT_MS)
    second_id = max(session().results)
    second = session().results[second_id]
    assert second.curve is not None
    assert second.curve.iterations <= 3
    assert second.curve.q[0] == pytest.approx(max(first.curve.q), abs=2e-6)
    assert second.q >= first.curve.q[0]
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{second_id}", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(parts.results.view.rows.rows) == 2, timeout=WAIT_MS)

    # Choose the first run again, scrub it between start, best and last
    results = parts.results.view
    window.docks["results"].raise_()
    qtbot.waitUntil(results.isVisible)
    place = results.visualRect(results.rows.index(results.rows.position(f"result:{run_id}")))
    click(results.viewport(), place.center())
    qtbot.waitUntil(lambda: parts.curve.scrubbed_run == run_id, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: parts.curve.plot is not None, timeout=WAIT_MS)
    assert set(parts.curve.plot._lines) == {run_id, second_id}
    window.docks["curve"].raise_()
    scrub = parts.curve.scrub
    qtbot.waitUntil(scrub.isVisible)
    scrub.setFocus()
    QTest.keyClick(scrub, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{run_id}:start", timeout=WAIT_MS)
    start = canvas_pixels(application)
    # A stopped run keeps its best image, so that best and last are one picture.
    QTest.keyClick(scrub, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{run_id}", timeout=WAIT_MS)
    assert scrub.stop == "best"
    QTest.keyClick(scrub, Qt.Key.Key_End)
    assert (scrub.stop, parts.canvas.shown) == ("last", f"result:{run_id}")
    assert np.abs(canvas_pixels(application) - start).max() > 0

    # Export: Ctrl+E, Enter
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.findChild(ExportDialog) is not None)
    dialog = window.findChild(ExportDialog)
    target = photographs[0].with_name("desk 1_fused.tif")
    assert dialog.path_line.text() == str(target)
    QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    qtbot.waitUntil(target.is_file, timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: any("saved" in notice.what for notice in parts.banners.notices), timeout=WAIT_MS
    )
    written = cv2.imread(str(target), cv2.IMREAD_UNCHANGED)[..., ::-1]
    expected = np.rint(np.clip(first.image, 0, 1) * 255).astype(np.uint8)
    np.testing.assert_array_equal(written, expected)

    # The map too
    map_path = photographs[0].with_name("map.png")
    controller.sets.save_map(map_path)
    described = map_path.with_suffix(".json")
    qtbot.waitUntil(lambda: map_path.is_file() and described.is_file(), timeout=WAIT_MS)
    np.testing.assert_array_equal(
        cv2.imread(str(map_path), cv2.IMREAD_UNCHANGED), session().focus_map.labels
    )
    assert json.loads(described.read_text("utf-8"))


def test_that_a_result_can_be_deleted(opened: Application, qtbot: Any) -> None:
    window, controller = opened.window, opened.controller
    parts = window.parts
    parts.method.choose_method("average")
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:1", timeout=WAIT_MS)
    window.docks["results"].raise_()
    qtbot.waitUntil(parts.results.delete_button.isVisible)
    click(parts.results.delete_button)
    assert controller.session.results == {}
    assert "result:1" not in parts.canvas.picture_keys
    assert parts.canvas.shown == "source:1"
    assert not parts.actions["export"].isEnabled()
