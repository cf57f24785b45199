"""Arrangement, differences, scale bar and size of a figure."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from mfgui.core.comparison import GAINS
from mfgui.core.figures import (
    FONT_SIZES,
    MOST_GAP,
    RESOLUTIONS,
    WIDTHS,
    Bars,
    Difference,
    DifferenceKind,
    Enlargement,
    FigureRecipe,
    Layout,
    Names,
    PageSetup,
    ScaleBar,
)
from mfgui.ui.dialogs.figure_fields import ChoiceBox, NumberLine, Section, TenthsBox, WholeBox

_OFF = ""
_PRESETS = (
    (88.0, "88 mm, 1 column"),
    (120.0, "120 mm, 1.5 columns"),
    (180.0, "180 mm, 2 columns"),
)
_OTHER_WIDTH = 0.0


class FigureOptions(QWidget):
    """All that is neither picture nor crop; `changed` after each change."""

    changed = Signal()

    def __init__(self, recipe: FigureRecipe, reference_box: QComboBox) -> None:
        super().__init__()
        self._make_layout_editors()
        self._make_difference_editors()
        self._make_bar_editors()
        self._make_page_editors()
        self._lay_out(reference_box)
        self.show_options(recipe)
        self._connect()
        self._enable(reference_box)
        self.changed.connect(lambda: self._enable(reference_box))

    @property
    def layout_wish(self) -> Layout:
        return Layout(
            columns=self.columns_box.value(),
            whole=self.whole_box.isChecked(),
            names=Names(self.names_box.currentData()),
            letters=self.letters_box.isChecked(),
            notes=self.notes_box.isChecked(),
            enlargement=Enlargement(self.enlargement_box.currentData()),
        )

    @property
    def difference(self) -> Difference | None:
        kind = self.difference_box.currentData()
        return (
            None if kind == _OFF else Difference(DifferenceKind(kind), self.gain_box.currentData())
        )

    @property
    def scale_bar(self) -> ScaleBar | None:
        rows = self.bar_box.currentData()
        if rows == _OFF:
            return None
        return ScaleBar(
            Bars(rows),
            self.unit_line.text().strip() or "px",
            self.pixel_line.number or 1.0,
            self.length_line.number,
            self.crop_length_line.number,
        )

    @property
    def page(self) -> PageSetup:
        return PageSetup(
            width_mm=self.width_box.number,
            dpi=float(self.dpi_box.value()),
            font_pt=self.font_box.number,
            margin_mm=self.margin_box.number,
            gap_mm=self.gap_box.number,
            dark=self.dark_box.isChecked(),
        )

    def problem(self) -> str:
        """What is wrong with what was typed."""
        if self.bar_box.currentData() == _OFF:
            return ""
        lines = (self.pixel_line, self.length_line, self.crop_length_line)
        wrong = next((line for line in lines if line.wrong), None)
        return "" if wrong is None else f"{wrong.accessibleName()} is not a number above 0"

    def options(self, recipe: FigureRecipe) -> FigureRecipe:
        """`recipe` with what is set here."""
        return replace(
            recipe,
            layout=self.layout_wish,
            difference=self.difference,
            scale_bar=self.scale_bar,
            page=self.page,
        )

    def show_options(self, recipe: FigureRecipe) -> None:
        layout, page, bar = recipe.layout, recipe.page, recipe.scale_bar
        self.whole_box.setChecked(layout.whole)
        self.letters_box.setChecked(layout.letters)
        self.notes_box.setChecked(layout.notes)
        self.names_box.show_value(layout.names)
        self.enlargement_box.show_value(layout.enlargement)
        self.columns_box.setValue(layout.columns)
        difference = recipe.difference
        self.difference_box.show_value(_OFF if difference is None else difference.kind)
        self.gain_box.show_value(Difference().gain if difference is None else difference.gain)
        self.bar_box.show_value(_OFF if bar is None else bar.rows)
        known = bar or ScaleBar()
        self.unit_line.setText(known.unit)
        self.pixel_line.show_number(known.pixel_size)
        self.length_line.show_number(known.length)
        self.crop_length_line.show_number(known.crop_length)
        self.width_box.show_number(page.width_mm)
        self.dpi_box.setValue(round(page.dpi))
        self.font_box.show_number(page.font_pt)
        self.margin_box.show_number(page.margin_mm)
        self.gap_box.show_number(page.gap_mm)
        self.dark_box.setChecked(page.dark)
        self._show_preset()

    def _make_layout_editors(self) -> None:
        self.whole_box = QCheckBox("Whole pictures above crops")
        self.letters_box = QCheckBox("Letters (a), (b), …")
        self.notes_box = QCheckBox("Scores below the names")
        names = ((Names.ABOVE, "Above"), (Names.BELOW, "Below"), (Names.NONE, "None"))
        self.names_box = ChoiceBox("Place of the names", names)
        self.enlargement_box = ChoiceBox(
            "Enlargement of crops",
            ((Enlargement.PIXELS, "Pixels as squares"), (Enlargement.SMOOTH, "Smooth")),
        )
        self.columns_box = WholeBox("Pictures beside each other", 0, 64)
        self.columns_box.setSpecialValueText("All")

    def _make_difference_editors(self) -> None:
        self.difference_box = ChoiceBox(
            "Difference row",
            (
                (_OFF, "None"),
                (DifferenceKind.SIGNED, "Signed"),
                (DifferenceKind.ABSOLUTE, "Absolute"),
            ),
        )
        self.difference_box.setToolTip(
            "Signed: of brightness, blue where the picture is darker than the reference, orange "
            "where it is lighter. Absolute: of each channel."
        )
        self.gain_box = ChoiceBox("Gain of the differences", [(gain, f"×{gain}") for gain in GAINS])

    def _make_bar_editors(self) -> None:
        self.bar_box = ChoiceBox(
            "Scale bar",
            (
                (_OFF, "None"),
                (Bars.ALL, "Pictures and crops"),
                (Bars.WHOLE, "Pictures only"),
                (Bars.CROPS, "Crops only"),
            ),
        )
        self.unit_line = QLineEdit()
        self.unit_line.setMaxLength(12)
        self.unit_line.setAccessibleName("Unit of the scale bar")
        self.pixel_line = NumberLine("Size of a pixel")
        self.length_line = NumberLine("Length of the scale bar", empty="Automatic")
        self.crop_length_line = NumberLine("Length in crops", empty="Automatic")

    def _make_page_editors(self) -> None:
        self.preset_box = ChoiceBox("Usual widths", [*_PRESETS, (_OTHER_WIDTH, "Other width")])
        low, high = (round(10 * width) for width in WIDTHS)
        self.width_box = TenthsBox("Width in millimetres", low, high, unit="mm")
        low, high = (round(value) for value in RESOLUTIONS)
        self.dpi_box = WholeBox("Resolution in dots per inch", low, high, unit="dpi")
        self.dpi_box.setSingleStep(50)
        low, high = (round(10 * size) for size in FONT_SIZES)
        self.font_box = TenthsBox("Size of the letters in points", low, high, unit="pt")
        self.font_box.setSingleStep(5)
        self.margin_box = TenthsBox("Margin in millimetres", 0, round(10 * MOST_GAP), unit="mm")
        self.gap_box = TenthsBox(
            "Gap between panels in millimetres", 0, round(10 * MOST_GAP), unit="mm"
        )
        self.dark_box = QCheckBox("Dark page")

    def _show_preset(self) -> None:
        widths = [width for width, _ in _PRESETS]
        own = self.width_box.number
        self.preset_box.show_value(own if own in widths else _OTHER_WIDTH)

    def _on_preset_chosen(self) -> None:
        width = self.preset_box.currentData()
        if width != _OTHER_WIDTH:
            self.width_box.show_number(width)
        else:
            self.width_box.setFocus()
            self.width_box.selectAll()

    def _enable(self, reference_box: QComboBox) -> None:
        on = self.difference_box.currentData() != _OFF
        self.gain_box.setEnabled(on)
        reference_box.setEnabled(on)
        bar = self.bar_box.currentData()
        for editor in (self.unit_line, self.pixel_line):
            editor.setEnabled(bar != _OFF)
        self.length_line.setEnabled(bar in (Bars.ALL, Bars.WHOLE))
        self.crop_length_line.setEnabled(bar in (Bars.ALL, Bars.CROPS))

    def _connect(self) -> None:
        for check in (self.whole_box, self.letters_box, self.notes_box, self.dark_box):
            check.toggled.connect(lambda _: self.changed.emit())
        for choice in (self.names_box, self.enlargement_box, self.difference_box, self.gain_box):
            choice.activated.connect(lambda _: self.changed.emit())
        self.bar_box.activated.connect(lambda _: self.changed.emit())
        self.preset_box.activated.connect(lambda _: self._on_preset_chosen())
        self.width_box.valueChanged.connect(lambda _: self._show_preset())
        for box in self._spin_boxes():
            box.valueChanged.connect(lambda _: self.changed.emit())
        self.unit_line.textEdited.connect(lambda _: self.changed.emit())
        for line in (self.pixel_line, self.length_line, self.crop_length_line):
            line.number_changed.connect(self.changed)

    def _spin_boxes(self) -> tuple[QSpinBox, ...]:
        return (
            self.columns_box,
            self.width_box,
            self.dpi_box,
            self.font_box,
            self.margin_box,
            self.gap_box,
        )

    def _lay_out(self, reference_box: QComboBox) -> None:
        difference = Section("Difference row")
        difference.add("Kind", self.difference_box)
        difference.add("Gain", self.gain_box)
        difference.add("Reference", reference_box)
        arrangement = Section("Arrangement")
        arrangement.add_half(self.whole_box)
        arrangement.add_half(self.letters_box)
        arrangement.add_half(self.notes_box)
        arrangement.add("Names", self.names_box)
        arrangement.add("Per line", self.columns_box)
        arrangement.add("Enlarge", self.enlargement_box)
        bar = Section("Scale bar")
        bar.add("Show on", self.bar_box)
        bar.add("Unit", self.unit_line)
        bar.add("Pixel size", self.pixel_line)
        bar.add("Length", self.length_line)
        bar.add("In crops", self.crop_length_line)
        page = Section("Size in print")
        page.add("Usual", self.preset_box)
        page.add("Width", self.width_box)
        page.add("Resolution", self.dpi_box)
        page.add("Letters", self.font_box)
        page.add("Margin", self.margin_box)
        page.add("Gap", self.gap_box)
        page.add_half(self.dark_box)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(18)
        for section in (difference, arrangement, bar, page):
            column.addWidget(section)
