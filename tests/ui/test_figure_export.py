from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui import resources
from mfgui.__main__ import main
from mfgui.core.arrays import Rect
from mfgui.core.figures import DifferenceKind, Place
from mfgui.files import figure_saving
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
    return FigureExport(
        opened.window, controller, opened.window.parts, opened.window.commands.first_source
    )


def dialog_of(figures: FigureExport, path: Path) -> FigureDialog:
    dialog = figures.open()
    assert dialog is not None
    dialog.path_line.selectAll()
    QTest.keyClicks(dialog.path_line, str(path))
    return dialog


def export(dialog: FigureDialog, qtbot: Any) -> None:
    with qtbot.waitSignal(dialog.finished, timeout=WAIT_MS):
        click(dialog.export_button)
        assert not dialog.export_button.isEnabled()


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
    other = FigureExport(
        opened.window, opened.controller, opened.window.parts, opened.window.commands.first_source
    ).open()
    assert other is not None
    assert other.recipe.layout.letters
    assert other.recipe.crops == ()
    other.reject()


def test_that_a_failed_export_leaves_dialog_and_files_as_they_were(
    figures: FigureExport, opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    dialog = dialog_of(figures, folder / "a.png")
    (folder / "a.png.figure.json").mkdir()
    click(dialog.export_button)
    qtbot.waitUntil(lambda: "is a folder" in dialog.note.text(), timeout=WAIT_MS)
    assert dialog.isVisible()
    assert not dialog.progress.isVisible()
    (folder / "a.png.figure.json").rmdir()
    export(dialog, qtbot)
    assert (folder / "a.png").exists()


def test_that_an_export_can_be_stopped(
    figures: FigureExport, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, go_on = Event(), Event()
    encode = figure_saving.encode_png

    def slow(*arguments: Any, **options: Any) -> bytes:
        written.set()
        assert go_on.wait(WAIT_MS / 1000)
        return encode(*arguments, **options)

    monkeypatch.setattr(figure_saving, "encode_png", slow)
    dialog = dialog_of(figures, tmp_path / "a.png")
    click(dialog.export_button)
    qtbot.waitUntil(written.is_set, timeout=WAIT_MS)
    click(dialog.cancel_button)
    assert dialog.isVisible()
    assert dialog.note.text() == "Stopping…"
    go_on.set()
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=WAIT_MS)
    assert list(tmp_path.glob("a.png*")) == []
    dialog.reject()
    assert not dialog.isVisible()


def test_that_comparable_scores_stand_below_the_names(
    figures: FigureExport, qtbot: Any, tmp_path: Path
) -> None:
    dialog = dialog_of(figures, tmp_path / "a.png")

    def notes() -> list[str]:
        return [picture.note for picture in dialog.recipe.columns]

    qtbot.waitUntil(lambda: all("PSNR" in note for note in notes()[:2]), timeout=WAIT_MS)
    assert notes()[0] != notes()[1]
    assert notes()[2] == ""
    dialog.reject()


def test_that_the_dialog_goes_with_its_set(
    figures: FigureExport, opened: Application, qtbot: Any, tmp_path: Path
) -> None:
    dialog = dialog_of(figures, tmp_path / "a.png")
    with qtbot.waitSignal(dialog.finished, timeout=WAIT_MS):
        opened.controller.sets.close()
    assert list(tmp_path.glob("a.png*")) == []


def test_that_without_a_set_there_is_no_dialog(application: Application) -> None:
    window = application.window
    assert (
        FigureExport(
            window, application.controller, window.parts, window.commands.first_source
        ).open()
        is None
    )
