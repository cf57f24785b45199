"""The queue above the results: runs that wait, go or have failed, each with a button."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.events import RunState, RunStatus
from mfgui.ui.icons import IconButton, icon_in
from mfgui.ui.progress import clock_text, progress_words

_ICONS = {
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "run",
    RunState.PAUSING: "pause",
    RunState.PAUSED: "pause",
    RunState.STOPPING: "stop",
    RunState.FAILED: "error",
}
_SIDE = 16
_MOST_ROWS = 4  # seen at once; the others are scrolled to
_TICK_MS = 500


class Elided(QLabel):
    """One line that ends in dots where there is no room; all of it is the tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> str:
        return self._words

    def show_words(self, words: str) -> None:
        self._words = words
        self.setToolTip(f"<p>{escape(words)}</p>" if words else "")
        self.setAccessibleName(words)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        room = self.contentsRect().width()
        self.setText(metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, room))

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())


class _StateIcon(QWidget):
    """The icon of a state, in the colours of the palette."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "waiting"
        self.setFixedSize(_SIDE, _SIDE)

    def paintEvent(self, event: QEvent) -> None:
        del event
        with QPainter(self) as painter:
            icon_in(self.palette(), self.name).paint(painter, self.rect())


class RunRow(QWidget):
    """One run: state, name, time left, bar; a failed one says why.

    The signals carry its number: `cancel_clicked` of a run that has not ended, `again_clicked`
    and `clear_clicked` of one that failed.
    """

    cancel_clicked = Signal(int)
    again_clicked = Signal(int)
    clear_clicked = Signal(int)

    def __init__(self, run_id: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run_id = run_id
        self.icon = _StateIcon()
        self.name = Elided()
        self.words = QLabel()
        self.reason = Elided()
        self.bar = QProgressBar()
        self.again_button = IconButton("run-again", "Run again")
        self.close_button = IconButton("close", "Cancel this run")
        self._status: RunStatus | None = None
        self._received = 0.0
        self._lay_out()
        self.again_button.clicked.connect(lambda: self.again_clicked.emit(run_id))
        self.close_button.clicked.connect(self._on_close_clicked)

    @property
    def active(self) -> bool:
        """Whether it waits or goes."""
        return self._status is not None and self._status.active

    def show_status(self, status: RunStatus) -> None:
        """Show where the run is."""
        self._status, self._received = status, time.monotonic()
        failed = status.state is RunState.FAILED
        self.icon.name = _ICONS.get(status.state, "run")
        self.icon.update()
        self.name.show_words(status.name)
        self.reason.show_words(status.reason)
        self.reason.setVisible(failed)
        self.bar.setVisible(not failed)
        self.again_button.setVisible(failed)
        verb = "Clear" if failed else "Cancel"
        self.close_button.set_words(f"{verb} {status.name}")
        self.close_button.setEnabled(status.state is not RunState.STOPPING)
        self._show_share(status)
        self.tick()

    def tick(self) -> None:
        """Time has passed."""
        status = self._status
        if status is None:
            return
        still = status.state in (RunState.QUEUED, RunState.PAUSED, RunState.FAILED)
        passed = 0.0 if still else time.monotonic() - self._received
        words = _words(status, passed=passed)
        self.words.setText(words)
        share = "" if status.share is None else f"{100 * status.share:.0f} %"
        where, _ = progress_words(status, elapsed=status.elapsed)
        parts = (status.name, str(status.state), where, share, words, status.reason)
        spoken = dict.fromkeys(part for part in parts if part)
        self.setAccessibleName(", ".join(spoken))
        self.setToolTip(f"{status.name} on {status.device}\n{where}")

    def _show_share(self, status: RunStatus) -> None:
        waits = status.state is RunState.QUEUED
        if status.share is None and not waits:
            self.bar.setRange(0, 0)
            return
        self.bar.setRange(0, 1000)
        self.bar.setValue(0 if waits else round(1000 * (status.share or 0.0)))

    def _on_close_clicked(self) -> None:
        (self.cancel_clicked if self.active else self.clear_clicked).emit(self.run_id)

    def _lay_out(self) -> None:
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the run")
        self.words.setObjectName("hint")
        self.reason.setObjectName("fieldProblem")
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.name, 1)
        first.addWidget(self.words)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addLayout(first)
        lines.addWidget(self.bar)
        lines.addWidget(self.reason)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(self.icon)
        row.addLayout(lines, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self.again_button, self.close_button):
            button.setIconSize(QSize(14, 14))
            button.setMinimumSize(24, 24)
            buttons.addWidget(button)
        row.addLayout(buttons)


def _words(status: RunStatus, *, passed: float) -> str:
    """State and time left in a few letters."""
    if status.state is RunState.RUNNING:
        if status.remaining is not None:
            return f"{clock_text(max(0.0, status.remaining - passed) + 0.999)} left"
        return f"Running {clock_text(status.elapsed + passed)}"
    return {
        RunState.QUEUED: "Waiting",
        RunState.PAUSING: "Pausing…",
        RunState.PAUSED: "Paused",
        RunState.STOPPING: "Stopping…",
        RunState.FAILED: "Failed",
    }.get(status.state, "")


class RunQueueView(QWidget):
    """The runs that wait, go or have failed; hidden when there are none.

    The signals carry the number of a run; `clear_all_clicked` is about all failures.
    """

    cancel_clicked = Signal(int)
    again_clicked = Signal(int)
    clear_clicked = Signal(int)
    clear_all_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[int, RunRow] = {}
        self.caption = QLabel()
        self.clear_button = IconButton("delete", "Clear all failed runs")
        self.clear_button.clicked.connect(self.clear_all_clicked)
        self._body = QWidget()
        self._body.setObjectName("dockBody")
        self._room = 0  # pixels for the rows
        self._column = QVBoxLayout(self._body)
        self._area = QScrollArea()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_time_passed)
        self.hide()

    def show_runs(self, statuses: Sequence[RunStatus]) -> None:
        """Show these and no others, in this order."""
        wanted = [status.run_id for status in statuses]
        changed = wanted != list(self.rows)
        if changed:
            self._arrange(wanted)
        for status in statuses:
            self.rows[status.run_id].show_status(status)
        failed = sum(status.state is RunState.FAILED for status in statuses)
        self.caption.setText(_caption(statuses))
        self.clear_button.setVisible(failed > 1)
        if changed:
            self._fit()
        self.setVisible(bool(statuses))
        if len(statuses) == failed:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def set_room(self, height: int) -> None:
        """How high it may be, of which the first row is always seen."""
        self._room = height - self.clear_button.sizeHint().height()
        self._fit()

    def _arrange(self, wanted: Sequence[int]) -> None:
        for run_id in [run_id for run_id in self.rows if run_id not in wanted]:
            row = self.rows.pop(run_id)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, run_id in enumerate(wanted):
            row = self.rows.get(run_id) or self._new_row(run_id)
            self._column.insertWidget(place, row)
        self.rows = {run_id: self.rows[run_id] for run_id in wanted}
        self._order_tabs()

    def _order_tabs(self) -> None:
        """From top to bottom; buttons of new rows would come last in the window."""
        buttons = [(row.again_button, row.close_button) for row in self.rows.values()]
        chain = [self.clear_button, *(button for pair in buttons for button in pair)]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    def _new_row(self, run_id: int) -> RunRow:
        row = self.rows[run_id] = RunRow(run_id, self._body)
        row.cancel_clicked.connect(self.cancel_clicked)
        row.again_clicked.connect(self.again_clicked)
        row.clear_clicked.connect(self.clear_clicked)
        return row

    def _fit(self) -> None:
        """As high as its rows, or as the first of them and a half: there is more."""
        heights = [row.sizeHint().height() for row in self.rows.values()]
        if not heights:
            return
        margins = self._column.contentsMargins()
        whole = sum(heights) + margins.top() + margins.bottom()
        least, most = 1.5 * heights[0], (_MOST_ROWS + 0.5) * heights[0]
        self._area.setFixedHeight(min(whole, round(max(least, min(most, self._room)))))

    def _on_time_passed(self) -> None:
        for row in self.rows.values():
            if row.active:
                row.tick()

    def _lay_out(self) -> None:
        self.caption.setObjectName("columnCaption")
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 8, 0)
        head.addWidget(self.caption, 1)
        head.addWidget(self.clear_button)
        self._column.setContentsMargins(4, 0, 0, 4)
        self._column.setSpacing(0)
        self._area.setWidget(self._body)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = QFrame()
        line.setObjectName("stripLine")
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._area)
        column.addWidget(line)


def _caption(statuses: Sequence[RunStatus]) -> str:
    """How many there are of each kind."""
    failed = sum(status.state is RunState.FAILED for status in statuses)
    waiting = sum(status.state is RunState.QUEUED for status in statuses)
    going = len(statuses) - failed - waiting
    counts = ((going, "running"), (waiting, "waiting"), (failed, "failed"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)
