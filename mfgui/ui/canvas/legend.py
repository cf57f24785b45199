"""What the colours of an overlay mean, in the lower left corner of a pane."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QLinearGradient, QPainter, QPen

from mfgui.core.heat import HeatKind, place_of
from mfgui.ui.canvas.overlay_painter import DIFFERENCE_COLOURS

_MARGIN, _PAD = 12, 8  # logical pixels
_BAR = (200, 10)
_KEY = 14
_BACK, _INK = QColor(20, 20, 20, 215), QColor("white")

TITLES = {HeatKind.LOCAL_Q: "Local Q", HeatKind.CONFIDENCE: "Confidence of the detector"}
_TICKS = {HeatKind.LOCAL_Q: (1.0, 0.98, 0.9, 0.5, 0.0), HeatKind.CONFIDENCE: (1.0, 0.5, 0.0)}


def draw_heat_bar(
    painter: QPainter, area: QRect, kind: HeatKind, ramp: Sequence[int], note: str = ""
) -> None:
    """The ramp of a heat map with its numbers; `note` says that it is not up to date."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    title = TITLES[kind] + (f" · {note}" if note else "")
    width = max(_BAR[0] + 2 * _PAD + 16, metrics.horizontalAdvance(title) + 2 * _PAD)
    box = _plate(painter, area, width, 2 * line + _BAR[1] + 2 * _PAD + 4)
    painter.drawText(QPointF(box.x() + _PAD, box.y() + _PAD + metrics.ascent()), title)
    bar = QRectF(box.x() + _PAD + 8, box.y() + _PAD + line + 2, *_BAR)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for number, colour in enumerate(ramp):
        gradient.setColorAt(number / (len(ramp) - 1), QColor.fromRgb(colour))
    painter.fillRect(bar, QBrush(gradient))
    below = bar.bottom() + 2 + metrics.ascent()
    for value in _TICKS[kind]:
        x = bar.x() + place_of(value, kind) * bar.width()
        painter.drawLine(QPointF(x, bar.bottom() - 3), QPointF(x, bar.bottom() + 1))
        words = f"{value:g}"
        painter.drawText(QPointF(x - metrics.horizontalAdvance(words) / 2, below), words)
    painter.restore()


def draw_difference_key(painter: QPainter, area: QRect, active: int) -> None:
    """Where two maps differ in the active label, and where in others."""
    lines = (Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.FDiagPattern, Qt.BrushStyle.DiagCrossPattern)
    words = (
        f"label {active} in this map only",
        f"label {active} in the other map only",
        "other labels differ",
    )
    draw_key(painter, area, list(zip(DIFFERENCE_COLOURS, lines, words, strict=True)))


def draw_key(
    painter: QPainter, area: QRect, entries: Sequence[tuple[int, Qt.BrushStyle, str]]
) -> None:
    """Swatches with words: colour as 0xffRRGGBB, the lines on it, what it means."""
    metrics = QFontMetricsF(painter.font())
    step = max(_KEY, metrics.height()) + 4
    widest = max(metrics.horizontalAdvance(words) for _, _, words in entries)
    box = _plate(painter, area, widest + _KEY + 3 * _PAD, step * len(entries) + 2 * _PAD - 4)
    for number, (colour, lines, words) in enumerate(entries):
        y = box.y() + _PAD + number * step
        swatch = QRectF(box.x() + _PAD, y, _KEY, _KEY)
        painter.fillRect(swatch, QColor.fromRgb(colour))
        painter.fillRect(swatch, QBrush(_INK, lines))
        place = QPointF(swatch.right() + _PAD, y + _KEY / 2 + metrics.capHeight() / 2)
        painter.drawText(place, words)
    painter.restore()


def _plate(painter: QPainter, area: QRect, width: float, height: float) -> QRectF:
    """Dark ground for the words, so that they are read on any picture."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(area.x() + _MARGIN, area.bottom() + 1 - _MARGIN - height, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_BACK)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QPen(_INK, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return box
