"""Dialog of two labels to exchange. Enter accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from mfgui.ui.icons import TextButton

_SWATCH = QSize(18, 18)


@dataclass(frozen=True)
class SwapWish:
    """What the person asked for."""

    one: int
    other: int
    in_region: bool


class SwapDialog(QDialog):
    """`wished` carries the accepted `SwapWish`.

    Parameters
    ----------
    names, colours : sequences of str
        Of labels 0, 1, ... K; the first is *unassigned*.
    chosen : (int, int)
        The labels to begin with.
    """

    wished = Signal(object)

    def __init__(
        self,
        names: Sequence[str],
        colours: Sequence[str],
        *,
        chosen: tuple[int, int],
        has_region: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Swap two labels")
        self.setModal(True)
        self.boxes = (QComboBox(), QComboBox())
        for box, label, words in zip(self.boxes, chosen, ("First", "Second"), strict=True):
            for number, name in enumerate(names):
                box.addItem(_swatch(colours[number]), f"{number} · {name}")
            box.setIconSize(_SWATCH)
            box.setCurrentIndex(label)
            box.setAccessibleName(f"{words} label")
            box.setMinimumWidth(260)
            box.currentIndexChanged.connect(self._check)
        self.region_box = QCheckBox("Only inside the region")
        self.region_box.setChecked(has_region)
        self.region_box.setVisible(has_region)
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.swap_button = TextButton("swap", "Swap", primary=True)
        self.cancel_button = TextButton("close", "Cancel")
        self.swap_button.setDefault(True)
        self.swap_button.clicked.connect(self._on_accepted)
        self.cancel_button.clicked.connect(self.reject)
        self._lay_out()
        self._check()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for row, box in enumerate(self.boxes):
            caption = QLabel("Label" if row == 0 else "with label")
            caption.setBuddy(box)
            grid.addWidget(caption, row, 0)
            grid.addWidget(box, row, 1)
        grid.addWidget(self.region_box, 2, 1)
        grid.addWidget(self.note, 3, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.swap_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(16)
        column.addLayout(grid)
        column.addLayout(buttons)

    def _check(self) -> None:
        same = self.boxes[0].currentIndex() == self.boxes[1].currentIndex()
        self.swap_button.setEnabled(not same)
        self.note.setText("Choose two different labels." if same else " ")

    def _on_accepted(self) -> None:
        one, other = (box.currentIndex() for box in self.boxes)
        in_region = not self.region_box.isHidden() and self.region_box.isChecked()
        self.wished.emit(SwapWish(one, other, in_region))
        self.accept()


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(_SWATCH * 2)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(pixmap.rect().adjusted(3, 3, -3, -3), 8, 8)
    pixmap.setDevicePixelRatio(2.0)
    return QIcon(pixmap)
