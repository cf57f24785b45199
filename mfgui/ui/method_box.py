"""A box to choose a method from many: opened, it is a list in families that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.finding import ranked
from mfgui.methods.registry import Family, Method
from mfgui.ui.fields import WheelGuard
from mfgui.ui.row_lists import Index, RowList, draw_ground, small

_WIDTH = 440
_MOST_HEIGHT = 640
_HEAD = 26  # pixels of a family's name above its first method
_FAMILIES = list(Family)
_TO_LIST = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def family_order(methods: Sequence[Method]) -> list[Method]:
    """By family, within one as they come."""
    return sorted(methods, key=lambda method: _FAMILIES.index(method.family))


class MethodBox(QComboBox):
    """The chosen method; its popup is a `MethodPopup`.

    Up and down step through the methods while it is closed; letters open it and search.
    """

    def __init__(self, name: str, methods: Sequence[Method], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.methods = family_order(methods)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for row, method in enumerate(self.methods):
            self.addItem(method.title, method.name)
            self.setItemData(row, method.summary, Qt.ItemDataRole.ToolTipRole)
            spoken = f"{method.title}: {method.summary}"
            self.setItemData(row, spoken, Qt.ItemDataRole.AccessibleTextRole)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.installEventFilter(WheelGuard(self))
        self.popup = MethodPopup(self)
        self.popup.chosen.connect(self._on_chosen)

    @property
    def method(self) -> Method:
        return self.methods[self.currentIndex()]

    def choose(self, name: str) -> None:
        """Show the method called `name`; nothing changes when the box has none."""
        row = self.findData(name)
        if row >= 0:
            self.setCurrentIndex(row)

    def showPopup(self) -> None:
        self.popup.open()

    def hidePopup(self) -> None:
        self.popup.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().strip() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.popup.open(event.text())
        else:
            super().keyPressEvent(event)

    def _on_chosen(self, name: str) -> None:
        self.choose(name)
        self.setFocus(Qt.FocusReason.PopupFocusReason)


class _Listed(QAbstractListModel):
    """The methods that fit what was typed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.methods: list[Method] = []
        self.grouped = True

    def show_methods(self, methods: Sequence[Method], *, grouped: bool) -> None:
        self.beginResetModel()
        self.methods, self.grouped = list(methods), grouped
        self.endResetModel()

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
            return f"{method.title}, {method.family}: {method.summary}"
        return None


class _RowDelegate(QStyledItemDelegate):
    """Title, name on the command line, one-line description; a family's name above its first."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        model = index.model()
        assert isinstance(model, _Listed)
        lines = QFontMetrics(option.font).height() + QFontMetrics(small(option.font)).height()
        return QSize(200, lines + 14 + (_HEAD if model.begins_family(index.row()) else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Listed)
        method = model.methods[index.row()]
        dim = option.palette.color(QPalette.ColorRole.PlaceholderText)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QStyleOptionViewItem(option)
        if model.begins_family(index.row()):
            head = option.rect.adjusted(10, 0, -10, 0)
            head.setHeight(_HEAD)
            painter.setFont(small(option.font, weight=QFont.Weight.DemiBold))
            painter.setPen(dim)
            painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, str(method.family))
            row.rect = option.rect.adjusted(0, _HEAD, 0, 0)
        row.state &= ~QStyle.StateFlag.State_HasFocus
        draw_ground(painter, row)
        place = row.rect.adjusted(10, 6, -10, -6)
        painter.setPen(dim)
        painter.setFont(small(option.font))
        metrics = painter.fontMetrics()
        right = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        painter.drawText(place, right, method.name)
        elide = Qt.TextElideMode.ElideRight
        words = metrics.elidedText(method.summary, elide, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignBottom, words)
        title = QFont(option.font)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(place, Qt.AlignmentFlag.AlignTop, method.title)
        painter.restore()


class MethodPopup(QFrame):
    """A search field, the methods, and what is to know of the one that is marked."""

    chosen = Signal(str)

    def __init__(self, box: MethodBox) -> None:
        super().__init__(box, Qt.WindowType.Popup)
        self._box = box
        self.field = QLineEdit()
        self.list = RowList("Methods")
        self.note = QLabel()
        self._listed = _Listed(self)
        self.setObjectName("methodPopup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._choose)
        self.list.selectionModel().currentChanged.connect(self._describe)

    def open(self, typed: str = "") -> None:
        """Show it below the box with the chosen method marked, or what was typed so far."""
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

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.hide()
        elif key in _TO_LIST:
            self.list.keyPressEvent(event)
        else:
            return False
        return True

    def _search(self, text: str) -> None:
        methods = self._box.methods
        if text.strip():
            self._listed.show_methods(_fitting(text, methods), grouped=False)
            row = 0
        else:
            self._listed.show_methods(methods, grouped=True)
            row = self._box.currentIndex()
        self.list.setCurrentIndex(self._listed.index(row))
        if not self._listed.methods:
            self.note.setText("No method is called like that.")

    def _describe(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        method = self._listed.methods[index.row()]
        notes = method.notes
        parts = [] if notes is None else [
            notes.idea, f"<b>Good:</b> {notes.strengths}", f"<b>Bad:</b> {notes.failures}"
        ]  # fmt: skip
        parts += [f"<i>{method.reference}</i>"] * bool(method.reference)
        self.note.setText("".join(f"<p style='margin: 0 0 4px 0'>{part}</p>" for part in parts))
        self.field.setAccessibleDescription(f"{method.title}: {method.summary}")

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(self._listed.methods[index.row()].name)

    def _place(self) -> None:
        """Below the box, or above it where there is more room; inside the screen."""
        screen = self._box.screen().availableGeometry()
        self.resize(_WIDTH, min(_MOST_HEIGHT, screen.height() - 40))
        below = self._box.mapToGlobal(QPoint(0, self._box.height() + 2))
        x = min(max(below.x(), screen.left()), max(screen.left(), screen.right() - self.width()))
        y = below.y()
        if y + self.height() > screen.bottom():
            y = max(screen.top(), screen.bottom() - self.height())
        self.move(x, y)

    def _lay_out(self) -> None:
        self.field.setPlaceholderText("Search by name, author or word")
        self.field.setAccessibleName("Search methods")
        self.field.setClearButtonEnabled(True)
        self.list.setModel(self._listed)
        self.list.setItemDelegate(_RowDelegate(self.list))
        self.list.setUniformItemSizes(False)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(10 * self.note.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note.setContentsMargins(4, 0, 4, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self.note)


def _fitting(typed: str, methods: Sequence[Method]) -> list[Method]:
    """Titles and names that have the letters first, then methods with all the words elsewhere."""
    found = [method for method, _ in ranked(typed, methods, lambda m: f"{m.title} {m.name}")]
    words = typed.casefold().split()
    for method in methods:
        text = f"{method.summary} {method.family} {method.reference}".casefold()
        if method not in found and all(word in text for word in words):
            found.append(method)
    return found
