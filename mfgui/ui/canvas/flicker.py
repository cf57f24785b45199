"""Two pictures that alternate in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

from mfgui.core.comparison import RATES
from mfgui.ui.canvas.pane import Pane

_SECOND = 1000


class Flicker(QObject):
    """Alternates what a pane shows with another picture, until that is stopped or the pane
    hides."""

    stopped = Signal()
    """It ended, whoever ended it."""

    def __init__(self, pane: Pane, parent: QObject | None = None) -> None:
        super().__init__(pane if parent is None else parent)
        self._pane = pane
        self._key = ""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_ended)
        pane.installEventFilter(self)

    @property
    def active(self) -> bool:
        """Whether two pictures alternate."""
        return self._timer.isActive()

    def start(self, key: str, rate: float) -> None:
        """Alternate with the picture `key`, beginning with it, `rate` pictures a second; with
        another key or rate while it is active it goes on with that."""
        interval = round(_SECOND / min(max(rate, RATES[0]), RATES[-1]))
        begins = not self.active
        self._key = key
        if begins:
            self._timer.start(interval)
        elif interval != self._timer.interval():
            self._timer.setInterval(interval)
        if begins or self._pane.alternating:
            self._pane.alternate(key)

    def stop(self) -> None:
        """Show again what was shown."""
        if self.active:
            self._timer.stop()
            self._pane.alternate(None)
            self.stopped.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide and watched is self._pane:
            self.stop()
        return super().eventFilter(watched, event)

    def _on_timer_ended(self) -> None:
        self._pane.alternate(None if self._pane.alternating else self._key)
