"""The dialog of tables over many sets: what is compared on what, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from mfgui.app import bench_desk
from mfgui.app.bench_desk import Wish
from mfgui.app.bench_progress import Told
from mfgui.app.bench_sets import Folder, Found, Looked, Results
from mfgui.app.process_told import End
from mfgui.methods.registry import Method
from mfgui.ui.dialogs.benchmark_methods import TickedMethods
from mfgui.ui.dialogs.benchmark_options import BenchmarkOptions
from mfgui.ui.dialogs.benchmark_progress import BenchmarkProgress
from mfgui.ui.dialogs.benchmark_rows import FolderRow, ResultRow, RowsFrame, captioned
from mfgui.ui.dialogs.process_dialog import ProcessDialog
from mfgui.ui.icons import TextButton

_FIRST = QSize(1040, 760)
_NO_SETS = "Drop folders of sets here.\nFor each, the naming of its files is found out."
_NO_RESULTS = "Drop folders of fused pictures here to have them as rows."


class BenchmarkDialog(ProcessDialog):
    """Its `look_wanted` carries a `Wish`, as `run_asked` does."""

    run_asked = Signal(object)

    def __init__(
        self, methods: Sequence[Method], wish: Wish, *, cores: int, parent: QWidget | None = None
    ) -> None:
        super().__init__("Benchmark", parent)
        self.folders = RowsFrame("Folders of sets", _NO_SETS)
        self.results = RowsFrame("Results made elsewhere", _NO_RESULTS)
        self.methods = TickedMethods(methods)
        self.options = BenchmarkOptions(cores)
        self.progress = BenchmarkProgress()
        self.add_button = TextButton("open-folder", "Add folder…")
        self.add_results_button = TextButton("open-folder", "Add results…")
        self._looked: Looked | None = None
        self._asked: Wish | None = None
        self._own_output = bool(wish.output) and wish.output != bench_desk.suggested_output(wish)
        self._lay_out()
        self._show_wish(wish)
        self._connect()
        self._begin(_FIRST)

    @property
    def wish(self) -> Wish:
        """The table as it is set up now."""
        return self.options.options(
            Wish(
                folders=tuple(
                    row.folder for row in self.folders.rows if isinstance(row, FolderRow)
                ),
                methods=self.methods.ticked,
                more=self.methods.more_line.text().strip(),
                results=tuple(
                    row.results for row in self.results.rows if isinstance(row, ResultRow)
                ),
            )
        )

    def add_folders(self, paths: Iterable[Path]) -> None:
        """More folders of sets; one that is there already is not added again."""
        for path in paths:
            there = [folder.path for folder in self.wish.folders]
            if str(path) not in there:
                self.folders.add(FolderRow(Folder(str(path))))

    def add_results(self, paths: Iterable[Path]) -> None:
        """More folders of results, named as they are."""
        for path in paths:
            self.results.add(ResultRow(Results(path.name.replace("=", "-"), str(path))))

    def check(self) -> None:
        """Something was changed: say what is missing, and have folders looked into if need be."""
        wish = self.wish
        if not self._own_output:
            self.options.show_output(bench_desk.suggested_output(wish))
            wish = self.wish
        if self._asked is None or _about_folders(wish) != _about_folders(self._asked):
            self._looked = None
            self._timer.start()
        self._show_problem()

    def show_folder(self, folder: Folder, found: Found) -> None:
        """What is in one folder, while others are looked into."""
        for row in self.folders.rows:
            if isinstance(row, FolderRow) and row.folder == folder:
                row.show_found(found)

    def show_looked(self, wish: Wish, looked: Looked) -> None:
        """What was found for `wish`; nothing is shown when the wish is another one by now."""
        if _about_folders(wish) != _about_folders(self.wish):
            return
        self._looked = looked
        self.folders.show_found(looked.folders)
        self.results.show_found(looked.results)
        self.options.show_rows(looked.rows, published=looked.published)
        self._show_problem()

    def show_running(self, told: Told, *, stopping: bool) -> None:
        """The table is being made."""
        self._set_running(True)
        self.stop_button.setEnabled(not stopping)
        self.progress.show_running(told, stopping=stopping)

    def show_end(self, told: Told, end: End) -> None:
        """The table was made, or not."""
        self._set_running(False)
        self.progress.show_end(told, end)
        self.run_button.set_words("Go on" if end is End.STOPPED else "Run")
        if end is End.FAILED:
            self._say_failed(told.error)
        (self.report_button if end is End.DONE else self.run_button).setFocus()

    def _on_waited(self) -> None:
        self._asked = self.wish
        self.look_wanted.emit(self._asked)

    def _on_run_clicked(self) -> None:
        self.run_asked.emit(self.wish)

    def _on_add_clicked(self) -> None:
        chosen = self._ask_folder("Folder of sets", self.wish.folders[-1:])
        self.add_folders([chosen] if chosen else [])

    def _on_add_results_clicked(self) -> None:
        chosen = self._ask_folder("Folder of results", self.wish.folders[-1:])
        self.add_results([chosen] if chosen else [])

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(bench_desk.command(self.wish))
        self._say("The command is in the clipboard.")

    def _on_output_edited(self) -> None:
        self._own_output = bool(self.wish.output)
        self.check()

    def _ask_folder(self, words: str, beside: Sequence[Folder]) -> Path | None:
        start = str(Path(beside[0].path).parent) if beside else ""
        chosen = QFileDialog.getExistingDirectory(self, words, start)
        return Path(chosen) if chosen else None

    def _show_problem(self) -> None:
        wish = self.wish
        problem = bench_desk.problem(wish, self._looked)
        known = self._looked is not None
        wrong = bool(problem) and known and problem == getattr(self._looked, "problem", "")
        looking = any(row.looking for row in self.folders.rows)
        words = problem or ("Looking into the folders…" if looking else "")
        self._say("" if self._running else words, wrong=wrong)
        self.run_button.setEnabled(known and not problem and not self._running)
        self.copy_button.setEnabled(not problem)
        self._show_made()

    def _show_made(self) -> None:
        """Whether there is a table in the folder."""
        output = Path(self.wish.output or "/nowhere")
        self.report_button.setEnabled((output / "report.html").is_file() and not self._running)
        self.folder_button.setEnabled(bool(self.wish.output) and output.is_dir())

    def _show_wish(self, wish: Wish) -> None:
        self.folders.fill(FolderRow(folder) for folder in wish.folders)
        self.results.fill(ResultRow(results) for results in wish.results)
        self.methods.tick(wish.methods)
        self.methods.more_line.setText(wish.more)
        self.options.show_options(wish)

    def _connect(self) -> None:
        for part in (self.folders, self.results, self.methods, self.options):
            part.changed.connect(self.check)
        self.options.output_edited.connect(self._on_output_edited)
        self.folders.dropped.connect(self.add_folders)
        self.results.dropped.connect(self.add_results)
        self.add_button.clicked.connect(self._on_add_clicked)
        self.add_results_button.clicked.connect(self._on_add_results_clicked)
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.run_button.clicked.connect(self._on_run_clicked)
        self.folder_button.clicked.connect(lambda: self.open_asked.emit(Path(self.wish.output)))
        self.report_button.clicked.connect(
            lambda: self.open_asked.emit(Path(self.wish.output) / "report.html")
        )

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addLayout(captioned("Sets", self.add_button))
        left.addWidget(self.folders, 2)
        left.addWidget(self.options.published_box)
        left.addSpacing(10)
        left.addLayout(captioned("Results made elsewhere", self.add_results_button))
        left.addWidget(self.results, 1)
        body = QHBoxLayout()
        body.setSpacing(20)
        body.addLayout(left, 5)
        body.addWidget(self.methods, 4)
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(14)
        form.addLayout(body, 1)
        form.addWidget(self.options)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(self._form, 1)
        column.addWidget(self.progress)
        column.addWidget(self.note)
        adding = (self.add_button, self.add_results_button)
        column.addLayout(self._buttons(elsewhere=adding))


def _about_folders(wish: Wish) -> tuple[object, ...]:
    """What a look into folders depends on."""
    return wish.folders, wish.results, wish.methods, wish.more, wish.published
