"""Rows of the Sets dock: state, name and word of each set of a list."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mfgui.files.annotations import SetState
from mfgui.files.worklists import WorkSet
from mfgui.ui.icons import icon_in
from mfgui.ui.row_lists import Index, RowList, draw_ground, small

ROW_HEIGHT = 30
_MARGIN = 10
_ICON = 16
ICONS = {
    SetState.NEW: "set-new",
    SetState.IN_PROGRESS: "set-in-progress",
    SetState.DONE: "set-done",
    SetState.FLAGGED: "set-flagged",
}


def word(state: SetState) -> str:
    """The state as a heading: with a capital."""
    return state.value.capitalize()


def spent(seconds: float) -> str:
    """Minutes and seconds.

    >>> spent(725.4)
    '12:05'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class SetModel(QAbstractListModel):
    """The sets that pass the filter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sets: tuple[WorkSet, ...] = ()
        self._shown: list[int] = []
        self._words = ""
        self._state: SetState | None = None
        self.open: int | None = None

    def show_sets(self, sets: tuple[WorkSet, ...], *, open_set: int | None) -> None:
        """Take over what has changed; the rows stay where the same sets pass the filter."""
        self.open = open_set
        shown = self._passing(sets)
        if shown == self._shown and len(sets) == len(self._sets):
            self._sets = sets
            if shown:
                self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))
            return
        self.beginResetModel()
        self._sets, self._shown = sets, shown
        self.endResetModel()

    def filter_by(self, words: str, state: SetState | None) -> None:
        """Only sets whose names hold `words`, in this state (None for any)."""
        self._words, self._state = words.casefold(), state
        self.beginResetModel()
        self._shown = self._passing(self._sets)
        self.endResetModel()

    def place(self, row: int) -> int:
        """Place in the whole list of what stands in a row."""
        return self._shown[row]

    def row_of(self, place: int | None) -> int:
        """Row of the set at a place of the list, -1 when it is not shown."""
        return self._shown.index(place) if place in self._shown else -1

    def entry(self, index: Index) -> WorkSet:
        return self._sets[self._shown[index.row()]]

    def is_open(self, index: Index) -> bool:
        return self._shown[index.row()] == self.open

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.entry(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = [entry.name, entry.state.value, "open" if self.is_open(index) else ""]
            return ", ".join(part for part in parts if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(_facts(entry))
        return None

    def _passing(self, sets: tuple[WorkSet, ...]) -> list[int]:
        state, words = self._state, self._words
        return [
            place
            for place, entry in enumerate(sets)
            if (state is None or entry.state is state) and words in entry.name.casefold()
        ]


class SetDelegate(QStyledItemDelegate):
    """Icon of the state, name, word of the state."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(160, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, SetModel)
        entry, palette = model.entry(index), option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        place = option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        mark = QRect(place.left(), place.center().y() - _ICON // 2 + 1, _ICON, _ICON)
        icon_in(palette, ICONS[entry.state]).paint(painter, mark)
        place.setLeft(mark.right() + 8)
        dim = small(option.font)
        painter.setFont(dim)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(place, side, entry.state.value)
        place.setRight(place.right() - QFontMetrics(dim).horizontalAdvance(entry.state.value) - 8)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold if model.is_open(index) else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        elide = Qt.TextElideMode.ElideMiddle
        name = QFontMetrics(font).elidedText(entry.name, elide, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()


class SetView(RowList):
    """`opened` carries the place of a set in the whole list."""

    opened = Signal(int)

    def __init__(self, model: SetModel) -> None:
        super().__init__("Sets")
        self._sets = model
        self.setModel(model)
        self.setItemDelegate(SetDelegate(self))
        self.doubleClicked.connect(lambda index: self.opened.emit(model.place(index.row())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        picked = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if picked and self.currentIndex().isValid():
            self.opened.emit(self._sets.place(self.currentIndex().row()))
            return
        super().keyPressEvent(event)


def _facts(entry: WorkSet) -> list[str]:
    """What the tool tip of a set says."""
    facts = [entry.name, entry.state.value]
    if entry.seconds:
        facts.append(f"{spent(entry.seconds)} spent")
    if entry.unassigned is not None:
        facts.append(f"{100 * entry.unassigned:.1f} % unassigned")
    return [*facts, *(text for text in (entry.annotator, entry.note) if text)]
