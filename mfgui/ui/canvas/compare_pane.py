"""A pane beside the canvas: to look at, to pan and zoom, and to choose by a click."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from mfgui.core.arrays import Rect
from mfgui.ui.canvas.layers import NO_SET
from mfgui.ui.canvas.outlined import STILL
from mfgui.ui.canvas.painting import Drawing, Shown
from mfgui.ui.canvas.shelf import Shelf
from mfgui.ui.canvas.viewer import Viewer
from mfgui.ui.canvas.viewport import SharedView

_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class ComparePane(Viewer):
    """Shows one picture of the shelf; the keyboard stays with the canvas."""

    pressed = Signal()
    """A mouse button went down here."""

    menu_requested = Signal(QPoint, int, int)
    """As that of the canvas: a place of the screen, and column and row of the image."""

    chosen = Signal()
    """The pane was clicked."""

    def __init__(
        self, parent: QWidget | None = None, *, shared: SharedView, shelf: Shelf | None = None
    ) -> None:
        super().__init__(parent, shared=shared, shelf=shelf)
        self._region: Rect | None = None
        self._pressed_at: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(0, 0)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_key(self, key: str) -> None:
        """Show a picture as soon as there is one of this key."""
        if key != self._layers.shown:
            self._layers.shown = key
            self._alternate = ""
            self.update()
            self.content_changed.emit()

    def set_region(self, region: Rect | None) -> None:
        """Draw the region of the session; None for none."""
        if region != self._region:
            self._region = region
            self.update()

    # Mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._navigation.wheel(event)
        self._point_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        if event.button() not in (_LEFT, _MIDDLE) or self._navigation.dragging:
            event.ignore()
            return
        self._pressed_at = event.position() if event.button() == _LEFT else None
        self._navigation.press(event.position(), event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed_at is not None:
            if (position - self._pressed_at).manhattanLength() <= STILL:
                return
            self._pressed_at = None
        if self._navigation.dragging:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._navigation.move(position)
        self._point_at(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._navigation.release(event.button()))
        self.setCursor(Qt.CursorShape.CrossCursor)
        clicked = self._pressed_at is not None and event.button() == _LEFT
        self._pressed_at = None
        if clicked:
            self.chosen.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        pixel = self._viewport.pixel_at(*self._navigation.device(QPointF(event.pos())))
        if pixel is not None and self._layers.pictures:
            self.menu_requested.emit(event.globalPos(), *pixel)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._region is None or self._layers.size == NO_SET:
            return
        metrics = QFontMetricsF(self.font())
        shown = Shown(region=self._region)
        with QPainter(self) as painter:
            Drawing(shown, self._viewport, self.devicePixelRatioF(), metrics).draw(painter)
