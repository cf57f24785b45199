"""History dock: the steps of the session, oldest first; a click goes there."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.controller import Controller
from mfgui.core.events import Change, HistoryChanged
from mfgui.core.history import BUDGET, History
from mfgui.ui.icons import icon_in
from mfgui.ui.row_lists import Index, RowList, draw_ground, small

ROW_HEIGHT = 28
_BEGINNING = "Beginning"
_SHOW_MS = 50
_MARGIN = 8
_MARK = 12


class HistoryModel(QAbstractListModel):
    """Row 0 is the beginning, row n the state after step n."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._forgotten = 0
        self.position = 0
        self.saved: int | None = None

    def show_history(self, history: History) -> None:
        """Take over what has changed since; a step more costs one row, not all."""
        self._forget(history)
        names = history.names
        same = _common(self._names, names)
        if same < len(self._names):
            self.beginRemoveRows(QModelIndex(), same + 1, len(self._names))
            self._names = names[:same]
            self.endRemoveRows()
        if same < len(names):
            self.beginInsertRows(QModelIndex(), same + 1, len(names))
            self._names = names
            self.endInsertRows()
        touched = [self.position, history.position]
        touched += [place for place in (self.saved, history.saved_position) if place is not None]
        # The beginning counts as saved, but there may be no file.
        self.position, self.saved = history.position, history.saved_position or None
        last = self.rowCount() - 1
        first, final = min(min(touched), last), min(max(touched), last)
        self.dataChanged.emit(self.index(first), self.index(final))

    def _forget(self, history: History) -> None:
        """Remove the rows of steps that have gone since."""
        gone = history.forgotten - self._forgotten
        self._forgotten = history.forgotten
        if 0 < gone < len(self._names):
            self.beginRemoveRows(QModelIndex(), 1, gone)
            self._names = self._names[gone:]
            self.endRemoveRows()

    def words(self, row: int) -> str:
        """What a screen reader says of a row."""
        parts = [str(self.data(self.index(row)))]
        if row == self.position:
            parts.append("present state")
        elif row > self.position:
            parts.append("undone")
        if row == self.saved:
            parts.append("saved")
        return ", ".join(parts)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._names) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[row - 1] if row else _BEGINNING
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.words(row)
        return None


class _StepDelegate(QStyledItemDelegate):
    """A mark at the present state, undone steps dim, a mark at the saved one."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(120, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, HistoryModel)
        row, palette = index.row(), option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        place = option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        middle = place.center().y() - _MARK // 2 + 1
        if row == model.position:
            mark = QRect(place.left(), middle, _MARK, _MARK)
            icon_in(palette, "chevron-right").paint(painter, mark)
        place.setLeft(place.left() + _MARK + 6)
        if row == model.saved:
            place.setRight(self._draw_saved(painter, option, place) - 6)
        font = QFont(option.font)
        font.setItalic(row == 0)
        font.setWeight(QFont.Weight.DemiBold if row == model.position else QFont.Weight.Normal)
        painter.setFont(font)
        undone = row > model.position
        role = QPalette.ColorRole.PlaceholderText if undone else QPalette.ColorRole.Text
        painter.setPen(palette.color(role))
        text = str(index.data())
        elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, elided)
        painter.restore()

    @staticmethod
    def _draw_saved(painter: QPainter, option: QStyleOptionViewItem, place: QRect) -> int:
        """The word at the right end; returns where it begins."""
        font = small(option.font)
        painter.setFont(font)
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        width = QFontMetrics(font).horizontalAdvance("saved")
        painter.drawText(
            place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "saved"
        )
        left = place.right() - width - 18
        mark = QRect(left, place.center().y() - 6, 14, 14)
        icon_in(option.palette, "saved").paint(painter, mark)
        return left


class _StepView(RowList):
    """`chosen` carries a position of the history."""

    chosen = Signal(int)

    def __init__(self, model: HistoryModel) -> None:
        super().__init__("History")
        self.setModel(model)
        self.setItemDelegate(_StepDelegate(self))
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        picked = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if picked and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().row())


class HistoryPanel(QWidget):
    """Lists the history of a controller and keeps in step with it.

    Changes are gathered for some milliseconds, and while the list is hidden until it shows.
    """

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.model = HistoryModel(self)
        self.view = _StepView(self.model)
        self.view.chosen.connect(self._go_to)
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(12, 4, 12, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(self.note)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(_SHOW_MS)
        self._due.timeout.connect(self.show_history)
        controller.notifier.connect(self._take)
        self.show_history()

    def show_history(self) -> None:
        """Show the present state of the history."""
        history = self._controller.edit.history
        self.model.show_history(history)
        present = self.model.index(history.position)
        if self.view.currentIndex() != present:
            self.view.setCurrentIndex(present)
            self.view.scrollTo(present)
        self.note.setText(_note(history))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_history()

    def _take(self, change: Change) -> None:
        if isinstance(change, HistoryChanged) and self.isVisible() and not self._due.isActive():
            self._due.start()

    def _go_to(self, position: int) -> None:
        # What is listed may be some milliseconds old.
        self.show_history()
        history = self._controller.edit.history
        if position != history.position and position <= len(history.names):
            self._controller.edit.go_to(position)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many names both begin with."""
    pairs = zip(one, other, strict=False)
    differing = (place for place, (a, b) in enumerate(pairs) if a != b)
    return next(differing, min(len(one), len(other)))


def _note(history: History) -> str:
    """Memory, and what has gone for want of it."""
    steps = len(history.names)
    kept = f"{steps} step{'' if steps == 1 else 's'}, {_memory(history.nbytes)}"
    if not history.forgotten:
        return kept
    gone = history.forgotten
    older = "1 older step was" if gone == 1 else f"{gone} older steps were"
    return f"{kept}. {older} dropped to stay below {_memory(BUDGET)}."


def _memory(count: int) -> str:
    if count < 1 << 20:
        return f"{-(-count // 1024)} KB"
    return f"{count / (1 << 20):.0f} MB"
