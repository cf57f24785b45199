"""Dialog of the note on a result. Ctrl+Enter accepts."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from mfgui.app.mark_control import LONGEST_NOTE
from mfgui.ui.icons import TextButton


class ResultNoteDialog(QDialog):
    """`wished` carries the accepted text; empty takes the note away.

    Parameters
    ----------
    title : str
        Number and name of the result.
    """

    wished = Signal(str)

    def __init__(self, title: str, note: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Note on a result")
        self.setModal(True)
        self.title = QLabel(title)
        self.text = QPlainTextEdit(note)
        self.left = QLabel()
        self.save_button = TextButton("check", "Keep", primary=True)
        self.cancel_button = TextButton("close", "Cancel")
        self._lay_out()
        self.text.textChanged.connect(self._check)
        self.save_button.clicked.connect(self._on_accepted)
        self.cancel_button.clicked.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._on_accepted)
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.text.setFocus()
        self._check()

    def _check(self) -> None:
        over = len(self.text.toPlainText()) - LONGEST_NOTE
        self.left.setText(f"{over} letters too many" if over > 0 else "Ctrl+Enter keeps it")
        self.save_button.setEnabled(over <= 0)

    def _on_accepted(self) -> None:
        if self.save_button.isEnabled():
            self.wished.emit(self.text.toPlainText())
            self.accept()

    def _lay_out(self) -> None:
        self.title.setObjectName("summary")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.text.setAccessibleName("Note")
        self.text.setPlaceholderText("What is to be remembered of this result?")
        self.text.setTabChangesFocus(True)
        self.text.setMinimumSize(380, 140)
        self.left.setObjectName("hint")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.left, 1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(self.title)
        column.addWidget(self.text, 1)
        column.addLayout(buttons)
