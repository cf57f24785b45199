"""The command of batches: its dialog, the process behind it, and its notices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from mfgui import _startup
from mfgui.app import batch_desk, batch_rule
from mfgui.app.batch_desk import Looked, Told
from mfgui.app.batch_report import State
from mfgui.app.batch_rule import Rule
from mfgui.app.bench_progress import End
from mfgui.app.controller import Controller
from mfgui.app.settings import home
from mfgui.core.errors import MfguiError
from mfgui.core.events import Notice, Severity
from mfgui.files.atomic import write_bytes
from mfgui.methods.registry import FUSING
from mfgui.ui.benchmark_run import ProcessRun
from mfgui.ui.commanding import Commands
from mfgui.ui.parts import WindowParts

if TYPE_CHECKING:
    from mfgui.ui.dialogs.batch import BatchDialog

GOES_ON = "the batch runs in the background; File > Batch… shows it"


class BatchAnswers(QObject):
    """One dialog and one process at a time. The dialog can be closed while the process runs."""

    def __init__(
        self, window: QWidget, controller: Controller, parts: WindowParts, commands: Commands
    ) -> None:
        super().__init__(window)
        self._window, self._controller, self._parts = window, controller, parts
        self.run: ProcessRun[Told] = ProcessRun(Told, self)
        self.dialog: BatchDialog | None = None
        self._rule: Rule | None = None  # of the process
        self._looking = False
        self._next: Rule | None = None
        self.run.changed.connect(self._on_changed)
        self.run.ended.connect(self._on_ended)
        commands.add({"batch": self.open})

    def open(self) -> BatchDialog:
        """Show the dialog as it was left."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return self.dialog
        from mfgui.ui.dialogs.batch import BatchDialog

        rule = self._rule if self.run.running and self._rule is not None else remembered()
        dialog = BatchDialog(
            self._controller.registry.of_kind(*FUSING),
            rule,
            devices=self._controller.devices.known,
            cores=_startup.cores(),
            parent=self._window,
        )
        self.dialog = dialog
        dialog.look_wanted.connect(self._on_look_wanted)
        dialog.run_asked.connect(self._on_run_asked)
        dialog.stop_asked.connect(self.run.stop)
        dialog.open_asked.connect(self._open_outside)
        dialog.load_asked.connect(self._on_load_asked)
        dialog.save_asked.connect(self._on_save_asked)
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

    def _on_look_wanted(self, rule: Rule) -> None:
        self._next = rule
        self._look()

    def _look(self) -> None:
        """One look at a time, for the newest rule."""
        if self._looking or self._next is None:
            return
        rule, self._next = self._next, None
        self._looking = True

        def ended(found: object) -> None:
            self._looking = False
            if self.dialog is not None:
                words = found if isinstance(found, Looked) else Looked(problem=str(found))
                self.dialog.show_looked(rule, words)
            self._look()

        task = batch_desk.look(rule, self._controller.registry)
        self._controller.ask(task, ended, ended)

    def _on_run_asked(self, rule: Rule, failed_only: bool) -> None:
        if self.run.running:
            return
        try:
            path = batch_desk.write_rule(rule)
        except MfguiError as error:
            self._say(error)
            return
        remember(rule)
        self._rule = rule
        self.run.begin(*batch_desk.process(batch_desk.arguments(path, failed=failed_only)))

    def _on_load_asked(self, path: Path) -> None:
        if self.dialog is None:
            return
        try:
            rule = batch_rule.load(path)
        except MfguiError as error:
            self._say(error)
            return
        self.dialog.show_rule(rule)
        self.dialog.check()

    def _on_save_asked(self, path: Path) -> None:
        if self.dialog is None:
            return
        rule = self.dialog.rule
        try:
            if path == batch_desk.rule_path(rule):
                batch_desk.write_rule(rule)
            else:
                batch_rule.save(rule, path, head=batch_desk.HEAD)
        except MfguiError as error:
            self._say(error)

    def _on_changed(self) -> None:
        if self.dialog is not None and self.run.running:
            self.dialog.show_running(self.run.told, stopping=self.run.stopping)

    def _on_ended(self, end: End) -> None:
        told = self.run.told
        if self.dialog is not None:
            self.dialog.show_end(told, end)
        elif end is End.FAILED:
            self._tell(Severity.ERROR, f"the batch failed: {told.error}")
        elif end is End.DONE:
            made = sum(row.state is State.DONE for row in told.rows)
            failed = f", {told.failed} failed" if told.failed else ""
            what = f"the batch is done ({made} pictures{failed}); File > Batch… opens it"
            bad = [row for row in told.rows if row.state is State.FAILED]
            details = "\n".join(f"{row.name}, {row.label}: {row.error}" for row in bad)
            self._tell(Severity.WARNING if bad else Severity.INFO, what, details)

    def _on_closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None:
            return
        remember(dialog.rule)
        dialog.deleteLater()
        if self.run.running and not self.run.stopping:
            self._tell(Severity.INFO, GOES_ON)

    def _say(self, error: MfguiError) -> None:
        if self.dialog is not None:
            self.dialog.say_problem(str(error))

    def _tell(self, severity: Severity, what: str, details: str = "") -> None:
        self._parts.banners.show_notice(Notice(severity, what, details=details))

    def _open_outside(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._tell(Severity.WARNING, f"no program opens {path.name}", str(path))


def remembered() -> Rule:
    """The rule that the dialog had last."""
    try:
        return batch_rule.from_text((home() / batch_desk.RULE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return Rule()


def remember(rule: Rule) -> None:
    """Keep a rule for the next dialog; a failure must not stop the work."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        write_bytes(home() / batch_desk.RULE_NAME, batch_rule.as_text(rule).encode())
    except (OSError, MfguiError):
        return
