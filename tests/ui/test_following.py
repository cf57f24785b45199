"""The shown result follows a map that is loaded, as a person meets it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from mfgui.app.following import FOLLOWING
from mfgui.core.arrays import Rect
from mfgui.files.maps import write_map
from mfgui.ui.application import Application
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
