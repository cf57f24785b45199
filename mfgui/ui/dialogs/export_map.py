"""Dialog to export the focus map for other programs. Enter accepts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mfgui.files.label_export import MAX_RADIUS, MapExport, MapFormat
from mfgui.ui.icons import TextButton

_WORDS = {
    MapFormat.LABELS: "Label numbers (PNG)",
    MapFormat.PAIR: "White and black (PNG)",
    MapFormat.SOFT: "Weights (float TIFF, a page for each source)",
    MapFormat.COCO: "COCO run lengths (JSON)",
}
_ENDINGS = {
    MapFormat.LABELS: "_labels",
    MapFormat.PAIR: "_pair",
    MapFormat.SOFT: "_weights",
    MapFormat.COCO: "_coco",
}


class ExportMapDialog(QDialog):
    """`wished` carries the accepted `MapExport`.

    Parameters
    ----------
    base : Path
        What the suggested names begin with.
    pair_problem : str
        Why white and black cannot say this map; empty when they can.
    """

    wished = Signal(object)

    def __init__(self, base: Path, *, pair_problem: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export focus map")
        self.setModal(True)
        self._base = base
        self._pair_problem = pair_problem
        self.format_box = QComboBox()
        self.path_line = QLineEdit()
        self.browse_button = TextButton("open-folder", "Browse…")
        self.radius_box = QSpinBox()
        self.region_box = QCheckBox("One annotation for each connected region")
        self.plain_box = QCheckBox("Counts as numbers instead of compressed text")
        self.note = QLabel()
        self.export_button = TextButton("export", "Export", primary=True)
        self.cancel_button = TextButton("close", "Cancel")
        for known, words in _WORDS.items():
            self.format_box.addItem(words, known)
        self._lay_out()
        self._connect()
        self._on_format_chosen()
        self.path_line.setFocus()

    @property
    def format(self) -> MapFormat:
        return MapFormat(self.format_box.currentData())

    @property
    def wish(self) -> MapExport:
        return MapExport(
            Path(self.path_line.text()).expanduser(),
            self.format,
            radius=self.radius_box.value(),
            by_region=self.region_box.isChecked(),
            as_text=not self.plain_box.isChecked(),
        )

    def _connect(self) -> None:
        self.format_box.currentIndexChanged.connect(self._on_format_chosen)
        self.path_line.textEdited.connect(self._check)
        self.browse_button.clicked.connect(self._on_browse_clicked)
        self.export_button.clicked.connect(self._on_export_clicked)
        self.cancel_button.clicked.connect(self.reject)

    def _on_export_clicked(self) -> None:
        wish = self.wish
        self.accept()
        self.wished.emit(wish)

    def _on_browse_clicked(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            "Export focus map",
            self.path_line.text(),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.path_line.setText(chosen)
            self._check()

    def _on_format_chosen(self) -> None:
        known = self.format
        present = Path(self.path_line.text()) if self.path_line.text() else self._base
        stem = present.stem
        for ending in _ENDINGS.values():
            stem = stem.removesuffix(ending)
        self.path_line.setText(str(present.with_name(stem + _ENDINGS[known] + known.suffix)))
        for widget in (self._radius_words, self.radius_box):
            widget.setVisible(known is MapFormat.SOFT)
        for box in (self.region_box, self.plain_box):
            box.setVisible(known is MapFormat.COCO)
        self._check()

    def _check(self) -> None:
        """Say what is wrong, or what will be replaced."""
        wish = self.wish
        problem, warning = "", ""
        if wish.format is MapFormat.PAIR and self._pair_problem:
            problem = self._pair_problem[:1].upper() + self._pair_problem[1:]
        elif wish.path.suffix.lower().replace(".tiff", ".tif") != wish.format.suffix:
            problem = f"End the name with {wish.format.suffix}"
        elif not wish.path.parent.is_dir():
            problem = f"There is no such folder: {wish.path.parent}"
        elif wish.path.exists():
            warning = f"{wish.path.name} will be replaced"
        self.note.setText(problem or warning)
        self.note.setObjectName("fieldProblem" if problem else "hint")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)
        self.export_button.setEnabled(not problem)
        self.export_button.set_words("Replace" if warning else "Export")

    def _lay_out(self) -> None:
        self.path_line.setMinimumWidth(420)
        self.radius_box.setRange(0, MAX_RADIUS)
        self.radius_box.setValue(8)
        self.radius_box.setSuffix(" px")
        self.radius_box.lineEdit().setTextMargins(4, 0, 4, 0)
        self.radius_box.setToolTip("How far weights fall off on either side; 0 keeps a step")
        self.note.setWordWrap(True)
        self._radius_words = QLabel("Feather")
        for widget, words in (
            (self.format_box, "Format"),
            (self.path_line, "File"),
            (self.radius_box, "Feather radius in pixels"),
        ):
            widget.setAccessibleName(words)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.addWidget(QLabel("Format"), 0, 0)
        grid.addWidget(self.format_box, 0, 1)
        grid.addWidget(QLabel("File"), 1, 0)
        grid.addWidget(self.path_line, 1, 1)
        grid.addWidget(self.browse_button, 1, 2)
        grid.addWidget(self._radius_words, 2, 0)
        grid.addWidget(self.radius_box, 2, 1)
        grid.addWidget(self.region_box, 3, 1, 1, 2)
        grid.addWidget(self.plain_box, 4, 1, 1, 2)
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
        layout.addLayout(grid)
        layout.addLayout(buttons)
