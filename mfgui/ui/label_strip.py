"""The labels that a line passes, as a strip of named colours over its plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfgui.core.labels import UNASSIGNED
from mfgui.core.line_profile import Span
from mfgui.ui.canvas.overlays import Palette

STRIP_HEIGHT = 16
_LUMINANCE = (0.2126, 0.7152, 0.0722)


class LabelStrip(QWidget):
    """Spans in the colours of the overlay, with the number of the label where there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(STRIP_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Labels along the line")
        self._spans: tuple[Span, ...] = ()
        self._k = self._active = 1
        self.to_widget: Callable[[float], float] = lambda x: x
        """From pixels along the line to the widget."""
        self.limits: Callable[[], tuple[float, float]] = lambda: (0.0, float(self.width()))
        """What part of the widget belongs to the plot."""

    def show_spans(self, spans: Sequence[Span], *, k: int, active: int) -> None:
        """Show these labels of `k` sources; none without a map."""
        self._spans, self._k, self._active = tuple(spans), k, active
        self.setToolTip(_told(self._spans, k))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * 0.85)
            painter.setFont(font)
            low, high = self.limits()
            accent = self.palette().color(QPalette.ColorRole.Accent)
            palette = Palette.load(accent=accent.rgba())
            for span in self._spans:
                left, right = (
                    min(max(self.to_widget(x), low), high) for x in (span.start, span.end)
                )
                if right > left:
                    box = QRectF(left, 1, right - left, self.height() - 2)
                    self._draw_span(painter, box, span.label, palette)

    def _draw_span(self, painter: QPainter, box: QRectF, label: int, palette: Palette) -> None:
        colour = QColor(_colour(palette, label, self._k, self._active))
        painter.fillRect(box, colour)
        words = _word(label, self._k)
        if painter.fontMetrics().horizontalAdvance(words) + 4 <= box.width():
            painter.setPen(_readable(colour))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def _colour(palette: Palette, label: int, k: int, active: int) -> int:
    if 1 <= label <= k:
        return palette.colour(label, k=k, active=active)
    return palette.unassigned if label == UNASSIGNED else palette.ignore


def _word(label: int, k: int) -> str:
    if label == UNASSIGNED:
        return "–"
    return str(label) if label <= k else "×"


def _readable(colour: QColor) -> QColor:
    """Black or white, whichever stands out from a colour."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    light = sum(w * v**2.2 for w, v in zip(_LUMINANCE, parts, strict=True))
    return QColor("black" if light > 0.18 else "white")


def _told(spans: Sequence[Span], k: int) -> str:
    if not spans:
        return ""
    passed = sorted({span.label for span in spans if 1 <= span.label <= k})
    changes = len(spans) - 1
    words = "1 label change" if changes == 1 else f"{changes} label changes"
    return f"{words} along the line; labels {', '.join(map(str, passed))}" if passed else words
