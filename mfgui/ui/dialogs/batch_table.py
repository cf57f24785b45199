"""The sets of a batch: what became of each, how long it took, its Q, and why it failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from mfgui.app.batch_desk import Row
from mfgui.app.batch_report import State
from mfgui.ui.icons import icon_in
from mfgui.ui.progress import clock_text

_HEADS = ("Set", "Method", "State", "Time", "Q", "Picture, or why there is none")
_WIDTHS = (200, 130, 170, 70, 90)
_ROW_HEIGHT = 26
_ICON = 14
_STATES = {
    State.WAITING: ("waiting", "To be made"),
    State.RUNNING: ("play", "Working"),
    State.DONE: ("check", "Done"),
    State.UNCHANGED: ("check", "Done before"),
    State.SKIPPED: ("next", "Skipped"),
    State.FAILED: ("error", "Failed"),
    State.STOPPED: ("stop", "Stopped"),
}
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SIDES = {3: _RIGHT, 4: _RIGHT}


class BatchTable(QTableWidget):
    """A row for each set and method."""

    def __init__(self) -> None:
        super().__init__(0, len(_HEADS))
        self.setAccessibleName("Sets")
        self.setHorizontalHeaderLabels(_HEADS)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(_ICON, _ICON))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(_LEFT)
        header.setStretchLastSection(True)
        for column, width in enumerate(_WIDTHS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(column, width)
            self.horizontalHeaderItem(column).setTextAlignment(_SIDES.get(column, _LEFT))
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        return self._rows

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these; only what has changed is drawn again."""
        before = self._rows
        self._rows = list(rows)
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            if number >= len(before) or before[number] != row:
                self._show(number, row)

    def picture_of(self, number: int) -> Path | None:
        """The picture of a row, where there is one."""
        row = self._rows[number]
        made = row.state in (State.DONE, State.UNCHANGED) and row.output
        return Path(row.output) if made else None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for number, row in enumerate(self._rows):
                self._show(number, row)

    def _show(self, number: int, row: Row) -> None:
        icon, state = _STATES[row.state]
        state = f"{state}: {row.stage}" if row.stage else state
        texts = (
            row.name,
            row.label,
            state,
            "" if row.seconds is None else _time_text(row.seconds),
            "" if row.q is None else f"{row.q:.6f}",
            row.error or Path(row.output).name,
        )
        for column, text in enumerate(texts):
            item = self.item(number, column)
            if item is None:
                item = QTableWidgetItem()
                item.setTextAlignment(_SIDES.get(column, _LEFT))
                self.setItem(number, column, item)
            item.setText(text)
            item.setToolTip(text)
            if column == 2:
                item.setIcon(icon_in(self.palette(), icon))


def _time_text(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else clock_text(seconds)
