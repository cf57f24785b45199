"""Progress of the run: bar, iteration, elapsed, time left, pause, stop."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from mfgui.core.events import RunState, RunStatus
from mfgui.ui.icons import IconButton

_TICK_MS = 250
_PARTS = 1000  # of the bar of a stage that says how much of it is done
_PAUSE = "Pause this run (Ctrl+Shift+F5: all)"
_RESUME = "Let this run go on (Ctrl+Shift+F5: all)"


def clock_text(seconds: float) -> str:
    """Minutes and seconds, hours when there are any."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours}:{minutes:02}:{whole % 60:02}"
    return f"{minutes}:{whole % 60:02}"


def progress_words(status: RunStatus, *, elapsed: float) -> tuple[str, str]:
    """Where the run is, and its times."""
    if status.state is RunState.STOPPING:
        return "Stopping…", clock_text(elapsed)
    if status.state is RunState.PAUSING:
        return "Pausing…", clock_text(elapsed)
    if status.state is RunState.QUEUED:
        return "Waiting", ""
    paused = status.state is RunState.PAUSED
    known = status.remaining
    left = "" if known is None else f"{clock_text(known + 0.999)} left"
    if not status.total:
        stage = status.stage[:1].upper() + status.stage[1:] or status.name
        times = f"{clock_text(elapsed)} · {left}" if left else clock_text(elapsed)
        return f"Paused, {stage.lower()}" if paused else stage, times
    where = f"{'Paused at' if paused else 'Iteration'} {status.iteration} of {status.total}"
    return where, f"{clock_text(elapsed)} · {left or 'estimating'}"


class ProgressView(QWidget):
    """Follows one run; hidden while nothing runs. The signals carry the run's number."""

    stop_clicked = Signal(int)
    pause_clicked = Signal(int)

    def __init__(self, *, one_line: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runProgress")
        self.where = QLabel()
        self.times = QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the run")
        self.stop_button = IconButton(
            "stop", "Stop this run and keep its best image (Shift+F5: all)"
        )
        self.stop_button.setAccessibleName("Stop")
        self.stop_button.clicked.connect(lambda: self.stop_clicked.emit(self._run_id()))
        self.pause_button = IconButton("pause", _PAUSE)
        self.pause_button.clicked.connect(lambda: self.pause_clicked.emit(self._run_id()))
        self._status: RunStatus | None = None
        self._others = 0
        self._received = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._refresh)
        self._lay_out_line() if one_line else self._lay_out_block()
        self.hide()

    def show_status(self, status: RunStatus, *, others: int = 0) -> None:
        """Show where the run is; `others` have not ended either."""
        self._status, self._others = status, others
        self._received = time.monotonic()
        self.setVisible(status.active)
        if status.active:
            self._refresh()
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()

    def clear(self) -> None:
        """Nothing runs."""
        self._timer.stop()
        self.hide()

    def _refresh(self) -> None:
        status = self._status
        assert status is not None
        still = status.state in (RunState.QUEUED, RunState.PAUSED)
        waited = 0.0 if still else time.monotonic() - self._received
        where, times = progress_words(status, elapsed=status.elapsed + waited)
        self.where.setText(f"{where} (+{self._others})" if self._others else where)
        more = f"; {self._others} more in progress or waiting" if self._others else ""
        self.where.setToolTip(f"{status.name} on {status.device}{more}")
        self.times.setText(times)
        if status.total or status.share is None:
            self.bar.setRange(0, status.total)
            self.bar.setValue(status.iteration)
        else:
            self.bar.setRange(0, _PARTS)
            self.bar.setValue(round(_PARTS * status.share))
        self.bar.setAccessibleDescription(f"{where}, {times}")
        self.stop_button.setEnabled(status.state is not RunState.STOPPING)
        self.pause_button.setEnabled(status.held or status.state is RunState.RUNNING)
        self.pause_button.set_icon_name("play" if status.held else "pause")
        self.pause_button.set_words(_RESUME if status.held else _PAUSE)

    def _run_id(self) -> int:
        assert self._status is not None
        return self._status.run_id

    def _lay_out_line(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.bar.setFixedWidth(120)
        for widget in (self.where, self.bar, self.times):
            layout.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (self.pause_button, self.stop_button):
            button.setMinimumSize(24, 24)
            buttons.addWidget(button)
        layout.addLayout(buttons)

    def _lay_out_block(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(6)
        self.where.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # The dock has larger ones.
        for button in (self.pause_button, self.stop_button):
            button.setParent(self)
            button.hide()
        layout.addWidget(self.where, 0, 0)
        layout.addWidget(self.times, 0, 1)
        layout.addWidget(self.bar, 1, 0, 1, 2)
