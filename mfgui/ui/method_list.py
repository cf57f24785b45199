"""The list of methods: families, one-line descriptions, boxes to tick."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from mfgui.methods.registry import Method
from mfgui.ui.row_lists import BOX_SIDE, Index, RowList, draw_box, draw_ground, small

_HEAD = 26  # pixels of a family's name above its first method
_BOX_ROOM = 40  # pixels from the edge of a row to its words, where it can be ticked


class MethodModel(QAbstractListModel):
    """The methods that fit what was typed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.methods: list[Method] = []
        self.grouped = True
        self.ticked: Collection[str] | None = None
        """Names of the ticked methods; None where nothing can be ticked."""
        self.refused: Mapping[str, str] = {}
        """Why methods cannot be run on the open set, by name."""

    def show_methods(self, methods: Sequence[Method], *, grouped: bool) -> None:
        self.beginResetModel()
        self.methods, self.grouped = list(methods), grouped
        self.endResetModel()

    def show_ticks(self, ticked: Collection[str]) -> None:
        """Other methods are ticked."""
        self.ticked = ticked
        if self.methods:
            self.dataChanged.emit(self.index(0), self.index(len(self.methods) - 1))

    def words(self, method: Method) -> str:
        """The line below its title: what it does, or why it cannot be run."""
        reason = self.refused.get(method.name, "")
        return f"Not now: {reason}" if reason else method.summary

    def begins_family(self, row: int) -> bool:
        before = self.methods[row - 1].family if row else None
        return self.grouped and self.methods[row].family != before

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.methods)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        method = self.methods[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return method.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            ticked = ", ticked" if method.name in (self.ticked or ()) else ""
            return f"{method.title}, {method.family}{ticked}: {self.words(method)}"
        if role == Qt.ItemDataRole.CheckStateRole and self.ticked is not None:
            on = method.name in self.ticked
            return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        return None


class MethodList(RowList):
    """`ticked` carries the row whose box was clicked, which is no choice of the method."""

    ticked = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__("Methods")
        self._on_box = False

    def box_place(self, index: Index) -> QRect:
        """Where the box of a row is; empty where nothing can be ticked."""
        model = index.model()
        assert isinstance(model, MethodModel)
        if model.ticked is None:
            return QRect()
        return _box_place(_without_head(self.visualRect(index), model, index.row()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        near = self.box_place(index).adjusted(-12, -16, 8, 16) if index.isValid() else QRect()
        self._on_box = event.button() is Qt.MouseButton.LeftButton and near.contains(place)
        if self._on_box:
            self.setCurrentIndex(index)
            self.ticked.emit(index)
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._on_box:
            super().mouseReleaseEvent(event)


def _without_head(rect: QRect, model: MethodModel, row: int) -> QRect:
    """The part of a row below the name of its family."""
    return rect.adjusted(0, _HEAD if model.begins_family(row) else 0, 0, 0)


def _box_place(row: QRect) -> QRect:
    return QRect(row.left() + 12, row.center().y() - BOX_SIDE // 2 + 1, BOX_SIDE, BOX_SIDE)


class MethodDelegate(QStyledItemDelegate):
    """Box, title, name on the command line, one-line description; a family's name above its
    first."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        model = index.model()
        assert isinstance(model, MethodModel)
        lines = QFontMetrics(option.font).height() + QFontMetrics(small(option.font)).height()
        return QSize(200, lines + 14 + (_HEAD if model.begins_family(index.row()) else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, MethodModel)
        method = model.methods[index.row()]
        usable = option.state & QStyle.StateFlag.State_Enabled
        role = QPalette.ColorRole.PlaceholderText if usable else QPalette.ColorRole.Text
        dim = option.palette.color(role)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QStyleOptionViewItem(option)
        if model.begins_family(index.row()):
            head = option.rect.adjusted(10, 0, -10, 0)
            head.setHeight(_HEAD)
            painter.setFont(small(option.font, weight=QFont.Weight.DemiBold))
            painter.setPen(dim)
            painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, str(method.family))
            row.rect = _without_head(option.rect, model, index.row())
        row.state &= ~QStyle.StateFlag.State_HasFocus
        draw_ground(painter, row)
        tickable = model.ticked is not None
        place = row.rect.adjusted(_BOX_ROOM if tickable else 10, 6, -10, -6)
        if tickable:
            on = method.name in (model.ticked or ())
            draw_box(painter, option.palette, _box_place(row.rect), checked=on)
        painter.setPen(dim)
        painter.setFont(small(option.font))
        metrics = painter.fontMetrics()
        right = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        painter.drawText(place, right, method.name)
        elide = Qt.TextElideMode.ElideRight
        words = metrics.elidedText(model.words(method), elide, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignBottom, words)
        title = QFont(option.font)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        refused = method.name in model.refused
        painter.setPen(dim if refused else option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(place, Qt.AlignmentFlag.AlignTop, method.title)
        painter.restore()
