"""Mouse, wheel and touchpad: zoom, pan, step through sources."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QWheelEvent

from mfgui.ui.canvas.viewport import Viewport

_NOTCH = 120  # eighths of a degree


class Navigation:
    """Turns input events into viewports; positions are in device pixels.

    Parameters
    ----------
    viewport, look : callable
        Reads and sets the viewport of the pane.
    ratio : callable
        Device pixels per logical pixel.
    step : callable
        Called with -1 or 1 to show the previous or next source.
    size : callable
        Called with 1 or -1 for a larger or smaller brush.
    """

    def __init__(
        self,
        *,
        viewport: Callable[[], Viewport],
        look: Callable[[Viewport], None],
        ratio: Callable[[], float],
        step: Callable[[int], None],
        size: Callable[[int], None],
    ) -> None:
        self._viewport = viewport
        self._look = look
        self._ratio = ratio
        self._step = step
        self._size = size
        self._drag_from: QPointF | None = None
        self._drag_button = Qt.MouseButton.NoButton
        self._turned = 0
        self._pinched = 1.0

    @property
    def dragging(self) -> bool:
        return self._drag_from is not None

    def device(self, position: QPointF) -> tuple[float, float]:
        """Device position of a position in the widget."""
        ratio = self._ratio()
        return position.x() * ratio, position.y() * ratio

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Ctrl step through the sources, with Shift change the brush;
        two fingers pan."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            for _ in range(abs(notches := self._notches(event))):
                self._step(-1 if notches > 0 else 1)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            if notches := self._notches(event):
                self._size(notches)
        elif _is_touchpad(event):
            moved = event.pixelDelta()
            ratio = self._ratio()
            self._look(self._viewport().panned(moved.x() * ratio, moved.y() * ratio))
        elif notches := self._notches(event):
            self._look(self._viewport().stepped(notches, at=self.device(event.position())))
        event.accept()

    def press(self, position: QPointF, button: Qt.MouseButton) -> None:
        """Begin to drag the picture."""
        if not self.dragging:
            self._drag_from = position
            self._drag_button = button

    def move(self, position: QPointF) -> None:
        """Pan by what the pointer moved since the last event of the drag."""
        if self._drag_from is None:
            return
        moved = (position - self._drag_from) * self._ratio()
        self._drag_from = position
        self._look(self._viewport().panned(moved.x(), moved.y()))

    def release(self, button: Qt.MouseButton) -> bool:
        """End the drag of this button; returns whether there was one."""
        if not self.dragging or button != self._drag_button:
            return False
        self._drag_from = None
        return True

    def toggle(self, position: QPointF) -> None:
        """From fit to 100 % at a point of the widget, else to fit."""
        viewport = self._viewport()
        if viewport.fitted and viewport.scale != 1.0:
            self._look(viewport.zoomed(1.0, at=self.device(position)))
        else:
            self._look(Viewport.fit(viewport.image, screen=viewport.screen))

    def pinch(self, event: QNativeGestureEvent) -> bool:
        """Zoom with two fingers of a touchpad; returns whether it was that gesture."""
        kind = event.gestureType()
        if kind == Qt.NativeGestureType.BeginNativeGesture:
            self._pinched = self._viewport().scale
        elif kind == Qt.NativeGestureType.ZoomNativeGesture:
            # Counted apart from the scale on screen, or the snap at 100 % would hold small steps.
            self._pinched *= 1 + event.value()
            at = self.device(event.position())
            self._look(self._viewport().zoomed(self._pinched, at=at))
        else:
            return kind == Qt.NativeGestureType.EndNativeGesture
        return True

    def _notches(self, event: QWheelEvent) -> int:
        """Whole notches turned; fine wheels add up to them."""
        turn = event.angleDelta()
        delta = turn.y() or turn.x()
        if delta * self._turned < 0:
            self._turned = 0
        self._turned += delta
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        return notches


def _is_touchpad(event: QWheelEvent) -> bool:
    if event.pixelDelta().isNull() or event.type() != QEvent.Type.Wheel:
        return False
    fingers = event.device().type() == QInputDevice.DeviceType.TouchPad
    return fingers or event.phase() != Qt.ScrollPhase.NoScrollPhase
