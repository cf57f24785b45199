"""Where the sets of a batch are found, and where its pictures go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from mfgui.app.batch_rule import (
    CHOICES,
    FOLDERS,
    LIST,
    MOST_MEMORY,
    MOST_PARALLEL,
    NUMBER,
    PATTERN,
    PRESETS,
    REFUSE,
    REPLACE,
    SKIP,
    TIME,
    Rule,
)
from mfgui.app.devices import Device
from mfgui.ui.fields import WheelGuard
from mfgui.ui.icons import TextButton

_SORTS = (
    (FOLDERS, "Each folder is a set"),
    (TIME, "By time of capture"),
    (PATTERN, "By the names of files"),
    (LIST, "A list of sets"),
)
_KEPT = ("crop", "space", "drop_location", "depth_map", "confidence", "layers")
_EXISTING = (
    (NUMBER, "Add a number"),
    (SKIP, "Skip the set"),
    (REPLACE, "Replace it"),
    (REFUSE, "Do not begin"),
)
_PRESETS = {"photo": "Photographs", "objective": "Best Q"}
_FORMATS = {"tif": "TIFF", "png": "PNG", "jpg": "JPEG", "webp": "WebP", "ppm": "PPM", "bmp": "BMP"}
_ALIGN = (
    ("", "As the method has it"),
    ("auto", "Find out"),
    ("off", "Off"),
    ("translation", "Translation"),
    ("similarity", "Similarity"),
    ("affine", "Affine"),
    ("homography", "Homography"),
)
_EXPOSURE = (
    ("", "As the method has it"),
    ("auto", "Find out"),
    ("off", "Off"),
    ("gain", "Gain"),
    ("white-balance", "White balance"),
    ("local", "Local"),
)
_DEPTH = (("", "As the method has it"), ("8", "8 bit"), ("16", "16 bit"))
_ALIGN_TIP = (
    "<p>Whether frames are brought together first, and what they may differ by. The method Photo "
    "does so unless it is said otherwise.</p>"
)
_MEMORY_TIP = "<p>Gigabytes that all sets at the same time share.</p>"
_PATTERN_TIP = (
    "<p>The path of a file below the folder: <tt>{set}</tt> names the set, <tt>{source}</tt> the "
    "source in it, <tt>{source:A|B}</tt> allows these only, <tt>*</tt> is anything.</p>"
)
_NAME_TIP = (
    "<p><tt>{name}</tt> of the set, <tt>{method}</tt>, <tt>{folder}</tt>, <tt>{first}</tt> and "
    "<tt>{last}</tt> source, <tt>{count}</tt>, <tt>{date}</tt>, <tt>{number:03}</tt>, and every "
    "parameter of the method. The suffix is that of the format.</p>"
)
_LIST_TIP = (
    "<p>A text file with a set a line: a folder, a multi-page file, or several files with tabs "
    "between them; in front of it <tt>NAME = </tt> for a name of its own.</p>"
)


class BatchInput(QWidget):
    """How sets are found. `changed` after each change."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.sort_box = _box("Input rule", _SORTS)
        self.folder_line = _line("Folder of the sets", "Folder of the sets")
        self.folder_button = TextButton("open-folder", "Choose…")
        self.pattern_line = _line("Names of files", "{set}-{source}.jpg", _PATTERN_TIP)
        self.list_line = _line("List of sets", "Text file with a set a line", _LIST_TIP)
        self.list_button = TextButton("open", "Choose…")
        self._grid = _grid(self)
        self._sort_caption = _caption("Find", self.sort_box)
        self._folder_caption = _caption("Folder", self.folder_line)
        self._pattern_caption = _caption("Names", self.pattern_line)
        self._list_caption = _caption("List", self.list_line)
        self._lay_out()
        self._show_kind()
        self.sort_box.currentIndexChanged.connect(self._on_sort_chosen)
        self.folder_button.clicked.connect(self._on_folder_clicked)
        self.list_button.clicked.connect(self._on_list_clicked)
        for line in (self.folder_line, self.pattern_line, self.list_line):
            line.textChanged.connect(self.changed)

    def filled(self, rule: Rule) -> Rule:
        """`rule` with what is set here."""
        return replace(
            rule,
            sort=self.sort_box.currentData(),
            folder=_path(self.folder_line),
            pattern=self.pattern_line.text().strip(),
            list_file=_path(self.list_line),
        )

    def show_rule(self, rule: Rule) -> None:
        self.sort_box.setCurrentIndex(self.sort_box.findData(rule.sort))
        self.folder_line.setText(rule.folder)
        self.pattern_line.setText(rule.pattern)
        self.list_line.setText(rule.list_file)

    def _on_sort_chosen(self) -> None:
        self._show_kind()
        self.changed.emit()

    def _on_folder_clicked(self) -> None:
        start = self.folder_line.text()
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the sets", start)
        if chosen:
            self.folder_line.setText(chosen)

    def _on_list_clicked(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "List of sets", self.list_line.text())
        if chosen:
            self.list_line.setText(chosen)

    def _show_kind(self) -> None:
        sort = self.sort_box.currentData()
        for part in (self._folder_caption, self.folder_line, self.folder_button):
            part.setVisible(sort != LIST)
        for part in (self._pattern_caption, self.pattern_line):
            part.setVisible(sort == PATTERN)
        for part in (self._list_caption, self.list_line, self.list_button):
            part.setVisible(sort == LIST)

    def _lay_out(self) -> None:
        grid = self._grid
        grid.addWidget(self._sort_caption, 0, 0)
        grid.addWidget(self.sort_box, 0, 1, 1, 2)
        rows = (
            (self._folder_caption, self.folder_line, self.folder_button),
            (self._list_caption, self.list_line, self.list_button),
        )
        for row, (caption, line, button) in enumerate(rows, 1):
            button.setAutoDefault(False)
            grid.addWidget(caption, row, 0)
            grid.addWidget(line, row, 1)
            grid.addWidget(button, row, 2)
        grid.addWidget(self._pattern_caption, 3, 0)
        grid.addWidget(self.pattern_line, 3, 1, 1, 2)


class BatchOutput(QWidget):
    """Where pictures go and how they are made. `changed` after each change, `output_edited` after
    one of the folder, `preset_chosen` carries the name of a preset."""

    changed = Signal()
    output_edited = Signal()
    preset_chosen = Signal(str)

    def __init__(self, devices: Sequence[Device], cores: int) -> None:
        super().__init__()
        self.folder_line = _line("Folder of the pictures", "Folder of the pictures and the report")
        self.folder_button = TextButton("open-folder", "Choose…")
        self.name_line = _line("Names of pictures", "{name}", _NAME_TIP)
        self.example = QLabel()
        self.preset_box = _box("Preset", [(name, _PRESETS[name]) for name in PRESETS])
        self.format_box = _box("Format", [(name, _FORMATS[name]) for name in CHOICES["format"]])
        self.existing_box = _box("If a picture is there", _EXISTING)
        known = [(device.id, device.id) for device in devices if device.usable]
        self.device_box = _box("Device", [("auto", "Automatic"), *known])
        self.align_box = _box("Align", _ALIGN, _ALIGN_TIP)
        self.exposure_box = _box("Exposure", _EXPOSURE)
        self.depth_box = _box("Depth", _DEPTH)
        self.parallel_box = QSpinBox()
        self.memory_box = QDoubleSpinBox()
        self._kept = Rule()  # of a file: what is not to be chosen here
        self._set_up(cores)
        self._lay_out()
        self._connect()

    def filled(self, rule: Rule) -> Rule:
        """`rule` with what is set here."""
        return replace(
            rule,
            output=_path(self.folder_line),
            name=self.name_line.text().strip(),
            preset=self.preset_box.currentData(),
            format=self.format_box.currentData(),
            depth=self.depth_box.currentData(),
            align=self.align_box.currentData(),
            exposure=self.exposure_box.currentData(),
            **{name: getattr(self._kept, name) for name in _KEPT},
            memory=round(self.memory_box.value(), 1),
            existing=self.existing_box.currentData(),
            device=self.device_box.currentData(),
            parallel=self.parallel_box.value(),
        )

    def show_rule(self, rule: Rule) -> None:
        self.show_output(rule.output)
        self.name_line.setText(rule.name)
        if self.device_box.findData(rule.device) < 0:  # of another machine, or not known yet
            self.device_box.addItem(rule.device, rule.device)
        for box, value in (
            (self.preset_box, rule.preset),
            (self.format_box, rule.format),
            (self.depth_box, rule.depth),
            (self.align_box, rule.align),
            (self.exposure_box, rule.exposure),
            (self.existing_box, rule.existing),
            (self.device_box, rule.device),
        ):
            box.setCurrentIndex(box.findData(value))
        self.parallel_box.setValue(rule.parallel)
        self.memory_box.setValue(rule.memory)
        self._kept = rule

    def show_output(self, folder: str) -> None:
        if folder != self.folder_line.text():
            self.folder_line.setText(folder)

    def show_examples(self, names: Sequence[str]) -> None:
        """Names of the first pictures, as they are going to be."""
        self.example.setText(" · ".join(names))

    def _on_folder_clicked(self) -> None:
        words, start = "Folder of the pictures", self.folder_line.text()
        chosen = QFileDialog.getExistingDirectory(self, words, start)
        if chosen:
            self.folder_line.setText(chosen)
            self.output_edited.emit()

    def _connect(self) -> None:
        self.folder_button.clicked.connect(self._on_folder_clicked)
        self.folder_line.textEdited.connect(lambda _: self.output_edited.emit())
        self.folder_line.textChanged.connect(self.changed)
        self.name_line.textChanged.connect(self.changed)
        self.parallel_box.valueChanged.connect(lambda _: self.changed.emit())
        self.memory_box.valueChanged.connect(lambda _: self.changed.emit())
        boxes = (self.align_box, self.exposure_box, self.format_box, self.depth_box)
        for box in (*boxes, self.existing_box, self.device_box):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.preset_box.activated.connect(
            lambda _: self.preset_chosen.emit(self.preset_box.currentData())
        )

    def _set_up(self, cores: int) -> None:
        self.folder_button.setAutoDefault(False)
        self.example.setObjectName("hint")
        self.example.setTextFormat(Qt.TextFormat.PlainText)
        self.example.setAccessibleName("Names of the first pictures")
        self.example.setMinimumWidth(1)
        self.parallel_box.setRange(1, MOST_PARALLEL)
        self.parallel_box.setAccessibleName("Sets at the same time")
        self.parallel_box.setToolTip(
            f"<p>Sets at the same time, each in a process of its own; they share the {cores} "
            "cores. Large stacks are quickest one after the other.</p>"
        )
        self.memory_box.setRange(0.0, MOST_MEMORY)
        self.memory_box.setDecimals(1)
        self.memory_box.setSuffix(" GB")
        self.memory_box.setSpecialValueText("As there is")
        self.memory_box.setAccessibleName("Memory")
        self.memory_box.setToolTip(_MEMORY_TIP)
        for box in (self.parallel_box, self.memory_box):
            box.lineEdit().setTextMargins(4, 0, 4, 0)
            box.installEventFilter(WheelGuard(box))

    def _lay_out(self) -> None:
        grid = _grid(self)
        grid.addWidget(_caption("Folder", self.folder_line), 0, 0)
        grid.addWidget(self.folder_line, 0, 1)
        grid.addWidget(self.folder_button, 0, 2)
        grid.addWidget(_caption("Names", self.name_line), 1, 0)
        grid.addWidget(self.name_line, 1, 1, 1, 2)
        grid.addWidget(self.example, 2, 1, 1, 2)
        pairs = (
            ("Align", self.align_box, "Exposure", self.exposure_box),
            ("Format", self.format_box, "Depth", self.depth_box),
            ("If there", self.existing_box, "Device", self.device_box),
            ("At a time", self.parallel_box, "Memory", self.memory_box),
        )
        for row, (words, box, other_words, other) in enumerate(pairs, 3):
            line = QGridLayout()
            line.setHorizontalSpacing(10)
            line.setColumnStretch(0, 1)
            line.setColumnStretch(2, 1)
            line.setColumnMinimumWidth(1, 60)
            for editor in (box, other):
                ignored = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                editor.setSizePolicy(ignored)
            line.addWidget(box, 0, 0)
            line.addWidget(_caption(other_words, other), 0, 1)
            line.addWidget(other, 0, 2)
            grid.addWidget(_caption(words, box), row, 0)
            grid.addLayout(line, row, 1, 1, 2)


def _box(name: str, entries: Sequence[tuple[str, str]], tip: str = "") -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    for value, words in entries:
        box.addItem(words, value)
    box.installEventFilter(WheelGuard(box))
    return box


def _line(name: str, empty: str, tip: str = "") -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setPlaceholderText(empty)
    line.setToolTip(tip)
    return line


def _grid(widget: QWidget) -> QGridLayout:
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(7)
    grid.setColumnMinimumWidth(0, 56)
    grid.setColumnStretch(1, 1)
    return grid


def _caption(words: str, editor: QWidget) -> QLabel:
    caption = QLabel(words)
    caption.setBuddy(editor)
    return caption


def _path(line: QLineEdit) -> str:
    text = os.path.expanduser(line.text().strip())  # noqa: PTH111 - empty stays
    return str(Path(text)) if text else ""
