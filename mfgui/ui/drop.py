"""Dropping files anywhere on the window, with a word on what the drop will do."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRect, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from mfgui.files.images import READ_SUFFIXES
from mfgui.files.sessions import SUFFIX

MAP_SUFFIXES = frozenset({".png"})


@dataclass(frozen=True)
class Drop:
    """What a drop means: `action` is "set", "session", "list", "map", or empty when it cannot be
    used."""

    action: str
    paths: tuple[Path, ...]
    words: str


def understood(paths: Sequence[Path], *, has_set: bool) -> Drop:
    """Decide by the names what dropping `paths` does."""
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
    """Lies over the window while files are dragged above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.addWidget(self.words)
        self.hide()

    def show_words(self, words: str, place: QRect) -> None:
        """Show at `place` of the parent."""
        self.words.setText(words)
        self.setAccessibleName(words)
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
        drop = understood(paths_of(event.mimeData()), has_set=self.has_set)
        self.overlay.show_words(drop.words, self._over())
        if drop.action:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            # Accepted, so that the words stay; the drop itself is then refused.
            event.setDropAction(Qt.DropAction.IgnoreAction)
            event.accept()
        return True

    def _take(self, event: QDropEvent) -> bool:
        self.overlay.hide()
        drop = understood(paths_of(event.mimeData()), has_set=self.has_set)
        if not drop.action:
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(drop)
        return True
