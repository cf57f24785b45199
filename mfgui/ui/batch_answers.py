"""The command of batches: its dialog, the process behind it, and its notices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from mfgui import _startup
from mfgui.app import batch_desk, batch_rule
from mfgui.app.batch_desk import Looked, Told
from mfgui.app.batch_report import State
from mfgui.app.batch_rule import Rule
from mfgui.app.controller import Controller
from mfgui.app.process_told import End
from mfgui.app.settings import home
from mfgui.core.errors import MfguiError
from mfgui.core.events import Severity
from mfgui.files.atomic import write_bytes
from mfgui.jobs.pool import Task
from mfgui.methods.registry import FUSING
from mfgui.ui.benchmark_run import ProcessRun
from mfgui.ui.commanding import Commands
from mfgui.ui.parts import WindowParts
from mfgui.ui.process_answers import ProcessAnswers

if TYPE_CHECKING:
    from mfgui.ui.dialogs.batch import BatchDialog

GOES_ON = "the batch runs in the background; File > Batch… shows it"


class BatchAnswers(ProcessAnswers["BatchDialog", Told, Rule]):
    """File > Batch."""

    goes_on = GOES_ON

    def __init__(
        self, window: QWidget, controller: Controller, parts: WindowParts, commands: Commands
    ) -> None:
        super().__init__(window, controller, parts, ProcessRun(Told, window))
        self._rule: Rule | None = None  # of the process
        self.run.ended.connect(self._on_ended)
        commands.add({"batch": self.open})

    def _make(self) -> BatchDialog:
        from mfgui.ui.dialogs.batch import BatchDialog

        rule = self._rule if self.run.running and self._rule is not None else remembered()
        dialog = BatchDialog(
            self._controller.registry.of_kind(*FUSING),
            rule,
            devices=self._controller.devices.known,
            cores=_startup.cores(),
            parent=self._window,
        )
        dialog.run_asked.connect(self._on_run_asked)
        dialog.load_asked.connect(self._on_load_asked)
        dialog.save_asked.connect(self._on_save_asked)
        return dialog

    def _look_for(self, setup: Rule) -> Task:
        return batch_desk.look(setup, self._controller.registry)

    def _on_looked(self, setup: Rule, found: object) -> None:
        if self.dialog is not None:
            words = found if isinstance(found, Looked) else Looked(problem=str(found))
            self.dialog.show_looked(setup, words)

    def _remember(self, dialog: BatchDialog) -> None:
        remember(dialog.rule)

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

    def _say(self, error: MfguiError) -> None:
        if self.dialog is not None:
            self.dialog.say_problem(str(error))


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
