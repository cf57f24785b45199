"""A process that works on many sets: it goes on whatever the window does."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from mfgui.app import bench_desk
from mfgui.app.bench_desk import Wish
from mfgui.app.bench_progress import Told
from mfgui.app.process_told import End, ProcessTold

_GRACE_MS = 8000  # in which a process that was asked to stop tidies up
_LAST_MS = 3000  # the same when the window closes


T = TypeVar("T", bound=ProcessTold)


class ProcessRun(QObject, Generic[T]):
    """One process at a time. `changed` when it said something, `ended` carries an `End`.

    Parameters
    ----------
    new_told : callable
        Makes what is told of a process, before it begins.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(self, new_told: Callable[[], T], parent: QObject) -> None:
        super().__init__(parent)
        self._new_told = new_told
        self.told = new_told()
        self.end: End | None = None
        self.stopping = False
        self._process: QProcess | None = None
        self._rest = b""
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_GRACE_MS)
        self._patience.timeout.connect(self._kill)

    @property
    def running(self) -> bool:
        return self._process is not None

    def begin(self, program: str, words: list[str]) -> None:
        """Start a program with these arguments."""
        assert self._process is None
        self.told, self.end, self.stopping = self._new_told(), None, False
        self._rest = b""
        process = self._process = QProcess(self)
        process.setStandardInputFile(QProcess.nullDevice())
        process.setStandardOutputFile(QProcess.nullDevice())
        process.readyReadStandardError.connect(self._on_told)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start(program, words)
        self.changed.emit()

    def stop(self) -> None:
        """Ask it to stop; what is done is kept."""
        if self._process is None or self.stopping:
            return
        self.stopping = True
        if os.name == "nt":  # has no request that a process without a window would hear
            self._process.kill()
        else:
            self._process.terminate()
        self._patience.start()
        self.changed.emit()

    def close(self) -> None:
        """The window closes: stop and wait, but not for long."""
        process = self._process
        if process is None:
            return
        self.stop()
        if not process.waitForFinished(_LAST_MS):
            process.kill()
            process.waitForFinished(_LAST_MS)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _on_told(self) -> None:
        assert self._process is not None
        *lines, self._rest = (self._rest + self._process.readAllStandardError().data()).split(b"\n")
        for line in lines:
            self.told.take(line.decode(errors="replace"))
        if lines:
            self.changed.emit()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            assert self._process is not None
            self.told.error = f"the process did not start: {self._process.errorString()}"
            self._finish(None)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_told()
        self._finish(code if status == QProcess.ExitStatus.NormalExit else None)

    def _finish(self, code: int | None) -> None:
        assert self._process is not None
        self._patience.stop()
        self._process.deleteLater()
        self._process = None
        if self._rest:
            self.told.take(self._rest.decode(errors="replace"))
        self.end = self.told.end(code, stopping=self.stopping)
        self.stopping = False
        self.ended.emit(self.end)


class BenchmarkRun(ProcessRun[Told]):
    """The process that makes a table over many sets."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(Told, parent)
        self.wish: Wish | None = None

    def start(self, wish: Wish) -> None:
        """Make the table of `wish`."""
        self.wish = wish
        self.begin(*bench_desk.process(wish))
