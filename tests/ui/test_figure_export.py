from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui import resources
from mfgui.__main__ import main
from mfgui.core.arrays import Rect
from mfgui.core.figures import DifferenceKind, Place
from mfgui.ui.application import Application
from mfgui.ui.dialogs.figure_export import FigureDialog
from mfgui.ui.figure_export import FigureExport
from tests.ui.hands import WAIT_MS, click


@pytest.fixture
def figures(opened: Application, qtbot: Any) -> FigureExport:
    """The window with the sample pair, its ground truth and two results."""
    controller = opened.controller
    for method in ("average", "laplacian-pyramid"):
        controller.runs.run(method, {})
        qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    controller.truth.load(resources.path("samples/pair/truth.png"))
    qtbot.waitUntil(lambda: controller.session.reference == "truth", timeout=WAIT_MS)
    return FigureExport(opened.window, controller, opened.window.parts)


def dialog_of(figures: FigureExport, path: Path) -> FigureDialog:
    dialog = figures.open()
    assert dialog is not None
    dialog.path_line.selectAll()
    QTest.keyClicks(dialog.path_line, str(path))
    return dialog


def export(dialog: FigureDialog, qtbot: Any) -> None:
    path = dialog.path
    click(dialog.export_button)
    qtbot.waitUntil(path.exists, timeout=WAIT_MS)


def test_that_a_first_figure_compares_results_and_the_command_writes_the_same_bytes(
    figures: FigureExport, opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "figure.pdf"
    dialog = dialog_of(figures, path)
    found = dialog.recipe
    assert [p.title for p in found.columns] == ["Average", "Laplacian pyramid", "Ground truth"]
    assert found.reference == "truth"
    assert found.difference is not None
    assert found.difference.kind is DifferenceKind.SIGNED
    click(dialog.crops.add_button)
    export(dialog, qtbot)
    before = path.read_bytes()
    content = json.loads(Path(f"{path}.figure.json").read_text("utf-8"))
    stack = opened.controller.session.stack
    assert stack is not None
    hashes = [entry["sha256"] for entry in content["inputs"][:2]]
    assert hashes == [source.sha256 for source in stack.sources]
    origin = content["pictures"][1]["provenance"]
    assert (origin["method"], origin["device"]) == ("laplacian-pyramid", "cpu")
    assert origin["versions"]["mfgui"]
    path.unlink()
    assert main(["figure", f"{path}.figure.json"]) == 0
    assert path.read_bytes() == before
    path.unlink()
    figures.again(Path(f"{path}.figure.json"))
    qtbot.waitUntil(path.exists, timeout=WAIT_MS)
    assert path.read_bytes() == before


def test_that_the_preview_appears_and_follows_changes(
    figures: FigureExport, qtbot: Any, tmp_path: Path
) -> None:
    dialog = dialog_of(figures, tmp_path / "a.png")
    qtbot.waitUntil(lambda: dialog.preview.image is not None, timeout=WAIT_MS)
    first = dialog.preview.image
    assert first is not None
    click(dialog.options.dark_box, QPoint(8, 12))
    qtbot.waitUntil(lambda: dialog.preview.image is not first, timeout=WAIT_MS)
    assert first.pixelColor(0, 0).lightness() > 250
    second = dialog.preview.image
    assert second is not None
    assert second.pixelColor(0, 0).lightness() < 60
    dialog.reject()


def test_that_the_next_figure_begins_as_the_last_one(
    figures: FigureExport, opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    opened.controller.region.set(Rect(40, 30, 50, 40))
    opened.window.commands.carry_out("zoom-200")
    visible = opened.window.parts.canvas.visible_rect
    dialog = dialog_of(figures, tmp_path / "a.tif")
    click(dialog.crops.region_button)
    click(dialog.crops.visible_button)
    assert [crop.rect for crop in dialog.recipe.crops] == [Rect(40, 30, 50, 40), visible]
    QTest.keyClick(dialog.crops.rows[0].place_box, Qt.Key.Key_End)
    click(dialog.options.letters_box, QPoint(8, 12))
    export(dialog, qtbot)
    again = figures.open()
    assert again is not None
    assert again.recipe.layout.letters
    assert [crop.place for crop in again.recipe.crops] == [Place.LOWER_RIGHT, Place.ROW]
    assert again.path.suffix == ".tif"
    again.reject()
    other = FigureExport(opened.window, opened.controller, opened.window.parts).open()
    assert other is not None
    assert other.recipe.layout.letters
    assert other.recipe.crops == ()
    other.reject()


def test_that_a_failed_export_is_told_and_leaves_what_was_there(
    figures: FigureExport, opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    dialog = dialog_of(figures, folder / "a.png")
    folder.rmdir()
    click(dialog.export_button)
    banners = opened.window.parts.banners
    qtbot.waitUntil(
        lambda: any("folder" in notice.what for notice in banners.notices), timeout=WAIT_MS
    )
    assert list(tmp_path.glob("**/*.png")) == []


def test_that_without_a_set_there_is_no_dialog(application: Application) -> None:
    window = application.window
    assert FigureExport(window, application.controller, window.parts).open() is None
