"""Export dialog: where, in which format, at which depth. Enter accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from mfgui.app.fused_files import Finish
from mfgui.core.arrays import Depth
from mfgui.core.errors import UsageError
from mfgui.files.naming import FIELDS, Value, expand
from mfgui.files.spaces import SPACES
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
_AS_IT_IS = Finish()
_ALIASES = {".tiff": ".tif", ".jpeg": ".jpg"}


@dataclass(frozen=True)
class Part:
    """Something that can be exported; `ending` is that of the suggested name."""

    name: str
    words: str
    ending: str
    formats: tuple[Format, ...] = FORMATS


PICTURE = Part("picture", "Fused image", "fused")
_SIXTEEN = (Format("TIFF", ".tif", ("uint16",)), Format("PNG", ".png", ("uint16",)))
DEPTH_MAP = Part("depth", "Depth map", "depth", _SIXTEEN)
CONFIDENCE = Part("confidence", "Confidence", "confidence", _SIXTEEN)


def layers_of(depth: Depth) -> Part:
    """The frames as layers, in the depth that they have."""
    return Part("layers", "Frames as layers", "frames", (Format("TIFF", ".tif", (depth,)),))


@dataclass(frozen=True)
class ExportWish:
    """What the person asked for; `part` is the name of one."""

    path: Path
    depth: Depth
    part: str = PICTURE.name
    finish: Finish = _AS_IT_IS
    name: str = ""
    """The template that the name was made by; empty for a name that was typed."""


@dataclass(frozen=True)
class Naming:
    """How fused images are named: a template of `mfgui.files.naming`, and what fills it."""

    template: str = "{name}_fused"
    fields: Mapping[str, Value] = field(default_factory=dict)

    def path(self, folder: Path, suffix: str) -> Path:
        """A name that is free, in a folder.

        Parameters
        ----------
        suffix : str
            Of a name whose template has none of a format.

        Raises
        ------
        UsageError
            For an unknown field, a wrong format, a separator, or an empty name.
        """
        name = Path(expand(self.template, self.fields))
        known = any(_suffix_of(name) == one.suffix for one in FORMATS)
        return free_name(folder / (name.name if known else f"{name.name}{suffix}"))


class ExportDialog(SavingDialog):
    """`wished` carries the accepted `ExportWish`.

    Parameters
    ----------
    parts : sequence of Part
        What can be exported, the fused image first.
    finish : Finish
        Colours and camera data that are offered first.
    naming : Naming, optional
        Has given the fused image its name; without it there is no line for a template.
    """

    def __init__(
        self,
        path: Path,
        *,
        depth: Depth,
        parts: Sequence[Part] = (PICTURE,),
        finish: Finish = _AS_IT_IS,
        naming: Naming | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Export fused image", parent=parent)
        self.path_line.setText(str(path))
        self._depth = depth
        self._naming = naming
        self._wrong_name = ""
        self.name_line = QLineEdit("" if naming is None else naming.template)
        self.part_box = QComboBox()
        self.format_box = QComboBox()
        self.depth_box = QComboBox()
        self.space_box = QComboBox()
        self.place_box = QCheckBox("Leave out the place")
        for part in parts:
            self.part_box.addItem(part.words, part)
        self.space_box.addItem("As the sources have them", None)
        for name, space in SPACES.items():
            self.space_box.addItem(space.title, name)
        self.space_box.setCurrentIndex(max(0, self.space_box.findData(finish.space)))
        self.place_box.setChecked(finish.drop_location)
        self.place_box.setToolTip("Without the GPS data of the camera")
        if naming is not None:
            self.name_line.setToolTip(_help_of(naming.fields))
        self._lay_out()
        self._fill_formats()
        self._show_format_of(path, depth)
        self.part_box.currentIndexChanged.connect(self._on_part_chosen)
        self.format_box.currentIndexChanged.connect(self._on_format_chosen)
        self.name_line.textEdited.connect(self._on_name_edited)
        self.check()

    @property
    def part(self) -> Part:
        """What is to be exported."""
        part: Part = self.part_box.currentData()
        return part

    @property
    def wish(self) -> ExportWish:
        finish = Finish(self.space_box.currentData(), self.place_box.isChecked())
        name = "" if self._naming is None else self._naming.template
        depth = self.depth_box.currentData()
        return ExportWish(self.path, depth, self.part.name, finish, name)

    def on_place_changed(self) -> None:
        self._wrong_name = ""
        if self._naming is not None:
            self._naming = replace(self._naming, template="")
        self._show_format_of(Path(self.path_line.text()), self.depth_box.currentData())
        self.check()

    def _on_name_edited(self, template: str) -> None:
        """The file is named as the template says, beside what stood there."""
        assert self._naming is not None
        self._naming = replace(self._naming, template=template)
        before = Path(self.path_line.text())
        try:
            path = self._naming.path(before.parent, before.suffix or FORMATS[0].suffix)
        except UsageError as error:
            self._wrong_name = str(error)
        else:
            self._wrong_name = ""
            self.path_line.setText(str(path))
            self._show_format_of(path, self.depth_box.currentData())
        self.check()

    def _on_part_chosen(self) -> None:
        """Another name beside the one that stood there, in a format that can hold the part."""
        path = Path(self.path_line.text())
        stem = path.stem
        for index in range(self.part_box.count()):
            stem = stem.removesuffix(f"_{self.part_box.itemData(index).ending}")
        suffix = _suffix_of(path)
        fitting = [known.suffix for known in self.part.formats]
        suffix = suffix if suffix in fitting else fitting[0]
        path = free_name(path.with_name(f"{stem}_{self.part.ending}{suffix}"))
        self.path_line.setText(str(path))
        self.setWindowTitle(f"Export {self.part.words.lower()}")
        self.name_line.setEnabled(self.part is PICTURE)
        for box in (self.space_box, self.place_box):  # maps have neither
            box.setEnabled(self.part not in (DEPTH_MAP, CONFIDENCE))
        self._fill_formats()
        self._show_format_of(path, self._depth)
        self.check()

    def _on_format_chosen(self) -> None:
        known: Format = self.format_box.currentData()
        path = Path(self.path_line.text())
        if path.name and self._format_index(path) != self.format_box.currentIndex():
            self.path_line.setText(str(path.with_suffix(known.suffix)))
        self._offer_depths(self.depth_box.currentData())
        self.check()

    def _fill_formats(self) -> None:
        self.format_box.blockSignals(True)
        self.format_box.clear()
        for known in self.part.formats:
            self.format_box.addItem(known.words, known)
        self.format_box.blockSignals(False)
        self.format_box.setEnabled(len(self.part.formats) > 1)

    def _show_format_of(self, path: Path, depth: Depth) -> None:
        index = self._format_index(path)
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
        if self._wrong_name:
            return self._wrong_name
        if self._format_index(self.path) >= 0:
            return ""
        endings = ", ".join(known.suffix for known in self.part.formats)
        return f"End the name with one of {endings}"

    def _format_index(self, path: Path) -> int:
        suffix = _suffix_of(path)
        formats = self.part.formats
        return next((n for n, known in enumerate(formats) if known.suffix == suffix), -1)

    def _lay_out(self) -> None:
        boxes: list[tuple[QWidget, str]] = [
            (self.format_box, "Format"),
            (self.depth_box, "Depth"),
            (self.space_box, "Colours"),
        ]
        if self.part_box.count() > 1:
            boxes.insert(0, (self.part_box, "What"))
        if self._naming is not None:
            boxes.insert(0, (self.name_line, "Name"))
        self.add_path_row(0)
        for row, (box, words) in enumerate(boxes, start=1):
            box.setAccessibleName(words)
            self.grid.addWidget(QLabel(words), row, 0)
            self.grid.addWidget(box, row, 1)
        self.grid.addWidget(self.place_box, len(boxes) + 1, 1)
        self.put_together()


def _suffix_of(path: Path) -> str:
    suffix = path.suffix.lower()
    return _ALIASES.get(suffix, suffix)


def _help_of(fields: Mapping[str, Value]) -> str:
    """Which fields a template may have, and what they are now."""
    told = "".join(
        f"<tr><td>{{{name}}}&nbsp;</td><td>{escape(expand(f'{{{name}}}', fields))}</td></tr>"
        for name in FIELDS
        if name in fields
    )
    return f"The file is named by this; fields are filled in:<table>{told}</table>"


def suggested_name(first_source: Path, suffix: str) -> Path:
    """NAME_fused beside the first source, counted up while that exists.

    A photograph exported twice gives two files rather than one question.
    """
    return free_name(first_source.with_name(f"{first_source.stem}_fused{suffix}"))


def free_name(path: Path) -> Path:
    """The path itself, or counted up where it exists."""
    found, number = path, 2
    while found.exists():
        found = path.with_name(f"{path.stem}_{number}{path.suffix}")
        number += 1
    return found
