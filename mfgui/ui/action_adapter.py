"""Qt actions made from the command table: menus, tool bar and keys share them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPalette
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from mfgui.app.actions import COMMANDS, MENUS, Command, State
from mfgui.ui.icons import icon_in


class Actions(QObject):
    """One QAction for each command; `triggered` carries the command's id."""

    triggered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._groups: dict[str, QActionGroup] = {}
        self._reasons: dict[str, str] = {}
        self._state: State | None = None
        self._icons = {command.id: command.icon for command in COMMANDS}
        self._palette = parent.palette()
        self._actions = {command.id: self._make(command) for command in COMMANDS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def reason(self, name: str) -> str:
        """Why the command cannot be used now; empty when it can."""
        return self._reasons.get(name, "")

    def icon_name(self, name: str) -> str:
        """The icon that the command has now."""
        return self._icons[name]

    def fill_menus(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Add every menu in its order; returns them by name."""
        menus = {}
        for name in MENUS:
            menu = bar.addMenu(f"&{name}")
            menu.setToolTipsVisible(True)
            parts = {"": menu}
            for command in COMMANDS:
                if command.menu != name:
                    continue
                if command.separator_before:
                    menu.addSeparator()
                if command.submenu not in parts:
                    parts[command.submenu] = menu.addMenu(command.submenu)
                    parts[command.submenu].setToolTipsVisible(True)
                parts[command.submenu].addAction(self._actions[command.id])
            menus[name] = menu
        return menus

    def on_tool_bar(self, menu: str) -> Iterator[QAction]:
        """Actions of one menu that are on the tool bar."""
        for command in COMMANDS:
            if command.tool_bar and command.menu == menu:
                yield self._actions[command.id]

    def give_canvas_keys(self, canvas: QWidget) -> None:
        """Let bare keys act while the canvas has the focus, and only then."""
        for command in COMMANDS:
            if command.canvas_only:
                canvas.addAction(self._actions[command.id])

    def show_state(self, state: State) -> None:
        """Enable what can be used now; the tool tip of the rest says why not."""
        if state == self._state:
            return
        self._state = state
        for command in COMMANDS:
            reason = command.blocked(state)
            if self._reasons.get(command.id) != reason:  # most stay, and setting takes time
                action = self._actions[command.id]
                action.setEnabled(not reason)
                action.setToolTip(_tool_tip(command, reason))
                self._reasons[command.id] = reason
            if command.look_in is not None:
                self._show_look(command.id, *command.look_in(state))

    def colour_icons(self, palette: QPalette) -> None:
        """Draw the icons in the colours of `palette`."""
        self._palette = palette
        for name, icon in self._icons.items():
            if icon:
                self._actions[name].setIcon(icon_in(palette, icon))

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text.replace("...", "…"), self)
        action.setObjectName(command.id)
        action.setIconText(_icon_text(command.text) if command.icon else "")
        action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
        if command.canvas_only:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setCheckable(command.checkable)
        action.setToolTip(_tool_tip(command, ""))
        if command.group:
            self._group(command.group).addAction(action)
        action.triggered.connect(lambda _on=False: self.triggered.emit(command.id))
        return action

    def _show_look(self, name: str, text: str, icon: str) -> None:
        action = self._actions[name]
        if action.text() == text:
            return
        action.setText(text)
        if icon:
            action.setIconText(_icon_text(text))
            self._icons[name] = icon
            action.setIcon(icon_in(self._palette, icon))

    def _group(self, name: str) -> QActionGroup:
        if name not in self._groups:
            self._groups[name] = QActionGroup(self)
        return self._groups[name]


def _icon_text(text: str) -> str:
    """The first word; the style puts icon and words side by side without room between them."""
    return f" {text.split()[0].rstrip('.')}"


def _tool_tip(command: Command, reason: str) -> str:
    keys = ", ".join(
        QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        for keys in command.shortcuts
    )
    text = f"{command.help} ({keys})" if keys else command.help
    return f"{text}\nNot now: {reason}" if reason else text
