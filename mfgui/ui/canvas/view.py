"""The canvas: a pane with mouse, stylus, touchpad and keys; what they mean to the active tool."""

from __future__ import annotations

import time
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from mfgui.ui.canvas.hand import Hand
from mfgui.ui.canvas.key_clicks import KeyClicks
from mfgui.ui.canvas.outlined import Sizing
from mfgui.ui.canvas.pointer import NO_KEYS, Pointer, Stylus, is_eraser, is_touch, pressure_of
from mfgui.ui.canvas.shelf import Shelf
from mfgui.ui.canvas.split import Part
from mfgui.ui.canvas.splitting import Splitting
from mfgui.ui.canvas.viewport import SharedView
from mfgui.ui.tools.tool import Keys, Point

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_FAR = 10
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control)
_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_MIDDLE = Qt.MouseButton.MiddleButton


class Canvas(Splitting):
    """A pane to look at and to paint on: the left button is the active tool, `set_hand`."""

    menu_requested = Signal(QPoint, int, int)
    """A context menu at this place of the screen, for this column and row of the image."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        shared: SharedView | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(parent, shared=shared, shelf=shelf)
        self._feed = Pointer(self, self._on_fed)
        self._stylus = Stylus(self, time.monotonic)
        self._clicks = KeyClicks(self._feed)
        self._clicked_here = True
        self.size_step_requested.connect(self.step_size)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setTabletTracking(True)
        self._choose_cursor()

    # The active tool

    def set_hand(self, hand: Hand) -> None:
        """Whom the left button, the stylus and Enter drive."""
        self._hand = self._feed.hand = hand
        self.renew_tool()

    def _on_fed(self) -> None:
        if self._feed.down:
            self.report()
        self.renew_outline()

    def step_size(self, steps: int) -> None:
        """A larger or smaller brush."""
        self._hand.step_size(steps)

    def flush_input(self) -> None:
        """Hand the points that wait for the end of this turn of the loop to the tool now."""
        self._feed.flush()

    def drop_input(self) -> None:
        """The tool was cancelled or exchanged: the rest of the drag is nothing."""
        self._feed.drop()
        self._clicks.drop()
        self.renew_tool()

    def renew_tool(self) -> None:
        """Another tool may be active."""
        self._choose_cursor()
        self.renew_outline()

    # Mouse

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            # The press itself goes to the command that has the key; this is told before.
            pressed = cast(QKeyEvent, event)
            if not pressed.isAutoRepeat():
                self._hand.key(pressed.key(), down=True)
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() and self._splitter.wheel(event):
            return
        self._navigation.wheel(event)
        self._point_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._is_palm(event):
            return
        button = event.button()
        self._clicked_here = True
        if self._feed.down or self._sizing is not None:
            return
        pans = self._space_down or self._hand.pans
        if button == _LEFT and self._press_split(event):
            self._feed.hover(None, NO_KEYS)
        elif button == _MIDDLE or (button == _LEFT and pans):
            self._navigation.press(event.position(), button)
        elif button == _LEFT and not self._navigation.dragging:
            self._point_at(event.position())
            self._feed.press(self._point(event.position()), _keys_of(event.modifiers()))
        elif button == _RIGHT and not self._navigation.dragging:
            self._sizing = Sizing(event.position(), self._hand.size)
        else:
            event.ignore()
        self._choose_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_palm(event):
            return
        if self._splitter.move(event.position()):
            return
        self._navigation.move(event.position())
        if self._sizing is not None:
            self._resize_to(event.position())
            return
        self._show_split_part(None if self._feed.down else event.position())
        self._follow(event.position(), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_palm(event):
            return
        button = event.button()
        if button == _LEFT and self._splitter.release():
            self._show_split_part(event.position())
        elif button == _LEFT and self._feed.down:
            self._clicks.drop()
            self._feed.release(self._point(event.position()))
        elif button == _RIGHT and self._sizing is not None:
            self._end_resizing(event.position())
        else:
            event.setAccepted(self._navigation.release(button))
            if button == _LEFT and event.isAccepted():
                self._bring_split(event.position())
        self._choose_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hand = self._hand
        if not self._clicked_here:
            self._clicked_here = True
        elif event.button() == _LEFT and self._press_split(event):
            pass
        elif event.button() == _LEFT and hand.pans:
            self._navigation.toggle(event.position())
        elif event.button() == _LEFT and hand.outlining:
            self._feed.flush()
            hand.confirm()
            self.renew_outline()
        else:
            self.mousePressEvent(event)  # two clicks in short order are two dabs

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)
        self._show_split_part(None)
        self._feed.hover(None, NO_KEYS)
        self.renew_outline()

    def forget_click(self) -> None:
        """The canvas was brought below the pointer by a click elsewhere: a second click there is
        no double click here, and no dab."""
        self._clicked_here = False

    def _is_palm(self, event: QMouseEvent) -> bool:
        return is_touch(event) and self._stylus.near

    def _follow(
        self, position: QPointF, modifiers: Qt.KeyboardModifier, pressure: float = 1.0
    ) -> None:
        """The pointer moved to `position`, pressed or not."""
        self._hide_crosshair()
        if self._feed.down:
            self._pointer = position
            self._feed.move(self._point(position, pressure))
        else:
            self._feed.hover(self._point(position), _keys_of(modifiers))
            self._point_at(position)

    def _resize_to(self, position: QPointF) -> None:
        """A right drag: the edge of the brush follows the pointer."""
        assert self._sizing is not None
        across = self._sizing.across(position) if self._hand.paints else None
        if across is None:
            return
        grown = 2 * across * self.devicePixelRatioF() / self._viewport.scale
        self._hand.resize(round(self._sizing.size + grown))
        self.renew_outline()

    def _end_resizing(self, position: QPointF) -> None:
        assert self._sizing is not None
        still = self._sizing.is_click(position)
        self._sizing = None
        self._point_at(position)
        self.renew_outline()
        if still:
            self._ask_for_menu(position)

    def _ask_for_menu(self, position: QPointF) -> None:
        pixel = self._viewport.pixel_at(*self._navigation.device(position))
        if pixel is not None and self._layers.pictures:
            self.menu_requested.emit(self.mapToGlobal(position).toPoint(), *pixel)

    # Stylus

    def tabletEvent(self, event: QTabletEvent) -> None:
        # Accepted, or Qt would make a mouse event of it besides.
        event.accept()
        self._stylus.hear()
        position, kind = event.position(), event.type()
        if kind == QEvent.Type.TabletPress:
            self._press_stylus(event)
        elif kind == QEvent.Type.TabletRelease:
            if event.button() == _LEFT and self._feed.down:
                self._feed.release(self._point(position, pressure_of(event)))
            self._navigation.release(event.button())
            self._splitter.release()
        elif not self._splitter.move(position):
            self._navigation.move(position)
            self._follow(position, event.modifiers(), pressure_of(event))
            self.renew_outline()
        self._choose_cursor()

    def _press_stylus(self, event: QTabletEvent) -> None:
        position, hand = event.position(), self._hand
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() != _LEFT:
            hand.pick(self._point(position))
        elif self._splitter.press(position, line=hand.pans, turn=False):
            pass
        elif self._space_down or hand.pans:
            self._navigation.press(position, _LEFT)
        elif not self._feed.down:
            keys = _keys_of(event.modifiers(), eraser=is_eraser(event))
            self._point_at(position)
            self._feed.press(self._point(position, pressure_of(event)), keys)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = cast(Qt.Key, event.key())
        arrow = _ARROWS.get(key)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self._held.press(event):
            return
        if key == Qt.Key.Key_Space:
            self._space_down = True
            self._choose_cursor()
            self.renew_outline()
        elif arrow is not None:
            self._move_crosshair(*arrow, by=_FAR if shift else 1)
        elif key in _ENTER and not event.isAutoRepeat():
            self._click_by_key(event.modifiers())
        elif key == Qt.Key.Key_Backspace and self._hand.outlining:
            self._hand.undo()
            self.renew_outline()
        elif key == Qt.Key.Key_Menu:
            self._ask_for_menu(self._mark_position())
        elif key in _MODIFIERS:
            self._hover_again(event.modifiers() | _own(key))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._hand.key(event.key(), down=False)
        if self._held.release(event):
            return
        key = cast(Qt.Key, event.key())
        if key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_down = False
            self._choose_cursor()
            self.renew_outline()
        elif key in _MODIFIERS:
            self._hover_again(event.modifiers() & ~_own(key))
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._settle()
        self._held.release_all()
        self._hand.keys_lost()
        self._space_down = False
        self._choose_cursor()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle()
        self._held.release_all()
        self._hand.keys_lost()

    def _settle(self) -> None:
        """Input goes elsewhere: a stroke ends here and stays."""
        self._feed.settle()
        self._clicks.drop()
        self._splitter.release()
        self._sizing = None

    def _click_by_key(self, modifiers: Qt.KeyboardModifier) -> None:
        """Enter is a click at the crosshair; after the mouse has drawn an outline it closes it."""
        hand = self._hand
        if hand.pans or not self._layers.pictures:
            self._splitter.bring(self._mark_position())
            return
        if hand.outlining and self._crosshair is None:
            self._feed.flush()
            hand.confirm()
        else:
            self._clicks.click(self._crosshair_point(), _keys_of(modifiers))
        self.renew_outline()

    def _hover_again(self, modifiers: Qt.KeyboardModifier) -> None:
        """Ctrl and Shift change what a click would do, and so what the outline shows."""
        if self._feed.down:
            return
        if self._crosshair is not None:
            self._feed.hover(self._crosshair_point(), _keys_of(modifiers))
        elif self._pointer is not None:
            self._feed.hover(self._point(self._pointer), _keys_of(modifiers))

    def _on_held_changed(self, wanted: str | None) -> None:
        super()._on_held_changed(wanted)
        self.renew_outline()

    def _choose_cursor(self) -> None:
        shape = Qt.CursorShape.CrossCursor
        if self._navigation.dragging:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space_down:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._split_part is Part.TURNER:
            shape = Qt.CursorShape.PointingHandCursor
        elif self._split_part is not None:
            shape = Qt.CursorShape.SizeAllCursor
        elif self._hand.paints:
            shape = Qt.CursorShape.BlankCursor  # its outline and dot are the cursor
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def _point(self, position: QPointF, pressure: float = 1.0) -> Point:
        return Point(*self._image_point(position), pressure)

    def _move_crosshair(self, across: int, down: int, *, by: int) -> bool:
        moved = super()._move_crosshair(across, down, by=by)
        if moved and self._clicks.dragging:
            self._feed.move(self._crosshair_point())
        elif moved and not self._feed.down:
            self._feed.hover(self._crosshair_point(), NO_KEYS)
        return moved

    def _crosshair_point(self) -> Point:
        """The middle of the pixel below the crosshair, which shows from here on."""
        x, y = self._show_crosshair()
        return Point(x + 0.5, y + 0.5)


def _own(key: Qt.Key) -> Qt.KeyboardModifier:
    """The modifier that a modifier key is."""
    shift = key == Qt.Key.Key_Shift
    return Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.ControlModifier


def _keys_of(modifiers: Qt.KeyboardModifier, *, eraser: bool = False) -> Keys:
    return Keys(
        shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        eraser=eraser,
    )
