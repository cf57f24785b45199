"""Figures of the present map, and of the whole list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from mfgui.core.statistics import MapStatistics
from mfgui.files.annotations import SetState
from mfgui.files.map_report import (
    SETS_HEAD,
    STATISTICS_HEAD,
    Table,
    csv_text,
    set_rows,
    statistics_rows,
)
from mfgui.files.worklists import Worklist
from mfgui.ui.dialogs.figure_table import FigureTable, shown
from mfgui.ui.docks.set_rows import spent
from mfgui.ui.icons import TextButton

_HEADS = ("", "Source", "Pixels", "Share", "Regions", "Boundary")
_LIST_HEADS = ("Set", "State", "Time", "Unassigned", "Annotator", "Note")
_EXPLAINED = (
    "Regions are connected by sides of pixels. The boundary is counted in sides of pixels between "
    "two labels; the edge of the picture is none."
)


class StatisticsDialog(QDialog):
    """What there is to count.

    Parameters
    ----------
    names, colours : sequence of str
        Of the sources.
    tools : mapping of str to float
        Seconds spent on this set with each tool; empty outside of a list.
    """

    def __init__(
        self,
        names: Sequence[str],
        colours: Sequence[str],
        *,
        worklist: Worklist | None = None,
        tools: Mapping[str, float] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Statistics of the focus map")
        self._names, self._colours = tuple(names), tuple(colours)
        self._rows: Table = []
        self._worklist = worklist
        self.summary = QLabel("Counting…")
        self.time = QLabel(time_words(tools or {}))
        self.labels = FigureTable("Figures of each label", wide=1)
        self.list_summary = QLabel()
        self.sets = FigureTable("Figures of each set", wide=5)
        self.tabs = QTabWidget()
        self.copy_button = TextButton("copy", "Copy as CSV")
        self.close_button = TextButton("close", "Close")
        self._lay_out()
        self.labels.show_rows(_HEADS, [])
        if worklist is not None:
            self._show_list(worklist)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.csv()))
        self.close_button.clicked.connect(self.accept)

    def show_statistics(self, found: MapStatistics) -> None:
        """Figures of the present map."""
        self._rows = statistics_rows(found, self._names)
        rows: Table = [
            [str(number) if number else "", *row[1:]]
            for number, row in enumerate(self._rows, start=1)
        ]
        for row in rows[len(self._names) :]:
            row[0] = ""
        self.labels.show_rows(_HEADS, rows, shares=(3,), colours=self._colours)
        self.summary.setText(
            f"{shown(found.regions)} regions, boundary {shown(found.boundary)} pixel sides, "
            f"{shown(found.unassigned.share, share=True)} unassigned"
        )

    def csv(self) -> str:
        """What is shown, to be pasted into a table."""
        if self.tabs.currentIndex() == 1 and self._worklist is not None:
            return csv_text([[*SETS_HEAD], *set_rows(self._worklist.sets)])
        return csv_text([[*STATISTICS_HEAD], *self._rows])

    def _show_list(self, worklist: Worklist) -> None:
        rows: Table = [
            [row[0], row[1], spent(entry.seconds), *row[3:]]
            for row, entry in zip(set_rows(worklist.sets), worklist.sets, strict=True)
        ]
        self.sets.show_rows(_LIST_HEADS, rows, shares=(3,))
        self.list_summary.setText(list_words(worklist))

    def _lay_out(self) -> None:
        explained = QLabel(_EXPLAINED)
        for label in (explained, self.time):
            label.setObjectName("hint")
            label.setWordWrap(True)
        self.time.setVisible(bool(self.time.text()))
        one, both = QWidget(), QWidget()
        for page, parts in (
            (one, (self.summary, self.time, self.labels, explained)),
            (both, (self.list_summary, self.sets)),
        ):
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 8, 0, 0)
            column.setSpacing(8)
            for part in parts:
                column.addWidget(part, 1 if isinstance(part, FigureTable) else 0)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(one, "This set")
        self.tabs.addTab(both, "List")
        self.tabs.setTabVisible(1, self._worklist is not None)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        self.copy_button.setAutoDefault(False)
        self.close_button.setDefault(True)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 16)
        column.setSpacing(12)
        column.addWidget(self.tabs, 1)
        column.addLayout(buttons)
        self.resize(760, 440)


def time_words(tools: Mapping[str, float]) -> str:
    """Time spent on a set, most of it first.

    >>> time_words({"inspect": 61.0, "smart-brush": 125.0})
    'Time 3:06: smart brush 2:05, inspect 1:01'
    """
    if not tools:
        return ""
    ordered = sorted(tools.items(), key=lambda item: -item[1])
    parts = ", ".join(f"{tool.replace('-', ' ')} {spent(time)}" for tool, time in ordered)
    return f"Time {spent(sum(tools.values()))}: {parts}"


def list_words(worklist: Worklist) -> str:
    """How far the list is, and how long it took."""
    counts = ((worklist.count(state), state.value) for state in SetState)
    parts = [f"{shown(count)} {word}" for count, word in counts if count]
    seconds = sum(entry.seconds for entry in worklist.sets)
    worked = sum(entry.seconds > 0 for entry in worklist.sets)
    if worked:
        parts.append(f"time {spent(seconds)}, {spent(seconds / worked)} for each set worked on")
    return f"{shown(len(worklist.sets))} sets: " + ", ".join(parts)
