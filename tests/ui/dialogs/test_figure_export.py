from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from mfgui.app.figure_export import size_of
from mfgui.core.arrays import Rect
from mfgui.core.figures import (
    Bars,
    DifferenceKind,
    Enlargement,
    FigureRecipe,
    Names,
    Place,
)
from mfgui.ui.dialogs.figure_export import FigureDialog
from tests.files.figures_made import CROP, recipe
from tests.ui.hands import WAIT_MS, click

Make = Callable[..., FigureDialog]
REGION, VISIBLE = Rect(4, 5, 20, 10), Rect(0, 0, 30, 40)


@pytest.fixture
def make(qtbot: Any, tmp_path: Path) -> Make:
    def made(start: FigureRecipe | None = None, **options: Any) -> FigureDialog:
        values = {"region": REGION, "visible": VISIBLE, **options}
        dialog = FigureDialog(tmp_path / "cup.png", start or recipe(), measure=size_of, **values)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        return dialog

    return made


def pick(box: QComboBox, words: str) -> None:
    """Choose from a list with the keyboard."""
    box.setFocus()
    QTest.keyClicks(box, words)


def type_into(widget: QWidget, text: str) -> None:
    line = widget if isinstance(widget, QLineEdit) else widget.lineEdit()  # type: ignore[attr-defined]
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Tab)


def tick(dialog: FigureDialog, row: int) -> None:
    view = dialog.pictures.list
    place: QRect = view.visualItemRect(view.item(row))
    QTest.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=place.topLeft() + QPoint(14, place.height() // 2),
    )


def test_that_it_shows_the_recipe_it_was_given(make: Make) -> None:
    start = recipe()
    assert make(start).recipe == start


def test_that_enter_accepts_figure_and_place(make: Make, qtbot: Any, tmp_path: Path) -> None:
    dialog = make()
    with qtbot.waitSignal(dialog.wished) as caught:
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)
    (wish,) = caught.args
    assert (wish.path, wish.recipe) == (tmp_path / "cup.png", recipe())


def test_that_enter_ends_a_number_and_exports_nothing(make: Make, qtbot: Any) -> None:
    dialog = make()
    box = dialog.options.width_box
    box.setFocus()
    box.selectAll()
    with qtbot.assertNotEmitted(dialog.wished):
        QTest.keyClicks(box, "90")
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert dialog.recipe.page.width_mm == 90


def test_that_pictures_are_ticked_and_ordered(make: Make) -> None:
    dialog = make()
    tick(dialog, 0)
    assert [p.key for p in dialog.recipe.columns] == ["result:1", "truth"]
    click(dialog.pictures.down_button)
    tick(dialog, 1)
    assert [p.key for p in dialog.recipe.columns] == ["result:1", "source:1", "truth"]
    tick(dialog, 2)
    assert [p.key for p in dialog.recipe.columns] == ["result:1", "source:1"]
    assert dialog.recipe.reference == "truth"
    assert [p.key for p in dialog.recipe.pictures] == ["result:1", "source:1", "truth"]


def test_that_without_a_picture_there_is_nothing_to_export(make: Make, qtbot: Any) -> None:
    dialog = make()
    for row in range(3):
        tick(dialog, row)
    assert dialog.note.text() == "Tick at least one picture"
    with qtbot.assertNotEmitted(dialog.wished):
        QTest.keyClick(dialog.path_line, Qt.Key.Key_Return)


def test_that_a_picture_takes_another_name(make: Make, qtbot: Any) -> None:
    dialog = make()
    view = dialog.pictures.list
    view.setCurrentRow(1)
    view.editItem(view.item(1))
    editor = view.viewport().findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "Proposed")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.recipe.columns[1].title == "Proposed", timeout=WAIT_MS)
    assert dialog.pictures.reference_box.itemText(1) == "Proposed"
    assert dialog.isVisible()


def test_that_crops_come_from_region_visible_part_and_numbers(make: Make) -> None:
    dialog = make(recipe(crops=()))
    crops = dialog.crops
    for button in (crops.region_button, crops.visible_button, crops.add_button):
        click(button)
    assert [crop.rect for crop in dialog.recipe.crops] == [REGION, VISIBLE, Rect(24, 16, 12, 8)]
    assert [crop.name for crop in dialog.recipe.crops] == ["A", "B", "C"]
    assert len({crop.colour for crop in dialog.recipe.crops}) == 3
    for box, text in zip(crops.rows[2].boxes, ("50", "30", "8", "9"), strict=True):
        type_into(box, text)
    assert dialog.recipe.crops[2].rect == Rect(50, 30, 8, 9)
    QTest.keyClick(crops.rows[0].place_box, Qt.Key.Key_End)
    assert dialog.recipe.crops[0].place is Place.LOWER_RIGHT
    click(crops.rows[0].remove_button)
    assert [(crop.name, crop.rect) for crop in dialog.recipe.crops] == [
        ("A", VISIBLE),
        ("B", Rect(50, 30, 8, 9)),
    ]


def test_that_a_crop_stays_inside_the_picture(make: Make) -> None:
    dialog = make()
    x, _, width, _ = dialog.crops.rows[0].boxes
    type_into(width, "55")
    assert dialog.recipe.crops[0].rect == Rect(5, 8, 55, 9)
    type_into(x, "58")
    assert dialog.recipe.crops[0].rect == Rect(58, 8, 2, 9)


def test_that_without_region_or_zoom_their_buttons_rest(make: Make) -> None:
    dialog = make(region=None, visible=Rect(0, 0, 60, 40))
    assert not dialog.crops.region_button.isEnabled()
    assert not dialog.crops.visible_button.isEnabled()
    assert dialog.crops.add_button.isEnabled()


def test_that_every_option_reaches_the_recipe(make: Make) -> None:
    dialog = make()
    options = dialog.options
    pick(options.difference_box, "Abs")
    pick(options.gain_box, "×32")
    click(options.letters_box, QPoint(8, 12))
    click(options.notes_box, QPoint(8, 12))
    click(options.dark_box, QPoint(8, 12))
    pick(options.names_box, "Bel")
    pick(options.enlargement_box, "Smo")
    type_into(options.columns_box, "2")
    pick(options.bar_box, "Crops")
    type_into(options.unit_line, "µm")
    type_into(options.pixel_line, "0.25")
    type_into(options.crop_length_line, "1.5")
    type_into(options.width_box, "88.9")
    type_into(options.dpi_box, "600")
    type_into(options.font_box, "7.5")
    type_into(options.gap_box, "0")
    found = dialog.recipe
    assert found.difference is not None
    assert (found.difference.kind, found.difference.gain) == (DifferenceKind.ABSOLUTE, 32)
    layout, page, bar = found.layout, found.page, found.scale_bar
    assert (layout.letters, layout.notes, layout.columns) == (True, False, 2)
    assert (layout.names, layout.enlargement) == (Names.BELOW, Enlargement.SMOOTH)
    assert bar is not None
    assert (bar.rows, bar.unit, bar.pixel_size) == (Bars.CROPS, "µm", 0.25)
    assert (bar.length, bar.crop_length) == (None, 1.5)
    assert (page.width_mm, page.dpi, page.font_pt, page.gap_mm) == (88.9, 600.0, 7.5, 0.0)
    assert page.dark
    assert dialog.note.text() == ""


def test_that_the_usual_widths_can_be_chosen(make: Make) -> None:
    dialog = make()
    assert dialog.options.preset_box.currentText() == "Other width"
    pick(dialog.options.preset_box, "88")
    assert dialog.recipe.page.width_mm == 88
    type_into(dialog.options.width_box, "90")
    assert dialog.options.preset_box.currentText() == "Other width"


def test_that_no_difference_needs_no_reference(make: Make) -> None:
    dialog = make()
    tick(dialog, 2)
    pick(dialog.options.difference_box, "None")
    assert dialog.recipe.difference is None
    assert [p.key for p in dialog.recipe.pictures] == ["source:1", "result:1"]
    assert not dialog.options.gain_box.isEnabled()


@pytest.mark.parametrize(
    ("length", "words"), [("70", "scale bar of 70 px is longer"), ("x", "is not a number above 0")]
)
def test_that_a_wrong_scale_bar_is_said(make: Make, length: str, words: str) -> None:
    dialog = make()
    type_into(dialog.options.length_line, length)
    assert words in dialog.note.text()
    assert not dialog.export_button.isEnabled()
    type_into(dialog.options.length_line, "7")
    assert dialog.export_button.isEnabled()


def test_that_what_does_not_fit_is_said_before_it_is_drawn(make: Make) -> None:
    dialog = make()
    type_into(dialog.options.width_box, "20")
    type_into(dialog.options.margin_box, "9")
    assert "do not fit into 20 mm" in dialog.note.text()
    assert dialog.measures.text() == ""


def test_that_the_size_of_the_outcome_is_stated(make: Make) -> None:
    dialog = make()
    size = size_of(dialog.recipe)
    assert dialog.measures.text().startswith("60 × ")
    assert dialog.measures.text().endswith(f"at 200 dpi: {size.width} × {size.height} dots")
    type_into(dialog.options.dpi_box, "400")
    assert f"{round(60 / 25.4 * 400)} × " in dialog.measures.text()


def test_that_format_and_name_go_together(make: Make, tmp_path: Path) -> None:
    dialog = make()
    pick(dialog.format_box, "PDF")
    assert dialog.path == tmp_path / "cup.pdf"
    type_into(dialog.path_line, str(tmp_path / "cup.tiff"))
    assert dialog.format_box.currentText() == "TIFF"
    type_into(dialog.path_line, str(tmp_path / "cup.jpg"))
    assert dialog.note.text() == "End the name with .png, .tif or .pdf"


def test_that_a_preview_is_wanted_as_large_as_there_is_room(make: Make, qtbot: Any) -> None:
    dialog = make()
    with qtbot.waitSignal(dialog.preview_wanted, timeout=WAIT_MS) as caught:
        click(dialog.options.letters_box, QPoint(8, 12))
    wanted, width = caught.args
    assert wanted == dialog.recipe
    assert 0 < width <= dialog.preview.room().width()
    assert width <= size_of(wanted).width


def test_that_the_preview_shows_the_pixels_it_is_given(make: Make) -> None:
    dialog = make()
    pixels = np.random.default_rng(1).integers(0, 255, (60, 90, 3), np.uint8)
    dialog.show_preview(pixels)
    image = dialog.preview.image
    assert image is not None
    for y, x in ((0, 0), (59, 89), (30, 7)):
        colour = image.pixelColor(x, y)
        assert [colour.red(), colour.green(), colour.blue()] == pixels[y, x].tolist()


def test_that_what_is_not_ticked_is_kept_for_the_next_time(make: Make) -> None:
    dialog = make()
    tick(dialog, 0)
    kept = dialog.kept()
    assert [(p.key, p.column) for p in kept.pictures] == [
        ("source:1", False),
        ("result:1", True),
        ("truth", True),
    ]
    assert make(kept).recipe == replace(dialog.recipe)
    assert kept.crops == (CROP,)


def test_that_every_field_has_a_name(make: Make) -> None:
    dialog = make()
    for field in dialog.findChildren(QWidget):
        inner = field.objectName().startswith("qt_") or field.window() is not dialog
        if field.focusPolicy() & Qt.FocusPolicy.TabFocus and not inner:
            assert field.accessibleName() or getattr(field, "text", str)(), field
