"""A tick for the preview of a method, and what becomes of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QWidget


class PreviewRow(QWidget):
    """`toggled` says whether the person wants to see what changes of the parameters do."""

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox("Preview")
        self.box.setChecked(True)
        self.box.setToolTip("Show on reduced frames what changed parameters do")
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.note.setAccessibleName("State of the preview")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.box)
        row.addWidget(self.note, 1)
        self.box.toggled.connect(self.toggled)
        self.hide()

    @property
    def on(self) -> bool:
        return self.box.isChecked()

    def show_note(self, words: str) -> None:
        """What was found, or why there is none."""
        self.note.setText(words)
