"""What the dialogs that write a file have in common: where, whether that can be, and go."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from mfgui.ui.icons import TextButton


class SavingDialog(QDialog):
    """A line for the file; Enter accepts, and `wished` carries the accepted `wish`.

    A derived class puts its rows into `grid`, then calls `put_together`, and `check` once all is
    there.
    """

    wished = Signal(object)

    def __init__(self, title: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.path_line = QLineEdit()
        self.browse_button = TextButton("open-folder", "Browse…")
        self.note = QLabel()
        self.export_button = TextButton("export", "Export", primary=True)
        self.cancel_button = TextButton("close", "Cancel")
        self.grid = QGridLayout()
        self.path_line.textEdited.connect(self.on_place_changed)
        self.browse_button.clicked.connect(self._on_browse_clicked)
        self.export_button.clicked.connect(self._on_export_clicked)
        self.cancel_button.clicked.connect(self.reject)

    @property
    def path(self) -> Path:
        """The file as it stands there."""
        return Path(self.path_line.text()).expanduser()

    @property
    def wish(self) -> object:
        """What the person asks for now."""
        raise NotImplementedError

    def problem(self) -> str:
        """What, other than the place, is wrong with the wish; empty for nothing."""
        raise NotImplementedError

    def on_place_changed(self) -> None:
        """The person wrote or chose another file."""
        self.check()

    def check(self) -> None:
        """Say what is wrong, or what will be replaced."""
        path = self.path
        problem, warning = self.problem(), ""
        if problem:
            pass
        elif not path.parent.is_dir():
            problem = f"There is no such folder: {path.parent}"
        elif path.is_dir():
            problem = "This is a folder"
        elif path.exists():
            warning = f"{path.name} exists and will be replaced"
        self.say(problem or warning, wrong=bool(problem))
        self.export_button.setEnabled(not problem)
        self.export_button.set_words("Replace" if warning else "Export")

    def say(self, words: str, *, wrong: bool = False) -> None:
        """A line beside the buttons."""
        self.note.setText(words)
        self.note.setObjectName("fieldProblem" if wrong else "hint")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)

    def _on_export_clicked(self) -> None:
        wish = self.wish
        self.accept()
        self.wished.emit(wish)

    def _on_browse_clicked(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.windowTitle(),
            self.path_line.text(),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.path_line.setText(chosen)
            self.on_place_changed()

    def add_path_row(self, row: int) -> None:
        """The line for the file, in a row of the grid."""
        self.grid.addWidget(QLabel("File"), row, 0)
        self.grid.addWidget(self.path_line, row, 1)
        self.grid.addWidget(self.browse_button, row, 2)

    def put_together(self) -> None:
        """Lay out the dialog; Tab goes through the grid in the order of its rows."""
        self.path_line.setMinimumWidth(420)
        self.path_line.setAccessibleName("File")
        self.note.setWordWrap(True)
        self.grid.setHorizontalSpacing(12)
        self.grid.setVerticalSpacing(8)
        self.export_button.setDefault(True)
        for button in (self.browse_button, self.cancel_button):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.note, 1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(20)
        layout.addLayout(self.grid)
        layout.addLayout(buttons)
        self.path_line.setFocus()
