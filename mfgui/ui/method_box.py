"""A box to choose a method from many: opened, it is a list in families that can be searched, and
in which methods can be ticked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.finding import ranked
from mfgui.methods.registry import Family, Method
from mfgui.ui.fields import WheelGuard
from mfgui.ui.icons import TextButton
from mfgui.ui.method_list import MethodDelegate, MethodList, MethodModel
from mfgui.ui.row_lists import RowList

_WIDTH = 440
_MOST_HEIGHT = 640
_FAMILIES = list(Family)
_TO_LIST = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def family_order(methods: Sequence[Method]) -> list[Method]:
    """By family, within one as they come."""
    return sorted(methods, key=lambda method: _FAMILIES.index(method.family))


class MethodBox(QComboBox):
    """The chosen method; its popup is a `MethodPopup`.

    Up and down step through the methods while it is closed; letters open it and search.

    Parameters
    ----------
    tickable : bool
        Whether methods can be ticked in the list, to be run together. `ticks_changed` carries
        the names of those that are, in the order of the list; `run_ticked` asks for them.
    """

    ticks_changed = Signal(object)
    run_ticked = Signal()

    def __init__(
        self,
        name: str,
        methods: Sequence[Method],
        parent: QWidget | None = None,
        *,
        tickable: bool = False,
    ) -> None:
        super().__init__(parent)
        self.methods = family_order(methods)
        self.tickable = tickable
        self._ticked: frozenset[str] = frozenset()
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

    @property
    def ticked(self) -> tuple[Method, ...]:
        """In the order of the list."""
        return tuple(method for method in self.methods if method.name in self._ticked)

    def tick(self, names: Iterable[str]) -> None:
        """Tick these methods and no others; names of no method are left out."""
        known = {method.name for method in self.methods}
        ticked = known.intersection(names)
        if ticked != self._ticked:
            self._ticked = frozenset(ticked)
            self.popup.show_ticks()
            self.ticks_changed.emit(tuple(method.name for method in self.ticked))

    def toggle_tick(self, name: str) -> None:
        """Tick a method, or no longer."""
        self.tick(self._ticked ^ {name})

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


class MethodPopup(QFrame):
    """A search field, the methods, and what is to know of the one that is marked."""

    chosen = Signal(str)

    def __init__(self, box: MethodBox) -> None:
        super().__init__(box, Qt.WindowType.Popup)
        self._box = box
        self.field = QLineEdit()
        self.list = MethodList()
        self.note = QLabel()
        self.foot = QWidget(self)
        self.count = QLabel()
        self.clear_button = TextButton("close", "Untick all")
        self.run_button = TextButton("run", "Run ticked")
        self._listed = MethodModel(self)
        self.setObjectName("methodPopup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._choose)
        self.list.selectionModel().currentChanged.connect(self._describe)
        self.list.ticked.connect(self._toggle)
        self.clear_button.clicked.connect(lambda: box.tick(()))
        self.run_button.clicked.connect(self._on_run_clicked)
        if box.tickable:
            self.show_ticks()

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
            ticks = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            (self._toggle if ticks else self._choose)(self.list.currentIndex())
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
            self._listed.show_methods(fitting(text, methods), grouped=False)
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

    def show_ticks(self) -> None:
        """Show which methods are ticked, and how many."""
        count = len(self._box.ticked)
        self._listed.show_ticks({method.name for method in self._box.ticked})
        words = "Tick methods to run them together. Ctrl+Enter ticks the marked one."
        self.count.setText(f"{count} ticked" if count else words)
        for button in (self.clear_button, self.run_button):
            button.setVisible(count > 0)
        self.run_button.set_words(f"Run {count} ticked")

    def _toggle(self, index: QModelIndex) -> None:
        if index.isValid() and self._box.tickable:
            self._box.toggle_tick(self._listed.methods[index.row()].name)

    def _on_run_clicked(self) -> None:
        self.hide()
        self._box.run_ticked.emit()

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
        self.list.setItemDelegate(MethodDelegate(self.list))
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
        column.addWidget(self.foot)
        self.foot.setVisible(self._box.tickable)
        self._lay_out_foot()

    def _lay_out_foot(self) -> None:
        """How many are ticked, and what to do with them."""
        self.count.setObjectName("hint")
        row = QHBoxLayout(self.foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.count, 1)
        row.addWidget(self.clear_button)
        row.addWidget(self.run_button)


def fitting(typed: str, methods: Sequence[Method]) -> list[Method]:
    """The one of that name first, then titles and names that have the letters, then methods with
    all the words elsewhere."""
    found = [method for method, _ in ranked(typed, methods, lambda m: f"{m.title} {m.name}")]
    words = typed.casefold().split()
    for method in methods:
        text = f"{method.summary} {method.family} {method.reference}".casefold()
        if method not in found and all(word in text for word in words):
            found.append(method)
    return sorted(found, key=lambda method: [method.name] != words)
