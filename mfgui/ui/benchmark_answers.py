"""The command of tables over many sets: its dialog, the process behind it, and its notices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from mfgui import _startup
from mfgui.app import bench_desk, bench_sets
from mfgui.app.bench_desk import Wish
from mfgui.app.bench_progress import End
from mfgui.app.bench_sets import Looked
from mfgui.app.controller import Controller
from mfgui.core.events import Notice, Severity
from mfgui.methods.registry import FUSING, Kind, Method
from mfgui.ui.benchmark_run import BenchmarkRun
from mfgui.ui.commanding import Commands
from mfgui.ui.parts import WindowParts

if TYPE_CHECKING:
    from mfgui.ui.dialogs.benchmark import BenchmarkDialog

GOES_ON = "the table is being made in the background; Tools > Benchmark… shows it"


class BenchmarkAnswers(QObject):
    """One dialog and one process at a time. The dialog can be closed while the process runs."""

    def __init__(
        self, window: QWidget, controller: Controller, parts: WindowParts, commands: Commands
    ) -> None:
        super().__init__(window)
        self._window, self._controller, self._parts = window, controller, parts
        self.run = BenchmarkRun(self)
        self.dialog: BenchmarkDialog | None = None
        self._looking = False
        self._next: Wish | None = None
        self._before: Looked | None = None
        self.run.changed.connect(self._on_changed)
        self.run.ended.connect(self._on_ended)
        commands.add({"benchmark": self.open})

    def open(self) -> BenchmarkDialog:
        """Show the dialog as it was left."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return self.dialog
        from mfgui.ui.dialogs.benchmark import BenchmarkDialog

        methods = self._methods()
        if self.run.running and self.run.wish is not None:
            wish = self.run.wish
        else:
            text = self._controller.settings.values.benchmark
            wish = bench_desk.from_text(text, {method.name for method in methods})
        self._before = None
        dialog = BenchmarkDialog(methods, wish, cores=_startup.cores(), parent=self._window)
        self.dialog = dialog
        dialog.look_wanted.connect(self._on_look_wanted)
        dialog.run_asked.connect(self._on_run_asked)
        dialog.stop_asked.connect(self.run.stop)
        dialog.open_asked.connect(self._open_outside)
        dialog.finished.connect(self._on_closed)
        if self.run.running:
            self._on_changed()
        elif self.run.end is not None and self.run.wish == wish:
            dialog.show_end(self.run.told, self.run.end)
        dialog.show()
        return dialog

    def close(self) -> None:
        """The window closes."""
        self.run.close()
        if self.dialog is not None:
            self.dialog.close()

    def _methods(self) -> list[Method]:
        return self._controller.registry.of_kind(*FUSING, Kind.DETECTOR)

    def _on_look_wanted(self, wish: Wish) -> None:
        self._next = wish
        self._look()

    def _look(self) -> None:
        """One look at a time, for the newest wish."""
        if self._looking or self._next is None:
            return
        wish, self._next = self._next, None
        self._looking = True

        def ended(found: object) -> None:
            self._looking = False
            if isinstance(found, Looked):
                self._before = found
                if self.dialog is not None:
                    self.dialog.show_looked(wish, found)
            self._look()

        def found_one(part: object) -> None:
            if self.dialog is not None and isinstance(part, tuple):
                self.dialog.show_folder(*part)

        task = bench_sets.look(wish, self._controller.registry, self._before)
        self._controller.ask(task, ended, ended, found_one)

    def _on_run_asked(self, wish: Wish) -> None:
        if not self.run.running:
            self._controller.settings.change(benchmark=bench_desk.as_text(wish))
            self.run.start(wish)

    def _on_changed(self) -> None:
        if self.dialog is not None and self.run.running:
            self.dialog.show_running(self.run.told, stopping=self.run.stopping)

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

    def _on_closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None:
            return
        self._controller.settings.change(benchmark=bench_desk.as_text(dialog.wish))
        dialog.deleteLater()
        if self.run.running and not self.run.stopping:
            self._tell(Severity.INFO, GOES_ON)

    def _tell(self, severity: Severity, what: str, details: str = "") -> None:
        self._parts.banners.show_notice(Notice(severity, what, details=details))

    def _open_outside(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._tell(Severity.WARNING, f"no program opens {path.name}", str(path))
