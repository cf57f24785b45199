"""Exporting the table of scores, once all of it has been computed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from mfgui.app.controller import Controller
from mfgui.core.events import Change, Notice, ResultRemoved, ScoresChanged, Severity
from mfgui.core.score_table import Area
from mfgui.core.stack import SourceStack

_KINDS = "CSV (*.csv);;JSON (*.json);;Markdown (*.md);;LaTeX (*.tex)"
_NAME = "export"


class TableExport:
    """What the command does that exports the table."""

    def __init__(self, window: QWidget, controller: Controller) -> None:
        self._window = window
        self._controller = controller
        self._path: Path | None = None
        self._stack: SourceStack | None = None  # whose scores are waited for
        controller.notifier.connect(self._take)

    def open(self) -> None:
        """Ask for a file, have every score computed, and write them."""
        folder = Path(self._controller.settings.values.last_folder or Path.home())
        chosen, kind = QFileDialog.getSaveFileName(
            self._window, "Export table of scores", str(folder / "scores.csv"), _KINDS
        )
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix and "*" in kind:
            path = path.with_suffix(kind[kind.index("*") + 1 :].rstrip(")"))
        session = self._controller.session
        self._path, self._stack = path, session.stack
        areas = [Area.WHOLE]
        areas += [Area.BAND] if session.focus_map is not None else []
        areas += [Area.REGION] if session.region is not None else []
        self._controller.scores.want(True, by=_NAME, areas=areas, metrics=True)
        self._write_when_known()

    def _take(self, change: Change) -> None:
        if self._controller.session.stack is not self._stack:
            self._give_up()
        elif isinstance(change, ScoresChanged | ResultRemoved):
            self._write_when_known()

    def _give_up(self) -> None:
        """The set whose scores were waited for is not open any more."""
        waited, self._path, self._stack = self._path, None, None
        if waited is not None:
            self._controller.scores.want(False, by=_NAME)

    def _write_when_known(self) -> None:
        scores, path = self._controller.scores, self._path
        if path is None or scores.busy or scores.stale:
            return
        self._path = None
        task = scores.export(path)
        scores.want(False, by=_NAME)

        def done(_value: object) -> None:
            words = Notice(Severity.INFO, f"saved {path.name}", details=str(path))
            self._controller.notifier.emit(words)

        self._controller.ask(task, done)
