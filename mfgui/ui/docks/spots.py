"""Spots dock: doubtful places, worst first; a click goes there, the box says it is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.controller import Controller
from mfgui.app.spots import SpotControl
from mfgui.core.bands import Spot, SpotKind
from mfgui.core.events import Change, MapChanged, SetClosed, SetOpened, SpotsChanged
from mfgui.ui.icons import IconButton, TextButton, icon_in
from mfgui.ui.row_lists import BOX_SIDE, Index, RowList, draw_box, draw_ground, small

ROW_HEIGHT = 40
KINDS = {
    SpotKind.LOW_Q: ("low-q", "Low Q"),
    SpotKind.SPECK: ("speck", "Speck"),
    SpotKind.HOLE: ("hole", "Hole"),
    SpotKind.DISPUTE: ("dispute", "Detectors differ"),
}
_MARGIN = 8
_ICON = 18
_BAR = QSize(44, 4)


class SpotModel(QAbstractListModel):
    """The spots, which of them are checked, and the one that is looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[Spot, bool]] = []
        self.current: int | None = None

    def show_spots(self, control: SpotControl) -> None:
        """Take over what has changed."""
        rows = [(spot, control.is_checked(spot)) for spot in control.spots]
        self.current = control.current
        if [spot for spot, _ in rows] == [spot for spot, _ in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, number: int) -> tuple[Spot, bool]:
        """A spot, and whether it is checked."""
        return self._rows[number]

    def words(self, number: int) -> str:
        """What a screen reader says of a row."""
        spot, checked = self._rows[number]
        state = "checked" if checked else "not checked"
        place = f"column {spot.x}, row {spot.y}"
        return f"{KINDS[spot.kind][1]}, {place}, doubt {100 * spot.score:.0f} %, {state}"

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return KINDS[self._rows[index.row()][0].kind][1]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.words(index.row())
        return None


class _SpotDelegate(QStyledItemDelegate):
    """Box, icon and word of the kind, place, and the score as a bar with its number."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(160, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, SpotModel)
        spot, checked = model.row(index.row())
        palette, place = option.palette, option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        draw_box(painter, palette, box_of(option.rect), checked=checked)
        icon, word = KINDS[spot.kind]
        left = box_of(option.rect).right() + 10
        mark = QRect(left, place.center().y() - _ICON // 2 + 1, _ICON, _ICON)
        icon_in(palette, icon).paint(painter, mark)
        ink = QPalette.ColorRole.PlaceholderText if checked else QPalette.ColorRole.Text
        score = QRect(place.right() - _BAR.width(), place.y(), _BAR.width(), place.height())
        text = QRect(mark.right() + 10, place.y(), score.left() - mark.right() - 18, ROW_HEIGHT)
        font = QFont(option.font)
        looked_at = index.row() == model.current
        font.setWeight(QFont.Weight.DemiBold if looked_at else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(palette.color(ink))
        upper = text.adjusted(0, 3, 0, -ROW_HEIGHT // 2)
        word = QFontMetrics(font).elidedText(word, Qt.TextElideMode.ElideRight, upper.width())
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, word)
        self._draw_small(painter, option, text, score, spot)
        painter.restore()

    @staticmethod
    def _draw_small(
        painter: QPainter, option: QStyleOptionViewItem, text: QRect, score: QRect, spot: Spot
    ) -> None:
        """Place and score, in the smaller letters of a second line."""
        font = small(option.font)
        painter.setFont(font)
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        lower = text.adjusted(0, ROW_HEIGHT // 2 - 2, 0, -3)
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, f"{spot.x}, {spot.y}")
        number = score.adjusted(0, 3, 0, -ROW_HEIGHT // 2)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(number, right, f"{100 * spot.score:.0f} %")
        bar = QRect(score.x(), score.y() + ROW_HEIGHT // 2 + 5, _BAR.width(), _BAR.height())
        painter.fillRect(bar, option.palette.color(QPalette.ColorRole.Mid))
        bar.setWidth(max(2, round(bar.width() * spot.score)))
        painter.fillRect(bar, option.palette.color(QPalette.ColorRole.Accent))


def box_of(row: QRect) -> QRect:
    """The check box in the rectangle of a row."""
    return QRect(row.x() + _MARGIN, row.center().y() - BOX_SIDE // 2 + 1, BOX_SIDE, BOX_SIDE)


class _SpotView(RowList):
    """`chosen` and `toggled` carry the number of a spot."""

    chosen = Signal(int)
    toggled = Signal(int)

    def __init__(self, model: SpotModel) -> None:
        super().__init__("Spots")
        self.setModel(model)
        self.setItemDelegate(_SpotDelegate(self))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        near = box_of(self.visualRect(index)).adjusted(-_MARGIN, -_MARGIN, 6, _MARGIN)
        signal = self.toggled if near.contains(event.position().toPoint()) else self.chosen
        signal.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() == Qt.Key.Key_Space:
            self.toggled.emit(index.row())
            return
        super().keyPressEvent(event)
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(index.row())


class SpotsPanel(QWidget):
    """Lists the spots of a controller and keeps in step with them.

    `left_changed` carries words for the title and the status bar; empty while nothing has been
    searched.
    """

    left_changed = Signal(str)

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._words = ""
        self.model = SpotModel(self)
        self.view = _SpotView(self.model)
        self.summary = QLabel()
        self.summary.setObjectName("hint")
        self.summary.setWordWrap(True)
        self.find_button = TextButton("search", "Find spots")
        self.previous_button = IconButton("previous", "Previous spot (Shift+N)")
        self.next_button = IconButton("next", "Next spot (N)")
        self.check_button = IconButton("check", "Spot checked (C)")
        self._lay_out()
        spots = controller.spots
        self.view.chosen.connect(spots.choose)
        self.view.toggled.connect(spots.toggle_checked)
        for button, action in (
            (self.find_button, spots.refresh),
            (self.previous_button, spots.previous),
            (self.next_button, spots.next),
            (self.check_button, spots.toggle_checked),
        ):
            button.clicked.connect(_without_arguments(action))
        controller.notifier.connect(self._take)
        self.show_spots()

    def show_spots(self) -> None:
        """Show the present state of the search."""
        spots = self._controller.spots
        self.model.show_spots(spots)
        if spots.current is not None:
            index = self.model.index(spots.current)
            if index != self.view.currentIndex():
                self.view.setCurrentIndex(index)
            self.view.scrollTo(index)
        there = self._controller.session.focus_map is not None
        self.summary.setText(self._summary() if there else "Detect or draw a focus map first.")
        self.find_button.setEnabled(there and not spots.busy)
        for button in (self.previous_button, self.next_button):
            button.setEnabled(there)
        self.check_button.setEnabled(spots.current is not None)
        words = left_words(spots)
        if words != self._words:
            self._words = words
            self.left_changed.emit(words)

    def _summary(self) -> str:
        spots = self._controller.spots
        if not spots.asked:
            return "Doubtful places of the map, worst first. N goes to the next one."
        if spots.busy and not spots.spots:
            return "Searching…"
        found = f"{spots.left} of {len(spots.spots)} left" if spots.spots else "No spots found"
        if spots.busy:
            return f"{found}, searching again…"
        return f"{found}, before the last edits" if spots.stale else found

    def _take(self, change: Change) -> None:
        if isinstance(change, SpotsChanged | MapChanged | SetOpened | SetClosed):
            self.show_spots()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 4, 8, 8)
        buttons.setSpacing(4)
        buttons.addWidget(self.find_button, 1)
        for button in (self.previous_button, self.next_button, self.check_button):
            buttons.addWidget(button)
        self.summary.setContentsMargins(12, 4, 12, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)


def left_words(spots: SpotControl) -> str:
    """How many are left, for title and status bar; empty before the first search."""
    if not spots.asked or (spots.busy and not spots.spots):
        return ""
    return "1 spot left" if spots.left == 1 else f"{spots.left} spots left"


def _without_arguments(action: Callable[[], None]) -> Callable[[], None]:
    """A slot that leaves out what Qt says of a click."""

    def slot() -> None:
        action()

    return slot
