"""From mouse and stylus to the active tool: every point, at most once a turn of the event loop."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QInputDevice, QPointerEvent, QPointingDevice, QTabletEvent

from mfgui.ui.canvas.hand import Hand, NoHand
from mfgui.ui.tools.tool import Keys, Point

NO_KEYS = Keys()
_AWAY_S = 0.5  # after a stylus without proximity events was last heard of


class Pointer:
    """Queues what the pointer does and hands it on in order.

    A flood of events between two turns of the loop becomes one call of the tool, and so one
    repair of the picture, but no point is left out.

    Parameters
    ----------
    parent : QObject
        Owner of the timer.
    changed : callable
        Called after the tool has been fed: its outline may be another one.
    """

    def __init__(self, parent: QObject, changed: Callable[[], None]) -> None:
        self.hand: Hand = NoHand()
        self._changed = changed
        self._points: list[Point] = []
        self._hovered: tuple[Point | None, Keys] | None = None
        self._last = Point(0, 0)
        self._down = False
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.flush)

    @property
    def down(self) -> bool:
        """Whether the tool is pressed."""
        return self._down

    def press(self, point: Point, keys: Keys) -> None:
        """Press the tool."""
        self.flush()
        self._down, self._last = True, point
        self.hand.press(point, keys)
        self._changed()

    def move(self, point: Point) -> None:
        """The pointer moved while pressed."""
        self._last = point
        self._points.append(point)
        self._timer.start()

    def release(self, point: Point) -> None:
        """Let go."""
        if not self._down:
            return
        self.flush()
        self._down = False
        self.hand.release(point)
        self._changed()

    def settle(self) -> None:
        """The pointer is out of reach: what was drawn so far counts as drawn."""
        self.release(self._last)

    def drop(self) -> None:
        """The tool has been cancelled: the rest of the drag is nothing."""
        self._points.clear()
        self._down = False

    def hover(self, point: Point | None, keys: Keys) -> None:
        """The pointer moved without being pressed, or left; the last place is what counts."""
        self._hovered = (point, keys)
        self._timer.start()

    def flush(self) -> None:
        """Hand on what is queued now."""
        self._timer.stop()
        hovered, self._hovered = self._hovered, None
        if self._points:
            points = tuple(self._points)
            self._points.clear()
            self.hand.move(points)
        elif hovered is not None and not self._down:
            self.hand.hover(*hovered)
        else:
            return
        self._changed()


class Stylus(QObject):
    """What is known of the stylus: its pressure, its ends, and whether it is near.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, parent: QObject, clock: Callable[[], float]) -> None:
        super().__init__(parent)
        self._clock = clock
        self._near = False
        self._heard: float | None = None

    @property
    def near(self) -> bool:
        """Whether touch is to be taken for the palm of the hand that holds it."""
        heard = self._heard is not None and self._clock() - self._heard < _AWAY_S
        return self._near or heard

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Proximity is told to the application, not to a widget."""
        if event.type() == QEvent.Type.TabletEnterProximity:
            self._near = True
        elif event.type() == QEvent.Type.TabletLeaveProximity:
            self._near, self._heard = False, -math.inf
        return super().eventFilter(watched, event)

    def hear(self) -> None:
        """An event of the stylus came."""
        if self._heard is None and (app := QCoreApplication.instance()) is not None:
            # Not before: it is asked about every event of the program.
            app.installEventFilter(self)
        self._heard = self._clock()


def pressure_of(event: QTabletEvent) -> float:
    """0 ... 1, and 1 for a device that reports none."""
    reports = event.pointingDevice().capabilities() & QInputDevice.Capability.Pressure
    return min(max(event.pressure(), 0.0), 1.0) if reports else 1.0


def is_eraser(event: QTabletEvent) -> bool:
    """Whether the eraser end points at the tablet."""
    return event.pointerType() == QPointingDevice.PointerType.Eraser


def is_touch(event: QPointerEvent) -> bool:
    """Whether a finger, or a palm, is what moves the mouse."""
    return event.device().type() == QInputDevice.DeviceType.TouchScreen
