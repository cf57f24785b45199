"""What the commands share that open a dialog over a process: they outlive each other."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from mfgui.app.controller import Controller
from mfgui.app.process_told import ProcessTold
from mfgui.core.events import Notice, Severity
from mfgui.jobs.pool import Task
from mfgui.ui.benchmark_run import ProcessRun
from mfgui.ui.dialogs.process_dialog import ProcessDialog
from mfgui.ui.parts import WindowParts

Dialog = TypeVar("Dialog", bound=ProcessDialog)
Told = TypeVar("Told", bound=ProcessTold)
Setup = TypeVar("Setup")


class ProcessAnswers(QObject, Generic[Dialog, Told, Setup]):
    """One dialog and one process at a time. The dialog can be closed while the process runs.

    Attributes
    ----------
    goes_on : str
        What is said when it is.
    """

    goes_on = ""

    def __init__(
        self, window: QWidget, controller: Controller, parts: WindowParts, run: ProcessRun[Told]
    ) -> None:
        super().__init__(window)
        self._window, self._controller, self._parts = window, controller, parts
        self.run = run
        run.setParent(self)
        self.dialog: Dialog | None = None
        self._looking = False
        self._next: Setup | None = None
        run.changed.connect(self._on_changed)

    def open(self) -> Dialog:
        """Show the dialog as it was left."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return self.dialog
        dialog = self.dialog = self._make()
        dialog.look_wanted.connect(self._on_look_wanted)
        dialog.stop_asked.connect(self.run.stop)
        dialog.open_asked.connect(self._open_outside)
        dialog.finished.connect(self._on_closed)
        if self.run.running:
            self._on_changed()
        dialog.show()
        return dialog

    def close(self) -> None:
        """The window closes."""
        self.run.close()
        if self.dialog is not None:
            self.dialog.close()

    def _make(self) -> Dialog:
        """The dialog, not yet shown."""
        raise NotImplementedError

    def _look_for(self, setup: Setup) -> Task:
        """Finds the sets."""
        raise NotImplementedError

    def _on_looked(self, setup: Setup, found: object) -> None:
        """`found` is what the task gave, or in words why it failed."""
        raise NotImplementedError

    def _on_part_looked(self, part: object) -> None:
        """What the task has reported before its end."""

    def _remember(self, dialog: Dialog) -> None:
        """Keep what is set up in a dialog that was closed."""
        raise NotImplementedError

    def _on_look_wanted(self, setup: Setup) -> None:
        self._next = setup
        self._look()

    def _look(self) -> None:
        """One look at a time, for the newest setup."""
        if self._looking or self._next is None:
            return
        setup, self._next = self._next, None
        self._looking = True

        def ended(found: object) -> None:
            self._looking = False
            self._on_looked(setup, found)
            self._look()

        self._controller.ask(self._look_for(setup), ended, ended, self._on_part_looked)

    def _on_changed(self) -> None:
        if self.dialog is not None and self.run.running:
            self.dialog.show_running(self.run.told, stopping=self.run.stopping)

    def _on_closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None:
            return
        self._remember(dialog)
        dialog.deleteLater()
        if self.run.running and not self.run.stopping:
            self._tell(Severity.INFO, self.goes_on)

    def _tell(self, severity: Severity, what: str, details: str = "") -> None:
        self._parts.banners.show_notice(Notice(severity, what, details=details))

    def _open_outside(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._tell(Severity.WARNING, f"no program opens {path.name}", str(path))
