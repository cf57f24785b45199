"""A box to choose a method from many: opened, it is a list in families that can be searched, and
in which methods can be ticked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from mfgui.app.finding import ranked
from mfgui.methods.registry import Family, Method
from mfgui.ui.fields import WheelGuard
from mfgui.ui.icons import TextButton
from mfgui.ui.method_list import MethodDelegate, MethodList, MethodModel
from mfgui.ui.search_popup import SearchPopup

_WIDTH = 440
_NOTE_LINES = 10
_FAMILIES = list(Family)


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
    def refused(self) -> Mapping[str, str]:
        """Why methods cannot be run on the open set, by name; those that can have none."""
        return self.popup.refused

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """Say in the list why methods cannot be run."""
        self.popup.refuse(reasons)

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


class MethodPopup(SearchPopup):
    """A search field, the methods, and what is to know of the one that is marked."""

    chosen = Signal(str)

    def __init__(self, box: MethodBox) -> None:
        rows = MethodList()
        self._listed = MethodModel(rows)
        rows.setModel(self._listed)
        super().__init__(box, rows, MethodDelegate(rows), width=_WIDTH, covers=True)
        self._box = box
        self.foot = QWidget(self)
        self.count = QLabel()
        self.clear_button = TextButton("close", "Untick all")
        self.run_button = TextButton("run", "Run ticked")
        self._lay_out()
        rows.clicked.connect(self._take)
        rows.ticked.connect(self._tick)
        self.clear_button.clicked.connect(lambda: box.tick(()))
        self.run_button.clicked.connect(self._on_run_clicked)
        if box.tickable:
            self.show_ticks()

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
        self._show_note(parts)
        self.field.setAccessibleDescription(f"{method.title}: {method.summary}")

    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(self._listed.methods[index.row()].name)

    @property
    def refused(self) -> Mapping[str, str]:
        return self._listed.refused

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """The list is drawn anew when it is opened."""
        self._listed.refused = dict(reasons)

    def show_ticks(self) -> None:
        """Show which methods are ticked, and how many."""
        count = len(self._box.ticked)
        self._listed.show_ticks({method.name for method in self._box.ticked})
        words = "Tick methods to run them together. Ctrl+Enter ticks the marked one."
        self.count.setText(f"{count} ticked" if count else words)
        for button in (self.clear_button, self.run_button):
            button.setVisible(count > 0)
        self.run_button.set_words(f"Run {count} ticked")

    def _tick(self, index: QModelIndex) -> None:
        if index.isValid() and self._box.tickable:
            self._box.toggle_tick(self._listed.methods[index.row()].name)

    def _on_run_clicked(self) -> None:
        self.hide()
        self._box.run_ticked.emit()

    def _lay_out(self) -> None:
        self.field.setAccessibleName("Search methods")
        self._keep_lines(_NOTE_LINES)
        self.column.addWidget(self.foot)
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
