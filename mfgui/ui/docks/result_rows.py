"""The list of results: rows with star, note and a name that can be changed in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QStyleOptionViewItem, QToolTip, QWidget

from mfgui.app.mark_control import LONGEST_NAME
from mfgui.ui.row_lists import Index
from mfgui.ui.rows import Row, RowDelegate, RowView, note_place, star_place, text_place

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _ResultDelegate(RowDelegate):
    """A row whose name is typed where it stands."""

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QLineEdit:
        del option, index
        editor = QLineEdit(parent)
        editor.setMaxLength(LONGEST_NAME)
        editor.setAccessibleName("Name of the result")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # Once only: rows are renewed while a person types.
        if isinstance(editor, QLineEdit) and not editor.property("filled"):
            editor.setProperty("filled", True)
            editor.setText(index.data(Qt.ItemDataRole.EditRole))
            editor.selectAll()

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        del index
        place = text_place(option.rect)
        height = max(24, editor.sizeHint().height())
        editor.setGeometry(place.left() - 7, place.top() - 4, place.width() + 7, height)


class ResultView(RowView):
    """Rows of results.

    The signals carry keys: `star_clicked`, `note_clicked`, `renamed` with the text that was
    typed, `menu_asked` with a place of the screen. Enter and a double click on the title rename,
    the asterisk stars.
    """

    star_clicked = Signal(str)
    note_clicked = Signal(str)
    renamed = Signal(str, str)
    menu_asked = Signal(str, QPoint)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setItemDelegate(_ResultDelegate(self))
        self.rows.renamed.connect(self.renamed)

    def rename(self, key: str) -> bool:
        """Begin to type another name; False for a row that is not in the list."""
        index = self.rows.index(max(self.rows.position(key), 0))
        if self.rows.position(key) < 0:
            return False
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.edit(index)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row, rect = self._hit(event.position().toPoint())
        if row is not None and event.button() is Qt.MouseButton.LeftButton:
            place = event.position().toPoint()
            if star_place(rect).contains(place):
                self.star_clicked.emit(row.key)
                return
            if row.note and note_place(rect).contains(place):
                self.note_clicked.emit(row.key)
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        row, rect = self._hit(place)
        if row is not None and self._title_place(rect).contains(place):
            self.rename(row.key)
        elif row is not None and star_place(rect).contains(place):
            self.star_clicked.emit(row.key)
        else:
            super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.current_key()
        # Of the editor, too, which has not been closed yet: that Enter was for the name.
        editing = self.state() is ResultView.State.EditingState
        if key and event.key() in _RETURN and not editing:
            self.rename(key)
        elif key and event.key() == Qt.Key.Key_Asterisk:
            self.star_clicked.emit(key)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place = self.visualRect(self.currentIndex()).center()
        row, _ = self._hit(place)
        if row is not None:
            self.menu_asked.emit(row.key, self.viewport().mapToGlobal(place))

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            row, rect = self._hit(event.pos())
            if row is not None and star_place(rect).contains(event.pos()):
                words = "No longer a star (*)" if row.star else "Star (*)"
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().viewportEvent(event)

    def _hit(self, place: QPoint) -> tuple[Row | None, QRect]:
        """The row at a place of the viewport, and its rectangle."""
        index = self.indexAt(place)
        if not index.isValid():
            return None, QRect()
        return self.rows.row(index), self.visualRect(index)

    def _title_place(self, rect: QRect) -> QRect:
        """The first line of a row with three lines, and a little around it."""
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        place = text_place(rect)
        place.setHeight(QFontMetrics(bold).height() + 4)
        return place
