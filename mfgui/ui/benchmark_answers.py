"""The command of tables over many sets: its dialog, the process behind it, and its notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from mfgui import _startup
from mfgui.app import bench_desk, bench_sets
from mfgui.app.bench_desk import Wish
from mfgui.app.bench_progress import Told
from mfgui.app.bench_sets import Looked
from mfgui.app.controller import Controller
from mfgui.app.process_told import End
from mfgui.core.events import Severity
from mfgui.jobs.pool import Task
from mfgui.methods.registry import FUSING, Kind, Method
from mfgui.ui.benchmark_run import BenchmarkRun
from mfgui.ui.commanding import Commands
from mfgui.ui.parts import WindowParts
from mfgui.ui.process_answers import ProcessAnswers

if TYPE_CHECKING:
    from mfgui.ui.dialogs.benchmark import BenchmarkDialog

GOES_ON = "the table is being made in the background; Tools > Benchmark… shows it"


class BenchmarkAnswers(ProcessAnswers["BenchmarkDialog", Told, Wish]):
    """Tools > Benchmark."""

    goes_on = GOES_ON
    run: BenchmarkRun

    def __init__(
        self, window: QWidget, controller: Controller, parts: WindowParts, commands: Commands
    ) -> None:
        super().__init__(window, controller, parts, BenchmarkRun(window))
        self._before: Looked | None = None
        self.run.ended.connect(self._on_ended)
        commands.add({"benchmark": self.open})

    def _make(self) -> BenchmarkDialog:
        from mfgui.ui.dialogs.benchmark import BenchmarkDialog

        methods = self._methods()
        if self.run.running and self.run.wish is not None:
            wish = self.run.wish
        else:
            text = self._controller.settings.values.benchmark
            wish = bench_desk.from_text(text, {method.name for method in methods})
        self._before = None
        dialog = BenchmarkDialog(methods, wish, cores=_startup.cores(), parent=self._window)
        dialog.run_asked.connect(self._on_run_asked)
        if not self.run.running and self.run.end is not None and self.run.wish == wish:
            dialog.show_end(self.run.told, self.run.end)
        return dialog

    def _methods(self) -> list[Method]:
        return self._controller.registry.of_kind(*FUSING, Kind.DETECTOR)

    def _look_for(self, setup: Wish) -> Task:
        return bench_sets.look(setup, self._controller.registry, self._before)

    def _on_looked(self, setup: Wish, found: object) -> None:
        if isinstance(found, Looked):
            self._before = found
            if self.dialog is not None:
                self.dialog.show_looked(setup, found)

    def _on_part_looked(self, part: object) -> None:
        if self.dialog is not None and isinstance(part, tuple):
            self.dialog.show_folder(*part)

    def _remember(self, dialog: BenchmarkDialog) -> None:
        self._controller.settings.change(benchmark=bench_desk.as_text(dialog.wish))

    def _on_run_asked(self, wish: Wish) -> None:
        if not self.run.running:
            self._controller.settings.change(benchmark=bench_desk.as_text(wish))
            self.run.start(wish)

    def _on_ended(self, end: End) -> None:
        told = self.run.told
        if self.dialog is not None:
            self.dialog.show_end(told, end)
        elif end is End.FAILED:
            self._tell(Severity.ERROR, f"the table failed: {told.error}")
        elif end is End.DONE:
            failed = f", {told.failed} failed" if told.failed else ""
            what = f"the table is done ({told.total} cells{failed}); Tools > Benchmark… opens it"
            severity = Severity.WARNING if told.failed else Severity.INFO
            self._tell(severity, what, "\n".join(told.failures))
