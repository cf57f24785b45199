"""The crops of a figure: rectangles in image pixels, each with its colour and its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mfgui.core.arrays import Rect, Size
from mfgui.core.figures import MOST_CROPS, Crop, Place
from mfgui.ui.dialogs.figure_fields import ChoiceBox, WholeBox
from mfgui.ui.icons import IconButton, TextButton

# Of Okabe and Ito, told apart by people with any kind of colour vision.
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442", "#d55e00")
_PLACES = (
    (Place.ROW, "Own row"),
    (Place.UPPER_LEFT, "Upper left corner"),
    (Place.UPPER_RIGHT, "Upper right corner"),
    (Place.LOWER_LEFT, "Lower left corner"),
    (Place.LOWER_RIGHT, "Lower right corner"),
)
_HEADS = ("", "Left", "Top", "Width", "Height", "Shown in", "")
_NEW_SHARE = 5  # a crop that nothing suggests has this part of the picture's sides


class CropRow(QObject):
    """Fields of one crop; `edited`, and `removed` by its button."""

    edited = Signal()
    removed = Signal()

    def __init__(self, crop: Crop, size: Size, parent: QObject) -> None:
        super().__init__(parent)
        self._crop = crop
        self._size = size
        self.name = QLabel(crop.name)
        self.name.setFixedSize(24, 24)
        self.boxes = tuple(
            WholeBox(f"{words} of crop {crop.name} in pixels", least, most)
            for words, least, most in (
                ("Left", 0, size.width - 1),
                ("Top", 0, size.height - 1),
                ("Width", 1, size.width),
                ("Height", 1, size.height),
            )
        )
        self.place_box = ChoiceBox(f"How crop {crop.name} is shown", _PLACES)
        self.place_box.show_value(crop.place)
        self.remove_button = IconButton("delete", f"Remove crop {crop.name}")
        self.show_crop(crop)
        for box in self.boxes:
            box.valueChanged.connect(self._on_box_changed)
        self.place_box.activated.connect(lambda _: self.edited.emit())
        self.remove_button.clicked.connect(self.removed)

    @property
    def crop(self) -> Crop:
        x, y, width, height = (box.value() for box in self.boxes)
        rect = Rect(x, y, width, height)
        return replace(self._crop, rect=rect, place=Place(self.place_box.currentData()))

    def show_crop(self, crop: Crop) -> None:
        """Its name, colour and rectangle."""
        self._crop = crop
        self.name.setText(crop.name)
        bright = crop.colour in ("#e69f00", "#56b4e9", "#f0e442", "#cc79a7")
        ink = "#000000" if bright else "#ffffff"
        self.name.setStyleSheet(
            f"background: {crop.colour}; color: {ink}; border-radius: 4px; font-weight: 600;"
            "qproperty-alignment: AlignCenter;"
        )
        rect = crop.rect
        for box, value in zip(self.boxes, (rect.x, rect.y, rect.width, rect.height), strict=True):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)

    def _on_box_changed(self) -> None:
        """The rectangle stays inside the picture: what was not typed gives way."""
        x, y, width, height = (box.value() for box in self.boxes)
        if self.sender() in self.boxes[2:]:
            x, y = min(x, self._size.width - width), min(y, self._size.height - height)
        else:
            width, height = min(width, self._size.width - x), min(height, self._size.height - y)
        self.show_crop(replace(self._crop, rect=Rect(x, y, width, height)))
        self.edited.emit()


class CropChoice(QWidget):
    """The list of crops, with what can be added to it.

    Parameters
    ----------
    region, visible : Rect or None
        The region of the session, and what the canvas shows, inside the picture.
    """

    changed = Signal()

    def __init__(
        self, crops: Sequence[Crop], size: Size, *, region: Rect | None, visible: Rect | None
    ) -> None:
        super().__init__()
        self._size, self._region, self._visible = size, region, visible
        self.rows: list[CropRow] = []
        self.region_button = TextButton("tool-region", "From region")
        self.visible_button = TextButton("fit", "From visible part")
        self.add_button = TextButton("tool-region", "Add")
        self.region_button.setEnabled(region is not None)
        whole = Rect(0, 0, size.width, size.height)
        self.visible_button.setEnabled(visible is not None and visible != whole)
        self._grid = QGridLayout()
        self._heads = [QLabel(words) for words in _HEADS]
        self._lay_out()
        self.region_button.clicked.connect(lambda: self._on_add_clicked(self._region))
        self.visible_button.clicked.connect(lambda: self._on_add_clicked(self._visible))
        self.add_button.clicked.connect(lambda: self._on_add_clicked(None))
        for crop in crops:
            self._add(crop)
        self._show_state()

    @property
    def crops(self) -> tuple[Crop, ...]:
        return tuple(row.crop for row in self.rows)

    def _on_add_clicked(self, rect: Rect | None) -> None:
        if rect is None:
            width = max(1, self._size.width // _NEW_SHARE)
            height = max(1, self._size.height // _NEW_SHARE)
            rect = Rect(
                (self._size.width - width) // 2, (self._size.height - height) // 2, width, height
            )
        number = len(self.rows)
        self._add(Crop(_name(number), rect, COLOURS[number % len(COLOURS)]))
        self._show_state()
        self.changed.emit()

    def _add(self, crop: Crop) -> None:
        row = CropRow(crop, self._size, self)
        self.rows.append(row)
        self._place(row, len(self.rows))
        row.edited.connect(self.changed)
        row.removed.connect(lambda: self._on_removed(row))

    def _place(self, row: CropRow, line: int) -> None:
        for column, widget in enumerate((row.name, *row.boxes, row.place_box, row.remove_button)):
            self._grid.addWidget(widget, line, column)

    def _on_removed(self, gone: CropRow) -> None:
        self.rows.remove(gone)
        for widget in (gone.name, *gone.boxes, gone.place_box, gone.remove_button, gone):
            widget.deleteLater()
        for number, row in enumerate(self.rows):
            colour = COLOURS[number % len(COLOURS)]
            row.show_crop(replace(row.crop, name=_name(number), colour=colour))
            self._place(row, number + 1)
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        for head in self._heads:
            head.setVisible(bool(self.rows))
        full = len(self.rows) >= MOST_CROPS
        self.add_button.setEnabled(not full)
        self.region_button.setEnabled(self._region is not None and not full)
        self.visible_button.setEnabled(self.visible_button.isEnabled() and not full)

    def _lay_out(self) -> None:
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(5, 1)
        for column, head in enumerate(self._heads):
            head.setObjectName("hint")
            self._grid.addWidget(head, 0, column)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.region_button, self.visible_button, self.add_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        heading = QLabel("Crops")
        heading.setObjectName("startCaption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addLayout(self._grid)
        column.addLayout(buttons)


def _name(number: int) -> str:
    return chr(ord("A") + number)
