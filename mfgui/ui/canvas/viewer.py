"""A pane to look at: readout of what is pointed at, crosshair, peeking, zoom and pan."""

from __future__ import annotations

import math
from typing import cast

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QNativeGestureEvent
from PySide6.QtWidgets import QWidget

from mfgui.core.arrays import Rect
from mfgui.ui.canvas.holding import HeldKeys
from mfgui.ui.canvas.navigation import Navigation
from mfgui.ui.canvas.pane import Pane
from mfgui.ui.canvas.readout import read
from mfgui.ui.canvas.shelf import Shelf
from mfgui.ui.canvas.viewport import LARGEST_SCALE, SharedView, View


class Viewer(Pane):
    """What the canvas is without a tool."""

    hovered = Signal(object)
    """A `Readout` of the pixel below the pointer or crosshair, None beside the image."""

    source_step_requested = Signal(int)
    """-1 for the previous source, 1 for the next."""

    size_step_requested = Signal(int)
    """1 for a larger brush, -1 for a smaller one."""

    peek_requested = Signal(str)
    """ "source", "fused" or "reference": the receiver answers with `peek(key)`."""

    peek_ended = Signal()
    """The key was let go; the canvas shows again what it showed."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        shared: SharedView | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(parent, shared=shared, shelf=shelf)
        self._navigation = Navigation(
            viewport=lambda: self._viewport,
            look=self._look,
            ratio=self.devicePixelRatioF,
            step=self.source_step_requested.emit,
            size=self.size_step_requested.emit,
        )
        self._held = HeldKeys(self)
        self._held.changed.connect(self._on_held_changed)
        self._space_down = False
        self._pointer: QPointF | None = None
        self._told = False  # something is said of a pixel
        self.content_changed.connect(self.report)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Canvas"))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture:
            return self._navigation.pinch(cast(QNativeGestureEvent, event))
        return super().event(event)

    def zoom_at(self, x: float, y: float) -> None:
        """100 %, or twice as near where it is that near already, with an image point in the
        middle."""
        scale = 1.0 if self._viewport.scale < 1.0 else 2 * self._viewport.scale
        self._shared.set(View(min(scale, LARGEST_SCALE), x + 0.5, y + 0.5, fitted=False))

    def _on_held_changed(self, wanted: str | None) -> None:
        if wanted is not None:
            self.peek_requested.emit(wanted)
            return
        self.peek(None)
        self.peek_ended.emit()

    # Places

    def _image_point(self, position: QPointF) -> tuple[float, float]:
        return self._viewport.to_image(*self._navigation.device(position))

    @property
    def visible_rect(self) -> Rect:
        """The part of the picture that is on the screen."""
        viewport = self._viewport
        x, y = (math.floor(v) for v in viewport.to_image(0, 0))
        right, bottom = (
            math.ceil(v) for v in viewport.to_image(viewport.screen.width, viewport.screen.height)
        )
        size = self._layers.size
        shown = Rect(x, y, right - x, bottom - y)
        return shown.intersected(Rect(0, 0, size.width, size.height))

    @property
    def marked_pixel(self) -> tuple[int, int] | None:
        """Column and row at the crosshair, else at the pointer, else in the middle of the view."""
        if (pixel := self._pixel()) is not None:
            return pixel
        shown = self.visible_rect
        return None if shown.empty else (shown.x + shown.width // 2, shown.y + shown.height // 2)

    def _mark_position(self) -> QPointF:
        """Where crosshair or pointer is, in logical pixels."""
        if self._crosshair is None:
            return self._pointer if self._pointer is not None else QPointF(self.rect().center())
        x, y = self._viewport.to_screen(self._crosshair[0] + 0.5, self._crosshair[1] + 0.5)
        ratio = self.devicePixelRatioF()
        return QPointF(x / ratio, y / ratio)

    def _point_at(self, position: QPointF | None) -> None:
        self._pointer = position
        self.report()

    def forget_pointer(self) -> None:
        """The pane lies elsewhere: what was below the pointer is not any more."""
        if self._pointer is not None:
            self._point_at(None)

    def _pixel(self) -> tuple[int, int] | None:
        """The image pixel that is pointed at, by crosshair or mouse."""
        if self._crosshair is not None or self._pointer is None:
            return self._crosshair
        return self._viewport.pixel_at(*self._navigation.device(self._pointer))

    def report(self) -> None:
        """Tell again what is pointed at."""
        pixel = self._pixel()
        layers = self._layers
        if pixel is None or not layers.pictures:
            if self._told:
                self._told = False
                self.hovered.emit(None)
            return
        labels = None if layers.map is None else layers.map.labels
        shown = self._drawn_at(self._mark_position())
        readout = read(
            pixel, shown=shown, pictures=layers.pictures, labels=labels, frame=layers.size
        )
        self._told = True
        self.hovered.emit(readout)

    # The crosshair

    def _show_crosshair(self) -> tuple[int, int]:
        """Where the pointer is, else in the middle, if it does not show yet."""
        if self._crosshair is None:
            self._crosshair = self._pixel() or self._viewport.pixel_at(*self._middle()) or (0, 0)
            self.update()
        return self._crosshair

    def _hide_crosshair(self) -> None:
        if self._crosshair is not None:
            self._crosshair = None
            self.update()

    def _move_crosshair(self, across: int, down: int, *, by: int) -> bool:
        """Returns whether there is a picture to move it on."""
        if not self._layers.pictures:
            return False
        size = self._layers.size
        x, y = self._pixel() or self._viewport.pixel_at(*self._middle()) or (0, 0)
        x = min(max(x + across * by, 0), size.width - 1)
        y = min(max(y + down * by, 0), size.height - 1)
        self._crosshair = (x, y)
        self._look(self._viewport.revealing(x + 0.5, y + 0.5))
        self.setAccessibleDescription(self.tr("Column {0}, row {1}").format(x, y))
        self.update()
        self.report()
        return True
