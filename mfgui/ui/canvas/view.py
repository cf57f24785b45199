"""The canvas: a pane with mouse, touchpad and keys, and the readout of what is pointed at."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from mfgui.ui.canvas.holding import HeldKeys
from mfgui.ui.canvas.navigation import Navigation
from mfgui.ui.canvas.pane import Pane
from mfgui.ui.canvas.readout import read
from mfgui.ui.canvas.viewport import SharedView

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_FAR = 10


class Canvas(Pane):
    """A pane to look at with mouse and keys: zoom, pan, peek, read values."""

    hovered = Signal(object)
    """A `Readout` of the pixel below the pointer or crosshair, None beside the image."""

    source_step_requested = Signal(int)
    """-1 for the previous source, 1 for the next."""

    peek_requested = Signal(str)
    """ "source", "fused" or "reference": the receiver answers with `peek(key)`."""

    peek_ended = Signal()
    """The key was let go; the canvas shows again what it showed."""

    def __init__(self, parent: QWidget | None = None, *, shared: SharedView | None = None) -> None:
        super().__init__(parent, shared=shared)
        self._navigation = Navigation(
            viewport=lambda: self._viewport,
            look=self._look,
            ratio=self.devicePixelRatioF,
            step=self.source_step_requested.emit,
        )
        self._held = HeldKeys(self)
        self._held.changed.connect(self._on_held_changed)
        self._space_down = False
        self._pointer: QPointF | None = None
        self.content_changed.connect(self._report)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Canvas"))
        self._choose_cursor()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture:
            return self._navigation.pinch(cast(QNativeGestureEvent, event))
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._navigation.wheel(event)
        self._point_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._navigation.press(event))
        self._choose_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._navigation.move(event)
        if self._crosshair is not None:
            self._crosshair = None
            self.update()
        self._point_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._navigation.release(event))
        self._choose_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._navigation.toggle(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrow = _ARROWS.get(cast(Qt.Key, event.key()))
        if self._held.press(event):
            return
        if event.key() == Qt.Key.Key_Space:
            self._space_down = True
            self._choose_cursor()
        elif arrow is not None:
            far = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._move_crosshair(*arrow, by=_FAR if far else 1)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._held.release(event):
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_down = False
            self._choose_cursor()
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._held.release_all()
        self._space_down = False
        self._choose_cursor()
        self.update()

    def _on_held_changed(self, wanted: str | None) -> None:
        if wanted is not None:
            self.peek_requested.emit(wanted)
            return
        self.peek(None)
        self.peek_ended.emit()

    def _choose_cursor(self) -> None:
        shape = Qt.CursorShape.CrossCursor
        if self._navigation.dragging:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space_down:
            shape = Qt.CursorShape.OpenHandCursor
        if shape != self.cursor().shape():
            self.setCursor(shape)

    # Readout

    def _point_at(self, position: QPointF | None) -> None:
        self._pointer = position
        self._report()

    def _pixel(self) -> tuple[int, int] | None:
        """The image pixel that is pointed at, by crosshair or mouse."""
        if self._crosshair is not None or self._pointer is None:
            return self._crosshair
        return self._viewport.pixel_at(*self._navigation.device(self._pointer))

    def _report(self) -> None:
        pixel = self._pixel()
        layers = self._layers
        if pixel is None or not layers.pictures:
            self.hovered.emit(None)
            return
        labels = None if layers.map is None else layers.map.labels
        readout = read(
            pixel, shown=layers.visible, pictures=layers.pictures, labels=labels, frame=layers.size
        )
        self.hovered.emit(readout)

    def _move_crosshair(self, across: int, down: int, *, by: int) -> None:
        if not self._layers.pictures:
            return
        size = self._layers.size
        x, y = self._pixel() or self._viewport.pixel_at(*self._middle()) or (0, 0)
        x = min(max(x + across * by, 0), size.width - 1)
        y = min(max(y + down * by, 0), size.height - 1)
        self._crosshair = (x, y)
        self._look(self._viewport.revealing(x + 0.5, y + 0.5))
        self.setAccessibleDescription(self.tr("Column {0}, row {1}").format(x, y))
        self.update()
        self._report()
