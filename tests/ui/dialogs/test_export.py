from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.app.fused_files import Finish
from mfgui.core.arrays import Depth
from mfgui.ui.dialogs.about import shortcut_rows
from mfgui.ui.dialogs.export import (
    DEPTH_MAP,
    PICTURE,
    ExportDialog,
    ExportWish,
    Naming,
    layers_of,
    suggested_name,
)
from tests.ui.hands import click


def dialog_for(qtbot: Any, path: Path, depth: Depth = "uint16") -> ExportDialog:
    dialog = ExportDialog(path, depth=depth)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_that_enter_accepts(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path / "a_fused.tif")
    with qtbot.waitSignal(dialog.wished) as caught:
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    assert caught.args == [ExportWish(tmp_path / "a_fused.tif", "uint16")]
    assert not dialog.isVisible()


def test_that_escape_writes_nothing(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path / "a_fused.tif")
    with qtbot.assertNotEmitted(dialog.wished):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_that_the_format_changes_the_ending_and_the_depths(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path / "a_fused.tif")
    dialog.format_box.setCurrentIndex(dialog.format_box.findText("JPEG"))
    assert dialog.wish == ExportWish(tmp_path / "a_fused.jpg", "uint8")
    assert not dialog.depth_box.isEnabled()


def test_that_a_typed_ending_changes_the_format(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path / "a_fused.tif")
    dialog.path_line.selectAll()
    QTest.keyClicks(dialog.path_line, str(tmp_path / "b.PNG"))
    assert dialog.format_box.currentText() == "PNG"
    assert dialog.wish == ExportWish(tmp_path / "b.PNG", "uint16")


def test_that_colours_and_place_are_asked_for(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path / "a.tif")
    assert dialog.wish.finish == Finish()
    QTest.keyClicks(dialog.space_box, "D")
    QTest.keyClick(dialog.place_box, Qt.Key.Key_Space)
    with qtbot.waitSignal(dialog.wished) as caught:
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    assert caught.args[0].finish == Finish("display-p3", drop_location=True)


def test_that_maps_have_neither_colours_nor_place(qtbot: Any, tmp_path: Path) -> None:
    wanted = Finish("prophoto", drop_location=True)
    parts = (PICTURE, DEPTH_MAP, layers_of("uint8"))
    dialog = ExportDialog(tmp_path / "a.tif", depth="uint16", parts=parts, finish=wanted)
    qtbot.addWidget(dialog)
    offered = []
    for index in range(3):
        dialog.part_box.setCurrentIndex(index)
        offered.append((dialog.space_box.isEnabled(), dialog.place_box.isEnabled()))
    assert offered == [(True, True), (False, False), (True, True)]
    assert dialog.wish.finish == wanted


def test_that_float_falls_to_the_deepest_a_format_holds(qtbot: Any, tmp_path: Path) -> None:
    dialog = dialog_for(qtbot, tmp_path / "a.png", "float32")
    assert dialog.wish.depth == "uint16"


@pytest.mark.parametrize(
    ("name", "words"),
    [("none/a.tif", "no such folder"), ("a.xyz", "End the name"), ("a", "End the name")],
)
def test_that_a_wrong_place_is_said_and_refused(
    qtbot: Any, tmp_path: Path, name: str, words: str
) -> None:
    dialog = dialog_for(qtbot, tmp_path / name)
    assert words in dialog.note.text()
    assert not dialog.export_button.isEnabled()
    with qtbot.assertNotEmitted(dialog.wished):
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)


def test_that_an_existing_file_is_replaced_only_by_that_word(qtbot: Any, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"")
    dialog = dialog_for(qtbot, tmp_path / "a.tif")
    assert dialog.export_button.accessibleName() == "Replace"
    assert "will be replaced" in dialog.note.text()
    with qtbot.waitSignal(dialog.wished):
        click(dialog.export_button)


def test_that_the_suggested_name_is_free(tmp_path: Path) -> None:
    first = suggested_name(tmp_path / "near.jpg", ".tif")
    assert first == tmp_path / "near_fused.tif"
    first.write_bytes(b"")
    assert suggested_name(tmp_path / "near.jpg", ".tif") == tmp_path / "near_fused_2.tif"


def test_that_the_shortcut_sheet_lists_commands_and_held_keys(qapp: Any) -> None:
    rows = shortcut_rows()
    assert ("Run", "F5", "Run") in rows
    assert any(keys == "Hold S" for _, keys, _ in rows)


FIELDS = {"name": "DSC1", "count": 12, "method": "photo", "number": 1}


def named_dialog(qtbot: Any, folder: Path, template: str = "{name}_fused") -> ExportDialog:
    naming = Naming(template, FIELDS)
    dialog = ExportDialog(naming.path(folder, ".tif"), depth="uint16", naming=naming)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def typed(dialog: ExportDialog, template: str) -> None:
    dialog.name_line.setFocus()
    dialog.name_line.selectAll()
    QTest.keyClicks(dialog.name_line, template)


def test_that_a_template_names_the_file_while_it_is_typed(qtbot: Any, tmp_path: Path) -> None:
    dialog = named_dialog(qtbot, tmp_path)
    assert dialog.wish.path == tmp_path / "DSC1_fused.tif"
    typed(dialog, "{method}-{name}_{count:03}")
    assert dialog.path_line.text() == str(tmp_path / "photo-DSC1_012.tif")
    with qtbot.waitSignal(dialog.wished) as caught:
        QTest.keyClick(dialog.name_line, Qt.Key.Key_Return)
    (wish,) = caught.args
    assert wish.path == tmp_path / "photo-DSC1_012.tif"
    assert wish.name == "{method}-{name}_{count:03}"


def test_that_the_template_may_name_the_format(qtbot: Any, tmp_path: Path) -> None:
    dialog = named_dialog(qtbot, tmp_path)
    typed(dialog, "{name}_v1.2")
    assert dialog.path.name == "DSC1_v1.2.tif"
    typed(dialog, "{name}.png")
    assert dialog.path.name == "DSC1.png"
    assert dialog.format_box.currentText() == "PNG"


def test_that_a_name_that_is_taken_is_counted_up(qtbot: Any, tmp_path: Path) -> None:
    (tmp_path / "DSC1_fused.tif").write_bytes(b"")
    dialog = named_dialog(qtbot, tmp_path)
    assert dialog.path.name == "DSC1_fused_2.tif"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{nme}", "no field {nme}"),
        ("{name", "brace without its partner"),
        ("a/{name}", "cannot hold a folder"),
        (" ", "makes an empty name"),
    ],
)
def test_that_a_wrong_template_is_told_and_refused(
    qtbot: Any, tmp_path: Path, template: str, words: str
) -> None:
    dialog = named_dialog(qtbot, tmp_path)
    typed(dialog, template)
    assert words in dialog.note.text()
    assert not dialog.export_button.isEnabled()
    dialog.path_line.selectAll()
    QTest.keyClicks(dialog.path_line, str(tmp_path / "by-hand.tif"))
    assert dialog.export_button.isEnabled()
    assert dialog.wish.name == ""


def test_that_the_fields_and_their_values_are_told(qtbot: Any, tmp_path: Path) -> None:
    dialog = named_dialog(qtbot, tmp_path)
    told = dialog.name_line.toolTip()
    assert "{method}" in told
    assert "photo" in told
