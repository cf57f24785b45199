"""An annotator draws the maps of a list of sets, with real mouse, key and tablet events.

The steps and pictures are those of docs/annotate-a-stack.md.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest

from mfgui import resources
from mfgui.core.agreement import agreement
from mfgui.core.arrays import LabelArray, Size
from mfgui.files.annotations import SetState
from mfgui.files.maps import read_map
from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import check_picture
from tests.ui.strokes import Place, drag, pen, stylus

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
CARD: tuple[Place, ...] = ((351, 244), (569, 210), (590, 333), (370, 369))
CAT: tuple[Place, ...] = (
    (0, 73), (12, 68), (22, 50), (28, 0), (283, 0), (270, 34), (257, 58), (259, 80), (257, 103),
    (244, 134), (231, 160), (215, 184), (195, 197), (165, 202), (120, 197), (85, 187), (50, 174),
    (0, 163),
)  # fmt: skip
MOST_SPOTS = 200


class Annotator:
    """Hands on one list of sets."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.window, self.controller = application.window, application.controller
        self.canvas = self.window.parts.canvas
        self.annotation = self.controller.annotation
        self.qtbot = qtbot

    @property
    def panel(self) -> Any:
        return self.window.docks["sets"].widget()

    @property
    def labels(self) -> LabelArray:
        focus_map = self.controller.session.focus_map
        assert focus_map is not None
        return focus_map.labels

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def at_set(self, position: int) -> None:
        annotation = self.annotation
        self.until(
            lambda: annotation.position == position and annotation.ready and not annotation.saving
        )

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
        """A key on the canvas; a tool tip that came and went leaves no window active offscreen."""
        if not self.window.isActiveWindow():
            self.window.activateWindow()
            self.until(self.window.isActiveWindow)
        QTest.keyClick(self.canvas, key, modifiers or Qt.KeyboardModifier.NoModifier)

    def unassigned(self) -> int:
        return int(np.count_nonzero(self.labels == 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two stacks of three frames, each in a folder of its own."""
    for name in ("breakfast", "second breakfast"):
        target = tmp_path / "stacks" / name
        target.mkdir(parents=True)
        for number in (1, 2, 3):
            shutil.copy(resources.path(f"samples/stack/{number}.png"), target / f"{number}.png")
    return tmp_path / "stacks"


@pytest.fixture
def truth() -> LabelArray:
    path = str(resources.path("samples/stack/labels.png"))
    return np.asarray(cv2.imread(path, cv2.IMREAD_UNCHANGED), np.uint8)


@pytest.fixture
def annotator(application: Application, folder: Path, qtbot: Any) -> Annotator:
    """The list is open in the Annotate workspace."""
    person = Annotator(application, qtbot)
    person.window.annotations.open_list([folder])
    person.at_set(0)
    person.canvas.setFocus()
    person.key(Qt.Key.Key_F3)
    person.canvas.setFocus()
    return person


def draw_three_labels(person: Annotator) -> None:
    """The card as a polygon, the cat as a lasso, and what is left by two fills."""
    person.key(Qt.Key.Key_2)
    person.key(Qt.Key.Key_L, SHIFT)
    for corner in CARD:
        drag(person.canvas, corner)
    person.key(Qt.Key.Key_Return)
    person.key(Qt.Key.Key_1)
    person.key(Qt.Key.Key_L)
    drag(person.canvas, *CAT)
    person.key(Qt.Key.Key_3)
    person.key(Qt.Key.Key_G)
    drag(person.canvas, (500, 100))
    drag(person.canvas, (6, 20))


def test_that_an_annotator_works_through_a_list(
    annotator: Annotator, folder: Path, truth: LabelArray
) -> None:
    person, window = annotator, annotator.window
    session = lambda: person.controller.session  # noqa: E731

    # Starts empty; sources are looked at with PgDown and held S
    assert session().focus_map is None
    person.key(Qt.Key.Key_PageDown)
    assert person.canvas.shown == "source:2"
    QTest.keyPress(person.canvas, Qt.Key.Key_S)
    assert person.canvas.peeked == "source:2"
    QTest.keyRelease(person.canvas, Qt.Key.Key_S)

    draw_three_labels(person)
    assert person.controller.edit.history.names == ("Polygon", "Lasso", "Fill", "Fill")
    assert person.unassigned() == 0
    words = window.parts.status.unassigned
    person.until(lambda: words.text() == "unassigned 0 %")
    person.until(lambda: words.width() >= words.sizeHint().width())
    found = agreement(person.labels, truth, k=3)
    assert found.accuracy is not None
    assert found.accuracy > 0.99
    window.parts.overlay.set_mode("hatch")
    check_picture(window, "annotate-drawn")

    # Protected: only what is unassigned is painted
    before = person.labels.copy()
    person.key(Qt.Key.Key_P)
    person.key(Qt.Key.Key_B)
    person.key(Qt.Key.Key_1)
    drag(person.canvas, (300, 300), (420, 340))
    np.testing.assert_array_equal(person.labels, before)
    person.key(Qt.Key.Key_P)
    person.key(Qt.Key.Key_P)

    # N ... C until the list of spots is empty
    spots = person.controller.spots
    person.key(Qt.Key.Key_N)
    person.until(lambda: spots.current is not None and not spots.busy)
    for _ in range(MOST_SPOTS):
        if not spots.left:
            break
        person.key(Qt.Key.Key_C)
        person.key(Qt.Key.Key_N)
    assert spots.left == 0

    # Done, saved
    click(person.panel.state_buttons[SetState.DONE])
    person.key(Qt.Key.Key_S, CTRL)
    person.until(lambda: person.panel.saved.text() == "Saved")
    height, width = truth.shape
    path = folder / "breakfast" / "breakfast_map.png"
    np.testing.assert_array_equal(read_map(path, k=3, size=Size(width, height)), person.labels)
    content = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert content["annotation"]["state"] == "done"
    assert content["unassigned"]["share"] == 0
    assert [entry["name"] for entry in content["labels"]] == ["1.png", "2.png", "3.png"]

    # The next set: a proposal, two labels in turn, a stylus
    person.key(Qt.Key.Key_PageDown, CTRL)
    person.at_set(1)
    assert window.bench.name == "brush"
    assert session().focus_map is None
    window.commands.carry_out("detect")
    person.until(lambda: session().focus_map is not None and not person.controller.state.running)
    proposed = float((person.labels == truth).mean())
    assert proposed > 0.8
    mend(person)
    assert float((person.labels == truth).mean()) > proposed
    check_picture(window, "annotate-list")
    person.key(Qt.Key.Key_PageUp, CTRL)
    person.at_set(0)
    np.testing.assert_array_equal(person.labels, before)
    assert person.panel.count.text() == "1 of 2 done"
    assert (folder / "second breakfast" / "second breakfast_map.png").exists()


def mend(person: Annotator) -> None:
    """Background beside the cat, where the proposal took the cat's blur for the cat; then back
    to the cat with X."""
    window, canvas = person.window, person.canvas
    canvas.setFocus()
    person.key(Qt.Key.Key_0, CTRL)
    person.key(Qt.Key.Key_1)
    person.key(Qt.Key.Key_3)
    window.bench.change(size=16)
    device = stylus()

    def stroke(*places: Place) -> None:
        pen(canvas, QEvent.Type.TabletPress, places[0], device=device)
        for place in places[1:]:
            held = Qt.MouseButton.LeftButton
            pen(canvas, QEvent.Type.TabletMove, place, device=device, held=held)
        pen(canvas, QEvent.Type.TabletRelease, places[-1], device=device)

    stroke((267, 60), (267, 104), (253, 138), (239, 166), (222, 192), (198, 206), (160, 211))
    person.key(Qt.Key.Key_X)
    assert person.controller.view.active_label == 1
    stroke((240, 60), (245, 90), (236, 120))
