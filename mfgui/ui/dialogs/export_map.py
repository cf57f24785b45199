"""Dialog to export the focus map for other programs. Enter accepts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QSpinBox,
    QWidget,
)

from mfgui.files.label_export import MAX_RADIUS, MapExport, MapFormat
from mfgui.ui.dialogs.saving import SavingDialog

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


class ExportMapDialog(SavingDialog):
    """`wished` carries the accepted `MapExport`.

    Parameters
    ----------
    base : Path
        What the suggested names begin with.
    pair_problem : str
        Why white and black cannot say this map; empty when they can.
    """

    def __init__(self, base: Path, *, pair_problem: str, parent: QWidget | None = None) -> None:
        super().__init__("Export focus map", parent=parent)
        self._base = base
        self._pair_problem = pair_problem
        self.format_box = QComboBox()
        self.radius_box = QSpinBox()
        self.region_box = QCheckBox("One annotation for each connected region")
        self.plain_box = QCheckBox("Counts as numbers instead of compressed text")
        for known, words in _WORDS.items():
            self.format_box.addItem(words, known)
        self._lay_out()
        self.format_box.currentIndexChanged.connect(self._on_format_chosen)
        self._on_format_chosen()

    @property
    def format(self) -> MapFormat:
        return MapFormat(self.format_box.currentData())

    @property
    def wish(self) -> MapExport:
        return MapExport(
            self.path,
            self.format,
            radius=self.radius_box.value(),
            by_region=self.region_box.isChecked(),
            as_text=not self.plain_box.isChecked(),
        )

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
        self.check()

    def problem(self) -> str:
        if self.format is MapFormat.PAIR and self._pair_problem:
            return self._pair_problem[:1].upper() + self._pair_problem[1:]
        if self.path.suffix.lower().replace(".tiff", ".tif") != self.format.suffix:
            return f"End the name with {self.format.suffix}"
        return ""

    def _lay_out(self) -> None:
        self.radius_box.setRange(0, MAX_RADIUS)
        self.radius_box.setValue(8)
        self.radius_box.setSuffix(" px")
        self.radius_box.lineEdit().setTextMargins(4, 0, 4, 0)
        self.radius_box.setToolTip("How far weights fall off on either side; 0 keeps a step")
        self._radius_words = QLabel("Feather")
        for widget, words in (
            (self.format_box, "Format"),
            (self.radius_box, "Feather radius in pixels"),
        ):
            widget.setAccessibleName(words)
        grid = self.grid
        grid.addWidget(QLabel("Format"), 0, 0)
        grid.addWidget(self.format_box, 0, 1)
        self.add_path_row(1)
        grid.addWidget(self._radius_words, 2, 0)
        grid.addWidget(self.radius_box, 2, 1)
        grid.addWidget(self.region_box, 3, 1, 1, 2)
        grid.addWidget(self.plain_box, 4, 1, 1, 2)
        self.put_together()
