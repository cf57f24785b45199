"""The shown result follows a map that is loaded, as a person meets it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui.app.following import FOLLOWING
from mfgui.core.arrays import Rect, from_float
from mfgui.core.edits import Edit
from mfgui.core.session import MapOrigin
from mfgui.files.maps import write_map
from mfgui.ui.application import Application
from mfgui.ui.dialogs.export import ExportDialog
from tests.ui.hands import WAIT_MS, click


def drop(application: Application, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy, window = Qt.DropAction.CopyAction, application.window
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(400, 300), copy, data, buttons, keys))
    QApplication.sendEvent(window, QDropEvent(QPointF(400, 300), copy, data, buttons, keys))


def test_that_the_shown_result_follows_a_map_with_a_corrected_blob(
    opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    window, session = opened.window, opened.controller.session
    parts = window.parts
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:1", timeout=WAIT_MS)
    first = session.results[1]
    height, width = first.labels.shape
    middle, radius = (width // 3, height // 3), height // 16
    labels = first.labels.copy()
    label = 3 - int(labels[middle[1], middle[0]])
    cv2.circle(labels, middle, radius, label, -1)
    names = [source.name for source in session.stack.sources]
    write_map(tmp_path / "map.png", labels, k=2, names=names, provenance=None)
    before = first.image.copy()

    drop(opened, tmp_path / "map.png")
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:2", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: session.results[2].q is not None, timeout=WAIT_MS)
    found = session.results[2]
    assert list(session.results) == [1, 2]
    np.testing.assert_array_equal(first.image, before)
    np.testing.assert_array_equal(found.labels, labels)

    # The canvas shows it
    whole, picture = Rect(0, 0, width, height), window.presenter._pictures["result:2"]
    stored = picture.stored(whole, frame=session.stack.size)
    np.testing.assert_allclose(stored, 255 * found.image, atol=0.51)

    # Only near the blob, and there as a whole run would have it
    blob = Rect(middle[0] - radius, middle[1] - radius, 2 * radius + 1, 2 * radius + 1)
    # Strips of rows are solved as a whole: they reach some rows beyond the band.
    near = blob.grown(3 * found.window + 40).intersected(whole)
    far = np.ones(labels.shape, bool)
    far[near.slices] = False
    assert 255 * np.abs(found.image - before)[far].max() < 0.5
    assert 255 * np.abs(found.image - before)[blob.slices].max() > 3
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:3", timeout=WAIT_MS)
    full = session.results[3].image
    assert 255 * np.sqrt(np.mean((found.image - full)[near.slices] ** 2)) < 1

    # The dock says what it is
    rows = {row.key: row for row in parts.results.view.rows.rows}
    row = rows["result:2"]
    assert row.title.endswith(FOLLOWING)
    assert row.picture is not None
    window.docks["results"].raise_()
    qtbot.waitUntil(parts.results.view.isVisible)
    index = parts.results.view.rows.index(parts.results.view.rows.position("result:2"))
    click(parts.results.view.viewport(), parts.results.view.visualRect(index).center())
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:2", timeout=WAIT_MS)
    if folder := os.environ.get("MFGUI_PICTURES_TO"):
        window.grab().save(str(Path(folder) / "following.png"))


def hold_a(application: Application, *, down: bool) -> None:
    canvas = application.window.parts.canvas
    canvas.setFocus()
    (QTest.keyPress if down else QTest.keyRelease)(canvas, Qt.Key.Key_A)


def test_that_holding_a_shows_the_composite_where_nothing_was_run(
    opened: Application, qtbot: Any
) -> None:
    canvas, controller = opened.window.parts.canvas, opened.controller
    labels = np.ones((400, 600), np.uint8)
    controller.sets.set_map(labels, MapOrigin(path="map.png"))
    hold_a(opened, down=True)
    qtbot.waitUntil(lambda: canvas.peeked == "composite", timeout=WAIT_MS)
    hold_a(opened, down=False)
    assert canvas.peeked == ""
    rect = Rect(100, 100, 50, 40)
    controller.edit.apply("Brush", [Edit(rect, np.ones((40, 50), bool), 2)])
    hold_a(opened, down=True)  # what was painted on the source is in it
    assert canvas.peeked == "composite"
    stored = opened.window.presenter._pictures["composite"].levels[0][rect.slices]
    second = opened.window.presenter._pictures["source:2"].levels[0][rect.slices]
    np.testing.assert_array_equal(stored, second)
    hold_a(opened, down=False)


def test_that_holding_a_shows_what_was_painted_on_a_source(opened: Application, qtbot: Any) -> None:
    window, controller = opened.window, opened.controller
    canvas, session = window.parts.canvas, controller.session
    click(window.parts.method.run_button)
    qtbot.waitUntil(lambda: canvas.shown == "result:1", timeout=WAIT_MS)
    controller.view.show("source:1")
    rect = Rect(100, 100, 50, 40)
    label = 3 - int(session.focus_map.labels[120, 120])
    controller.edit.apply("Brush", [Edit(rect, np.ones((40, 50), bool), label)])
    assert list(session.results) == [1]
    hold_a(opened, down=True)
    qtbot.waitUntil(lambda: canvas.peeked == "result:2", timeout=WAIT_MS)
    assert canvas.shown == "source:1"
    hold_a(opened, down=False)
    assert (session.results[2].labels[rect.slices] == label).all()


def test_that_an_export_has_what_was_painted_on_a_source(
    opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    window, controller = opened.window, opened.controller
    click(window.parts.method.run_button)
    qtbot.waitUntil(lambda: window.parts.canvas.shown == "result:1", timeout=WAIT_MS)
    controller.view.show("source:1")
    rect = Rect(100, 100, 50, 40)
    label = 3 - int(controller.session.focus_map.labels[120, 120])
    controller.edit.apply("Brush", [Edit(rect, np.ones((40, 50), bool), label)])
    window.commands.carry_out("export")
    qtbot.waitUntil(lambda: window.findChild(ExportDialog) is not None, timeout=WAIT_MS)
    dialog, path = window.findChild(ExportDialog), tmp_path / "fused.png"
    dialog.path_line.setText(str(path))
    QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    qtbot.waitUntil(path.is_file, timeout=WAIT_MS)
    written = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]
    expected = from_float(controller.session.results[2].image, controller.session.stack.depth)
    np.testing.assert_array_equal(written, expected)
