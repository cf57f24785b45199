"""The sources as labels of the focus map: number, colour, pattern, name and share of the map."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QApplication,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mfgui.core.labels import UNASSIGNED
from mfgui.ui.canvas.hatch import EDGE, LINE, Hatching
from mfgui.ui.row_lists import Index, RowList, bright, draw_eye, draw_ground, eye_place

ROW_HEIGHT = 34
_SWATCH = QSize(30, 20)
_SAMPLE = QSize(34, 20)
_MARGIN = 10
_SHADES = {0: 0xFF8A8A8A, LINE: 0xFFFFFFFF, EDGE: 0xFF202020}
_UNASSIGNED = "#808080"


@dataclass(frozen=True)
class Label:
    """One row: `share` of the map's pixels, None without a map."""

    number: int
    name: str
    colour: str
    share: float | None = None

    @property
    def share_text(self) -> str:
        if self.share is None:
            return ""
        if 0 < self.share < 0.001:
            return "< 0.1 %"
        return f"{self.share * 100:.1f} %" if self.share else "0 %"


class LabelModel(QAbstractListModel):
    """Row n is label n; the first row is *unassigned*."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: list[Label] = []
        self.active = -1
        self.shown = -1
        """The source that the canvas shows."""

    def show_labels(self, names: Sequence[str], colours: Sequence[str]) -> None:
        """The sources of a set, in their order; none for no set."""
        self.beginResetModel()
        sources = zip(range(1, len(names) + 1), names, colours, strict=True)
        self._labels = [Label(*source) for source in sources]
        if names:
            self._labels.insert(0, Label(UNASSIGNED, "Unassigned", _UNASSIGNED))
        self.endResetModel()

    def show_shares(self, shares: npt.NDArray[np.float64] | None) -> None:
        """Share of each label from 0 on, None without a map."""
        values = [None] * len(self._labels) if shares is None else shares.tolist()
        changed = [n for n, label in enumerate(self._labels) if label.share != values[n]]
        for number in changed:
            old = self._labels[number]
            self._labels[number] = Label(number, old.name, old.colour, values[number])
        self._tell(changed)

    def show_state(self, *, active: int, shown: int, colours: Sequence[str]) -> None:
        """Which label is painted, which source is shown; colours may depend on it."""
        touched = [self.active, active, self.shown, shown]
        self.active, self.shown = active, shown
        for number, colour in enumerate(colours, start=1):
            old = self._labels[number]
            if old.colour != colour:
                self._labels[number] = Label(number, old.name, colour, old.share)
                touched.append(number)
        self._tell([number for number in touched if 0 <= number < len(self._labels)])

    def label(self, index: Index) -> Label:
        return self._labels[index.row()]

    def find(self, text: str, *, after: int) -> int:
        """Row of the number `text`, else of the next name that holds it; -1 when there is none."""
        if text.isdecimal() and int(text) < len(self._labels):
            return int(text)
        count, wanted = len(self._labels), text.casefold()
        order = [(after + step) % count for step in range(count)]
        return next((row for row in order if wanted in self._labels[row].name.casefold()), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._labels)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        label = self._labels[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return label.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = [f"label {label.number}", label.name, label.share_text]
            parts.append("active" if label.number == self.active else "")
            parts.append("shown" if label.number == self.shown else "")
            return ", ".join(part for part in parts if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            share = f"\n{label.share_text} of the map" if label.share_text else ""
            return f"{label.number} · {label.name}{share}"
        return None

    def _tell(self, rows: Sequence[int]) -> None:
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))


class _LabelDelegate(QStyledItemDelegate):
    """Draws swatch, pattern, name, share and eye."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._hatching = Hatching()
        self._samples: dict[tuple[int, float], QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, LabelModel)
        label = model.label(index)
        active = label.number == model.active
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        top = option.rect.center().y() - _SWATCH.height() // 2 + 1
        swatch = QRect(QPoint(option.rect.left() + _MARGIN, top), _SWATCH)
        _draw_swatch(painter, option.font, label, swatch)
        sample = QRect(QPoint(swatch.right() + 7, top), _SAMPLE)
        self._draw_sample(painter, label, sample)
        eye = eye_place(option.rect)
        place = option.rect.adjusted(0, 0, eye.left() - option.rect.right() - 6, 0)
        place.setLeft(sample.right() + 10)
        _draw_texts(painter, option, label, place, active=active)
        if label.number != UNASSIGNED:
            draw_eye(painter, option, shown=label.number == model.shown)
        if active:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.color(QPalette.ColorRole.Highlight))
            bar = QRectF(option.rect.left() + 3, option.rect.top() + 7, 3, ROW_HEIGHT - 14)
            painter.drawRoundedRect(bar, 1.5, 1.5)
        painter.restore()

    def _draw_sample(self, painter: QPainter, label: Label, place: QRect) -> None:
        ratio = painter.device().devicePixelRatioF()
        key = (label.number, ratio)
        if key not in self._samples:
            self._samples[key] = _sample(self._hatching, label.number, ratio)
        painter.drawPixmap(place.topLeft(), self._samples[key])


def _sample(hatching: Hatching, label: int, ratio: float) -> QPixmap:
    """The pattern of a label on grey; squares for unassigned pixels."""
    height, width = round(_SAMPLE.height() * ratio), round(_SAMPLE.width() * ratio)
    if label == UNASSIGNED:
        rows, columns = np.ogrid[:height, :width]
        odd = (rows // max(1, round(5 * ratio)) + columns // max(1, round(5 * ratio))) % 2
        shades = np.where(odd == 1, 0xFFF5F5F5, 0xFF6A6A6A).astype(np.uint32)
    else:
        labels = np.full((height, width), label, np.uint16)
        unit = max(1, round(ratio))
        levels = hatching.levels(labels, unit=unit, origin=(0, 8 * unit))
        table = np.array([_SHADES[level] for level in range(3)], np.uint32)
        shades = table[levels]
    shades = np.ascontiguousarray(shades)
    image = QImage(shades.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _draw_swatch(painter: QPainter, font: QFont, label: Label, place: QRect) -> None:
    colour = QColor(label.colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(place, 5, 5)
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    painter.setFont(bold)
    painter.setPen(QColor("#000000" if bright(colour) else "#ffffff"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(label.number))


def _draw_texts(
    painter: QPainter, option: QStyleOptionViewItem, label: Label, place: QRect, *, active: bool
) -> None:
    palette, middle = option.palette, Qt.AlignmentFlag.AlignVCenter
    painter.setFont(option.font)
    painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
    share = label.share_text
    painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, share)
    width = QFontMetrics(option.font).horizontalAdvance(share)
    name = place.adjusted(0, 0, -width - 8, 0)
    font = QFont(option.font)
    font.setWeight(QFont.Weight.DemiBold if active else QFont.Weight.Normal)
    font.setItalic(label.number == UNASSIGNED)
    painter.setFont(font)
    painter.setPen(palette.color(QPalette.ColorRole.Text))
    words = QFontMetrics(font).elidedText(label.name, Qt.TextElideMode.ElideMiddle, name.width())
    painter.drawText(name, middle, words)


class LabelView(RowList):
    """A list to choose the label from; typing a number or part of a name finds it."""

    chosen = Signal(int)
    eye_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Labels", parent)
        self.labels = LabelModel(self)
        self._typed, self._typed_at = "", 0.0
        self.setModel(self.labels)
        self.setItemDelegate(_LabelDelegate(self))

    def show_state(self, *, active: int, shown: int, colours: Sequence[str]) -> None:
        """Mark the active label and the shown source; nothing counts as chosen."""
        self.labels.show_state(active=active, shown=shown, colours=colours)
        index = self.labels.index(active)
        if index.isValid() and self.currentIndex() != index:
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        left = event.button() is Qt.MouseButton.LeftButton and index.isValid()
        if left and index.row() and eye_place(self.visualRect(index)).contains(place):
            self.eye_clicked.emit(f"source:{index.row()}")
            return
        super().mousePressEvent(event)
        if left:
            self.chosen.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        super().keyPressEvent(event)
        picked = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if self.currentIndex().isValid() and (picked or self.currentIndex() != before):
            self.chosen.emit(self.currentIndex().row())

    def keyboardSearch(self, search: str) -> None:
        """Letters typed one soon after the other belong together."""
        if not self.labels.rowCount():
            return
        now = time.monotonic()
        if now - self._typed_at > QApplication.keyboardInputInterval() / 1000:
            self._typed = ""
        again = search == self._typed
        self._typed_at, self._typed = now, search if again else self._typed + search
        row = max(self.currentIndex().row(), 0)
        found = self.labels.find(self._typed, after=row + 1 if len(self._typed) == 1 else row)
        if found >= 0:
            self.setCurrentIndex(self.labels.index(found))
