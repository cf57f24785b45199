"""Where the docks are: three arrangements by the size of the window, or the person's own."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from mfgui.ui.docks.frame import Dock

NARROW_BELOW = 1280
CANVAS_SHARE = 0.63  # planned; 0.6 is left when a message stands above the canvas
_BARS = 112  # menu, tool and status bar together with the lines between
_LEAST_CURVE = 240  # below this height the curve moves into the right column
_MOST_CURVE = 320


class Arrangement(StrEnum):
    """How the docks are placed."""

    ROOMY = "roomy"
    COMPACT = "compact"
    NARROW = "narrow"
    OWN = "own"


def right_width(window: QSize) -> int:
    """Width of the right column."""
    return min(340, max(288, window.width() * 15 // 100))


def curve_height(window: QSize) -> int:
    """Height that the canvas leaves for a dock below it."""
    canvas_width = window.width() - right_width(window) - 4
    needed = CANVAS_SHARE * window.width() * window.height() / canvas_width
    return min(_MOST_CURVE, int(window.height() - _BARS - needed))


def fitting(window: QSize) -> Arrangement:
    """The arrangement for a window of this size, with the canvas at 60 % or more."""
    if window.width() < NARROW_BELOW:
        return Arrangement.NARROW
    if curve_height(window) >= _LEAST_CURVE:
        return Arrangement.ROOMY
    return Arrangement.COMPACT


class Arranger(QObject):
    """Places the docks of a window, and notices when the person does."""

    arranged = Signal(str)

    def __init__(self, window: QMainWindow, docks: dict[str, Dock]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._busy = False
        self._hidden: list[Dock] = []
        self._away = False
        self._state = ""
        self.arrangement = Arrangement.OWN
        self._titles = QTimer(self)
        self._titles.setSingleShot(True)
        self._titles.setInterval(0)
        self._titles.timeout.connect(self._show_titles)
        for dock in docks.values():
            dock.dockLocationChanged.connect(self._on_dock_moved)
            dock.topLevelChanged.connect(self._on_dock_moved)
            dock.visibilityChanged.connect(self._titles.start)

    def reset(self) -> None:
        """Every dock back where it belongs in a window of this size."""
        self._place(fitting(self._window.size()))

    def adapt(self) -> None:
        """Follow the window's size, unless the person has placed docks."""
        wanted = fitting(self._window.size())
        if not self._away and self.arrangement not in (Arrangement.OWN, wanted):
            self._place(wanted)

    def go_away(self) -> None:
        """Hide every dock while no set is open; what is saved stays as it was."""
        if self._away:
            return
        self._state = _text(self._window.saveState())
        self._away = True
        for dock in self._docks.values():
            dock.hide()

    def come_back(self) -> None:
        """Undo `go_away`."""
        if not self._away:
            return
        self._away = False
        self._busy = True
        self._window.restoreState(_bytes(self._state))
        self._busy = False
        if fitting(self._window.size()) is self.arrangement:
            self._size(self.arrangement)
        self.adapt()

    def toggle_all(self) -> None:
        """Hide every dock, or show again those that were hidden."""
        shown = [dock for dock in self._docks.values() if not dock.isHidden()]
        if shown:
            self._hidden = shown
            for dock in shown:
                dock.hide()
        else:
            for dock in self._hidden or self._docks.values():
                dock.show()

    def bring_up(self, name: str) -> None:
        """Put a tabbed dock in front; a closed one stays closed."""
        if not self._docks[name].isHidden():
            self._docks[name].raise_()

    def saved(self) -> tuple[str, str]:
        """Geometry and layout as texts."""
        state = self._state if self._away else _text(self._window.saveState())
        return _text(self._window.saveGeometry()), f"{self.arrangement}:{state}"

    def restore(self, geometry: str, layout: str) -> None:
        """As it was saved, on a screen that exists; the default where that is not possible."""
        self._restore_geometry(geometry)
        name, _, state = layout.partition(":")
        self._busy = True
        known = name in list(Arrangement) and bool(state)
        done = known and self._window.restoreState(_bytes(state))
        self._busy = False
        if not done:
            self.reset()
            return
        self.arrangement = Arrangement(name)
        self.adapt()

    def _restore_geometry(self, geometry: str) -> None:
        window = self._window
        if geometry and window.restoreGeometry(_bytes(geometry)) and _on_a_screen(window):
            return
        screen = QGuiApplication.primaryScreen().availableGeometry()
        size = QSize(1440, 900).boundedTo(screen.size())
        window.resize(size.expandedTo(window.minimumSize()))
        window.move(screen.center() - window.rect().center())

    def _place(self, arrangement: Arrangement) -> None:
        self._busy = True
        window, docks = self._window, self._docks
        right, bottom = (
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        for dock in docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        sources, method = docks["sources"], docks["method"]
        results, curve = docks["results"], docks["curve"]
        window.addDockWidget(right, sources)
        if arrangement is Arrangement.NARROW:
            for dock in (method, results, curve):
                window.addDockWidget(right, dock)
                window.tabifyDockWidget(sources, dock)
        else:
            window.splitDockWidget(sources, method, Qt.Orientation.Vertical)
            self._place_wide(arrangement, right, bottom)
        for dock in docks.values():
            dock.show()
        method.raise_()
        sources.raise_() if arrangement is Arrangement.COMPACT else None
        self._size(arrangement)
        self.arrangement = arrangement
        self._busy = False
        self.arranged.emit(arrangement.value)

    def _place_wide(
        self, arrangement: Arrangement, right: Qt.DockWidgetArea, bottom: Qt.DockWidgetArea
    ) -> None:
        window, docks = self._window, self._docks
        results, curve = docks["results"], docks["curve"]
        if arrangement is Arrangement.ROOMY:
            window.splitDockWidget(docks["method"], results, Qt.Orientation.Vertical)
            window.addDockWidget(bottom, curve)
            return
        window.addDockWidget(right, results)
        window.tabifyDockWidget(docks["sources"], results)
        window.addDockWidget(right, curve)
        window.tabifyDockWidget(docks["method"], curve)

    def _size(self, arrangement: Arrangement) -> None:
        window, docks, size = self._window, self._docks, self._window.size()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.resizeDocks([docks["sources"]], [right_width(size)], horizontal)
        height = size.height() - _BARS
        if arrangement is Arrangement.COMPACT:
            upper = min(232, height * 34 // 100)
            pair = [docks["sources"], docks["method"]]
            window.resizeDocks(pair, [upper, height - upper], vertical)
        elif arrangement is Arrangement.ROOMY:
            column = [docks["sources"], docks["method"], docks["results"]]
            window.resizeDocks(column, [height * 20, height * 48, height * 32], vertical)
            window.resizeDocks([docks["curve"]], [curve_height(size)], vertical)

    def _show_titles(self) -> None:
        """A dock in a group of tabs needs no title of its own."""
        for dock in self._docks.values():
            others = self._window.tabifiedDockWidgets(dock)
            tabbed = any(not other.isHidden() for other in others)
            dock.title.show_bar(shown=not tabbed or dock.isFloating())

    def _on_dock_moved(self) -> None:
        self._titles.start()
        if not self._busy and self._window.isVisible():
            self.arrangement = Arrangement.OWN


def _on_a_screen(window: QMainWindow) -> bool:
    """Whether enough of the window's top lies on some screen to take hold of it."""
    frame = window.frameGeometry()
    frame.setHeight(min(frame.height(), 64))
    parts = [frame.intersected(s.availableGeometry()) for s in QGuiApplication.screens()]
    return any(part.width() >= 128 and part.height() >= 16 for part in parts)


def _text(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode("ascii")


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except binascii.Error:
        return QByteArray()
