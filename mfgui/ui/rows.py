"""Lists with a picture in each row: sources and results."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, fields
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from mfgui.ui.icons import coloured, icon_in
from mfgui.ui.row_lists import (
    MARGIN,
    Index,
    RowList,
    bright,
    draw_eye,
    draw_ground,
    eye_place,
    small,
)
from mfgui.ui.thumbnails import filling

PICTURE = QSize(72, 52)
ROW_HEIGHT = 68
SMALL_PICTURE = QSize(48, 34)
LOW_ROW_HEIGHT = 42  # of rows in compact lists


@dataclass(frozen=True, eq=False)
class Row:
    """What one row says.

    Attributes
    ----------
    key : str
        Picture key of the canvas.
    badge, badge_colour
        Number on the label colour; empty for rows without a label.
    note, note_icon : str
        Something to know; shown as the icon, whose tool tip it is, and read aloud.
    star : bool or None
        Whether it is starred; None for rows that cannot be.
    brief : str
        In place of both details where rows are low; empty for the details in one line.
    name : str
        The part of the title that a person may change.
    shown : bool
        Whether the canvas shows this picture now.
    """

    key: str
    title: str
    detail: str
    extra: str = ""
    picture: QPixmap | None = None
    badge: str = ""
    badge_colour: str = ""
    note: str = ""
    note_icon: str = "info"
    star: bool | None = None
    brief: str = ""
    name: str = ""
    shown: bool = False

    def differs(self, other: Row) -> bool:
        """Whether it looks or sounds different; pictures are the same only if they are one."""
        if self.picture is not other.picture:
            return True
        names = [entry.name for entry in fields(self) if entry.name != "picture"]
        return any(getattr(self, name) != getattr(other, name) for name in names)

    @property
    def spoken(self) -> str:
        """Everything a screen reader says."""
        shown = "shown" if self.shown else ""
        badge = f"label {self.badge}" if self.badge else ""
        star = "starred" if self.star else ""
        parts = (badge, self.title, star, self.detail, self.extra, self.note, shown)
        return ", ".join(part for part in parts if part)


class RowModel(QAbstractListModel):
    """The rows of a list; `renamed` carries the key of a row and what a person has typed for
    its name."""

    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        return list(self._rows)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace all rows; those whose keys stay keep selection, place and an open editor."""
        wanted = [row.key for row in rows]
        self._remove_others(set(wanted))
        self._arrange(wanted)
        self._insert_missing(rows)
        before, self._rows = self._rows, list(rows)
        for place, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old.differs(new):  # only those are drawn again, which is most of a switch's time
                self.dataChanged.emit(self.index(place), self.index(place))

    def _remove_others(self, wanted: Set[str]) -> None:
        for place in reversed(range(len(self._rows))):
            if self._rows[place].key not in wanted:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._rows[place]
                self.endRemoveRows()

    def _insert_missing(self, rows: Sequence[Row]) -> None:
        """Insert those that are not there, neighbours together: views answer every insertion."""
        place = 0
        while place < len(rows):
            there = self._rows[place].key if place < len(self._rows) else ""
            end = next((n for n in range(place, len(rows)) if rows[n].key == there), len(rows))
            if end > place:
                self.beginInsertRows(QModelIndex(), place, end - 1)
                self._rows[place:place] = rows[place:end]
                self.endInsertRows()
            place = end + 1

    def _arrange(self, wanted: Sequence[str]) -> None:
        """Bring the rows that are there into the order of the wanted ones."""
        places = {key: place for place, key in enumerate(wanted)}
        arranged = sorted(self._rows, key=lambda row: places[row.key])
        if arranged == self._rows:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        keys = [self._rows[index.row()].key for index in before]
        self._rows = arranged
        self.changePersistentIndexList(before, [self.index(self.position(key)) for key in keys])
        self.layoutChanged.emit()

    def row(self, index: Index) -> Row:
        return self._rows[index.row()]

    def position(self, key: str) -> int:
        """Row number of `key`, -1 when there is none."""
        return next((n for n, row in enumerate(self._rows) if row.key == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.EditRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(p for p in (row.title, row.detail, row.extra, row.note) if p)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        can_be_named = index.isValid() and self._rows[index.row()].name
        return flags | Qt.ItemFlag.ItemIsEditable if can_be_named else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        row = self._rows[index.row()]
        if str(value) != row.name:
            self.renamed.emit(row.key, str(value))
        return True


class RowDelegate(QStyledItemDelegate):
    """Draws a row: picture with badge and star, up to three lines, eye and note.

    Attributes
    ----------
    compact : bool
        Rows are lower, with a smaller picture and two lines.
    """

    compact = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(PICTURE.width() + 120, LOW_ROW_HEIGHT if self.compact else ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, RowModel)
        row = model.row(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        place = _picture_place(option.rect)
        _draw_picture(painter, option, row, place)
        if row.badge:
            _draw_badge(painter, option.font, row, place.topLeft())
        _draw_lines(painter, option, row, text_place(option.rect, noted=bool(row.note)))
        draw_eye(painter, option, shown=row.shown)
        if row.star is not None:
            _draw_star(painter, option, on=row.star)
        if row.note:
            icon_in(option.palette, row.note_icon).paint(painter, _note_icon(option.rect))
        painter.restore()


def text_place(row_rect: QRect, *, noted: bool = False) -> QRect:
    """Where the lines of a row are: between its picture and its eye, or the note beside that in
    a low row."""
    picture = _picture_place(row_rect)
    right = (
        _note_icon(row_rect) if noted and _is_low(row_rect) else eye_place(row_rect)
    ).left() - 4
    return QRect(
        picture.right() + 10, picture.top(), right - picture.right() - 10, picture.height()
    )


def _is_low(row_rect: QRect) -> bool:
    return row_rect.height() < ROW_HEIGHT


def _picture_place(row_rect: QRect) -> QRect:
    size = SMALL_PICTURE if _is_low(row_rect) else PICTURE
    top = (row_rect.height() - size.height()) // 2
    return QRect(row_rect.topLeft() + QPoint(MARGIN, top), size)


def _draw_picture(painter: QPainter, option: QStyleOptionViewItem, row: Row, place: QRect) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    if row.picture is None:
        painter.setBrush(option.palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(place, 4, 4)
        return
    scale = painter.device().devicePixelRatioF()
    painter.drawPixmap(place.topLeft(), filling(row.picture, place.size(), scale=scale))


def _draw_badge(painter: QPainter, font: QFont, row: Row, corner: QPoint) -> None:
    colour = QColor(row.badge_colour)
    bold = small(font, weight=QFont.Weight.DemiBold)
    width = max(18, QFontMetrics(bold).horizontalAdvance(row.badge) + 10)
    place = QRectF(corner.x() - 3, corner.y() - 3, width, 18)
    painter.setPen(QColor("#ffffff"))
    painter.setBrush(colour)
    painter.drawRoundedRect(place, 5, 5)
    painter.setFont(bold)
    painter.setPen(QColor("#000000" if bright(colour) else "#ffffff"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, row.badge)


def _draw_lines(painter: QPainter, option: QStyleOptionViewItem, row: Row, place: QRect) -> None:
    palette = option.palette
    title_font = QFont(option.font)
    title_font.setWeight(QFont.Weight.DemiBold)
    dim_font = small(option.font)
    lines = [(row.title, title_font, QPalette.ColorRole.Text)]
    details = [text for text in (row.detail, row.extra) if text]
    if _is_low(option.rect):
        details = [row.brief or " · ".join(details)]
    lines += [(text, dim_font, QPalette.ColorRole.PlaceholderText) for text in details]
    heights = [QFontMetrics(font).height() for _, font, _ in lines]
    top = place.top() + max(0, place.height() - sum(heights)) // 2
    for (text, font, role), height in zip(lines, heights, strict=True):
        painter.setFont(font)
        painter.setPen(palette.color(role))
        line = QRect(place.left(), top, place.width(), height)
        elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, place.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, elided)
        top += height


def star_place(row_rect: QRect) -> QRect:
    """Where the star of a row is: on the corner of its picture."""
    corner = row_rect.topLeft() + QPoint(MARGIN + PICTURE.width() - 25, MARGIN + 1)
    return QRect(corner, QSize(24, 24))


def note_place(row_rect: QRect) -> QRect:
    """Where the icon of a row's note can be clicked."""
    eye = eye_place(row_rect)
    if _is_low(row_rect):
        return _note_icon(row_rect).adjusted(-4, -8, 4, 8)
    return QRect(eye.left(), row_rect.top() + 2, eye.width(), eye.top() - row_rect.top() + 2)


def _note_icon(row_rect: QRect) -> QRect:
    eye = eye_place(row_rect)
    if _is_low(row_rect):
        return QRect(eye.left() - 14, row_rect.center().y() - 6, 14, 14)
    return QRect(eye.left() + 7, row_rect.top() + 4, 14, 14)


def _draw_star(painter: QPainter, option: QStyleOptionViewItem, *, on: bool) -> None:
    """White on a dark disc, so that it is seen on any picture; without a star the outline of
    one, under the pointer."""
    if not on and not option.state & QStyle.StateFlag.State_MouseOver:
        return
    place = star_place(option.rect)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawEllipse(place.adjusted(2, 2, -2, -2))
    side = place.adjusted(5, 5, -5, -5)
    coloured("star-filled" if on else "star", "#ffffff", "#ffffff").paint(painter, side)


class RowView(RowList):
    """A list of rows. `chosen` when the person picks one, `eye_clicked` for its eye."""

    chosen = Signal(str)
    eye_clicked = Signal(str)
    delete_pressed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.rows = RowModel(self)
        self.setModel(self.rows)
        self._delegate = RowDelegate(self)
        self.setItemDelegate(self._delegate)

    def current_key(self) -> str:
        """Key of the selected row, or empty."""
        index = self.currentIndex()
        return self.rows.row(index).key if index.isValid() else ""

    def set_compact(self, on: bool) -> None:
        """Lower rows, for long lists."""
        if on != self._delegate.compact:
            self._delegate.compact = on
            self.scheduleDelayedItemsLayout()

    def show_rows(self, rows: Sequence[Row], *, current: str) -> None:
        """Show `rows` with the one of key `current` selected; nothing counts as chosen."""
        self.rows.show_rows(rows)
        position = self.rows.position(current)
        if position < 0:
            self.selectionModel().clear()
        elif self.currentIndex().row() != position:
            self.setCurrentIndex(self.rows.index(position))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid():
            key = self.rows.row(index).key
            if eye_place(self.visualRect(index)).contains(event.position().toPoint()):
                self.eye_clicked.emit(key)
                return
            super().mousePressEvent(event)
            self.chosen.emit(key)
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.current_key()
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and before:
            self.delete_pressed.emit(before)
            return
        super().keyPressEvent(event)
        picked = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if self.current_key() and (picked or self.current_key() != before):
            self.chosen.emit(self.current_key())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            if index.isValid() and eye_place(self.visualRect(index)).contains(event.pos()):
                QToolTip.showText(event.globalPos(), "Show in the canvas", self)
                return True
        return super().viewportEvent(event)
