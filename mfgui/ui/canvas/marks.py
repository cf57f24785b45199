"""What is drawn over the composed image: crosshair and focus ring."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from mfgui.core.arrays import Rect
from mfgui.ui.canvas.viewport import Viewport

_ARM = 14.0  # logical pixels
_GAP = 4.0
_EDGE = 2.0  # that lines reach beyond their path


def draw_crosshair(
    painter: QPainter, viewport: Viewport, pixel: tuple[int, int], *, ratio: float
) -> None:
    """Mark an image pixel with four arms in white on black, and its outline when it is large."""
    x, y = viewport.to_screen(pixel[0], pixel[1])
    side = viewport.scale / ratio
    box = QRectF(x / ratio, y / ratio, side, side)
    centre = box.center()
    gap = max(_GAP, side / 2)
    painter.save()
    for colour, width in ((Qt.GlobalColor.black, 3.0), (Qt.GlobalColor.white, 1.0)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        if side > 2 * _GAP:
            painter.drawRect(box)
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            arm = QPointF(across, down)
            painter.drawLine(centre + arm * gap, centre + arm * (gap + _ARM))
    painter.restore()


def crosshair_area(viewport: Viewport, pixel: tuple[int, int], *, ratio: float) -> QRect:
    """The logical pixels that `draw_crosshair` may touch."""
    x, y = viewport.to_screen(pixel[0], pixel[1])
    side = viewport.scale / ratio
    reach = max(_GAP, side / 2) - side / 2 + _ARM + _EDGE
    box = QRectF(x / ratio, y / ratio, side, side)
    return box.adjusted(-reach, -reach, reach, reach).toAlignedRect()


def draw_ring(painter: QPainter, viewport: Viewport, rect: Rect, *, ratio: float) -> None:
    """A thin ring around an image rectangle, white between two black lines."""
    x, y = viewport.to_screen(rect.x, rect.y)
    right, bottom = viewport.to_screen(rect.right, rect.bottom)
    centre = QPointF((x + right) / 2 / ratio, (y + bottom) / 2 / ratio)
    # The ellipse through the corners, so that nothing of the place is covered.
    across, down = (max(side / ratio / 2**0.5, _ARM) + _GAP for side in (right - x, bottom - y))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 200), 3.5), (QColor("white"), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(centre, across, down)
    painter.restore()


def draw_focus_ring(painter: QPainter, area: QRect, accent: QColor) -> None:
    """A ring in the accent colour with a light or dark inner edge, visible on any picture."""
    inner = QColor("white") if accent.lightnessF() < 0.5 else QColor("black")
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, inset, width in ((accent, 0, 2), (inner, 2, 1)):
        # Rectangles, not strokes: exact at every device pixel ratio.
        outer = area.adjusted(inset, inset, -inset, -inset)
        for side in _frame_of(outer, width):
            painter.fillRect(side, colour)
    painter.restore()


def _frame_of(area: QRect, width: int) -> tuple[QRect, QRect, QRect, QRect]:
    right = area.x() + area.width() - width
    bottom = area.y() + area.height() - width
    return (
        QRect(area.x(), area.y(), area.width(), width),
        QRect(area.x(), bottom, area.width(), width),
        QRect(area.x(), area.y(), width, area.height()),
        QRect(right, area.y(), width, area.height()),
    )
