"""Scrub bar: start, best and last image of a run."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from mfgui.core.result import Curve

STOPS = ("start", "best", "last")
_MARGIN = 40.0
_KNOB = 7.0


class ScrubBar(QSlider):
    """Three stops on a line; drag, click or arrow keys. `scrubbed` carries the stop's name."""

    scrubbed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, len(STOPS) - 1)
        self.setPageStep(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scrub between start, best and last")
        self.setToolTip("Drag or use the arrow keys to see the start, best and last image")
        self._captions = ["Start", "Best", "Last"]
        self._dragging = False
        self.valueChanged.connect(self._on_value_changed)

    @property
    def stop(self) -> str:
        """Name of the stop the knob is on."""
        return STOPS[self.value()]

    def show_curve(self, curve: Curve) -> None:
        """Name the stops after the iterations of `curve`."""
        last = curve.iterations
        self._captions = ["Start", f"Best · {curve.best}", f"Last · {last}"]
        self.setAccessibleDescription(
            f"start Q {curve.q[0]:.6f}, best Q {curve.q[curve.best]:.6f} "
            f"at iteration {curve.best}, last Q {curve.q[-1]:.6f} at iteration {last}"
        )
        self.update()

    def show_stop(self, stop: str) -> None:
        """Move the knob without saying so."""
        self.blockSignals(True)
        self.setValue(STOPS.index(stop))
        self.blockSignals(False)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 24 + QFontMetrics(self.font()).height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragging = True
            self.setValue(self._nearest(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self.setValue(self._nearest(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        palette = self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        accent = palette.color(QPalette.ColorRole.Highlight)
        if not self.isEnabled():
            accent = palette.color(QPalette.ColorRole.Mid)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            places = [self._place(n) for n in range(len(STOPS))]
            painter.setBrush(palette.color(QPalette.ColorRole.Mid))
            line = QRectF(places[0].x(), places[0].y() - 2, places[-1].x() - places[0].x(), 4)
            painter.drawRoundedRect(line, 2, 2)
            painter.setBrush(palette.color(QPalette.ColorRole.Dark))
            for place in places:
                painter.drawEllipse(place, 4.0, 4.0)
            painter.setBrush(accent)
            painter.drawEllipse(places[self.value()], _KNOB, _KNOB)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(palette.color(QPalette.ColorRole.Text))
                painter.drawEllipse(places[self.value()], _KNOB + 2.5, _KNOB + 2.5)
            self._draw_captions(painter, places, group)

    def _draw_captions(
        self, painter: QPainter, places: list[QPointF], group: QPalette.ColorGroup
    ) -> None:
        metrics = QFontMetrics(self.font())
        for number, (place, caption) in enumerate(zip(places, self._captions, strict=True)):
            chosen = number == self.value()
            role = QPalette.ColorRole.Text if chosen else QPalette.ColorRole.PlaceholderText
            painter.setPen(self.palette().color(group, role))
            width = metrics.horizontalAdvance(caption) + 4
            left = min(max(0.0, place.x() - width / 2), self.width() - width)
            box = QRectF(left, 22, width, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, caption)

    def _on_value_changed(self, value: int) -> None:
        self.update()
        self.scrubbed.emit(STOPS[value])

    def _place(self, number: int) -> QPointF:
        width = self.width() - 2 * _MARGIN
        return QPointF(_MARGIN + width * number / (len(STOPS) - 1), 11.0)

    def _nearest(self, position: QPointF) -> int:
        distances = [abs(self._place(n).x() - position.x()) for n in range(len(STOPS))]
        return distances.index(min(distances))
