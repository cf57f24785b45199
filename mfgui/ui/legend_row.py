"""One row of a legend: shows or hides a curve, with its name and its value under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from mfgui.ui.curve_plot import LineStyle

_SAMPLE = QSize(28, 12)
_ROOM = 72  # for indicator, sample and what is between


def plain(words: str) -> str:
    """Words for a button, in which an ampersand is one and no key."""
    return words.replace("&", "&&")


class LegendRow(QWidget):
    """`toggled` carries whether the curve is to be seen."""

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox()
        self.box.setIconSize(_SAMPLE)
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.value = QLabel()
        self.value.setObjectName("hint")
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._name = ""
        self._style: LineStyle | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.box, 1)
        row.addWidget(self.value)
        self.box.clicked.connect(self.toggled)

    def show_curve(self, name: str, style: LineStyle, *, on: bool) -> None:
        """Name and style of the curve, and whether it is to be seen."""
        self._name = name
        self.box.setChecked(on)
        self.box.setAccessibleName(f"Show the values of {name}")
        self.box.setToolTip(name)
        if style != self._style:
            self._style = style
            self.box.setIcon(self._sample(style))
        self._elide()

    def show_value(self, words: str) -> None:
        """The value under the pointer."""
        if words != self.value.text():
            self.value.setText(words)
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = max(24, self.width() - self.value.sizeHint().width() - _ROOM)
        metrics = self.box.fontMetrics()
        self.box.setText(plain(metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, room)))

    def _sample(self, style: LineStyle) -> QIcon:
        scale = self.devicePixelRatioF()
        pixmap = QPixmap(_SAMPLE * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setPen(style.pen(width=2.0))
            painter.drawLine(0, _SAMPLE.height() // 2, _SAMPLE.width(), _SAMPLE.height() // 2)
        return QIcon(pixmap)
