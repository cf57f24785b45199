"""Export dialog: where, in which format, at which depth. Enter accepts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QWidget,
)

from mfgui.core.arrays import Depth
from mfgui.ui.dialogs.saving import SavingDialog


@dataclass(frozen=True)
class Format:
    """A file format and what it can hold."""

    words: str
    suffix: str
    depths: tuple[Depth, ...]


FORMATS = (
    Format("TIFF", ".tif", ("uint8", "uint16", "float32")),
    Format("PNG", ".png", ("uint8", "uint16")),
    Format("JPEG", ".jpg", ("uint8",)),
    Format("WebP", ".webp", ("uint8",)),
)
_DEPTH_WORDS: dict[Depth, str] = {
    "uint8": "8 bit",
    "uint16": "16 bit",
    "float32": "32 bit float",
}
_ALIASES = {".tiff": ".tif", ".jpeg": ".jpg"}


@dataclass(frozen=True)
class ExportWish:
    """What the person asked for."""

    path: Path
    depth: Depth


class ExportDialog(SavingDialog):
    """`wished` carries the accepted `ExportWish`."""

    def __init__(self, path: Path, *, depth: Depth, parent: QWidget | None = None) -> None:
        super().__init__("Export fused image", parent=parent)
        self.path_line.setText(str(path))
        self.format_box = QComboBox()
        self.depth_box = QComboBox()
        for known in FORMATS:
            self.format_box.addItem(known.words, known)
        self._lay_out()
        self._show_format_of(path, depth)
        self.format_box.currentIndexChanged.connect(self._on_format_chosen)
        self.check()

    @property
    def wish(self) -> ExportWish:
        return ExportWish(self.path, self.depth_box.currentData())

    def on_place_changed(self) -> None:
        self._show_format_of(Path(self.path_line.text()), self.depth_box.currentData())
        self.check()

    def _on_format_chosen(self) -> None:
        known: Format = self.format_box.currentData()
        path = Path(self.path_line.text())
        if path.name and _format_index(path) != self.format_box.currentIndex():
            self.path_line.setText(str(path.with_suffix(known.suffix)))
        self._offer_depths(self.depth_box.currentData())
        self.check()

    def _show_format_of(self, path: Path, depth: Depth) -> None:
        index = _format_index(path)
        if index >= 0:
            self.format_box.blockSignals(True)
            self.format_box.setCurrentIndex(index)
            self.format_box.blockSignals(False)
        self._offer_depths(depth)

    def _offer_depths(self, wanted: Depth) -> None:
        known: Format = self.format_box.currentData()
        self.depth_box.clear()
        for depth in known.depths:
            self.depth_box.addItem(_DEPTH_WORDS[depth], depth)
        nearest = wanted if wanted in known.depths else known.depths[-1]
        self.depth_box.setCurrentIndex(known.depths.index(nearest))
        self.depth_box.setEnabled(len(known.depths) > 1)

    def problem(self) -> str:
        if _format_index(self.path) >= 0:
            return ""
        endings = ", ".join(known.suffix for known in FORMATS)
        return f"End the name with one of {endings}"

    def _lay_out(self) -> None:
        self.add_path_row(0)
        for row, (box, words) in enumerate(
            ((self.format_box, "Format"), (self.depth_box, "Depth")), start=1
        ):
            box.setAccessibleName(words)
            self.grid.addWidget(QLabel(words), row, 0)
            self.grid.addWidget(box, row, 1)
        self.put_together()


def _format_index(path: Path) -> int:
    suffix = path.suffix.lower()
    suffix = _ALIASES.get(suffix, suffix)
    return next((n for n, known in enumerate(FORMATS) if known.suffix == suffix), -1)


def suggested_name(first_source: Path, suffix: str) -> Path:
    """NAME_fused beside the first source, counted up while that exists.

    A photograph exported twice gives two files rather than one question.
    """
    stem = f"{first_source.stem}_fused"
    path = first_source.with_name(stem + suffix)
    number = 2
    while path.exists():
        path = first_source.with_name(f"{stem}_{number}{suffix}")
        number += 1
    return path
