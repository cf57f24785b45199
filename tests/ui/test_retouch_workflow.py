"""A photographer repairs a seam, with real drop, mouse, key and tablet events.

The steps and pictures are those of docs/repair-a-seam.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest

from mfgui import resources
from mfgui.core.arrays import Rect, from_float
from mfgui.ui.application import Application
from mfgui.ui.dialogs.export import ExportDialog
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import check_picture
from tests.ui.strokes import drag, hover, pen, stylus
from tests.ui.test_main_job import drop

FOLDER = "samples/pair"
HELMET = Rect(376, 300, 72, 92)  # where the detector takes the wall through the visor
MOST_ACTIONS = 5
CTRL = Qt.KeyboardModifier.ControlModifier


class Photographer:
    """Hands and eyes: what is done is counted, what is seen is compared with the scene."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.window, self.controller = application.window, application.controller
        self.parts, self.canvas = self.window.parts, self.window.parts.canvas
        self.qtbot = qtbot
        self.actions = 0
        self.truth = cv2.imread(str(resources.path(f"{FOLDER}/truth.png")))[..., ::-1] / 255.0
        labels = cv2.imread(str(resources.path(f"{FOLDER}/labels.png")), cv2.IMREAD_UNCHANGED)
        self.labels = labels

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
        QTest.keyClick(self.canvas, key, modifiers or Qt.KeyboardModifier.NoModifier)

    def wrong(self, rect: Rect) -> float:
        """Share of wrong labels in a rectangle."""
        labels = self.controller.session.focus_map.labels
        return float((labels[rect.slices] != self.labels[rect.slices]).mean())

    def error(self, rect: Rect) -> float:
        """Of the fused image against the scene with everything in focus, in grey levels."""
        run_id = self.controller.view.shown_result()
        image = self.controller.session.results[run_id].image
        difference = image[rect.slices] - self.truth[rect.slices]
        return 255 * float(np.sqrt(np.mean(difference**2)))


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "my photographs"
    folder.mkdir()
    paths = [folder / "desk 1.png", folder / "desk 2.png"]
    for number, path in enumerate(paths, start=1):
        path.write_bytes(resources.path(f"{FOLDER}/{number}.png").read_bytes())
    return paths


@pytest.fixture
def fused(application: Application, photographs: list[Path], qtbot: Any) -> Photographer:
    """Actions 1 and 2: drop the frames, press Run."""
    person = Photographer(application, qtbot)
    parts, controller = person.parts, person.controller
    drop(application, photographs)
    person.until(lambda: parts.canvas.shown == "source:1")
    person.canvas.setFocus()
    click(parts.method.run_button)
    person.until(lambda: controller.state.running)
    person.until(lambda: parts.canvas.shown == "result:1")
    person.actions = 2
    person.canvas.setFocus()
    return person


def look_at_the_worst(person: Photographer) -> Rect:
    """Action 3: `N` until the place is one that the eye dislikes; hold `S` to see why."""
    spots, canvas = person.controller.spots, person.canvas
    person.actions += 1
    person.key(Qt.Key.Key_N)
    person.until(lambda: spots.current is not None and not spots.busy)
    for _ in range(20):
        rect = spots.spots[spots.current].rect
        if person.wrong(rect) > 0.25 and min(rect.width, rect.height) > 12:
            break
        person.key(Qt.Key.Key_C)
        person.key(Qt.Key.Key_N)
    assert not rect.intersected(HELMET).empty
    x, y = canvas.viewport.to_screen(rect.x + rect.width / 2, rect.y + rect.height / 2)
    assert abs(x - canvas.width() / 2) < canvas.width() / 4
    assert abs(y - canvas.height() / 2) < canvas.height() / 4
    QTest.keyPress(canvas, Qt.Key.Key_S)
    assert canvas.peeked == "source:1"
    QTest.keyRelease(canvas, Qt.Key.Key_S)
    return rect


def test_that_a_photographer_repairs_a_seam_in_five_actions(
    fused: Photographer, photographs: list[Path]
) -> None:
    person, canvas = fused, fused.canvas
    parts, controller = person.parts, person.controller
    session = controller.session
    rect = look_at_the_worst(person)
    before = (person.wrong(HELMET), person.error(HELMET))
    check_picture(person.window, "repair-before")

    # Action 4: paint; the fused picture follows
    person.key(Qt.Key.Key_B)
    person.window.bench.change(size=34)
    person.key(Qt.Key.Key_1)
    hover(canvas, (rect.x, rect.y))
    shown = canvas.grab().toImage()
    drag(canvas, (398, 320), (394, 350), (402, 372), (424, 372), (428, 345), (424, 322), (404, 322))
    person.actions += 1
    canvas.flush_input()
    assert canvas.grab().toImage() != shown
    assert canvas.shown == "result:2"
    assert controller.edit.history.names[-1] == "Brush"
    person.until(lambda: session.results[2].q is not None)
    after = (person.wrong(HELMET), person.error(HELMET))
    assert after[0] < 0.5 * before[0]
    assert after[1] < before[1]
    assert session.results[2].map_revision == session.focus_map.revision
    check_picture(person.window, "repair-after")

    # Action 5: Ctrl+E, Enter
    person.key(Qt.Key.Key_E, CTRL)
    person.actions += 1
    person.until(lambda: person.window.findChild(ExportDialog) is not None)
    dialog = person.window.findChild(ExportDialog)
    target = photographs[0].with_name("desk 1_fused.tif")
    QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    person.until(target.is_file)
    person.until(lambda: any("saved" in notice.what for notice in parts.banners.notices))
    written = cv2.imread(str(target), cv2.IMREAD_UNCHANGED)[..., ::-1]
    np.testing.assert_array_equal(written, from_float(session.results[2].image, "uint8"))
    assert person.actions <= MOST_ACTIONS


def test_that_what_was_repaired_can_be_taken_back_and_done_again(fused: Photographer) -> None:
    person, session = fused, fused.controller.session
    first = session.focus_map.labels.copy()
    person.key(Qt.Key.Key_B)
    person.key(Qt.Key.Key_1)
    drag(person.canvas, (398, 320), (394, 350), (402, 372))
    person.until(lambda: 2 in session.results and session.results[2].q is not None)
    painted, image = session.focus_map.labels.copy(), session.results[2].image.copy()
    person.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(session.focus_map.labels, first)
    person.until(lambda: session.results[2].q is not None)
    person.until(lambda: session.results[2].map_revision == session.focus_map.revision)
    person.key(Qt.Key.Key_Y, CTRL)
    np.testing.assert_array_equal(session.focus_map.labels, painted)
    person.until(lambda: session.results[2].map_revision == session.focus_map.revision)
    person.until(lambda: session.results[2].q is not None)
    assert 255 * np.sqrt(np.mean((session.results[2].image - image) ** 2)) < 0.5


def test_that_a_stylus_repairs_too(fused: Photographer) -> None:
    person, canvas = fused, fused.canvas
    device, eraser = stylus(), stylus(eraser=True)
    person.key(Qt.Key.Key_B)
    person.key(Qt.Key.Key_1)
    person.window.bench.change(size=30)
    before = person.wrong(HELMET)
    places = [(398, 320), (394, 350), (402, 372), (424, 372)]
    pen(canvas, QEvent.Type.TabletPress, places[0], device=device)
    for place in places[1:]:
        pen(canvas, QEvent.Type.TabletMove, place, device=device, held=Qt.MouseButton.LeftButton)
    pen(canvas, QEvent.Type.TabletRelease, places[-1], device=device)
    assert person.wrong(HELMET) < before
    assert person.controller.edit.history.names[-1] == "Brush"
    pen(canvas, QEvent.Type.TabletPress, (30, 30), device=eraser)
    pen(canvas, QEvent.Type.TabletRelease, (30, 30), device=eraser)
    assert person.controller.session.focus_map.labels[30, 30] == 0
    person.key(Qt.Key.Key_Z, CTRL)
    assert person.controller.session.focus_map.labels[30, 30] != 0
