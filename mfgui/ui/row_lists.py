"""What all lists of rows that a delegate draws have in common."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from mfgui.ui.icons import icon_in

EYE_SIDE = 28
BOX_SIDE = 16
MARGIN = 8

Index = QModelIndex | QPersistentModelIndex


class RowList(QListView):
    """One row selected at a time, nothing edited in place, rows under the pointer lit up.

    Parameters
    ----------
    name : str
        What a screen reader calls the list.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


def small(font: QFont, *, weight: QFont.Weight | None = None) -> QFont:
    """The letters of details: a point smaller."""
    smaller = QFont(font)
    smaller.setPointSizeF(font.pointSizeF() - 1.0)
    if weight is not None:
        smaller.setWeight(weight)
    return smaller


def bright(colour: QColor) -> bool:
    """Whether black text reads better on it than white (relative luminance above 0.18)."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.18


def eye_place(row_rect: QRect) -> QRect:
    """Where the eye of a row is."""
    left = row_rect.right() - EYE_SIDE - MARGIN // 2 + 1
    return QRect(left, row_rect.center().y() - EYE_SIDE // 2, EYE_SIDE, EYE_SIDE)


def draw_eye(painter: QPainter, option: QStyleOptionViewItem, *, shown: bool) -> None:
    """The eye of what the canvas shows; under the pointer, the one to click."""
    icon_place = eye_place(option.rect).adjusted(5, 5, -5, -5)
    if shown:
        icon_in(option.palette, "eye").paint(painter, icon_place)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.setOpacity(0.5)
        icon_in(option.palette, "eye-off").paint(painter, icon_place)
        painter.setOpacity(1.0)


def draw_box(painter: QPainter, palette: QPalette, box: QRect, *, checked: bool) -> None:
    """A box that can be ticked."""
    painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1.25))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, 3, 3)
    if checked:
        icon_in(palette, "check").paint(painter, box.adjusted(1, 1, -1, -1))


def draw_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a row: selected, under the pointer, with the focus."""
    ground = option.rect.adjusted(2, 1, -2, -1)
    palette = option.palette
    painter.setPen(Qt.PenStyle.NoPen)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
        painter.drawRoundedRect(ground, 6, 6)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(palette.color(QPalette.ColorRole.Light))
        painter.drawRoundedRect(ground, 6, 6)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(palette.color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(QRectF(ground).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
