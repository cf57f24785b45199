"""Which pictures are the columns of a figure, in which order and under which names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.figures import FigurePicture
from mfgui.ui.dialogs.figure_fields import ChoiceBox
from mfgui.ui.icons import IconButton

_KEY = Qt.ItemDataRole.UserRole
_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsUserCheckable
    | Qt.ItemFlag.ItemIsEditable
    | Qt.ItemFlag.ItemIsDragEnabled
)
_ROW = 28
_MOST_ROWS = 8


class PictureChoice(QWidget):
    """Ticks, order and names of the pictures, and the one that differences are taken to."""

    changed = Signal()
    notes_changed = Signal()

    def __init__(self, pictures: Sequence[FigurePicture], reference: str) -> None:
        super().__init__()
        self._known = {picture.key: picture for picture in pictures}
        self.list = QListWidget()
        self.list.setAccessibleName("Pictures of the figure")
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.list.setToolTip("Tick what becomes a column; drag to order; double click to rename")
        for picture in pictures:
            self.list.addItem(_item(picture))
        self.list.setCurrentRow(0)
        self.list.setFixedHeight(min(len(pictures), _MOST_ROWS) * _ROW + 8)
        self.up_button = IconButton("move-up", "Move up")
        self.down_button = IconButton("move-down", "Move down")
        entries = [(picture.key, picture.title) for picture in pictures]
        self.reference_box = ChoiceBox("Reference of the differences", entries)
        self.reference_box.show_value(reference)
        self._lay_out()
        self.list.itemChanged.connect(self._on_item_changed)
        self.list.model().rowsMoved.connect(lambda *_: self.changed.emit())
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.reference_box.activated.connect(lambda _: self.changed.emit())

    @property
    def reference(self) -> str:
        return str(self.reference_box.currentData() or "")

    def show_notes(self, notes: Mapping[str, str]) -> None:
        """What stands below the names."""
        before = dict(self._known)
        for key, note in notes.items():
            if key in self._known:
                self._known[key] = replace(self._known[key], note=note)
        if self._known != before:
            self.notes_changed.emit()

    def pictures(self, *, with_reference: bool) -> tuple[FigurePicture, ...]:
        """The ticked ones in their order, and the reference where it is needed."""
        found = []
        for row in range(self.list.count()):
            item = self.list.item(row)
            key, ticked = item.data(_KEY), item.checkState() is Qt.CheckState.Checked
            if ticked or (with_reference and key == self.reference):
                found.append(replace(self._known[key], title=item.text().strip(), column=ticked))
        return tuple(found)

    def all_pictures(self) -> tuple[FigurePicture, ...]:
        """Every one, as it is to be offered again."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(
            replace(
                self._known[item.data(_KEY)],
                title=item.text(),
                column=item.checkState() is Qt.CheckState.Checked,
            )
            for item in items
        )

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        place = self.reference_box.findData(item.data(_KEY))
        self.reference_box.setItemText(place, item.text())
        self.changed.emit()

    def _move(self, by: int) -> None:
        row = self.list.currentRow()
        if 0 <= row + by < self.list.count():
            item = self.list.takeItem(row)
            self.list.insertItem(row + by, item)
            self.list.setCurrentRow(row + by)
            self.changed.emit()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(4)
        for button in (self.up_button, self.down_button):
            side.addWidget(button)
        side.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.list, 1)
        row.addLayout(side)
        heading = QLabel("Pictures")
        heading.setObjectName("startCaption")
        heading.setBuddy(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addLayout(row)


def _item(picture: FigurePicture) -> QListWidgetItem:
    item = QListWidgetItem(picture.title)
    item.setData(_KEY, picture.key)
    item.setFlags(_FLAGS)
    state = Qt.CheckState.Checked if picture.column else Qt.CheckState.Unchecked
    item.setCheckState(state)
    return item
