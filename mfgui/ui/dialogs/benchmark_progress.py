"""How far a table over many sets is, and which of its cells failed."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.bench_progress import Told
from mfgui.app.process_told import End
from mfgui.ui.progress import clock_text

_TICK_MS = 500
_MOST_LINES = 4


class BenchmarkProgress(QWidget):
    """Bar, times, and a line for each failed cell; hidden until something runs."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runProgress")
        self.where = QLabel()
        self.times = QLabel()
        self.bar = QProgressBar()
        self.failures = QPlainTextEdit()
        self._told: Told | None = None
        self._received = 0.0
        self._stopping = False
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._show_times)
        self._lay_out()
        self.hide()

    def show_running(self, told: Told, *, stopping: bool) -> None:
        """Show what the process said last."""
        self._told, self._stopping = told, stopping
        self._received = time.monotonic()
        self.where.setText(_where(told, stopping=stopping))
        # Without an end while nothing can be counted.
        self.bar.setRange(0, 0 if told.scored else told.total)
        self.bar.setValue(told.done)
        self._show_failures(told)
        self._show_times()
        self._timer.start()
        self.show()

    def show_end(self, told: Told, end: End) -> None:
        """It has ended; a failure as a whole is told elsewhere."""
        self._timer.stop()
        self.where.setText(_ended(told, end))
        self.times.setText(clock_text(told.elapsed) if told.total else "")
        self.bar.setRange(0, max(1, told.total))
        self.bar.setValue(told.done)
        self.bar.setAccessibleDescription(self.where.text())
        self._show_failures(told)
        self.show()

    def _show_times(self) -> None:
        told = self._told
        if told is None:
            return
        waited = time.monotonic() - self._received
        times = clock_text(told.elapsed + waited)
        if told.left is not None and told.done < told.total and not self._stopping:
            times += f" · about {clock_text(max(1.0, told.left - waited))} left"
        self.times.setText(times)
        self.bar.setAccessibleDescription(f"{self.where.text()}, {times}")

    def _show_failures(self, told: Told) -> None:
        text = "\n".join(told.failures)
        if text != self.failures.toPlainText():
            self.failures.setPlainText(text)
        lines = min(_MOST_LINES, max(1, len(told.failures)))
        self.failures.setFixedHeight(lines * self.failures.fontMetrics().lineSpacing() + 14)
        self.failures.setVisible(bool(text))

    def _lay_out(self) -> None:
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the table")
        self.failures.setReadOnly(True)
        self.failures.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.failures.setAccessibleName("Failed cells")
        self.failures.setTabChangesFocus(True)
        line = QHBoxLayout()
        line.addWidget(self.where, 1)
        line.addWidget(self.times)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.bar)
        column.addWidget(self.failures)


def cells(told: Told) -> str:
    """Cells that are done, and those of them that failed."""
    failed = f", {told.failed} failed" if told.failed else ""
    return f"{told.done} of {told.total} cells{failed}"


def _where(told: Told, *, stopping: bool) -> str:
    if stopping:
        return "Stopping…"
    if told.scored:
        return f"{cells(told)}; writing tables and report…"
    if told.total:
        return cells(told)
    return f"{told.note[:1].upper()}{told.note[1:]}" if told.note else "Starting…"


def _ended(told: Told, end: End) -> str:
    if end is End.FAILED:
        return f"Failed after {cells(told)}" if told.total else "Failed"
    if end is End.DONE:
        failed = f", {told.failed} failed and will be tried again" if told.failed else ""
        return f"Done: {told.total} cells{failed}"
    after = f" after {cells(told)}" if told.total else ""
    return f"Stopped{after}. What is done is kept; Go on does the rest."
