"""What the dialogs of processes over many sets share: their buttons, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from mfgui.ui.icons import TextButton

_WAIT_MS = 250  # after the last change
_SHARE = 0.92  # of the screen, at most


class ProcessDialog(QDialog):
    """Stays open beside the window, which can be used meanwhile.

    Signals
    -------
    look_wanted : object
        What is set up; its sets are to be found.
    stop_asked
    open_asked : Path
        A file or folder is to be shown by the system.
    """

    look_wanted = Signal(object)
    stop_asked = Signal()
    open_asked = Signal(object)

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(False)
        self._form = QWidget()
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAccessibleName("State")
        self.copy_button = TextButton("copy", "Copy as command")
        self.report_button = TextButton("export", "Open report")
        self.folder_button = TextButton("open-folder", "Open folder")
        self.close_button = TextButton("close", "Close")
        self.stop_button = TextButton("stop", "Stop")
        self.run_button = TextButton("run", "Run", primary=True)
        self._running = False
        self._timer = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._timer.timeout.connect(self._on_waited)
        self.stop_button.clicked.connect(self.stop_asked)
        self.close_button.clicked.connect(self.reject)

    def check(self) -> None:
        """Something was changed: say what is missing, and have sets looked for."""
        raise NotImplementedError

    def show_running(self, told: Any, *, stopping: bool) -> None:
        """The process has begun, or said something."""
        raise NotImplementedError

    def reject(self) -> None:
        """Close; what runs goes on."""
        self._timer.stop()
        super().reject()

    def _begin(self, size: QSize) -> None:
        """Everything is laid out and connected: take its size and say what is missing."""
        self.resize(size.boundedTo(self.screen().availableSize() * _SHARE))
        self.check()

    def _on_waited(self) -> None:
        """Nothing was changed for a moment."""
        raise NotImplementedError

    def _show_problem(self) -> None:
        """Say what is missing; enable what can be used now."""
        raise NotImplementedError

    def _say(self, words: str, *, wrong: bool = False) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))
        self.note.setObjectName("fieldProblem" if wrong else "hint")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)

    def _say_failed(self, error: str) -> None:
        self._say(f"{error[:1].upper()}{error[1:]}", wrong=True)

    def _set_running(self, on: bool) -> None:
        began = on and not self._running
        self._running = on
        self._form.setEnabled(not on)
        self.run_button.setVisible(not on)
        self.stop_button.setVisible(on)
        self._show_problem()
        if began:
            self._say("")
            self.stop_button.setFocus()

    def _buttons(
        self, *before_run: QPushButton, elsewhere: Iterable[QPushButton] = ()
    ) -> QHBoxLayout:
        """The row at the bottom; Enter means Run, not one of these or of those `elsewhere`."""
        beside = (self.copy_button, self.folder_button, self.report_button)
        ending = (self.close_button, self.stop_button, *before_run, self.run_button)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in beside:
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in ending:
            buttons.addWidget(button)
        for button in (*elsewhere, *beside, *ending):
            button.setAutoDefault(False)
        self.run_button.setDefault(True)
        self.stop_button.hide()
        return buttons
