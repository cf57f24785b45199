"""The dialog of batches: which sets become which pictures, and how far each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from mfgui.app import batch_desk
from mfgui.app.batch_desk import Looked, Told
from mfgui.app.batch_report import State, report_paths
from mfgui.app.batch_rule import LIST, PRESETS, Rule
from mfgui.app.devices import Device
from mfgui.app.process_told import End
from mfgui.methods.registry import Method
from mfgui.ui.dialogs.batch_fields import BatchInput, BatchOutput
from mfgui.ui.dialogs.batch_table import BatchTable
from mfgui.ui.dialogs.benchmark_methods import TickedMethods
from mfgui.ui.dialogs.benchmark_rows import captioned
from mfgui.ui.dialogs.process_dialog import ProcessDialog
from mfgui.ui.drop import paths_of
from mfgui.ui.icons import TextButton

_FIRST = QSize(1080, 800)
_RULES = "Rules (*.toml)"


class BatchDialog(ProcessDialog):
    """Its `look_wanted` carries a `Rule`.

    Signals
    -------
    run_asked : Rule, bool
        Whether only what failed is to be done.
    load_asked, save_asked : Path
        A rule file.
    """

    run_asked = Signal(object, bool)
    load_asked = Signal(object)
    save_asked = Signal(object)

    def __init__(
        self,
        methods: Sequence[Method],
        rule: Rule,
        *,
        devices: Sequence[Device],
        cores: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Batch", parent)
        self.setAcceptDrops(True)
        self.input = BatchInput()
        self.output = BatchOutput(devices, cores)
        self.methods = TickedMethods(methods)
        self.found = QLabel()
        self.table = BatchTable()
        self.bar = QProgressBar()
        self.where = QLabel()
        self.load_button = TextButton("open", "Load rule…")
        self.save_button = TextButton("saved", "Save rule…")
        self.failed_button = TextButton("run-again", "Run failed")
        self._looked: Looked | None = None
        self._asked: Rule | None = None
        self._own_output = False
        self._lay_out()
        self.show_rule(rule)
        self._connect()
        self._begin(_FIRST)

    @property
    def rule(self) -> Rule:
        """The batch as it is set up now."""
        more = [part.strip() for part in self.methods.more_line.text().split(",")]
        methods = (*self.methods.ticked, *(part for part in more if part))
        return self.output.filled(self.input.filled(Rule(methods=methods)))

    def show_rule(self, rule: Rule) -> None:
        """Set everything as in a rule."""
        known = {method.name for method in self.methods.methods}
        self._own_output = bool(rule.output) and rule.output != batch_desk.suggested_output(rule)
        self.input.show_rule(rule)
        self.output.show_rule(rule)
        self.methods.tick(rule.methods)
        self.methods.more_line.setText(", ".join(n for n in rule.methods if n not in known))

    def check(self) -> None:
        """Something was changed: say what is missing, and have sets looked for."""
        rule = self.rule
        if not self._own_output:
            self.output.show_output(batch_desk.suggested_output(rule))
            rule = self.rule
        if rule != self._asked:
            self._asked, self._looked = rule, None
            if batch_desk.complete(rule):
                self._timer.start()
            else:
                self._timer.stop()
                self._show_nothing()
        self._show_problem()

    def show_looked(self, rule: Rule, looked: Looked) -> None:
        """What was found for `rule`; nothing is shown when it is another one by now."""
        if rule != self.rule or self._running:
            return
        self._looked = looked
        self.found.setText(looked.words)
        self.output.show_examples(looked.examples)
        self.table.show_rows(looked.rows)
        self._show_problem()

    def show_running(self, told: Told, *, stopping: bool) -> None:
        """The batch runs."""
        self._set_running(True)
        self.stop_button.setEnabled(not stopping)
        self.table.show_rows(told.rows)
        # Without an end while nothing can be counted.
        self.bar.setRange(0, told.due)
        self.bar.setValue(told.done)
        failed = f", {told.failed} failed" if told.failed else ""
        words = f"{told.done} of {told.due} pictures{failed}" if told.due else told.note
        self._show_where("Stopping…" if stopping else words or "Starting…")

    def show_end(self, told: Told, end: End) -> None:
        """The batch has ended."""
        self._set_running(False)
        self.table.show_rows(told.rows)
        self.bar.setRange(0, max(1, told.due))
        self.bar.setValue(told.done)
        self._show_where(ended_words(told, end))
        if end is End.FAILED:
            self._say_failed(told.error)
        (self.failed_button if told.failed else self.close_button).setFocus()
        self.look_wanted.emit(self.rule)

    def say_problem(self, words: str) -> None:
        """Something that was asked for could not be done."""
        self._say(words, wrong=True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not self._running and _first(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _first(event.mimeData())
        if path is None or self._running:
            return
        event.acceptProposedAction()
        if path.suffix.lower() == ".toml":
            self.load_asked.emit(path)
        else:
            self._take_place(path)

    def _take_place(self, path: Path) -> None:
        """A folder of sets, or a list of them, was dropped."""
        rule = self.input.filled(Rule())
        if path.is_dir():
            sort = Rule.sort if rule.sort == LIST else rule.sort
            self.input.show_rule(replace(rule, sort=sort, folder=str(path)))
        else:
            self.input.show_rule(replace(rule, sort=LIST, list_file=str(path)))

    def _on_waited(self) -> None:
        self.look_wanted.emit(self.rule)

    def _on_preset_chosen(self, name: str) -> None:
        values = {**PRESETS[name], "preset": name}
        self.show_rule(replace(self.rule, **values))
        self.check()

    def _on_output_edited(self) -> None:
        self._own_output = bool(self.rule.output)

    def _on_load_clicked(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Load rule", self.rule.output, _RULES)
        if chosen:
            self.load_asked.emit(Path(chosen))

    def _on_save_clicked(self) -> None:
        start = str(batch_desk.rule_path(self.rule)) if self.rule.output else ""
        chosen, _ = QFileDialog.getSaveFileName(self, "Save rule", start, _RULES)
        if chosen:
            path = Path(chosen)
            self.save_asked.emit(path if path.suffix else path.with_suffix(".toml"))

    def _on_copy_clicked(self) -> None:
        self.save_asked.emit(batch_desk.rule_path(self.rule))
        QGuiApplication.clipboard().setText(batch_desk.command(self.rule))

    def _on_row_opened(self, number: int) -> None:
        picture = self.table.picture_of(number)
        if picture is not None:
            self.open_asked.emit(picture)

    def _show_nothing(self) -> None:
        self.found.setText("")
        self.output.show_examples(())
        self.table.show_rows(())

    def _show_problem(self) -> None:
        rule, looked = self.rule, self._looked
        problem = batch_desk.problem(rule, looked)
        looking = not problem and looked is None
        wrong = bool(problem) and looked is not None and problem == looked.problem
        words = problem or ("Looking for sets…" if looking else "")
        if not self._running:
            self._say(words, wrong=wrong)
        ready = looked is not None and not problem and not self._running
        self.run_button.setEnabled(ready and looked is not None and looked.due > 0)
        self.failed_button.setVisible(not self._running)
        self.failed_button.setEnabled(ready and looked is not None and looked.failed > 0)
        self.copy_button.setEnabled(ready)
        self.save_button.setEnabled(not problem and not self._running)
        if ready and looked is not None and not looked.due:
            self._say("All pictures are there, and nothing has changed since they were made.")
        self._show_made()

    def _show_made(self) -> None:
        output = Path(self.rule.output or "/nowhere")
        report = report_paths(batch_desk.rule_path(self.rule), output)[1]
        self.report_button.setEnabled(report.is_file())
        self.folder_button.setEnabled(output.is_dir())

    def _show_where(self, words: str) -> None:
        self.where.setText(words[:1].upper() + words[1:])
        self.bar.setAccessibleDescription(self.where.text())
        self.bar.show()
        self.where.show()

    def _open_report(self) -> None:
        rule = self.rule
        paths = report_paths(batch_desk.rule_path(rule), Path(rule.output))
        self.open_asked.emit(paths[1])

    def _connect(self) -> None:
        for part in (self.input, self.output, self.methods):
            part.changed.connect(self.check)
        self.output.output_edited.connect(self._on_output_edited)
        self.output.preset_chosen.connect(self._on_preset_chosen)
        self.table.cellDoubleClicked.connect(lambda row, _column: self._on_row_opened(row))
        self.load_button.clicked.connect(self._on_load_clicked)
        self.save_button.clicked.connect(self._on_save_clicked)
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.run_button.clicked.connect(lambda: self.run_asked.emit(self.rule, False))
        self.failed_button.clicked.connect(lambda: self.run_asked.emit(self.rule, True))
        self.report_button.clicked.connect(self._open_report)
        self.folder_button.clicked.connect(lambda: self.open_asked.emit(Path(self.rule.output)))

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addLayout(captioned("Sets", self.load_button, self.save_button))
        left.addWidget(self.input)
        left.addWidget(self.found)
        left.addSpacing(8)
        left.addLayout(captioned("Pictures"))
        left.addWidget(self.output)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        preset, caption = QHBoxLayout(), QLabel("Preset")
        caption.setBuddy(self.output.preset_box)
        preset.addWidget(caption)
        preset.addWidget(self.output.preset_box, 1)
        right.addLayout(preset)
        right.addWidget(self.methods, 1)
        form = QHBoxLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(20)
        form.addLayout(left, 5)
        form.addLayout(right, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self._form, 3)
        column.addWidget(self.table, 2)
        column.addWidget(self.bar)
        column.addWidget(self.where)
        column.addWidget(self.note)
        rules = (self.load_button, self.save_button)
        column.addLayout(self._buttons(self.failed_button, elsewhere=rules))
        self._name_parts()

    def _name_parts(self) -> None:
        self.found.setObjectName("hint")
        self.found.setWordWrap(True)
        self.found.setAccessibleName("What was found")
        self.where.setAccessibleName("Progress in words")
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the batch")
        self.bar.hide()
        self.where.hide()


def ended_words(told: Told, end: End) -> str:
    """How a batch ended, in words."""
    made = sum(row.state is State.DONE for row in told.rows)
    failed = f", {told.failed} failed" if told.failed else ""
    if end is End.FAILED:
        return f"Failed after {_pictures(made)}"
    if end is End.STOPPED:
        return f"Stopped after {_pictures(made)}{failed}. What is done is kept; Run does the rest."
    kept = sum(row.state is State.UNCHANGED for row in told.rows)
    before = f", {kept} were there before" if kept else ""
    skipped = sum(row.state is State.SKIPPED for row in told.rows)
    return f"Done: {_pictures(made)}{before}{f', {skipped} skipped' if skipped else ''}{failed}"


def _pictures(count: int) -> str:
    return f"{count} picture{'' if count == 1 else 's'}"


def _first(data: QMimeData) -> Path | None:
    """The file or folder of a drag."""
    paths: Iterable[Path] = paths_of(data)
    return next(iter(paths), None)
