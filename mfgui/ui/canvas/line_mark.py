"""The line of the profile over a picture."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from mfgui.core.session import Line
from mfgui.ui.canvas.viewport import Viewport

GRIP = 5.0  # radius in logical pixels
_LEAST_STRIP = 4.0  # narrower strips are not told from the line
_BLACK, _WHITE = QColor(0, 0, 0), QColor(255, 255, 255)


def draw_line(painter: QPainter, viewport: Viewport, line: Line, *, ratio: float) -> None:
    """Draw the line in white on black with a grip at each end: a disc where it starts, a ring
    where it ends. What it averages over is a dashed frame where there is room for one.

    Parameters
    ----------
    painter : QPainter
        In the logical pixels of the pane.
    ratio : float
        Device pixels per logical one.
    """
    start, end = _ends(viewport, line, ratio)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    strip = _strip(viewport, line, ratio)
    if strip is not None:
        _draw_strip(painter, strip)
    between = _between(start, end)
    for colour, width in ((_BLACK, 3.0), (_WHITE, 1.25)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(between)
        for grip in (start, end):
            painter.drawEllipse(grip, GRIP, GRIP)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_WHITE)
    painter.drawEllipse(start, GRIP - 1.5, GRIP - 1.5)
    painter.restore()


def _ends(viewport: Viewport, line: Line, ratio: float) -> tuple[QPointF, QPointF]:
    x0, y0 = viewport.to_screen(line.x0, line.y0)
    x1, y1 = viewport.to_screen(line.x1, line.y1)
    # A level or upright line on the border of two rows of the screen would be a grey one.
    if x0 == x1:
        x0 = x1 = math.floor(x0) + 0.5
    if y0 == y1:
        y0 = y1 = math.floor(y0) + 0.5
    return QPointF(x0, y0) / ratio, QPointF(x1, y1) / ratio


def _between(start: QPointF, end: QPointF) -> QLineF:
    """The line without what lies below its grips."""
    whole = QLineF(start, end)
    hidden = min(GRIP, whole.length() / 2) / whole.length() if whole.length() else 0.0
    return QLineF(whole.pointAt(hidden), whole.pointAt(1.0 - hidden))


def _strip(viewport: Viewport, line: Line, ratio: float) -> QPolygonF | None:
    """The corners of what is averaged over, None where that is hardly wider than the line."""
    start, end = _ends(viewport, line, ratio)
    width = line.width * viewport.scale / ratio
    length = QLineF(start, end).length()
    if line.width < 2 or width < _LEAST_STRIP or length == 0.0:
        return None
    along = end - start
    across = QPointF(-along.y(), along.x()) * (width / 2 / length)
    return QPolygonF([start + across, end + across, end - across, start - across])


def _draw_strip(painter: QPainter, strip: QPolygonF) -> None:
    pen = QPen(QColor(0, 0, 0, 170), 1.0)
    painter.setPen(pen)
    painter.drawPolygon(strip)
    pen.setColor(QColor(255, 255, 255, 200))
    pen.setDashPattern([4.0, 4.0])
    painter.setPen(pen)
    painter.drawPolygon(strip)
