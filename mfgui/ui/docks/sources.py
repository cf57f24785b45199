"""Sources dock: the frames of the set with their label numbers, as pictures or as labels."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mfgui.core.arrays import Depth
from mfgui.core.pyramid import Picture
from mfgui.core.stack import SourceStack
from mfgui.ui.align_header import AlignHeader
from mfgui.ui.align_words import Fits
from mfgui.ui.docks.labels import LabelView
from mfgui.ui.rows import Row, RowView
from mfgui.ui.thumbnails import thumbnail

_DEPTHS: dict[Depth, str] = {"uint8": "8 bit", "uint16": "16 bit", "float32": "float"}
_STEPS = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


MOST_TALL = 6  # frames; rows of longer stacks are lower
_AT_ONCE = 6  # thumbnails, each of which takes about a millisecond
_FRAME = "frame:"  # key of a frame that is none of the open sources, from 0


class SourcesPanel(QWidget):
    """One row for each frame, those that the alignment leaves out among them.

    `chosen` and `eye_clicked` carry picture keys, `label_chosen` the number of a label,
    `step_requested` -1 or 1 for the source before or after, `toggled` and `menu_asked` a frame,
    counted from 0 as the camera gave them.
    """

    chosen = Signal(str)
    eye_clicked = Signal(str)
    label_chosen = Signal(int)
    step_requested = Signal(int)
    toggled = Signal(int)
    menu_asked = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = AlignHeader()
        self.view = RowView("Sources")
        self.view.chosen.connect(self._on_row_chosen)
        self.view.eye_clicked.connect(self._on_eye_clicked)
        self.view.delete_pressed.connect(lambda key: self.toggled.emit(self.frame_of(key)))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._on_menu_requested)
        self.labels = LabelView()
        self.labels.chosen.connect(self.label_chosen)
        self.labels.eye_clicked.connect(self.eye_clicked)
        for view in (self.view, self.labels):
            view.installEventFilter(self)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._framed())
        self._pages.addWidget(self.labels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 4)
        layout.addWidget(self._pages)
        self._stack: SourceStack | None = None
        self._fits: Fits | None = None
        self._colours: tuple[str, ...] = ()
        self._thumbnails: dict[int, QPixmap] = {}  # by frame
        self._pictures: dict[int, Picture] = {}  # of which thumbnails are to be made
        self._shown, self._active = "", 1
        self._further = QTimer(self, singleShot=True, interval=0)
        self._further.timeout.connect(self._show_rows)

    def show_as_labels(self, on: bool) -> None:
        """The list of labels, or the pictures."""
        self._pages.setCurrentIndex(1 if on else 0)

    def show_stack(self, stack: SourceStack | None, colours: Sequence[str]) -> None:
        """Show the sources of `stack`; `colours[i]` is the colour of label i + 1."""
        if stack is None or self._stack is None or _camera(stack) is not _camera(self._stack):
            self._pictures.clear()
            self._thumbnails.clear()
        self._stack = stack
        self._colours = tuple(colours)
        self._fits = None
        names = [] if stack is None else [source.name for source in stack.sources]
        self.labels.labels.show_labels(names, self._colours)
        self.header.show_status("")
        if stack is None:
            self.view.show_rows((), current="")

    def show_picture(self, key: str, picture: Picture) -> None:
        """Keep a picture, of which a thumbnail is made when its row is next shown."""
        if self._stack is not None:
            self._pictures[self.frame_of(key)] = picture

    def show_state(self, *, shown: str, active: int) -> None:
        """Which source is active, and which picture the canvas shows."""
        self._shown, self._active = shown, active
        self._show_rows()

    def set_fits(self, fits: Fits | None) -> None:
        """What is known of the frames, for the header, and for the rows when they are next
        shown."""
        self._fits = fits
        self.header.show_status("" if fits is None else fits.status)

    def frame_of(self, key: str) -> int:
        """The frame of a row, from 0 as the camera gave them."""
        if key.startswith(_FRAME):
            return int(key.removeprefix(_FRAME))
        source = int(key.removeprefix("source:")) - 1
        fit = None if self._stack is None else self._stack.alignment
        return source if fit is None else fit.used[source]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = _STEPS.get(Qt.Key(event.key()))
            if step is not None and not event.modifiers():
                self.step_requested.emit(step)
                return True
        return super().eventFilter(watched, event)

    def _framed(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.header)
        layout.addWidget(self.view, 1)
        return page

    def _on_row_chosen(self, key: str) -> None:
        if not key.startswith(_FRAME):
            self.chosen.emit(key)

    def _on_eye_clicked(self, key: str) -> None:
        if not key.startswith(_FRAME):
            self.eye_clicked.emit(key)

    def _on_menu_requested(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        if index.isValid():
            frame = self.frame_of(self.view.rows.row(index).key)
            self.menu_asked.emit(frame, self.view.viewport().mapToGlobal(place))

    def _row(self, frame: int) -> Row:
        assert self._stack is not None
        source = _camera(self._stack).sources[frame]
        used = None if self._stack.alignment is None else self._stack.alignment.used
        number = frame + 1 if used is None else used.index(frame) + 1 if frame in used else 0
        key = f"source:{number}" if number else f"{_FRAME}{frame}"
        size = str(self._stack.size).replace("x", "×")
        kind = f"{_DEPTHS[source.depth]} {'grey' if source.channels == 1 else 'colour'}"
        detail, extra, warning = ("", "", "") if self._fits is None else self._fits.lines(frame)
        return Row(
            key,
            source.name,
            detail or (f"{size} · {kind}" if extra else size),
            extra or ("" if detail else kind),
            brief="" if self._fits is None else self._fits.brief(frame),
            picture=self._thumbnails.get(frame),
            badge=str(number) if number else "",
            badge_colour=self._colours[number - 1] if number else "",
            note="; ".join(text for text in (warning, *source.notices) if text),
            note_icon="warning" if warning else "info",
            shown=self._shown == key,
        )

    def _show_rows(self) -> None:
        if self._stack is None:
            return
        self._make_thumbnails()
        rows = [self._row(frame) for frame in range(_camera(self._stack).k)]
        self.view.set_compact(len(rows) > MOST_TALL)
        self.view.show_rows(rows, current=f"source:{self._active}")

    def _make_thumbnails(self) -> None:
        """Those of a few pictures; the others of a long stack come with the next turns."""
        for frame in sorted(self._pictures)[:_AT_ONCE]:
            self._thumbnails[frame] = thumbnail(self._pictures.pop(frame))
        if self._pictures:
            self._further.start()


def _camera(stack: SourceStack) -> SourceStack:
    """The frames as the camera gave them."""
    return stack if stack.origin is None else stack.origin
