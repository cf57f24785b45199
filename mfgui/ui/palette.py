"""Command palette: type some letters of a name, press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsDropShadowEffect,
    QLabel,
    QLineEdit,
    QMainWindow,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.finding import Match, ranked
from mfgui.app.settings import SettingsFile
from mfgui.ui.palette_entries import Entry
from mfgui.ui.row_lists import Index, RowList, draw_ground

REMEMBERED = 20
ROW_HEIGHT = 34
_MOST_ROWS = 11
_WIDTH = 640
_MARGIN = 12
_TO_LIST = {
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
}
Found = tuple[Entry, Match]


class _Found(QAbstractListModel):
    """What fits the letters that were typed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._found: list[Found] = []

    def show_found(self, found: Sequence[Found]) -> None:
        self.beginResetModel()
        self._found = list(found)
        self.endResetModel()

    def at(self, index: Index) -> Found:
        return self._found[index.row()]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.at(index)[0]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return entry.spoken
        return None


class _EntryDelegate(QStyledItemDelegate):
    """Name with the found letters marked, what it is or why not now, shortcut."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Found)
        entry, fit = model.at(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        place = option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        dim = option.palette.color(QPalette.ColorRole.PlaceholderText)
        painter.setFont(option.font)
        painter.setPen(dim)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, entry.keys)
        metrics = QFontMetrics(option.font)
        place.setRight(place.right() - metrics.horizontalAdvance(entry.keys) - 16)
        words = f"not now: {entry.reason}" if entry.reason else entry.group
        room = place.width() - metrics.horizontalAdvance(words) - 16
        end = _draw_name(painter, option, entry, fit, place, room=max(room, place.width() // 2))
        place.setLeft(end + 12)
        painter.setFont(option.font)
        painter.setPen(dim)
        painter.drawText(
            place, middle, metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        )
        painter.restore()


def _draw_name(
    painter: QPainter,
    option: QStyleOptionViewItem,
    entry: Entry,
    fit: Match,
    place: QRect,
    *,
    room: int,
) -> int:
    """Draw the name piece by piece, found letters heavier; returns where it ends."""
    heavy = QFont(option.font)
    heavy.setWeight(QFont.Weight.Bold)
    plain = option.palette.color(QPalette.ColorRole.Text)
    if entry.reason:
        plain = option.palette.color(QPalette.ColorRole.PlaceholderText)
    ink = plain if entry.reason else option.palette.color(QPalette.ColorRole.Link)
    shown = QFontMetrics(heavy).elidedText(entry.text, Qt.TextElideMode.ElideRight, room)
    x = place.left()
    for letters, marked in _pieces(shown, frozenset(fit.places)):
        font = heavy if marked else option.font
        painter.setFont(font)
        painter.setPen(ink if marked else plain)
        width = QFontMetrics(font).horizontalAdvance(letters)
        piece = QRect(QPoint(x, place.top()), QSize(width + 2, place.height()))
        painter.drawText(piece, Qt.AlignmentFlag.AlignVCenter, letters)
        x += width
    return x


def _pieces(text: str, places: frozenset[int]) -> list[tuple[str, bool]]:
    """The text in pieces that are wholly marked or not at all."""
    pieces: list[tuple[str, bool]] = []
    for place, letter in enumerate(text):
        marked = place in places
        if pieces and pieces[-1][1] == marked:
            pieces[-1] = (pieces[-1][0] + letter, marked)
        else:
            pieces.append((letter, marked))
    return pieces


class CommandPalette(QFrame):
    """A field and the list of what fits, over the upper part of the window.

    Parameters
    ----------
    offers : callable
        Gives everything that can be chosen now.
    """

    def __init__(
        self,
        window: QMainWindow,
        offers: Callable[[], list[Entry]],
        settings: SettingsFile,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._offers = offers
        self._settings = settings
        self._entries: list[Entry] = []
        self._before: QWidget | None = None
        self.field = QLineEdit()
        self.list = RowList("Found")
        self.note = QLabel()
        self._found = _Found(self)
        self.setObjectName("commandPalette")
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.clicked.connect(self._choose)
        self.list.selectionModel().currentChanged.connect(self._describe)
        self.hide()

    def _lay_out(self) -> None:
        self.field.setPlaceholderText("Type the name of a command, method, result or set")
        self.field.setAccessibleName("Command palette")
        self.field.setMinimumHeight(36)
        self.list.setModel(self._found)
        self.list.setItemDelegate(_EntryDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setVerticalScrollMode(RowList.ScrollMode.ScrollPerItem)  # its height is of rows
        self.note.setObjectName("hint")
        self.note.setContentsMargins(8, 0, 8, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list)
        column.addWidget(self.note)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(32)
        shadow.setOffset(0, 6)
        self.setGraphicsEffect(shadow)

    def open(self) -> None:
        """Show it with nothing typed yet; what was used last comes first."""
        if self.isVisible():
            self.close_again()
            return
        self._before = QApplication.focusWidget()
        self._entries = self._offers()
        self.field.clear()
        self._search("")
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_again(self) -> None:
        """Hide it and give the keyboard back."""
        before, self._before = self._before, None
        self.hide()
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        if event.type() == QEvent.Type.FocusOut and watched is self.field and self.isVisible():
            focused = QApplication.focusWidget()
            if focused is not None and not self.isAncestorOf(focused):
                self._before = None
                self.hide()
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.close_again()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
        elif key in _TO_LIST:
            self._step(key)
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._step(Qt.Key.Key_Down if key == Qt.Key.Key_Tab else Qt.Key.Key_Up)
        else:
            return False
        return True

    def _step(self, key: Qt.Key) -> None:
        """Up and down go round, pages stop at the ends."""
        count, row = self._found.rowCount(), self.list.currentIndex().row()
        if not count:
            return
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        page = max(1, self.list.height() // ROW_HEIGHT - 1)
        if key in steps:
            row = (row + steps[key]) % count
        else:
            row = min(max(row + (page if key == Qt.Key.Key_PageDown else -page), 0), count - 1)
        self.list.setCurrentIndex(self._found.index(row))

    def _search(self, text: str) -> None:
        names = self._settings.values.palette_recent
        by_id = {entry.id: entry for entry in self._entries}
        recent = [by_id[name] for name in names if name in by_id]
        self._found.show_found(ranked(text, self._entries, lambda entry: entry.text, recent))
        self.list.setCurrentIndex(self._found.index(0))
        self.list.scrollToTop()
        self.note.setText("" if self._found.rowCount() else "Nothing is called like that.")
        self._place()

    def _place(self) -> None:
        """At the top, in the middle; no larger than what there is to show."""
        window = self._window
        rows = min(max(self._found.rowCount(), 1), _MOST_ROWS)
        self.list.setFixedHeight(rows * ROW_HEIGHT)
        self.list.setVisible(self._found.rowCount() > 0)
        self.note.setVisible(bool(self.note.text()))
        self.setFixedWidth(min(_WIDTH, window.width() - 80))
        self.adjustSize()
        self.move((window.width() - self.width()) // 2, 56)

    def _describe(self, index: QModelIndex) -> None:
        """Let a screen reader say what Enter would do."""
        words = self._found.at(index)[0].spoken if index.isValid() else ""
        self.field.setAccessibleDescription(words)

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        entry = self._found.at(index)[0]
        if entry.reason:
            self.note.setText(f"{entry.text}: {entry.reason}.")
            self._place()
            return
        self._remember(entry.id)
        self.close_again()
        entry.act()

    def _remember(self, name: str) -> None:
        others = (other for other in self._settings.values.palette_recent if other != name)
        self._settings.change(palette_recent=(name, *others)[:REMEMBERED])
