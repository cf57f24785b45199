"""Locate dialog: the sources of a session that are missing or have changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.session_tasks import Finding, Place
from mfgui.ui.icons import TextButton

_COLUMNS = ("Source", "State", "Where it was")


class LocateDialog(QDialog):
    """Lists the sources; what is chosen is told, and `show_places` brings the answer."""

    located = Signal(int, object)
    """Index of a source, and the file chosen for it."""

    use_anyway = Signal(int)
    """Index of a source whose file has changed."""

    def __init__(self, session: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Locate sources")
        self.setModal(True)
        self.resize(720, 360)
        self._places: tuple[Place, ...] = ()
        self.lead = QLabel()
        self.lead.setWordWrap(True)
        self._session = session
        self.table = self._make_table()
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.locate_button = TextButton("search", "Locate…")
        self.anyway_button = TextButton("warning", "Use anyway")
        self.open_button = TextButton("open", "Open", primary=True)
        self.cancel_button = TextButton("close", "Cancel")
        self._lay_out()
        self.table.itemSelectionChanged.connect(self._show_choices)
        self.table.itemActivated.connect(lambda _item: self._on_locate_clicked())
        self.locate_button.clicked.connect(self._on_locate_clicked)
        self.anyway_button.clicked.connect(lambda: self.use_anyway.emit(self._current()))
        self.open_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)

    def show_places(self, places: Sequence[Place]) -> None:
        """Show what became of each source; the first one that is not found is chosen."""
        self._places = tuple(places)
        self.table.setRowCount(len(places))
        for row, place in enumerate(places):
            for column, text in enumerate((place.record.name, _state(place), _folder(place))):
                item = QTableWidgetItem(text)
                item.setToolTip(place.record.path if column == 2 else text)
                self.table.setItem(row, column, item)
        waiting = [row for row, place in enumerate(places) if not place.usable]
        number = len(waiting)
        if waiting:
            what = "One source is" if number == 1 else f"{number} sources are"
            self.lead.setText(
                f"{what} missing from “{self._session}”, or changed since it was saved. Locate "
                "one; others in the same folder are found with it."
            )
        else:
            self.lead.setText(f"All sources of “{self._session}” are found.")
        self.table.selectRow(waiting[0] if waiting else 0)
        self.open_button.setEnabled(not waiting)
        if not waiting:
            self.open_button.setFocus()
        self._show_choices()

    def _current(self) -> int:
        return max(0, self.table.currentRow())

    def _show_choices(self) -> None:
        if not self._places:
            return
        place = self._places[self._current()]
        changed = place.finding is Finding.CHANGED and not place.accepted
        self.locate_button.setEnabled(not place.usable)
        self.anyway_button.setEnabled(changed and place.fits)
        note = ""
        if changed and place.fits:
            note = "Its content has changed: map and results belong to the old content."
        elif changed:
            note = "This is another picture, of another size; it cannot be used."
        elif place.accepted:
            note = "Map and results belong to the old content of this file."
        self.note.setText(note)

    def _on_locate_clicked(self) -> None:
        index = self._current()
        place = self._places[index]
        if place.usable:
            return
        start = str(Path(place.record.path).parent) if place.record.path else ""
        chosen, _ = QFileDialog.getOpenFileName(self, f"Locate {place.record.name}", start)
        if chosen:
            self.located.emit(index, Path(chosen))

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_COLUMNS))
        table.setHorizontalHeaderLabels(list(_COLUMNS))
        table.setAccessibleName("Sources of the session")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(32)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(0, 200)
        return table

    def _lay_out(self) -> None:
        self.open_button.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.locate_button, self.anyway_button, self.cancel_button):
            button.setAutoDefault(False)
        buttons.addWidget(self.locate_button)
        buttons.addWidget(self.anyway_button)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.lead)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.note)
        layout.addLayout(buttons)


def _state(place: Place) -> str:
    return "changed, used anyway" if place.accepted else place.finding.value


def _folder(place: Place) -> str:
    """Where it was, as people read it."""
    path = place.path if place.path is not None and place.usable else Path(place.record.path)
    return str(path.parent) if str(path) else ""
