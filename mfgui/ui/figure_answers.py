"""Figures of the focus map, its comparison with others, and its export, in dialogs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from mfgui.app import measuring
from mfgui.app.controller import Controller
from mfgui.app.measuring import Comparison, ListComparison
from mfgui.core.events import Notice, Severity
from mfgui.core.stack import SourceStack
from mfgui.core.statistics import MapStatistics
from mfgui.files.label_export import MapExport, pair_problem
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.commanding import Commands
from mfgui.ui.dialogs.agreement import AgreementDialog
from mfgui.ui.dialogs.export_map import ExportMapDialog
from mfgui.ui.dialogs.statistics import StatisticsDialog
from mfgui.ui.parts import WindowParts

_MAPS = "Focus maps (*.png *.tif *.tiff);;All files (*)"


class FigureAnswers:
    """What the commands do that count, compare and export the map."""

    def __init__(
        self, window: QWidget, controller: Controller, parts: WindowParts, commands: Commands
    ) -> None:
        self._window, self._controller, self._parts = window, controller, parts
        self._commands = commands
        commands.add(self.answers())

    def answers(self) -> dict[str, Callable[[], object]]:
        """What each command does, by id."""
        return {
            "export-map": self.export,
            "compare-map": self.compare,
            "map-statistics": self.statistics,
        }

    def export(self) -> ExportMapDialog | None:
        """Ask how and where the map goes, and write it."""
        session = self._controller.session
        stack, focus_map = session.stack, session.focus_map
        if stack is None or focus_map is None:
            return None
        entry = self._controller.annotation.entry
        base = self._commands.first_source() if entry is None else entry.base
        problem = pair_problem(focus_map.labels, k=stack.k)
        stem = base.stem if entry is None else base.name
        dialog = ExportMapDialog(base.with_name(stem), pair_problem=problem, parent=self._window)
        dialog.wished.connect(lambda wish: self._on_export_wished(stack, wish))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def statistics(self) -> StatisticsDialog | None:
        """Count the present map, and show what is known of the list."""
        controller, session = self._controller, self._controller.session
        stack, focus_map = session.stack, session.focus_map
        if stack is None or focus_map is None:
            return None
        annotation = controller.annotation
        dialog = StatisticsDialog(
            [source.name for source in stack.sources],
            self._colours(stack),
            worklist=annotation.worklist,
            tools=annotation.clock.tools() if annotation.active else None,
            parent=self._window,
        )
        alive = _Alive(dialog)

        def done(value: object) -> None:
            if alive.here and isinstance(value, MapStatistics):
                dialog.show_statistics(value)

        controller.ask(measuring.measure(focus_map.snapshot(), stack.k), done)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def compare(self) -> AgreementDialog | None:
        """Compare the present map, or the list, with somebody else's."""
        stack = self._controller.session.stack
        if stack is None:
            return None
        dialog = AgreementDialog(
            [source.name for source in stack.sources],
            self._colours(stack),
            has_list=self._controller.annotation.worklist is not None,
            parent=self._window,
        )
        _Comparing(self._controller, self._parts, dialog, stack)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()
        return dialog

    def _on_export_wished(self, stack: SourceStack, wish: MapExport) -> None:
        focus_map = self._controller.session.focus_map
        if focus_map is None or self._controller.session.stack is not stack:
            return

        def done(_value: object) -> None:
            notice = Notice(Severity.INFO, f"saved {wish.path.name}", details=str(wish.path))
            self._parts.banners.show_notice(notice)

        self._controller.ask(measuring.export(stack, focus_map.snapshot(), wish), done)

    def _colours(self, stack: SourceStack) -> list[str]:
        canvas = self._parts.canvas
        return [canvas.label_colour(n, k=stack.k).name() for n in range(1, stack.k + 1)]


class _Alive:
    """Whether a dialog is still open when an answer comes."""

    def __init__(self, dialog: StatisticsDialog | AgreementDialog) -> None:
        self.here = True
        dialog.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        self.here = False


class _Comparing:
    """One dialog of agreement: what it asks for, and the differences in the picture."""

    def __init__(
        self,
        controller: Controller,
        parts: WindowParts,
        dialog: AgreementDialog,
        stack: SourceStack,
    ) -> None:
        self._controller, self._parts, self._dialog = controller, parts, dialog
        self._stack = stack
        self._alive = _Alive(dialog)
        self._path: Path | None = None
        self._shown: Comparison | None = None
        self._list: ListComparison | None = None
        self._mode_before = parts.overlay.overlay.mode
        dialog.file_asked.connect(self._ask_for_map)
        dialog.folder_asked.connect(self._ask_for_folder)
        dialog.report_asked.connect(self._ask_for_report)
        dialog.tolerance_changed.connect(self._on_tolerance_changed)
        dialog.differences_toggled.connect(self._show_differences)
        dialog.finished.connect(lambda: self._show_differences(False))

    def _ask_for_map(self) -> None:
        folder = self._controller.settings.values.last_folder
        chosen, _ = QFileDialog.getOpenFileName(
            self._dialog, "Compare with focus map", folder, _MAPS
        )
        if chosen:
            self._compare(Path(chosen))

    def _compare(self, path: Path) -> None:
        session = self._controller.session
        if session.focus_map is None or session.stack is not self._stack:
            self._dialog.show_busy("Another set is open: close this window and compare again.")
            return
        self._path = path
        self._dialog.show_busy(f"Comparing with {path.name}…")
        labels = session.focus_map.snapshot()
        tolerance = self._dialog.tolerance

        def done(value: object) -> None:
            if self._alive.here and isinstance(value, Comparison):
                self._shown = value
                self._dialog.show_comparison(value)
                self._show_differences(self._dialog.differences_box.isChecked())

        task = measuring.compare(self._stack, labels, path, tolerance=tolerance)
        self._controller.ask(task, done, self._failed)

    def _failed(self, line: str) -> None:
        if self._alive.here:
            self._dialog.show_busy(line)

    def _on_tolerance_changed(self) -> None:
        if self._path is not None:
            self._compare(self._path)

    def _ask_for_folder(self) -> None:
        worklist = self._controller.annotation.worklist
        if worklist is None:
            return
        words = "Folder of the other annotator"
        chosen = QFileDialog.getExistingDirectory(self._dialog, words, str(worklist.output.parent))
        if not chosen:
            return
        folder = Path(chosen)
        self._dialog.show_busy(f"Comparing {len(worklist.sets)} sets with {folder.name}…")

        def done(value: object) -> None:
            if self._alive.here and isinstance(value, ListComparison):
                self._list = value
                self._dialog.show_list(value)

        task = measuring.compare_list(worklist, folder, tolerance=self._dialog.tolerance)
        self._controller.ask(task, done, self._failed)

    def _ask_for_report(self) -> None:
        worklist = self._controller.annotation.worklist
        if worklist is None or self._list is None:
            return
        suggested = str(worklist.output / "agreement.csv")
        chosen, _ = QFileDialog.getSaveFileName(
            self._dialog, "Save report", suggested, "CSV (*.csv);;JSON (*.json)"
        )
        if not chosen:
            return
        path = Path(chosen)

        def done(_value: object) -> None:
            if self._alive.here:
                self._dialog.show_busy(f"Saved {path.name}")

        self._controller.ask(measuring.write_list(self._list, worklist, path), done, self._failed)

    def _show_differences(self, on: bool) -> None:
        """The other map under the overlay of differences, or the overlay that was there."""
        canvas, overlay = self._parts.canvas, self._parts.overlay
        same_set = self._controller.session.stack is self._stack
        if on and self._shown is not None and same_set:
            if overlay.overlay.mode is not OverlayMode.DIFFERENCE:
                self._mode_before = overlay.overlay.mode
            canvas.set_other_labels(self._shown.other)
            overlay.set_mode(OverlayMode.DIFFERENCE)
        elif overlay.overlay.mode is OverlayMode.DIFFERENCE and self._shown is not None:
            overlay.set_mode(self._mode_before)
            canvas.set_other_labels(None)
