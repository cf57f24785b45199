"""What a hand does on the canvas: mouse, stylus and wheel as real events, in image pixels."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication

from mfgui.ui.canvas.view import Canvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MIDDLE, NO_BUTTON = Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Place = tuple[float, float]


def on_screen(canvas: Canvas, place: Place) -> QPointF:
    """Widget position of an image point."""
    x, y = canvas.viewport.to_screen(*place)
    ratio = canvas.devicePixelRatioF()
    return QPointF(x / ratio, y / ratio)


def mouse(
    canvas: Canvas,
    kind: QEvent.Type,
    place: Place,
    button: Qt.MouseButton = NO_BUTTON,
    modifiers: Qt.KeyboardModifier = PLAIN,
    device: QPointingDevice | None = None,
) -> None:
    """One mouse event at an image point."""
    point = on_screen(canvas, place)
    moves, ends = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
    event = QMouseEvent(
        kind,
        point,
        canvas.mapToGlobal(point),
        NO_BUTTON if moves else button,
        NO_BUTTON if ends else button,
        modifiers,
        device or QPointingDevice.primaryPointingDevice(),
    )
    QApplication.sendEvent(canvas, event)


def press(
    canvas: Canvas, place: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN
) -> None:
    mouse(canvas, QEvent.Type.MouseButtonPress, place, button, keys)


def move(
    canvas: Canvas, place: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN
) -> None:
    mouse(canvas, QEvent.Type.MouseMove, place, button, keys)


def release(
    canvas: Canvas, place: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN
) -> None:
    mouse(canvas, QEvent.Type.MouseButtonRelease, place, button, keys)


def drag(
    canvas: Canvas, *places: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN
) -> None:
    """Press at the first place, move over the others, let go at the last."""
    press(canvas, places[0], button, keys)
    for place in places[1:]:
        move(canvas, place, button, keys)
    release(canvas, places[-1], button, keys)


def hover(canvas: Canvas, place: Place, keys: Qt.KeyboardModifier = PLAIN) -> None:
    move(canvas, place, NO_BUTTON, keys)
    canvas.flush_input()


def double_click(canvas: Canvas, place: Place) -> None:
    """The four events that Qt sends."""
    drag(canvas, place)
    mouse(canvas, QEvent.Type.MouseButtonDblClick, place, LEFT)
    release(canvas, place)


def wheel(canvas: Canvas, notches: int, place: Place, keys: Qt.KeyboardModifier = PLAIN) -> None:
    point = on_screen(canvas, place)
    event = QWheelEvent(
        point,
        canvas.mapToGlobal(point),
        QPoint(),
        QPoint(0, 120 * notches),
        NO_BUTTON,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def stylus(*, eraser: bool = False, pressure: bool = True) -> QPointingDevice:
    """A pen, by either of its ends."""
    kinds = QPointingDevice.PointerType
    can = QInputDevice.Capability
    able = can.Position | can.Hover | (can.Pressure if pressure else can.Position)
    return QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        kinds.Eraser if eraser else kinds.Pen,
        able,
        1,
        3,
        "",
        QPointingDeviceUniqueId(),
    )


def finger() -> QPointingDevice:
    """A touch screen, of which Qt makes mouse events."""
    return QPointingDevice(
        "screen",
        8,
        QInputDevice.DeviceType.TouchScreen,
        QPointingDevice.PointerType.Finger,
        QInputDevice.Capability.Position,
        10,
        0,
        "",
        QPointingDeviceUniqueId(),
    )


def pen(
    canvas: Canvas,
    kind: QEvent.Type,
    place: Place,
    *,
    device: QPointingDevice,
    pressure: float = 1.0,
    button: Qt.MouseButton = LEFT,
    held: Qt.MouseButton | None = None,
    receiver: QObject | None = None,
) -> QTabletEvent:
    """One event of a stylus at an image point, sent to the canvas or to `receiver`."""
    point = on_screen(canvas, place)
    ends = kind == QEvent.Type.TabletRelease
    moves = kind not in (QEvent.Type.TabletPress, QEvent.Type.TabletRelease)
    event = QTabletEvent(
        kind,
        device,
        point,
        canvas.mapToGlobal(point),
        pressure,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        PLAIN,
        NO_BUTTON if moves else button,
        held if held is not None else (NO_BUTTON if ends else button),
    )
    QApplication.sendEvent(receiver or canvas, event)
    return event
