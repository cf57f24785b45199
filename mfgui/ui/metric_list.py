"""The list of metrics: families, one-line descriptions, boxes to tick, other definitions below."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from mfgui.app.metric_columns import Entry
from mfgui.ui.row_lists import BOX_SIDE, Index, draw_box, draw_ground, small

_HEAD = 26  # pixels of a family's name above its first metric
_BOX_ROOM = 40  # pixels from the edge of a row to its words
_INDENT = 28  # of other definitions, so that their boxes stand below the words


class MetricModel(QAbstractListModel):
    """The columns that fit what was typed, and which of them are ticked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.grouped = True
        self._ticked: Collection[str] = ()

    def show_entries(self, entries: Sequence[Entry], *, grouped: bool) -> None:
        self.beginResetModel()
        self.entries, self.grouped = list(entries), grouped
        self.endResetModel()

    def show_ticks(self, ticked: Collection[str]) -> None:
        """Others are ticked."""
        self._ticked = ticked
        if self.entries:
            self.dataChanged.emit(self.index(0), self.index(len(self.entries) - 1))

    def is_ticked(self, row: int) -> bool:
        return self.entries[row].name in self._ticked

    def begins_family(self, row: int) -> bool:
        before = self.entries[row - 1].family if row else None
        return self.grouped and self.entries[row].family != before

    def is_below(self, row: int) -> bool:
        """Whether it is another definition of the metric above it."""
        entry = self.entries[row]
        return bool(entry.definition) and row > 0 and self.entries[row - 1].title == entry.title

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, ticked = self.entries[index.row()], self.is_ticked(index.row())
        name = f"{entry.title}, {entry.definition}" if entry.definition else entry.title
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{name}, {entry.family}{', ticked' if ticked else ''}: {entry.about}"
            case Qt.ItemDataRole.ToolTipRole:
                return f"<p>{entry.about}</p>"
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        return None


class MetricDelegate(QStyledItemDelegate):
    """Box, title with its direction, name, description; a family's name above its first."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        model, row = _at(index)
        line = QFontMetrics(option.font).height()
        if model.is_below(row):
            return QSize(200, line + 8)
        height = line + QFontMetrics(small(option.font)).height() + 14
        return QSize(200, height + (_HEAD if model.begins_family(row) else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, number = _at(index)
        entry, below = model.entries[number], model.is_below(number)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QStyleOptionViewItem(option)
        if model.begins_family(number):
            _draw_family(painter, option, str(entry.family))
            row.rect = option.rect.adjusted(0, _HEAD, 0, 0)
        row.state &= ~QStyle.StateFlag.State_HasFocus
        draw_ground(painter, row)
        left = _INDENT if below else 0
        box = QRect(row.rect.left() + 12 + left, 0, BOX_SIDE, BOX_SIDE)
        box.moveTop(row.rect.center().y() - BOX_SIDE // 2 + 1)
        draw_box(painter, option.palette, box, checked=model.is_ticked(number))
        space = 4 if below else 6
        place = row.rect.adjusted(_BOX_ROOM + left, space, -10, -space)
        _draw_words(painter, row, place, entry, below=below)
        painter.restore()


def _at(index: Index) -> tuple[MetricModel, int]:
    model = index.model()
    assert isinstance(model, MetricModel)
    return model, index.row()


def _draw_family(painter: QPainter, option: QStyleOptionViewItem, name: str) -> None:
    head = option.rect.adjusted(10, 0, -10, 0)
    head.setHeight(_HEAD)
    painter.setFont(small(option.font, weight=QFont.Weight.DemiBold))
    painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
    painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, name)


def _draw_words(
    painter: QPainter, row: QStyleOptionViewItem, place: QRect, entry: Entry, *, below: bool
) -> None:
    palette, top = row.palette, Qt.AlignmentFlag.AlignTop
    dim, plain = (palette.color(role) for role in (_DIM, QPalette.ColorRole.Text))
    painter.setPen(dim)
    painter.setFont(small(row.font))
    painter.drawText(place, top | Qt.AlignmentFlag.AlignRight, entry.name)
    if below:
        painter.setFont(row.font)
        painter.setPen(plain)
        painter.drawText(place, top, entry.definition)
        return
    elide = Qt.TextElideMode.ElideRight
    words = painter.fontMetrics().elidedText(entry.about, elide, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignBottom, words)
    title = QFont(row.font)
    title.setWeight(QFont.Weight.DemiBold)
    painter.setFont(title)
    painter.setPen(plain)
    painter.drawText(place, top, entry.title)
    beside = place.adjusted(painter.fontMetrics().horizontalAdvance(f"{entry.title}  "), 0, 0, 0)
    painter.setFont(row.font)
    painter.setPen(dim)
    painter.drawText(beside, top, f"{entry.better.arrow}  {entry.definition or entry.default}")


_DIM = QPalette.ColorRole.PlaceholderText
