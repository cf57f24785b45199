"""The first column of a grid, which stays in sight while the others are scrolled."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QTableWidget


class PinnedNames(QTableView):
    """A second view of the grid it lies on, shown while that is scrolled to the right.

    Keys go to the grid. `head_clicked`: the head of the column was clicked; `row_opened` carries
    a row that was double-clicked.
    """

    head_clicked = Signal()
    row_opened = Signal(int)

    def __init__(self, grid: QTableWidget) -> None:
        super().__init__(grid)
        self._grid = grid
        self.setObjectName("pinnedNames")
        self.setAccessibleName(f"{grid.accessibleName()}: names")
        self.setModel(grid.model())
        self.setSelectionModel(grid.selectionModel())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(grid.verticalHeader().defaultSectionSize())
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().sectionClicked.connect(lambda _column: self.head_clicked.emit())
        self.doubleClicked.connect(lambda index: self.row_opened.emit(index.row()))
        self.verticalScrollBar().valueChanged.connect(grid.verticalScrollBar().setValue)
        grid.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        grid.horizontalScrollBar().valueChanged.connect(self.fit)
        self.hide()

    def fit(self) -> None:
        """Lie on the first column, if that is out of sight."""
        pinned = self._grid.horizontalScrollBar().value() > 0
        if pinned:
            for column in range(1, self._grid.columnCount()):
                self.setColumnHidden(column, True)
            viewport, header = self._grid.viewport(), self._grid.horizontalHeader()
            width = header.sectionSize(0)
            self.setColumnWidth(0, width)
            self.horizontalHeader().setFixedHeight(header.height())
            height = viewport.geometry().bottom() + 1
            self.setGeometry(QRect(viewport.x(), 0, width + 1, height))
            self.verticalScrollBar().setValue(self._grid.verticalScrollBar().value())
        self.setVisible(pinned)
