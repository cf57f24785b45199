"""Draws a histogram, and that of another picture as an outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfgui.core.histogram import Counts
from mfgui.ui.theme import Theme

_MARGIN, _BELOW, _ABOVE = 12, 20, 6  # logical pixels
_FILL = 110  # of 255: what lies behind shows
_INKS = {
    "red": ("#c62828", "#ff7b7b"),
    "green": ("#1b7f3b", "#5ed58a"),
    "blue": ("#1f5fc4", "#6fa8ff"),
}
"""In the light and in the dark theme."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Counts to draw. `ink` is "luma", "red", "green" or "blue"; an outline is not filled."""

    counts: Counts = field(repr=False)
    ink: str
    outline: bool = False


class HistogramView(QWidget):
    """Bins from left to right; `hovered` carries the bin below the pointer, -1 outside.

    Peaks at both ends, of clipped pixels, do not decide the height of the others: they are cut
    off.
    """

    hovered = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shapes: tuple[Shape, ...] = ()
        self._ends = ("", "")
        self._log = False
        self._bin = -1
        self.setMinimumHeight(90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Histogram")

    def show_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_shapes(self, shapes: Sequence[Shape], *, ends: tuple[str, str], log: bool) -> None:
        """Draw these, all with as many bins; `ends` are the least and the largest value."""
        self._shapes, self._ends, self._log = tuple(shapes), ends, log
        self.update()

    @property
    def bins(self) -> int:
        return len(self._shapes[0].counts) if self._shapes else 0

    def bin_at(self, x: float) -> int:
        """The bin at a place of the widget, -1 beside all."""
        area = self._area()
        if not self.bins or not area.left() <= x < area.right():
            return -1
        return min(int((x - area.left()) / area.width() * self.bins), self.bins - 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(self._theme.plot))
            area = self._area()
            self._draw_frame(painter, area)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(area)
            top = self._top()
            for shape in self._shapes:
                self._draw_shape(painter, area, shape, top)
            if 0 <= self._bin < self.bins:
                x = area.left() + (self._bin + 0.5) * area.width() / self.bins
                painter.setPen(QPen(QColor(self._theme.text), 1.0))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.bin_at(event.position().x()))

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self._point_at(-1)

    def _point_at(self, bin_: int) -> None:
        if bin_ != self._bin:
            self._bin = bin_
            self.hovered.emit(bin_)
            self.update()

    def _area(self) -> QRectF:
        whole = QRectF(self.rect())
        return whole.adjusted(_MARGIN, _ABOVE, -_MARGIN, -_BELOW)

    def _top(self) -> float:
        """The height that fills the widget."""
        inner = [int(s.counts[1:-1].max(initial=0)) for s in self._shapes if len(s.counts) > 2]
        most = max([*inner, 1])
        return float(np.log1p(most)) if self._log else float(most)

    def _heights(self, counts: Counts, top: float) -> npt.NDArray[np.float64]:
        values = np.log1p(counts) if self._log else counts.astype(np.float64)
        return np.minimum(values / top, 1.02)

    def _draw_frame(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(QColor(self._theme.plot_grid), 1.0))
        for share in (0.25, 0.5, 0.75):
            x = round(area.left() + share * area.width()) + 0.5
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(QColor(self._theme.plot_axis), 1.0))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        below = QRectF(area.left(), area.bottom() + 2, area.width(), _BELOW - 2)
        for side, words in zip(
            (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), self._ends, strict=True
        ):
            painter.drawText(below, side | Qt.AlignmentFlag.AlignTop, words)

    def _draw_shape(self, painter: QPainter, area: QRectF, shape: Shape, top: float) -> None:
        heights, ink = self._heights(shape.counts, top), self._ink(shape.ink)
        outline = _edge(area, heights, stepped=not shape.outline)
        if not shape.outline:
            fill = QColor(ink)
            fill.setAlpha(_FILL)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            corners = [area.bottomLeft(), *outline, area.bottomRight()]
            painter.drawPolygon(QPolygonF(corners))
        pen = QPen(ink, 1.25 if shape.outline else 1.0)
        if shape.outline:
            pen.setDashPattern([3.0, 2.0])
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(outline))

    def _ink(self, name: str) -> QColor:
        inks = _INKS.get(name)
        return QColor(self._theme.text if inks is None else inks[self._theme.dark])


def _edge(area: QRectF, heights: npt.NDArray[np.float64], *, stepped: bool) -> list[QPointF]:
    """The upper edge of the bins, or a line through their middles; of more bins than pixels the
    highest of several counts."""
    several = max(1, int(np.ceil(len(heights) / max(area.width(), 1.0))))
    starts = np.arange(0, len(heights), several)
    tops = area.bottom() - np.maximum.reduceat(heights, starts) * area.height()
    borders = np.minimum(np.r_[starts, starts[-1] + several], len(heights))
    edges = area.left() + borders * (area.width() / len(heights))
    if stepped:
        places = zip(edges.repeat(2)[1:-1], tops.repeat(2), strict=True)
    else:
        places = zip((edges[:-1] + edges[1:]) / 2, tops, strict=True)
    return [QPointF(x, y) for x, y in places]
