"""A researcher compares methods at a boundary, with real mouse and key events.

The steps and pictures are those of docs/compare-at-a-boundary.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from mfgui import resources
from mfgui.__main__ import main
from mfgui.app.naming import title_of
from mfgui.core.comparison import CompareView, PaneMode
from mfgui.core.session import Session
from mfgui.files.images import read_image
from mfgui.ui.application import Application
from mfgui.ui.canvas.compare_pane import ComparePane
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.workspaces import Workspace
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import check_picture, check_pixels, pixels_of
from tests.ui.strokes import drag

NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
METHODS = ("ms-lap", "average", "gfdf")
SEAM = ((120, 200), (200, 212))  # across the sleeve


class Researcher:
    """Hands on one window."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.window, self.controller = application.window, application.controller
        self.canvas, self.qtbot = self.window.parts.canvas, qtbot

    @property
    def panes(self) -> PaneGroup:
        group = self.canvas.parentWidget()
        assert isinstance(group, PaneGroup)
        return group

    @property
    def session(self) -> Session:
        return self.controller.session

    def idle(self) -> bool:
        """Whether there is a map and nothing runs."""
        return self.session.focus_map is not None and not self.controller.state.running

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """A key on the canvas; a tool tip that came and went leaves no window active offscreen."""
        if not self.window.isActiveWindow():
            self.window.activateWindow()
            self.until(self.window.isActiveWindow)
        self.canvas.setFocus()
        QTest.keyClick(self.canvas, key, modifiers)

    def drop(self, paths: list[Path], at: QPoint) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(at, copy, data, left, NONE)
        QApplication.sendEvent(self.window, enter)
        QApplication.sendEvent(self.window, QDragMoveEvent(at, copy, data, left, NONE))
        drop = QDropEvent(at.toPointF(), copy, data, left, NONE)
        QApplication.sendEvent(self.window, drop)

    def tick(self, names: tuple[str, ...]) -> None:
        """In the list of methods, by typing and Ctrl+Enter."""
        box = self.window.parts.method.method_box
        click(box)
        for name in names:
            box.popup.field.selectAll()
            QTest.keyClicks(box.popup.field, name)
            QTest.keyClick(box.popup.field, Qt.Key.Key_Return, CTRL)
        QTest.keyClick(box.popup.field, Qt.Key.Key_Escape)

    def settled(self) -> bool:
        """Whether everything that the panes show has been computed."""
        compare, planes = self.controller.compare, self.controller.planes
        scores = self.controller.scores
        keys = (*compare.pane_keys(), compare.against())
        drawn = all(key in self.canvas.picture_keys for key in keys)
        ready = not any(planes.is_busy(key) for key in keys)
        banded = not compare.state.band_only or planes.distance is not None
        shown = f"{self.session.shown}".split(":")[:2]
        marked = self.window.parts.results.view.current_key().split(":")[:2]
        listed = marked == shown or shown[0] != "result"
        return drawn and ready and banded and listed and not scores.busy and not scores.stale


@pytest.fixture
def researcher(application: Application, qtbot: Any) -> Researcher:
    """A pair, its ground truth, and results of three methods in the Compare workspace."""
    person = Researcher(application, qtbot)
    pair = [resources.path(f"samples/pair/{n}.png") for n in (1, 2)]
    start = person.window.parts.start.drop_area
    person.drop(pair, start.mapTo(person.window, start.rect().center()))
    person.until(lambda: person.session.shown == "source:1")
    middle = person.canvas.mapTo(person.window, person.canvas.rect().center())
    person.drop([resources.path("samples/pair/truth.png")], middle - QPoint(100, 0))
    person.until(lambda: person.session.reference == "truth")
    person.window.commands.carry_out("detect")
    person.until(person.idle)
    person.tick(METHODS)
    person.key(Qt.Key.Key_F5, CTRL)
    person.until(lambda: len(person.session.results) == len(METHODS) and person.idle())
    person.key(Qt.Key.Key_F4)
    person.until(person.settled)
    return person


def test_that_a_researcher_gets_from_two_files_to_table_and_figure(
    researcher: Researcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, window, controller = researcher, researcher.window, researcher.controller
    session, compare = controller.session, controller.compare
    made = [result.provenance.method for result in session.results.values()]
    assert sorted(made) == sorted(METHODS)
    assert window.arranger.workspace is Workspace.COMPARE

    # All results and the ground truth in a grid with one view
    assert compare.state.mode is PaneMode.GRID
    assert person.panes.keys == ("result:1", "result:2", "result:3", "truth")
    person.key(Qt.Key.Key_1)
    assert session.shown == "result:1"
    person.until(person.settled)
    check_picture(window, "compare-grid")
    pane = person.panes.panes[0]
    click(pane)
    assert session.shown == "result:2"
    person.key(Qt.Key.Key_1, CTRL)
    assert [p.zoom for p in (person.canvas, *person.panes.panes)] == [1.0] * 4

    # The band, and through the views
    person.key(Qt.Key.Key_B, CTRL)
    assert compare.state.band_only
    seen = []
    for _ in CompareView:
        person.key(Qt.Key.Key_D)
        seen.append(compare.state.view)
    assert seen == [*list(CompareView)[1:], CompareView.PICTURE]
    person.key(Qt.Key.Key_D, SHIFT)
    assert compare.state.view is CompareView.SQUARED_ERROR
    for _ in range(3):
        person.key(Qt.Key.Key_Greater)
    assert compare.state.gain == 8
    person.key(Qt.Key.Key_0, CTRL)
    person.until(person.settled)
    check_picture(window, "compare-error")
    person.key(Qt.Key.Key_B, CTRL)
    person.key(Qt.Key.Key_D)

    # A profile across the seam, and flicker
    person.key(Qt.Key.Key_F6)
    person.key(Qt.Key.Key_U)
    drag(person.canvas, *SEAM)
    assert session.line is not None
    profile = window.compare_docks.profile
    window.arranger.show("profile")
    person.until(lambda: profile.plot is not None and profile.plot.isVisible())
    person.until(lambda: len(profile.legend.shown_keys()) >= len(METHODS) + 1)
    person.qtbot.wait(300)
    check_picture(window, "compare-profile")
    person.key(Qt.Key.Key_F)
    assert compare.state.flicker
    person.until(lambda: person.canvas.alternating)
    person.until(lambda: not person.canvas.alternating)
    person.key(Qt.Key.Key_F)
    assert not compare.state.flicker

    table = export_table(person, tmp_path, monkeypatch)
    check_table(person, table)
    export_figure(person, tmp_path)


def export_table(person: Researcher, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder / "scores.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), "JSON (*.json)"))
    person.window.parts.actions["export-table"].trigger()
    person.until(path.exists)
    return path


def check_table(person: Researcher, path: Path) -> None:
    """The file says what was scored and how it was made; its PSNR is that of the pixels."""
    content = json.loads(path.read_text("utf-8"))
    session = person.controller.session
    text = path.read_text("utf-8")
    assert session.stack is not None
    for source in session.stack.sources:
        assert source.sha256 in text
    assert session.truth is not None
    assert session.truth.sha256 in text
    for word in ("mfgui", "numpy", "seed", "device", "parameters"):
        assert word in text
    assert content["kind"] == "mfgui scores"
    truth = read_image(resources.path("samples/pair/truth.png")).astype(np.float64)
    rows = {row["result"]: row for row in content["results"]}
    assert len(rows) == len(METHODS)
    for run_id, result in session.results.items():
        row = rows[f"result:{run_id}"]
        assert row["name"] == title_of(session, f"result:{run_id}")
        rmse = 255 * np.sqrt(np.mean((result.image.astype(np.float64) - truth) ** 2))
        assert row["scores"]["rmse_whole"]["value"] == pytest.approx(rmse, rel=1e-6)
        band = row["scores"]["rmse_band"]["value"]
        assert band > rmse  # the boundaries are where fusion is hard


def export_figure(person: Researcher, folder: Path) -> None:
    path = folder / "figure.png"
    person.window.parts.actions["export-figure"].trigger()
    (dialog,) = [w for w in person.window.findChildren(type_of_dialog()) if w.isVisible()]
    dialog.path_line.selectAll()
    QTest.keyClicks(dialog.path_line, str(path))
    click(dialog.crops.add_button)
    click(dialog.export_button)
    person.until(path.exists)
    before = path.read_bytes()
    recipe = Path(f"{path}.figure.json")
    content = json.loads(recipe.read_text("utf-8"))
    origins = [p["provenance"] for p in content["pictures"] if p.get("provenance")]
    assert {origin["method"] for origin in origins} >= set(METHODS)
    assert all(origin["versions"]["mfgui"] and "seed" in origin for origin in origins)
    figure = (read_image(path) * 255).round().astype(np.uint8)
    check_pixels(figure, "compare-figure", suffix=".jpg")
    path.unlink()
    assert main(["figure", str(recipe)]) == 0
    assert path.read_bytes() == before


def type_of_dialog() -> type:
    from mfgui.ui.dialogs.figure_export import FigureDialog

    return FigureDialog


MODES = {
    "split": (PaneMode.SPLIT, CompareView.PICTURE, 1, False),
    "side": (PaneMode.SIDE, CompareView.PICTURE, 1, False),
    "map": (PaneMode.GRID, CompareView.MAP, 1, False),
    "signed": (PaneMode.GRID, CompareView.SIGNED, 4, False),
    "absolute": (PaneMode.GRID, CompareView.ABSOLUTE, 4, False),
    "local-q": (PaneMode.GRID, CompareView.LOCAL_Q, 1, False),
    "q-difference": (PaneMode.GRID, CompareView.LOCAL_Q_DIFFERENCE, 4, False),
    "band": (PaneMode.GRID, CompareView.SQUARED_ERROR, 8, True),
}


def test_that_every_mode_looks_as_in_the_guide_in_both_themes(researcher: Researcher) -> None:
    person = researcher
    compare = person.controller.compare
    person.key(Qt.Key.Key_3)
    for theme in ("dark", "light"):
        person.window.commands.carry_out(f"theme-{theme}")
        for name, (mode, view, gain, band) in MODES.items():
            line = compare.state.line.turned(20.0) if mode is PaneMode.SPLIT else compare.state.line
            compare.change(mode=mode, view=view, gain=gain, band_only=band, line=line)
            person.until(person.settled)
            person.qtbot.wait(60)
            check_picture(person.window, f"compare/{name}-{theme}", suffix=".jpg")


def test_that_at_100_percent_each_pixel_of_each_pane_is_that_of_its_picture(
    researcher: Researcher,
) -> None:
    person = researcher
    person.key(Qt.Key.Key_1)
    for key, zoom in ((Qt.Key.Key_1, 1), (Qt.Key.Key_2, 2)):
        person.key(key, CTRL)
        for pane in (person.canvas, *person.panes.panes):
            expected = stored(person, pane.shown)
            drawn = pixels_of(pane.grab().toImage())
            y = np.arange(40, pane.height() - 40)  # between the plates
            x = np.arange(10, pane.width() - 10)
            rows, columns = (y - pane.viewport.top) // zoom, (x - pane.viewport.left) // zoom
            y, rows = y[(rows >= 0) & (rows < 400)], rows[(rows >= 0) & (rows < 400)]
            x, columns = (
                x[(columns >= 0) & (columns < 600)],
                columns[(columns >= 0) & (columns < 600)],
            )
            np.testing.assert_array_equal(drawn[np.ix_(y, x)], expected[np.ix_(rows, columns)])


def stored(person: Researcher, key: str) -> Any:
    """8-bit pixels of a picture, from what it was made of."""
    session = person.controller.session
    if key == "truth":
        assert session.truth is not None
        return session.truth.pixels
    image = session.results[int(key.split(":")[1])].image
    return np.rint(image * np.float32(255)).astype(np.uint8)


def test_that_panes_go_their_own_ways_when_they_are_unlinked(researcher: Researcher) -> None:
    person = researcher
    person.key(Qt.Key.Key_L, CTRL)
    pane = person.panes.panes[0]
    assert isinstance(pane, ComparePane)
    before = pane.zoom
    person.key(Qt.Key.Key_2, CTRL)
    assert (person.canvas.zoom, pane.zoom) == (2.0, before)
    person.key(Qt.Key.Key_L, CTRL)
    assert pane.zoom == 2.0


def test_that_digits_choose_the_shown_result_and_with_shift_the_reference(
    researcher: Researcher,
) -> None:
    person, session = researcher, researcher.controller.session
    person.key(Qt.Key.Key_2)
    person.key(Qt.Key.Key_3, SHIFT)
    assert (session.shown, session.reference) == ("result:2", "result:3")
    person.key(Qt.Key.Key_T)
    assert session.shown == "result:3"
    person.key(Qt.Key.Key_T)
    assert session.shown == "result:2"
    person.key(Qt.Key.Key_Z, CTRL)
    assert session.reference == "truth"
    person.key(Qt.Key.Key_F3)
    person.key(Qt.Key.Key_2)
    assert (session.shown, session.active_label) == ("result:2", 2)
