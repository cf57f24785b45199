"""The bar below the menus: commands with words where there is room, picture switch, overlay."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from mfgui.app.actions import EDIT, FILE, MAP, RUN, VIEW
from mfgui.ui.icons import ICON_SIDE
from mfgui.ui.parts import WindowParts
from mfgui.ui.workspace_switch import WorkspaceSwitch


class ToolBar(QToolBar):
    """Everything of the command table that is on the tool bar, in the order of the menus."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__("Tool bar")
        self.setObjectName("toolBar")
        self.setAccessibleName("Tool bar")
        self.setMovable(False)
        self.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._actions = parts.actions
        self.workspaces = WorkspaceSwitch(parts.actions)
        self._worded: list[QToolButton] = []
        self._fill(parts)

    @property
    def buttons(self) -> list[QToolButton]:
        """The buttons of its commands, from left to right."""
        widgets = [self.widgetForAction(action) for action in self.actions()]
        return [widget for widget in widgets if isinstance(widget, QToolButton)]

    def show_words(self, *, words: bool) -> None:
        """Words beside the icons, or icons alone in a narrow window."""
        style = Qt.ToolButtonStyle
        for button in self._worded:
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
            )
        self._steady_pause(words=words)

    def _fill(self, parts: WindowParts) -> None:
        actions = parts.actions
        self.addWidget(self.workspaces)
        self.addSeparator()
        self.addActions(list(actions.on_tool_bar(FILE)))
        self.addSeparator()
        edit = list(actions.on_tool_bar(EDIT))
        self.addActions(edit)
        self.addSeparator()
        for menu in (MAP, RUN):
            self.addActions(list(actions.on_tool_bar(menu)))
        self.addSeparator()
        self.addWidget(parts.switch)
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)
        self.addWidget(parts.overlay)
        self.addSeparator()
        view = list(actions.on_tool_bar(VIEW))
        self.addActions(view)
        for action in self.actions():
            button = self.widgetForAction(action)
            if isinstance(button, QToolButton) and not action.isSeparator():
                button.setAccessibleName(action.text())
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setMinimumSize(32, 32)
                if action not in [*edit, *view]:
                    self._worded.append(button)

    def _steady_pause(self, *, words: bool) -> None:
        """Room for either word on the pause button, so that its neighbours never move."""
        action = self._actions["pause"]
        button = self.widgetForAction(action)
        widths = [button.fontMetrics().horizontalAdvance(word) for word in (" Pause", " Resume")]
        present = button.fontMetrics().horizontalAdvance(action.iconText())
        button.ensurePolished()
        wanted = button.sizeHint().width() + max(widths) - present
        button.setMinimumWidth(wanted if words else 32)
