"""Where the docks are: in each workspace three arrangements by the size of the window, or the
person's own."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QToolBar, QWidget
from shiboken6 import isValid

from mfgui.ui.docks.frame import COLUMN, Dock
from mfgui.ui.workspaces import Arrangement, Plan, Workspace, plan_of

NARROW_BELOW = 1280
CANVAS_SHARE = 0.63  # planned; 0.6 is left when a message stands above the canvas
BESIDE = 38  # tool strip and the line beside the docks
BARS = 132  # menu, tool, option and status bar together with the lines between
_LEAST_CURVE = 240  # below this height the curve moves into the right column
_MOST_CURVE = 320


def right_width(window: QSize) -> int:
    """Width of the right column."""
    return min(340, max(COLUMN, window.width() * 15 // 100))


def curve_height(window: QSize) -> int:
    """Height that the canvas leaves for a dock below it."""
    canvas_width = window.width() - right_width(window) - BESIDE
    needed = CANVAS_SHARE * window.width() * window.height() / canvas_width
    return min(_MOST_CURVE, int(window.height() - BARS - needed))


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
    workspace_changed = Signal(str)

    def __init__(self, window: QMainWindow, docks: dict[str, Dock]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._busy = False
        self._hidden: list[Dock] = []
        self._away = False
        self._state = ""
        self._kept: dict[Workspace, str] = {}  # layouts of the workspaces that do not show
        self._sizes: dict[Workspace, QSize] = {}  # of the window when they showed last
        # A layout that was saved with other docks does not fit.
        self._version = zlib.crc32(" ".join(sorted(docks)).encode()) & 0x7FFF
        self.workspace = Workspace.FUSE
        self.arrangement = Arrangement.OWN
        self._titles = QTimer(self)
        self._titles.setSingleShot(True)
        self._titles.setInterval(0)
        self._titles.timeout.connect(self._show_titles)
        for dock in docks.values():
            dock.dockLocationChanged.connect(self._on_dock_moved)
            dock.topLevelChanged.connect(self._on_dock_moved)
            dock.visibilityChanged.connect(self._titles.start)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus_changed)

    def reset(self) -> None:
        """Every dock of the workspace back where it belongs in a window of this size."""
        self._place(fitting(self._window.size()))

    def adapt(self) -> None:
        """Follow the window's size, unless the person has placed docks."""
        wanted = fitting(self._window.size())
        if not self._away and self.arrangement not in (Arrangement.OWN, wanted):
            self._place(wanted)

    def choose(self, workspace: Workspace) -> None:
        """Show the docks of another workspace as they were, or by default."""
        if workspace is not self.workspace:
            self._kept[self.workspace] = self._layout()
            self._sizes[self.workspace] = self._window.size()
            self.workspace = workspace
            self._hidden = []
            if self._away:
                name, _, self._state = self._kept.get(workspace, "").partition(":")
                self.arrangement = _arrangement(name)
            elif not self._apply(self._kept.get(workspace, "")):
                self.reset()
            elif self._sizes.get(workspace, self._window.size()) != self._window.size():
                self._size_again()
        self.workspace_changed.emit(workspace.value)

    def go_away(self) -> None:
        """Hide every dock while no set is open; what is saved stays as it was."""
        if self._away:
            return
        self._state = self._text_of_state()
        self._away = True
        for dock in self._docks.values():
            dock.hide()

    def come_back(self) -> None:
        """Undo `go_away`."""
        if not self._away:
            return
        self._away = False
        fits = self.arrangement in (Arrangement.OWN, fitting(self._window.size()))
        if fits and self._apply(f"{self.arrangement}:{self._state}"):
            self._size_again()
        else:
            self.reset()

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

    def show(self, name: str) -> None:
        """Put a dock in front, open it where it is closed."""
        self._docks[name].show()
        self._docks[name].raise_()

    def step_dock(self, step: int, canvas: QWidget) -> None:
        """Move the keyboard to the next dock, or back to the canvas, in the order of the docks."""
        docks = [dock for dock in self._docks.values() if not dock.isHidden()]
        focused = QApplication.focusWidget()
        ring: list[QWidget] = [canvas, *docks]
        at = next((n for n, part in enumerate(ring) if _holds(part, focused)), 0)
        part = ring[(at + step) % len(ring)]
        if isinstance(part, Dock):
            part.raise_()
            if part.isFloating():
                part.activateWindow()
            part.take_focus()
        else:
            part.activateWindow()
            part.setFocus(Qt.FocusReason.TabFocusReason)

    def saved(self) -> tuple[str, dict[Workspace, str]]:
        """Geometry of the window, and the layout of each workspace that was shown, as texts."""
        layouts = {**self._kept, self.workspace: self._layout()}
        return _text(self._window.saveGeometry()), layouts

    def restore(
        self,
        geometry: str,
        layouts: Mapping[Workspace, str],
        workspace: Workspace = Workspace.FUSE,
    ) -> None:
        """As it was saved, on a screen that exists; the default where that is not possible."""
        self._restore_geometry(geometry)
        self._kept = dict(layouts)
        self.workspace = workspace
        if self._apply(self._kept.get(workspace, "")):
            self.adapt()
        else:
            self.reset()
        self.workspace_changed.emit(workspace.value)

    def _layout(self) -> str:
        state = self._state if self._away else self._text_of_state()
        return f"{self.arrangement}:{state}"

    def _text_of_state(self) -> str:
        return _text(self._window.saveState(self._version))

    def _apply(self, layout: str) -> bool:
        """Place the docks as in a saved layout; whether it could be used."""
        name, _, state = layout.partition(":")
        if name not in list(Arrangement) or not state:
            return False
        bars = {bar: not bar.isHidden() for bar in self._window.findChildren(QToolBar)}
        self._busy = True
        done = self._window.restoreState(_bytes(state), self._version)
        self._busy = False
        for bar, shown in bars.items():  # tool bars are no part of a workspace
            bar.setVisible(shown)
        if done:
            self.arrangement = Arrangement(name)
        return done

    def _size_again(self) -> None:
        if fitting(self._window.size()) is self.arrangement:
            self._size(self.arrangement)
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
        window, plan = self._window, plan_of(self.workspace, arrangement)
        right, bottom = (
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        for dock in self._docks.values():
            if dock.isFloating():
                dock.setFloating(False)
            window.removeDockWidget(dock)
        groups = self._groups(plan)
        for above, group in zip([None, *groups], groups, strict=False):
            if above is None:
                window.addDockWidget(right, group[0])
            else:
                window.splitDockWidget(above[0], group[0], Qt.Orientation.Vertical)
        below = self._there(plan.below)
        for number, dock in enumerate(below):
            window.addDockWidget(bottom, dock)
            if number:
                window.tabifyDockWidget(below[0], dock)
        placed = {dock for group in (*groups, below) for dock in group}
        others = [dock for dock in self._docks.values() if dock not in placed]
        for group, further in zip(groups, [*([()] * (len(groups) - 1)), others], strict=True):
            for first, second in zip([*group, *further], [*group, *further][1:], strict=False):
                window.addDockWidget(right, second)
                window.tabifyDockWidget(first, second)
        for dock in self._docks.values():
            dock.setVisible(dock in placed)
        for name in plan.front:
            if name in self._docks:
                self._docks[name].raise_()
        self._size(arrangement)
        self.arrangement = arrangement
        self._busy = False
        self.arranged.emit(arrangement.value)

    def _groups(self, plan: Plan) -> list[list[Dock]]:
        """The docks of each group of the right column, without those that there are not."""
        groups = [self._there(names) for names in plan.right]
        return [group for group in groups if group]

    def _there(self, names: Sequence[str]) -> list[Dock]:
        """The docks of these names that the window has."""
        return [self._docks[name] for name in names if name in self._docks]

    def _size(self, arrangement: Arrangement) -> None:
        window, size = self._window, self._window.size()
        plan = plan_of(self.workspace, arrangement)
        leaders = [group[0] for group in self._groups(plan)]
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.resizeDocks(leaders[:1], [right_width(size)], horizontal)
        height = size.height() - BARS
        shares = plan.shares[: len(leaders)]
        heights = [height * share // sum(shares) for share in shares]
        if len(leaders) > 1:
            window.resizeDocks(leaders, heights, vertical)
        below = self._there(plan.below)[:1]
        window.resizeDocks(below, [curve_height(size)] * len(below), vertical)

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

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        for dock in self._docks.values():
            if isValid(dock):  # the focus changes, too, while the window is taken apart
                dock.title.show_focus(_holds(dock, now))


def _arrangement(name: str) -> Arrangement:
    return Arrangement(name) if name in list(Arrangement) else Arrangement.OWN


def _holds(part: QWidget, focused: QWidget | None) -> bool:
    return focused is not None and (part is focused or part.isAncestorOf(focused))


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
