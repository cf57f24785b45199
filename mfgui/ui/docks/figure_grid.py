"""A grid of figures in a dock: the best ones bold, what is missing dimmed with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from mfgui.ui.docks.pinned_names import PinnedNames

MISSING = "–"
_ROW_HEIGHT = 26
_LEAST = 48
_WIDEST = 300
_STYLE = """
QTableWidget#dockGrid { border: none; border-radius: 0; }
#dockGrid::item, #pinnedNames::item { padding: 0 5px; }
#dockGrid QHeaderView::section { padding: 6px 5px; }
"""


@dataclass(frozen=True)
class Head:
    """The head of a column; `name` is what a screen reader says instead of its short `text`."""

    text: str
    tip: str = ""
    name: str = ""
    left: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Figure:
    """One cell: `strong` for the best one, `dim` for what is missing or beside the point."""

    text: str
    tip: str = ""
    strong: bool = False
    dim: bool = False


class FigureGrid(QTableWidget):
    """Rows of figures that are changed in place.

    Columns are as wide as what they hold; the first one, of names, gives way to the others and
    stays in sight when these are scrolled.

    `head_clicked` carries a column, `row_opened` a row that was double-clicked or entered.

    Parameters
    ----------
    name : str
        For screen readers.
    least : int
        Width that the first column keeps in any case.
    """

    head_clicked = Signal(int)
    row_opened = Signal(int)

    def __init__(self, name: str, *, least: int = 112, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heads: tuple[Head, ...] = ()
        self._least = least
        self.setAccessibleName(name)
        self.setObjectName("dockGrid")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(_STYLE)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(_LEAST)
        header.setMaximumSectionSize(_WIDEST)
        header.sectionClicked.connect(self.head_clicked)
        self.cellDoubleClicked.connect(lambda row, _column: self.row_opened.emit(row))
        self.names = PinnedNames(self)
        self.names.head_clicked.connect(lambda: self.head_clicked.emit(0))
        self.names.row_opened.connect(self.row_opened)

    def show_figures(self, heads: Sequence[Head], rows: Sequence[Sequence[Figure]]) -> None:
        """Show other figures; the selected row stays where it is."""
        if tuple(heads) != self._heads:
            self._show_heads(tuple(heads))
        if self.rowCount() != len(rows):
            self.setRowCount(len(rows))
        model = self.model()
        with QSignalBlocker(model):  # views that hear of every item take ten times as long
            for number, row in enumerate(rows):
                for column, figure in enumerate(row):
                    self._show_figure(number, column, figure)
        if rows and heads:
            last = model.index(len(rows) - 1, len(heads) - 1)
            model.dataChanged.emit(model.index(0, 0), last)
        self._fit_names()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_names()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentRow() >= 0:
            self.row_opened.emit(self.currentRow())
            return
        super().keyPressEvent(event)

    def _show_heads(self, heads: tuple[Head, ...]) -> None:
        self._heads = heads
        self.setColumnCount(len(heads))
        header = self.horizontalHeader()
        for column, head in enumerate(heads):
            item = QTableWidgetItem(head.text)
            item.setToolTip(f"<p>{head.tip}</p>" if head.tip else "")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, head.name or head.text)
            item.setTextAlignment(_side(left=head.left))
            font = QFont(self.font())
            font.setWeight(QFont.Weight.DemiBold if head.strong else QFont.Weight.Normal)
            item.setFont(font)
            self.setHorizontalHeaderItem(column, item)
            own, content = QHeaderView.ResizeMode.Fixed, QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, content if column else own)

    def _fit_names(self) -> None:
        if not self._heads:
            return
        header = self.horizontalHeader()
        content = max(self.sizeHintForColumn(0), header.sectionSizeHint(0))
        taken = sum(header.sectionSize(column) for column in range(1, self.columnCount()))
        room = max(self._least, self.viewport().width() - taken)
        header.resizeSection(0, min(content, room, _WIDEST))
        self.names.fit()

    def _show_figure(self, number: int, column: int, figure: Figure) -> None:
        item = self.item(number, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(_side(left=self._heads[column].left))
            self.setItem(number, column, item)
        if item.data(Qt.ItemDataRole.UserRole) == figure:
            return
        item.setData(Qt.ItemDataRole.UserRole, figure)
        item.setText(figure.text)
        item.setToolTip(f"<p>{escape(figure.tip)}</p>" if figure.tip else "")
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if figure.strong else QFont.Weight.Normal)
        item.setFont(font)
        role = QPalette.ColorRole.PlaceholderText if figure.dim else QPalette.ColorRole.Text
        item.setForeground(self.palette().color(role))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, self._words(column, figure))

    def _words(self, column: int, figure: Figure) -> str:
        head = self._heads[column]
        text = figure.tip if figure.dim and figure.tip else figure.text
        return f"{head.name or head.text}: {text}{', best' if figure.strong else ''}"

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)  # type: ignore[arg-type]
        if event.type().name in ("PaletteChange", "FontChange"):  # type: ignore[attr-defined]
            self._colour_again()

    def _colour_again(self) -> None:
        """The theme is another one."""
        for number in range(self.rowCount()):
            for column in range(self.columnCount()):
                item = self.item(number, column)
                figure = None if item is None else item.data(Qt.ItemDataRole.UserRole)
                if figure is not None:
                    item.setData(Qt.ItemDataRole.UserRole, None)
                    self._show_figure(number, column, figure)


def local_number(value: float, digits: int) -> str:
    """A value as the person's language writes it."""
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "-∞"
    return QLocale().toString(float(value), "f", digits)


def _side(*, left: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
