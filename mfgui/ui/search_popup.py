"""A list that opens from a box or a button, can be searched, and tells of the marked row."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

from mfgui.ui.row_lists import RowList

_MOST_HEIGHT = 640
_TO_LIST = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_TAKE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SearchPopup(QFrame):
    """A search field over a list over a note; arrow keys in the field move in the list.

    What it holds says the class that inherits: `_search`, `_take` and `_describe`, and where its
    own widgets go in `column`.

    Parameters
    ----------
    opener : QWidget
        Below or above it the popup opens.
    rows : RowList
        With its model.
    width : int
        In pixels, unless the screen is narrower.
    covers : bool
        Whether it lies over its opener where there is little room below and above.
    """

    def __init__(
        self,
        opener: QWidget,
        rows: RowList,
        delegate: QAbstractItemDelegate,
        *,
        width: int,
        covers: bool = False,
    ) -> None:
        super().__init__(opener, Qt.WindowType.Popup)
        self._opener, self._wanted_width, self._covers = opener, width, covers
        self.field = QLineEdit()
        self.list = rows
        self.note = QLabel()
        self.setObjectName("searchPopup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field.setPlaceholderText("Search by name, author or word")
        self.field.setClearButtonEnabled(True)
        rows.setItemDelegate(delegate)
        rows.setUniformItemSizes(False)
        rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note.setContentsMargins(4, 0, 4, 0)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(8, 8, 8, 8)
        self.column.setSpacing(6)
        self.column.addWidget(self.field)
        self.column.addWidget(rows, 1)
        self.column.addWidget(self.note)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        rows.selectionModel().currentChanged.connect(self._describe)

    def open(self, typed: str = "") -> None:
        """Show it beside its opener, with what was typed so far."""
        self.field.setText(typed)
        self._search(typed)
        self._place()
        self.show()
        self.list.scrollTo(self.list.currentIndex(), RowList.ScrollHint.PositionAtCenter)
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        """Show the rows that fit, one of them marked."""
        raise NotImplementedError

    def _take(self, index: QModelIndex) -> None:
        """Enter was pressed on a row; `index` is invalid where there is none."""
        raise NotImplementedError

    def _tick(self, index: QModelIndex) -> None:
        """Ctrl+Enter was."""
        self._take(index)

    def _describe(self, index: QModelIndex) -> None:
        """Show in the note what is to know of a row."""
        raise NotImplementedError

    def _show_note(self, parts: Iterable[str]) -> None:
        """Paragraphs of rich text."""
        self.note.setText("".join(f"<p style='margin: 0 0 4px 0'>{part}</p>" for part in parts))

    def _keep_lines(self, count: int) -> None:
        """Keep room for so many lines of the note, so that the list does not jump."""
        self.note.setMinimumHeight(count * self.note.fontMetrics().lineSpacing())

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in _TAKE:
            ticks = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            (self._tick if ticks else self._take)(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.hide()
        elif key in _TO_LIST:
            self.list.keyPressEvent(event)
        else:
            return False
        return True

    def _place(self) -> None:
        """Below the opener, or above it where only there is room enough."""
        screen = self._opener.screen().availableGeometry()
        corner = self._opener.mapToGlobal(QPoint(0, 0))
        bottom = corner.y() + self._opener.height()
        above, below = corner.y() - screen.top() - 4, screen.bottom() - bottom - 4
        least = screen.height() - 40 if self._covers else self.minimumSizeHint().height()
        height = min(_MOST_HEIGHT, max(above, below, least))
        self.resize(min(self._wanted_width, screen.width()), height)
        x = min(max(corner.x(), screen.left()), max(screen.left(), screen.right() - self.width()))
        y = bottom + 2 if below >= min(above, height) else corner.y() - 2 - height
        self.move(x, max(screen.top(), min(y, screen.bottom() - height)))
