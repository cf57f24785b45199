"""Export dialog: where, in which format, at which depth. Enter accepts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.arrays import Depth
from mfgui.ui.icons import TextButton


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


class ExportDialog(QDialog):
    """`wished` carries the accepted `ExportWish`."""

    wished = Signal(object)

    def __init__(self, path: Path, *, depth: Depth, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export fused image")
        self.setModal(True)
        self.path_line = QLineEdit(str(path))
        self.browse_button = TextButton("open-folder", "Browse…")
        self.format_box = QComboBox()
        self.depth_box = QComboBox()
        self.note = QLabel()
        self.export_button = TextButton("export", "Export", primary=True)
        self.cancel_button = TextButton("close", "Cancel")
        for known in FORMATS:
            self.format_box.addItem(known.words, known)
        self._lay_out()
        self._show_format_of(path, depth)
        self._connect()
        self._check()
        self.path_line.setFocus()

    @property
    def wish(self) -> ExportWish:
        return ExportWish(Path(self.path_line.text()).expanduser(), self.depth_box.currentData())

    def _connect(self) -> None:
        self.format_box.currentIndexChanged.connect(self._on_format_chosen)
        self.path_line.textEdited.connect(self._on_path_edited)
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
            "Export fused image",
            self.path_line.text(),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.path_line.setText(chosen)
            self._on_path_edited(chosen)

    def _on_path_edited(self, text: str) -> None:
        self._show_format_of(Path(text), self.depth_box.currentData())
        self._check()

    def _on_format_chosen(self) -> None:
        known: Format = self.format_box.currentData()
        path = Path(self.path_line.text())
        if path.name and _format_index(path) != self.format_box.currentIndex():
            self.path_line.setText(str(path.with_suffix(known.suffix)))
        self._offer_depths(self.depth_box.currentData())
        self._check()

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

    def _check(self) -> None:
        """Say what is wrong with the place, or what will be replaced."""
        path = self.wish.path
        problem, warning = "", ""
        if _format_index(path) < 0:
            endings = ", ".join(known.suffix for known in FORMATS)
            problem = f"End the name with one of {endings}"
        elif not path.parent.is_dir():
            problem = "There is no such folder"
        elif path.is_dir():
            problem = "This is a folder"
        elif path.exists():
            warning = f"{path.name} exists and will be replaced"
        self.note.setText(problem or warning)
        self.note.setObjectName("fieldProblem" if problem else "hint")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)
        self.export_button.setEnabled(not problem)
        self.export_button.set_words("Replace" if warning else "Export")

    def _lay_out(self) -> None:
        self.path_line.setMinimumWidth(420)
        for widget, words in (
            (self.path_line, "File"),
            (self.format_box, "Format"),
            (self.depth_box, "Depth"),
        ):
            widget.setAccessibleName(words)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, words in enumerate(("File", "Format", "Depth")):
            grid.addWidget(QLabel(words), row, 0)
        grid.addWidget(self.path_line, 0, 1)
        grid.addWidget(self.browse_button, 0, 2)
        grid.addWidget(self.format_box, 1, 1)
        grid.addWidget(self.depth_box, 2, 1)
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
