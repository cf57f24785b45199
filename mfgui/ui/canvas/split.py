"""The split line of a pane: where it runs, and how a person moves and turns it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QWheelEvent

from mfgui.core.comparison import SplitLine

_ARM = 84.0  # logical pixels from the grip in the middle to those that turn
_GRIP, _TURNER = 11.0, 6.0  # radii
_TARGET = 13.0  # from the middle of a grip: at least 24 x 24 pixels take the pointer
_NEAR = 5.0  # from the line, where it takes the pointer itself
_INSET = 18.0  # of the grip from the border, so that it can always be had again
_UPRIGHT = 45.0  # degrees between the angles that hold the line
_HOLD = 3.0
_NOTCH, _TURN = 120, 5.0  # eighths of a degree of the wheel, and degrees of the line for them
_DARK, _LIGHT = QColor(20, 20, 20), QColor(255, 255, 255)


class Part(Enum):
    """What of the split line is below the pointer."""

    GRIP = "grip"  # moves it
    TURNER = "turner"
    LINE = "line"


@dataclass(frozen=True)
class PlacedLine:
    """A split line on a pane of a size; positions are in its logical pixels."""

    line: SplitLine
    size: QSizeF

    @property
    def point(self) -> QPointF:
        """The line's own point."""
        return QPointF(self.line.x * self.size.width(), self.line.y * self.size.height())

    @property
    def along(self) -> QPointF:
        """One pixel along the line; downwards when it is upright."""
        turn = math.radians(self.line.angle)
        return QPointF(-math.sin(turn), math.cos(turn))

    @property
    def across(self) -> QPointF:
        """One pixel straight to the second side."""
        turn = math.radians(self.line.angle)
        return QPointF(math.cos(turn), math.sin(turn))

    @property
    def grip(self) -> QPointF:
        """Where the round grip is: the line's point, held within the pane."""
        width, height = self.size.width(), self.size.height()
        x, y = self.point.x(), self.point.y()
        inset = min(_INSET, width / 2, height / 2)
        return QPointF(min(max(x, inset), width - inset), min(max(y, inset), height - inset))

    @property
    def turners(self) -> tuple[QPointF, QPointF]:
        """Where the small grips are that turn it."""
        arm = min(_ARM, 0.3 * min(self.size.width(), self.size.height()))
        return self.grip + self.along * arm, self.grip - self.along * arm

    def signed_distance(self, position: QPointF) -> float:
        """Pixels from the line, positive on the second side."""
        return QPointF.dotProduct(position - self.point, self.across)

    def side(self, position: QPointF) -> int:
        """0 on the first side, 1 on the second."""
        return int(self.signed_distance(position) >= 0.0)

    def part_at(self, position: QPointF) -> Part | None:
        """What of it takes the pointer here."""
        if _distance(position, self.grip) <= _TARGET:
            return Part.GRIP
        if any(_distance(position, turner) <= _TARGET for turner in self.turners):
            return Part.TURNER
        return Part.LINE if abs(self.signed_distance(position)) <= _NEAR else None

    def moved(self, position: QPointF) -> SplitLine:
        """Through this position, which is brought into the pane."""
        x = min(max(position.x() / self.size.width(), 0.0), 1.0)
        y = min(max(position.y() / self.size.height(), 0.0), 1.0)
        return replace(self.line, x=x, y=y)

    def turned(self, position: QPointF, *, by: QPointF) -> SplitLine:
        """As if the line were turned by hand, from position `by` to `position`."""
        before, after = by - self.grip, position - self.grip
        if before.isNull() or after.isNull():
            return self.line
        turn = math.atan2(after.y(), after.x()) - math.atan2(before.y(), before.x())
        return held(self.line.turned(math.degrees(turn)))

    def second_side(self) -> QPolygonF:
        """The part of the pane on the second side."""
        area = QPolygonF(QRectF(QPointF(), self.size))
        reach = self.size.width() + self.size.height()
        start, end = (self.point + self.along * reach * sign for sign in (1.0, -1.0))
        beyond = self.across * reach * 2
        return area.intersected(QPolygonF([start, end, end + beyond, start + beyond]))

    def ends(self) -> tuple[QPointF, QPointF]:
        """Two points of the line outside of the pane or on its border."""
        reach = self.size.width() + self.size.height()
        return self.point + self.along * reach, self.point - self.along * reach


def held(line: SplitLine) -> SplitLine:
    """Upright, level or diagonal, if it nearly is."""
    nearest = round(line.angle / _UPRIGHT) * _UPRIGHT
    return line.turned(nearest - line.angle) if abs(nearest - line.angle) <= _HOLD else line


class SplitHandle:
    """Turns input into split lines; the caller draws them.

    Parameters
    ----------
    placed : callable
        Reads the line where it is, None while there is none.
    changed : callable
        Called with every new line.
    """

    def __init__(
        self, placed: Callable[[], PlacedLine | None], changed: Callable[[SplitLine], None]
    ) -> None:
        self._placed = placed
        self._changed = changed
        self._part: Part | None = None
        self._start: PlacedLine | None = None
        self._from = QPointF()
        self._turned = 0

    @property
    def dragging(self) -> bool:
        return self._part is not None

    def part_at(self, position: QPointF, *, line: bool) -> Part | None:
        """What of the line would take a press here; the line itself only if `line`."""
        placed = self._placed()
        part = None if placed is None else placed.part_at(position)
        return None if part is Part.LINE and not line else part

    def press(self, position: QPointF, *, line: bool, turn: bool) -> bool:
        """Begin to drag the line, or with `turn` to turn it; returns whether it was hit."""
        part = self.part_at(position, line=line)
        if part is None:
            return False
        self._part = Part.TURNER if turn else part
        self._start, self._from = self._placed(), position
        return True

    def move(self, position: QPointF) -> bool:
        """Follow the pointer; returns whether the line is being dragged."""
        if self._part is None or self._start is None:
            return False
        if self._part is Part.TURNER:
            self._changed(self._start.turned(position, by=self._from))
        else:
            # What was taken stays below the pointer; a line that is longer than the pane is wide
            # would else jump to it with its grip.
            offset = self._start.point - self._from
            self._changed(self._start.moved(position + offset))
        return True

    def release(self) -> bool:
        """End the drag; returns whether there was one."""
        dragged, self._part, self._start = self.dragging, None, None
        return dragged

    def bring(self, position: QPointF) -> None:
        """Move the line to a position of the pane."""
        placed = self._placed()
        if placed is not None:
            self._changed(placed.moved(position))

    def turn(self, degrees: float) -> None:
        """Turn the line about its point."""
        placed = self._placed()
        if placed is not None:
            self._changed(placed.line.turned(degrees))

    def wheel(self, event: QWheelEvent) -> bool:
        """Turn the line with the wheel over a grip; returns whether it was there."""
        if self.part_at(event.position(), line=False) is None:
            return False
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta * self._turned < 0:
            self._turned = 0
        self._turned += delta
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches:
            self.turn(_TURN * notches)
        event.accept()
        return True


def draw_split(painter: QPainter, placed: PlacedLine, *, active: Part | None) -> None:
    """The line, white between two dark ones, and its grips; the `active` part stands out."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    start, end = placed.ends()
    for colour, width in ((_DARK, 3.0), (_LIGHT, 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(start, end)
    for turner in placed.turners:
        _draw_disc(painter, turner, _TURNER, stands_out=active is Part.TURNER)
    moves = active in (Part.GRIP, Part.LINE)
    _draw_disc(painter, placed.grip, _GRIP, stands_out=moves)
    _draw_arrows(painter, placed, _LIGHT if moves else _DARK)
    painter.restore()


def _draw_disc(painter: QPainter, middle: QPointF, radius: float, *, stands_out: bool) -> None:
    painter.setPen(QPen(_LIGHT if stands_out else _DARK, 1.5))
    painter.setBrush(_DARK if stands_out else _LIGHT)
    painter.drawEllipse(middle, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_arrows(painter: QPainter, placed: PlacedLine, ink: QColor) -> None:
    """Two heads that point across the line."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    for sign in (1.0, -1.0):
        tip = placed.grip + placed.across * (7.0 * sign)
        foot = placed.grip + placed.across * (2.5 * sign)
        half = placed.along * 4.0
        painter.drawPolygon(QPolygonF([tip, foot + half, foot - half]))


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
