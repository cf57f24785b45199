"""A table of names and figures that can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from mfgui.files.map_report import Cell

_SIDE = 14
_WIDEST = 280
MISSING = "–"


class FigureTable(QTableWidget):
    """Rows of figures; texts stand at the left, numbers at the right, None is a dash.

    Parameters
    ----------
    name : str
        For screen readers.
    wide : int
        The column that takes the room that is left.
    """

    def __init__(self, name: str, *, wide: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wide = wide
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMaximumSectionSize(_WIDEST)

    def show_rows(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        shares: Sequence[int] = (),
        colours: Sequence[str] = (),
    ) -> None:
        """Replace everything.

        Parameters
        ----------
        shares : sequence of int
            Columns of shares, shown in percent.
        colours : sequence of str
            Of the first column's swatches, row by row; may be shorter than the rows.
        """
        self.clear()
        self.setColumnCount(len(heads))
        self.setRowCount(len(rows))
        for column, head in enumerate(heads):
            item = QTableWidgetItem(head)
            figures = bool(rows) and not isinstance(rows[0][column], str)
            side = Qt.AlignmentFlag.AlignRight if figures else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                item = QTableWidgetItem(shown(cell, share=column in shares))
                if not isinstance(cell, str):
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                if column == 0 and number < len(colours) and colours[number]:
                    item.setIcon(_swatch(colours[number]))
                self.setItem(number, column, item)
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        for column in range(self.columnCount()):
            stretch = QHeaderView.ResizeMode.Stretch
            content = QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, stretch if column == self._wide else content)


def shown(cell: Cell, *, share: bool = False) -> str:
    """A figure as people read it, in their own way to write numbers.

    >>> shown(None), shown("far.png")
    ('–', 'far.png')
    """
    if cell is None:
        return MISSING
    if isinstance(cell, str):
        return cell
    locale = QLocale()
    if share:
        return f"{locale.toString(100.0 * cell, 'f', 2)} %"
    if isinstance(cell, int):
        return locale.toString(cell)
    return locale.toString(float(cell), "f", 4)


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(0, 0, _SIDE, _SIDE, 3, 3)
    return QIcon(pixmap)
