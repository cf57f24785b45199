from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.files.label_export import MapExport, MapFormat
from mfgui.ui.dialogs.export_map import ExportMapDialog
from tests.ui.hands import click


def dialog_for(qtbot: Any, folder: Path, problem: str = "") -> ExportMapDialog:
    dialog = ExportMapDialog(folder / "cup", pair_problem=problem)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def choose(dialog: ExportMapDialog, wanted: MapFormat) -> None:
    dialog.format_box.setCurrentIndex(dialog.format_box.findData(wanted))


def test_that_enter_accepts_label_numbers(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path)
    with qtbot.waitSignal(dialog.wished) as caught:
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    assert caught.args == [MapExport(tmp_path / "cup_labels.png", MapFormat.LABELS)]


def test_that_a_format_brings_its_name_and_options(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path)
    choose(dialog, MapFormat.SOFT)
    assert dialog.radius_box.isVisible()
    assert not dialog.region_box.isVisible()
    dialog.radius_box.setValue(3)
    assert dialog.wish == MapExport(tmp_path / "cup_weights.tif", MapFormat.SOFT, radius=3)
    choose(dialog, MapFormat.COCO)
    assert not dialog.radius_box.isVisible()
    click(dialog.region_box)
    click(dialog.plain_box)
    assert dialog.wish.path == tmp_path / "cup_coco.json"
    assert dialog.wish.by_region
    assert not dialog.wish.as_text


def test_that_a_map_with_gaps_cannot_be_white_and_black(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path, "3 pixels have no source")
    assert dialog.export_button.isEnabled()
    choose(dialog, MapFormat.PAIR)
    assert dialog.note.text() == "3 pixels have no source"
    with qtbot.assertNotEmitted(dialog.wished):
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("name", "words"), [("none/a.png", "no such folder"), ("a.tif", "End the name with .png")]
)
def test_that_a_wrong_place_is_said(qtbot: Any, tmp_path: Path, name: str, words: str) -> None:
    dialog = dialog_for(qtbot, tmp_path)
    dialog.path_line.selectAll()
    QTest.keyClicks(dialog.path_line, str(tmp_path / name))
    assert words in dialog.note.text()
    assert not dialog.export_button.isEnabled()


def test_that_an_existing_file_is_replaced_only_by_that_word(qtbot: Any, tmp_path: Path) -> None:
    (tmp_path / "cup_labels.png").write_bytes(b"")
    dialog = dialog_for(qtbot, tmp_path)
    assert dialog.export_button.accessibleName() == "Replace"
    assert "will be replaced" in dialog.note.text()


def test_that_a_folder_is_not_replaced(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path)
    (tmp_path / "a.png").mkdir()
    dialog.path_line.selectAll()
    qtbot.keyClicks(dialog.path_line, str(tmp_path / "a.png"))
    assert "folder" in dialog.note.text()
    assert not dialog.export_button.isEnabled()
