"""Metrics dock: scores of the results, for the whole picture, the boundary band or the region."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.controller import Controller
from mfgui.app.metric_columns import DIRECTIONS
from mfgui.app.score_columns import AREAS
from mfgui.core.events import (
    Change,
    CompareChanged,
    MapPatched,
    PicturePatched,
    RegionChanged,
    ScoresChanged,
    ShownChanged,
)
from mfgui.core.score_table import Area, Better, Cell, Column, ScoreTable
from mfgui.files.score_tables import table_csv
from mfgui.ui.docks.figure_grid import MISSING, Figure, FigureGrid, Head, local_number
from mfgui.ui.docks.hint_page import pages_of
from mfgui.ui.icons import IconButton
from mfgui.ui.metric_popup import MetricPopup

_SETTLE_MS = 400
_SELECT_MS = 60  # so long after another result is shown: drawing the table takes some time


class MetricsPanel(QWidget):
    """A sortable table that is computed while it can be seen.

    `export_clicked`: the table should be written to a file.
    """

    export_clicked = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._table = ScoreTable((), ())
        self._order: list[int] = []  # rows of the table as they are shown
        self._sorted_by, self._falling = "local_q", True
        self.grid = FigureGrid("Scores of the results")
        self.area_box = QComboBox()
        self.metrics_button = IconButton("columns", "Choose metrics: the columns of the table")
        self.popup = MetricPopup(self.metrics_button)
        self.state = QLabel()
        self.copy_button = IconButton("copy", "Copy the table as CSV")
        self.export_button = IconButton("export", "Export table as CSV, JSON, Markdown or LaTeX")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(controller.scores.renew)
        self._selecting = QTimer(self)
        self._selecting.setSingleShot(True)
        self._selecting.setInterval(_SELECT_MS)
        self._selecting.timeout.connect(self._select_shown)
        self._lay_out()
        self.area_box.activated.connect(self._on_area_chosen)
        self.metrics_button.clicked.connect(self.choose_metrics)
        self.popup.chosen.connect(controller.scores.choose)
        self.grid.head_clicked.connect(self._on_head_clicked)
        self.grid.row_opened.connect(self._on_row_opened)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(self._on_menu_requested)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.csv()))
        self.export_button.clicked.connect(self.export_clicked)
        controller.notifier.connect(self._take)

    @property
    def area(self) -> Area:
        """Pixels whose scores are shown."""
        return Area(self.area_box.currentData())

    def csv(self) -> str:
        """What is shown, in the order in which it is shown."""
        rows = tuple(self._table.rows[number] for number in self._order)
        return table_csv(ScoreTable(self._table.columns, rows))

    def choose_metrics(self) -> None:
        """Open the list of metrics."""
        self.popup.tick(self._controller.scores.chosen)
        self.popup.open()

    def refresh(self) -> None:
        """Show what is known now."""
        scores = self._controller.scores
        self._name_areas()
        self._table = scores.table((self.area,))
        self._order = self._sorted()
        self._pages.setCurrentIndex(1 if self._table.rows else 0)
        columns = self._table.columns
        best = [self._table.best(column) for column in range(len(columns))]
        rows = [
            [
                Figure(self._table.rows[number].title, self._table.rows[number].title),
                *(
                    _figure(column, cell, strong=number in best[place])
                    for place, (column, cell) in enumerate(
                        zip(columns, self._table.rows[number].cells, strict=True)
                    )
                ),
            ]
            for number in self._order
        ]
        self.grid.show_figures([self._first_head(), *map(self._head, columns)], rows)
        self._select_shown()
        self._show_left()
        if scores.stale and not self._settle.isActive():
            self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._want()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()
        self._controller.scores.want(False, by="metrics")

    def _want(self) -> None:
        self._controller.scores.want(True, by="metrics", areas=(self.area,), metrics=True)
        self.refresh()

    def _take(self, change: Change) -> None:
        if not self.isVisible():
            return
        if isinstance(change, ScoresChanged):
            self.refresh()
        elif isinstance(change, MapPatched | PicturePatched):
            if self._settle.isActive():
                self._settle.start()  # anew: edits are still going on
        elif isinstance(change, RegionChanged | CompareChanged):
            self._name_areas()
        elif isinstance(change, ShownChanged):
            self._selecting.start()

    def _on_area_chosen(self, _index: int) -> None:
        self._want()

    def _on_head_clicked(self, column: int) -> None:
        """Order by a column, the best first; a second click turns the order round."""
        key = self._table.columns[column - 1].key if column else ""
        if key == self._sorted_by:
            self._falling = not self._falling
        else:
            self._sorted_by = key
            better = self._table.columns[column - 1].better if column else Better.LOWER
            self._falling = better in (Better.HIGHER, Better.NEITHER)
        self.refresh()

    def _on_row_opened(self, row: int) -> None:
        self._controller.view.show(self._table.rows[self._order[row]].key)

    def _on_menu_requested(self, place: QPoint) -> None:
        menu = self.make_menu()
        menu.popup(self.grid.viewport().mapToGlobal(place))

    def make_menu(self) -> QMenu:
        """What can be done with a row and with the table, for those who use the keyboard, too."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = self.grid.currentRow()
        show = menu.addAction("Show the result")
        show.setEnabled(0 <= row < len(self._order))
        show.triggered.connect(lambda: self._on_row_opened(row))
        menu.addAction("Choose metrics…", self.choose_metrics)
        menu.addAction("Copy the table", self.copy_button.click)
        menu.addAction("Export table…", self.export_button.click)
        order = menu.addMenu("Sort by")
        for column, name in enumerate(("Result", *(c.title for c in self._table.columns))):
            action = order.addAction(name)
            action.triggered.connect(lambda _on, column=column: self._on_head_clicked(column))
        return menu

    def _sorted(self) -> list[int]:
        """Numbers of the rows in their order; those without a value come last."""
        numbers = list(range(len(self._table.rows)))
        keys = [column.key for column in self._table.columns]
        if self._sorted_by not in keys:
            return numbers[::-1] if self._falling else numbers
        column = keys.index(self._sorted_by)
        values = self._table.values(column)
        sign = -1.0 if self._falling else 1.0
        by_size = self._table.columns[column].better is Better.ZERO

        def place(number: int) -> tuple[bool, float]:
            value = values[number]
            if value is None:
                return True, 0.0
            return False, sign * (abs(value) if by_size else value)

        return sorted(numbers, key=place)

    def _first_head(self) -> Head:
        mark = self._mark("")
        return Head(f"Result{mark}", "In the order of their numbers.", left=True, strong=bool(mark))

    def _head(self, column: Column) -> Head:
        mark = self._mark(column.key)
        name = f"{column.title} [{column.unit}]" if column.unit else column.title
        text = f"{name} {column.better.arrow}".rstrip()
        tip = " ".join(part for part in (column.explained, DIRECTIONS[column.better]) if part)
        return Head(f"{text}{mark}", tip, name, strong=bool(mark))

    def _mark(self, key: str) -> str:
        """The end of the head that the rows are ordered by; empty for the other ones."""
        if key != self._sorted_by:
            return ""
        return "  ▼" if self._falling else "  ▲"

    def _select_shown(self) -> None:
        shown = ":".join(self._controller.session.shown.split(":")[:2])
        keys = [self._table.rows[number].key for number in self._order]
        if shown in keys:
            self.grid.selectRow(keys.index(shown))
        else:
            self.grid.clearSelection()

    def _show_left(self) -> None:
        """How many values are being computed; the dock may be narrow."""
        left = sum(cell.coming for row in self._table.rows for cell in row.cells)
        words = f"Computing, {left} values left" if left else ""
        self.state.setText(f"{left} left…" if left else "")
        self.state.setToolTip(words)
        self.state.setAccessibleDescription(words)

    def _name_areas(self) -> None:
        """What can be chosen, with the width of the band and the size of the region."""
        band, region = self._controller.scores.band, self._controller.session.region
        names = {
            Area.WHOLE: AREAS[Area.WHOLE].capitalize(),
            Area.BAND: f"Boundary band, {band} px",
            Area.REGION: "Region"
            if region is None
            else f"Region, {region.width} × {region.height} px",
        }
        for place, area in enumerate(Area):
            self.area_box.setItemText(place, names[area])

    def _lay_out(self) -> None:
        for area in Area:
            self.area_box.addItem(AREAS[area].capitalize(), area.value)
        self.area_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.area_box.setAccessibleName("Pixels that are scored")
        self.area_box.setToolTip("Pixels that are scored")
        self.state.setObjectName("hint")
        self.state.setMinimumWidth(1)
        self.state.setAccessibleName("What is being computed")
        top = QHBoxLayout()
        top.setContentsMargins(12, 4, 8, 4)
        top.setSpacing(8)
        top.addWidget(self.area_box)
        top.addWidget(self.metrics_button)
        top.addWidget(self.state, 1)
        top.addWidget(self.copy_button)
        top.addWidget(self.export_button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.grid, 1)
        words = "Scores of the results appear here once a method has run."
        self._pages = pages_of(self, words, body)


def _figure(column: Column, cell: Cell, *, strong: bool) -> Figure:
    if cell.value is None:
        why = cell.note[:1].upper() + cell.note[1:]
        return Figure("…" if cell.coming else MISSING, why, dim=True)
    parts = [f"{cell.value!r}", cell.note]
    if cell.pixels is not None:
        parts.append(f"over {QLocale().toString(cell.pixels)} pixels")
    tip = ", ".join(part for part in parts if part)
    return Figure(local_number(cell.value, column.digits), tip, strong=strong)
