"""The folders of a table over many sets: those of sets, and those of results made elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFont
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.bench_desk import PRESETS
from mfgui.app.bench_sets import Folder, Found, Results
from mfgui.ui.drop import paths_of
from mfgui.ui.fields import WheelGuard
from mfgui.ui.icons import IconButton

_RULE_WIDTH = 190
_NAME_WIDTH = 120
_LEAST_HEIGHT = 76
_RULE_TIP = (
    "<p>How files are named: a layout with a name, or a template below the folder such as "
    "<tt>{set}/near*{source}.tif</tt>. <tt>{set}</tt> names the set, <tt>{source}</tt> the source "
    "in it, <tt>{source:A|B}</tt> allows these only, <tt>*</tt> is anything within a name.</p>"
)
_WHERE_TIP = (
    "<p>A folder, or a template of files such as <tt>…/{number}_fused.png</tt>: <tt>{set}</tt> is "
    "the name of a set, <tt>{number}</tt> the last number in it, <tt>{method}</tt> gives a row "
    "for each (leave the name empty then).</p>"
)


class Row(QWidget):
    """Editors in a line, a button that removes them, and below what was found."""

    changed = Signal()
    removed = Signal()

    def __init__(self, editors: Sequence[tuple[QWidget, int]], name: str) -> None:
        super().__init__()
        self.found = QLabel()
        self.found.setWordWrap(True)
        self.found.setTextFormat(Qt.TextFormat.PlainText)
        self.remove_button = IconButton("close", f"Remove {name}")
        self.remove_button.clicked.connect(self.removed)
        self.looking = True
        line = QHBoxLayout()
        line.setSpacing(8)
        for editor, stretch in editors:
            line.addWidget(editor, stretch)
        line.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 6)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.found)
        self.show_found(None)

    def _on_edited(self) -> None:
        self.show_found(None)
        self.changed.emit()

    def show_found(self, found: Found | None) -> None:
        """What was found; None while that is not known."""
        self.looking = found is None
        self.found.setText("Looking…" if found is None else found.words)
        self.found.setObjectName("fieldProblem" if found is not None and found.wrong else "hint")
        self.found.style().unpolish(self.found)
        self.found.style().polish(self.found)
        self.found.setVisible(found is None or bool(found.words))


class FolderRow(Row):
    """A folder of sets, and its rule."""

    def __init__(self, folder: Folder) -> None:
        self._path = folder.path
        name = Path(folder.path).name or folder.path
        title = QLabel(name)
        title.setToolTip(folder.path)
        title.setTextFormat(Qt.TextFormat.PlainText)
        font = title.font()
        font.setWeight(QFont.Weight.DemiBold)
        title.setFont(font)
        title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.rule_box = QComboBox()
        self.rule_box.setEditable(True)
        self.rule_box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.rule_box.setAccessibleName(f"Rule of {name}")
        self.rule_box.setToolTip(_RULE_TIP)
        self.rule_box.setFixedWidth(_RULE_WIDTH)
        for rule, words in PRESETS:
            self.rule_box.addItem(words, rule)
        shown = dict(PRESETS).get(folder.rule, folder.rule)
        self.rule_box.setCurrentText(shown)
        self.rule_box.installEventFilter(WheelGuard(self.rule_box))
        super().__init__([(title, 1), (QLabel("Rule"), 0), (self.rule_box, 0)], name)
        self.rule_box.currentTextChanged.connect(self._on_edited)

    @property
    def folder(self) -> Folder:
        text = self.rule_box.currentText().strip()
        named = {words.casefold(): rule for rule, words in PRESETS}
        return Folder(self._path, named.get(text.casefold(), text) or PRESETS[0][0])


class ResultRow(Row):
    """Results made elsewhere: their name, and where they are."""

    def __init__(self, results: Results) -> None:
        self.name_line = QLineEdit(results.name)
        self.name_line.setAccessibleName("Name of the results")
        self.name_line.setPlaceholderText("Name")
        self.name_line.setFixedWidth(_NAME_WIDTH)
        self.where_line = QLineEdit(results.where)
        self.where_line.setAccessibleName("Folder or template of the results")
        self.where_line.setToolTip(_WHERE_TIP)
        self.where_line.setCursorPosition(len(results.where))
        for line in (self.name_line, self.where_line):
            line.setAcceptDrops(False)
        super().__init__([(self.name_line, 0), (self.where_line, 1)], results.name or "results")
        self.name_line.textChanged.connect(self._on_edited)
        self.where_line.textChanged.connect(self._on_edited)

    @property
    def results(self) -> Results:
        return Results(self.name_line.text().strip(), self.where_line.text().strip())


class RowsFrame(QFrame):
    """Rows below each other; folders can be dropped on it. `changed` after each change, `dropped`
    carries the folders."""

    changed = Signal()
    dropped = Signal(object)

    def __init__(self, name: str, empty: str) -> None:
        super().__init__()
        self.setObjectName("rowsFrame")
        self.setAccessibleName(name)
        self.setAcceptDrops(True)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.rows: list[Row] = []
        self._empty = QLabel(empty)
        self._empty.setObjectName("hint")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 2, 0, 2)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._scroll, 1)
        self._show_emptiness()

    def fill(self, rows: Iterable[Row]) -> None:
        """These and no others."""
        for row in list(self.rows):
            self._take_out(row)
        for row in rows:
            self._put_in(row)
        self._show_emptiness()

    def add(self, row: Row) -> None:
        """One more, which is shown."""
        self._put_in(row)
        self._show_emptiness()
        self.changed.emit()
        self._scroll.ensureWidgetVisible(row)

    def show_found(self, found: Sequence[Found | None]) -> None:
        """What was found, row by row."""
        for row, one in zip(self.rows, found, strict=True):
            row.show_found(one)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _folders(event.mimeData()):
            event.acceptProposedAction()
            self._mark("over", True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._mark("over", False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark("over", False)
        folders = _folders(event.mimeData())
        if folders:
            event.acceptProposedAction()
            self.dropped.emit(folders)

    def _put_in(self, row: Row) -> None:
        self.rows.append(row)
        self._column.insertWidget(len(self.rows) - 1, row)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._on_removed(row))

    def _take_out(self, row: Row) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _on_removed(self, row: Row) -> None:
        self._take_out(row)
        self._show_emptiness()
        self.changed.emit()

    def _show_emptiness(self) -> None:
        self._empty.setVisible(not self.rows)
        self._scroll.setVisible(bool(self.rows))
        self._mark("empty", not self.rows)

    def _mark(self, name: str, on: bool) -> None:
        self.setProperty(name, on)
        self.style().unpolish(self)
        self.style().polish(self)


def captioned(words: str, *buttons: QWidget) -> QHBoxLayout:
    """A heading with what can be done at its right."""
    heading = QLabel(words)
    heading.setObjectName("startCaption")
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(heading, 1)
    for button in buttons:
        line.addWidget(button)
    return line


def _folders(data: QMimeData) -> list[Path]:
    """Folders of a drag; of files the ones they are in, each once."""
    place: Callable[[Path], Path] = lambda path: path if path.is_dir() else path.parent  # noqa: E731
    return list(dict.fromkeys(place(path) for path in paths_of(data)))
