"""Dropping files anywhere on the window, with a word on what the drop will do; where it can do
either of two things, the place decides."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRect, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from mfgui.files.images import READ_SUFFIXES
from mfgui.files.sessions import SUFFIX

MAP_SUFFIXES = frozenset({".png"})
_GAP = 12  # pixels between two places
_TRUTH_NAME = re.compile(r"truth|reference|all.*focus|(?<![a-z])gt(?![a-z])", re.IGNORECASE)
_MAP_NAME = re.compile(r"map|label|mask", re.IGNORECASE)


@dataclass(frozen=True)
class Drop:
    """What a drop means: `action` is "set", "session", "list", "map", "truth", or empty when it
    cannot be used."""

    action: str
    paths: tuple[Path, ...]
    words: str


def choices(paths: Sequence[Path], *, has_set: bool) -> tuple[Drop, ...]:
    """What dropping `paths` can do, from left to right: one thing, or for one image beside an
    open set two."""
    usual = _usual(paths, has_set=has_set)
    if not has_set or len(usual.paths) != 1 or usual.action not in ("map", "set"):
        return (usual,)
    if usual.paths[0].is_dir():
        return (usual,)
    words = f"Compare with {usual.paths[0].name} as the ground truth"
    return Drop("truth", usual.paths, words), usual


def understood(paths: Sequence[Path], *, has_set: bool) -> Drop:
    """Decide by the names what dropping `paths` does where no place decides."""
    found = choices(paths, has_set=has_set)
    name = found[0].paths[0].stem if found[0].paths else ""
    is_truth = _TRUTH_NAME.search(name) is not None and _MAP_NAME.search(name) is None
    return found[0] if is_truth else found[-1]


def _usual(paths: Sequence[Path], *, has_set: bool) -> Drop:
    """What dropping them does, ground truths aside."""
    folders = [path for path in paths if path.is_dir()]
    images = [path for path in paths if path.suffix.lower() in READ_SUFFIXES and path.is_file()]
    usable = tuple(path for path in paths if path in folders or path in images)
    sessions = tuple(path for path in paths if path.suffix.lower() == SUFFIX and path.is_file())
    if len(sessions) == 1 and not usable:
        return Drop("session", sessions, f"Open the session {sessions[0].stem}")
    if not usable:
        return Drop("", (), "No images in this drop")
    if has_set and len(usable) == 1 and usable[0].suffix.lower() in MAP_SUFFIXES:
        return Drop("map", usable, f"Use {usable[0].name} as the focus map")
    if folders and not images and (len(folders) > 1 or _holds_folders(folders[0])):
        what = f"{len(folders)} folders" if len(folders) > 1 else f"folder {folders[0].name}"
        return Drop("list", tuple(folders), f"Open {what} as a list of sets")
    if len(usable) == 1:
        what = f"folder {usable[0].name}" if folders else usable[0].name
        return Drop("set", usable, f"Open {what} as a stack")
    what = f"{len(images)} images" if not folders else f"{len(usable)} items"
    instead = " in place of the present set" if has_set else " as a new set"
    return Drop("set", usable, f"Open {what}{instead}")


def _holds_folders(folder: Path) -> bool:
    """Whether folders are in it, and no images: then those may be the sets."""
    inside = False
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if Path(entry.name).suffix.lower() in READ_SUFFIXES and entry.is_file():
                    return False
                inside = inside or (entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return False
    return inside


def paths_of(data: QMimeData) -> list[Path]:
    """Local files of a drag."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class DropOverlay(QWidget):
    """Lies over the window while files are dragged above it: a place for each thing that the drop
    can do, the one that it would do now marked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.places = (QLabel(), QLabel())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        for label in self.places:
            label.setObjectName("dropPlace")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            layout.addWidget(label, 1)
        self.hide()

    @property
    def words(self) -> QLabel:
        """What the drop would do now."""
        marked = (label for label in self.places if label.property("marked"))
        return next(marked, self.places[0])

    def show_choices(self, found: Sequence[Drop], now: Drop, place: QRect) -> None:
        """Show them at `place` of the parent; `now` is one of them."""
        for index, label in enumerate(self.places):
            there = index < len(found)
            label.setVisible(there)
            label.setText(found[index].words if there else "")
            label.setProperty("marked", there and found[index] == now)
            label.style().polish(label)
        self.setAccessibleName(now.words)
        self.setGeometry(place)
        self.raise_()
        self.show()


class DropTarget(QObject):
    """Filters the drag events of a window; `dropped` carries the `Drop`."""

    dropped = Signal(object)

    def __init__(self, window: QWidget, *, over: Callable[[], QRect]) -> None:
        super().__init__(window)
        self._over = over
        self.overlay = DropOverlay(window)
        self.has_set = False
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        kind = event.type()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove):
            assert isinstance(event, QDragEnterEvent | QDropEvent)
            return self._consider(event)
        if kind == QEvent.Type.DragLeave:
            self.overlay.hide()
            return True
        if kind == QEvent.Type.Drop:
            assert isinstance(event, QDropEvent)
            return self._take(event)
        return False

    def _consider(self, event: QDropEvent) -> bool:
        if not event.mimeData().hasUrls():
            return False
        found, now = self._meant(event)
        self.overlay.show_choices(found, now, self._over())
        if now.action:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            # Accepted, so that the words stay; the drop itself is then refused.
            event.setDropAction(Qt.DropAction.IgnoreAction)
            event.accept()
        return True

    def _take(self, event: QDropEvent) -> bool:
        _, now = self._meant(event)
        self.overlay.hide()
        if not now.action:
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(now)
        return True

    def _meant(self, event: QDropEvent) -> tuple[tuple[Drop, ...], Drop]:
        """What the drop can do, and what it does where the pointer is now: beside the places the
        names decide."""
        paths, where = paths_of(event.mimeData()), event.position().toPoint()
        found = choices(paths, has_set=self.has_set)
        place = self._over()
        if len(found) > 1 and place.contains(where):
            return found, found[int(where.x() > place.center().x())]
        return found, understood(paths, has_set=self.has_set)
