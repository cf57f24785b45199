"""What tools show over the picture: brush outline, area, path, region, size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QRegion

from mfgui.core.arrays import BoolMask, Rect
from mfgui.ui.canvas.viewport import Viewport
from mfgui.ui.tools.tool import Outline

_EDGE = 4.0  # logical pixels that lines reach beyond their path
_ARCS = 20
_WHOLE = 96  # rings up to this diameter are repaired as one rectangle
_DASH = 4.0
_BLACK, _WHITE = QColor(0, 0, 0), QColor(255, 255, 255)


@dataclass(frozen=True)
class Ring:
    """The brush: centre and diameter in image pixels, and the words beside it while it changes."""

    x: float
    y: float
    size: float
    colour: QColor
    words: str = ""


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that is drawn over the picture, in image coordinates."""

    ring: Ring | None = None
    outline: Outline | None = None
    colour: QColor = field(default_factory=lambda: QColor(_WHITE))
    region: Rect | None = None


class Drawing:
    """`Shown` in the coordinates of a widget: which pixels it touches, and how it is drawn."""

    def __init__(self, shown: Shown, viewport: Viewport, ratio: float, font: QFontMetricsF) -> None:
        self.viewport = viewport
        self._shown = shown
        self._at = _Place(viewport, ratio)
        self._font = font
        self._path = None if shown.outline is None else _path_of(shown.outline, self._at)
        self._words = QRectF()
        self.area = self._area()

    def draw(self, painter: QPainter) -> None:
        """Draw it on the composed picture."""
        shown = self._shown
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if shown.region is not None:
            _draw_dashed(painter, self._at.rect(shown.region))
        if self._path is not None:
            _draw_path(painter, self._path, shown.colour)
        if shown.ring is not None:
            self._draw_ring(painter, shown.ring)
        painter.restore()

    def _draw_ring(self, painter: QPainter, ring: Ring) -> None:
        """The label's colour on the edge itself, black and white outside of it."""
        centre, radius = self._at.point(ring.x, ring.y), self._at.length(ring.size) / 2
        for colour, beyond, width in (
            (_WHITE, 2.5, 1.25),
            (_BLACK, 1.25, 1.25),
            (ring.colour, 0.0, 1.75),
        ):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(centre, radius + beyond, radius + beyond)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, side in ((_BLACK, 1.9), (_WHITE, 1.1)):
            painter.setBrush(colour)
            painter.drawEllipse(centre, side, side)
        if ring.words:
            painter.setBrush(QColor(0, 0, 0, 190))
            painter.drawRoundedRect(self._words, 4, 4)
            painter.setPen(_WHITE)
            painter.drawText(self._words, Qt.AlignmentFlag.AlignCenter, ring.words)

    def _area(self) -> QRegion:
        region, shown = QRegion(), self._shown
        if shown.region is not None:
            region += _frame(self._at.rect(shown.region))
        if self._path is not None:
            region += _outwards(self._path.boundingRect())
        ring = shown.ring
        if ring is not None:
            centre, radius = self._at.point(ring.x, ring.y), self._at.length(ring.size) / 2
            region += _ring_area(centre, radius)
            if ring.words:
                self._words = self._words_at(centre, radius, ring.words)
                region += _outwards(self._words)
        return region

    def _words_at(self, centre: QPointF, radius: float, words: str) -> QRectF:
        """Below the ring and to its right, or as near to it as the widget has room."""
        width, height = self._font.horizontalAdvance(words) + 12, self._font.height() + 4
        screen = self._at.screen
        x = min(centre.x() + 0.7 * radius + 8, screen.width() - width - 8)
        y = min(centre.y() + 0.7 * radius + 8, screen.height() - height - 8)
        return QRectF(max(8.0, x), max(8.0, y), width, height)


class _Place:
    """From image to widget coordinates."""

    def __init__(self, viewport: Viewport, ratio: float) -> None:
        self.viewport = viewport
        self.ratio = ratio

    @property
    def screen(self) -> QRectF:
        size = self.viewport.screen
        return QRectF(0, 0, size.width / self.ratio, size.height / self.ratio)

    def point(self, x: float, y: float) -> QPointF:
        across, down = self.viewport.to_screen(x, y)
        return QPointF(across / self.ratio, down / self.ratio)

    def length(self, pixels: float) -> float:
        return pixels * self.viewport.scale / self.ratio

    def rect(self, rect: Rect) -> QRectF:
        return QRectF(self.point(rect.x, rect.y), self.point(rect.right, rect.bottom))

    def visible(self) -> Rect:
        """Image pixels that the widget shows, with some beyond."""
        x, y = self.viewport.to_image(0, 0)
        right, bottom = self.viewport.to_image(
            self.viewport.screen.width, self.viewport.screen.height
        )
        left, top = math.floor(x) - 2, math.floor(y) - 2
        return Rect(left, top, math.ceil(right) + 2 - left, math.ceil(bottom) + 2 - top)


def _path_of(outline: Outline, at: _Place) -> QPainterPath | None:
    path = QPainterPath()
    if outline.mask is not None and outline.rect is not None:
        _add_border(path, outline.mask, outline.rect, at)
    elif outline.rect is not None:
        path.addRect(at.rect(outline.rect))
    if outline.path:
        places = [at.point(x, y) for x, y in outline.path]
        path.addPolygon(QPolygonF([*places, places[0]] if outline.closed else places))
    return None if path.isEmpty() else path


def _add_border(path: QPainterPath, mask: BoolMask, rect: Rect, at: _Place) -> None:
    """The border between the pixels that are in a mask and those that are not."""
    seen = rect.intersected(at.visible())
    if seen.empty:
        return
    part = mask[seen.y - rect.y : seen.bottom - rect.y, seen.x - rect.x : seen.right - rect.x].view(
        np.uint8
    )
    # Screen pixels are enough where the picture is reduced; twice as many as image pixels show
    # on which side of a pixel the border runs.
    factor = 2.0 if at.viewport.scale >= 1.0 else max(at.viewport.scale, 1 / 64)
    width, height = (max(1, round(n * factor)) for n in (seen.width, seen.height))
    large = cv2.resize(part, (width, height), interpolation=cv2.INTER_NEAREST)
    found, _ = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for contour in found:
        places = contour[:, 0, :].astype(np.float64)
        places = (places + 1) // 2 if factor == 2.0 else (places + 0.5) / factor
        corners = [at.point(seen.x + x, seen.y + y) for x, y in places]
        path.addPolygon(QPolygonF([*corners, corners[0]]))


def _draw_path(painter: QPainter, path: QPainterPath, colour: QColor) -> None:
    """In the colour, between white and black: visible on any picture."""
    for ink, width in ((_BLACK, 4.5), (_WHITE, 3.0), (colour, 1.5)):
        painter.strokePath(path, QPen(ink, width, j=Qt.PenJoinStyle.RoundJoin))


def _draw_dashed(painter: QPainter, rect: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    pen = QPen(_BLACK, 1.0, j=Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.drawRect(rect)
    pen.setColor(_WHITE)
    pen.setDashPattern([_DASH, _DASH])
    painter.setPen(pen)
    painter.drawRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _outwards(rect: QRectF) -> QRect:
    return rect.adjusted(-_EDGE, -_EDGE, _EDGE, _EDGE).toAlignedRect()


def _frame(rect: QRectF) -> QRegion:
    return QRegion(_outwards(rect)) - QRegion(
        rect.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE).toAlignedRect()
    )


def _ring_area(centre: QPointF, radius: float) -> QRegion:
    """A small ring is one rectangle, a large one a chain of them, so that what lies within is
    left alone."""
    side = radius + _EDGE
    whole = QRectF(centre.x() - side, centre.y() - side, 2 * side, 2 * side)
    if 2 * radius <= _WHOLE:
        return QRegion(whole.toAlignedRect())
    x, y = centre.x(), centre.y()
    region = QRegion(QRectF(x - 3, y - 3, 6, 6).toAlignedRect())
    for left, top, right, bottom in _ARC_BOXES:
        box = QRectF(
            QPointF(x + left * radius, y + top * radius),
            QPointF(x + right * radius, y + bottom * radius),
        )
        region += _outwards(box)
    return region


def _arc_boxes() -> tuple[tuple[float, float, float, float], ...]:
    """Boxes of equal arcs of the unit circle; arcs end at the multiples of 90 degrees, so that
    each lies in the box of its ends."""
    angles = [2 * math.pi * n / _ARCS for n in range(_ARCS + 1)]
    ends = pairwise([(math.cos(angle), math.sin(angle)) for angle in angles])
    return tuple(
        (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)) for (x1, y1), (x2, y2) in ends
    )


_ARC_BOXES = _arc_boxes()
