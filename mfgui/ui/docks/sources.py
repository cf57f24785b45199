"""Sources dock: the frames of the set with their label numbers, as pictures or as labels."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mfgui.core.arrays import Depth
from mfgui.core.pyramid import Picture
from mfgui.core.stack import SourceStack
from mfgui.ui.docks.labels import LabelView
from mfgui.ui.rows import Row, RowView
from mfgui.ui.thumbnails import thumbnail

_DEPTHS: dict[Depth, str] = {"uint8": "8 bit", "uint16": "16 bit", "float32": "float"}
_STEPS = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


class SourcesPanel(QWidget):
    """One row for each source.

    `chosen` and `eye_clicked` carry picture keys, `label_chosen` the number of a label,
    `step_requested` -1 or 1 for the source before or after.
    """

    chosen = Signal(str)
    eye_clicked = Signal(str)
    label_chosen = Signal(int)
    step_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = RowView("Sources")
        self.view.chosen.connect(self.chosen)
        self.view.eye_clicked.connect(self.eye_clicked)
        self.labels = LabelView()
        self.labels.chosen.connect(self.label_chosen)
        self.labels.eye_clicked.connect(self.eye_clicked)
        for view in (self.view, self.labels):
            view.installEventFilter(self)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.labels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 4)
        layout.addWidget(self._pages)
        self._stack: SourceStack | None = None
        self._colours: tuple[str, ...] = ()
        self._pictures: dict[str, QPixmap] = {}

    def show_as_labels(self, on: bool) -> None:
        """The list of labels, or the pictures."""
        self._pages.setCurrentWidget(self.labels if on else self.view)

    def show_stack(self, stack: SourceStack | None, colours: Sequence[str]) -> None:
        """Show the sources of `stack`; `colours[i]` is the colour of label i + 1."""
        self._stack = stack
        self._colours = tuple(colours)
        self._pictures.clear()
        names = [] if stack is None else [source.name for source in stack.sources]
        self.labels.labels.show_labels(names, self._colours)
        if stack is None:
            self.view.show_rows((), current="")

    def show_picture(self, key: str, picture: Picture) -> None:
        """Keep a thumbnail of `picture`."""
        self._pictures[key] = thumbnail(picture)

    def show_state(self, *, shown: str, active: int) -> None:
        """Which source is active, and which picture the canvas shows."""
        if self._stack is None:
            return
        rows = [self._row(number, shown) for number in range(1, self._stack.k + 1)]
        self.view.show_rows(rows, current=f"source:{active}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = _STEPS.get(Qt.Key(event.key()))
            if step is not None and not event.modifiers():
                self.step_requested.emit(step)
                return True
        return super().eventFilter(watched, event)

    def _row(self, number: int, shown: str) -> Row:
        assert self._stack is not None
        source = self._stack.sources[number - 1]
        kind = "grey" if source.channels == 1 else "colour"
        key = f"source:{number}"
        return Row(
            key,
            source.name,
            str(source.size).replace("x", "×"),
            f"{_DEPTHS[source.depth]} {kind}",
            picture=self._pictures.get(key),
            badge=str(number),
            badge_colour=self._colours[number - 1],
            note="; ".join(source.notices),
            shown=shown == key,
        )
