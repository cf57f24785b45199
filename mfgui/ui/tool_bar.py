"""The bar below the menus: commands with words where there is room, picture switch, overlay."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from mfgui.app.actions import EDIT, FILE, MAP, RUN, VIEW
from mfgui.ui.arrangement import NARROW_BELOW
from mfgui.ui.icons import ICON_SIDE, TextButton
from mfgui.ui.parts import WindowParts
from mfgui.ui.workspace_switch import WorkspaceSwitch

_SPACING, _ENDS = 4, 6  # pixels, as in the style sheet
_SHRINKS = 4  # that a button can do with less


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
        self.fuse_button = _primary(parts.actions["fuse"])
        self._overlay = parts.overlay
        self._switch = parts.switch
        self._worded: list[QToolButton] = []
        self._run_buttons: list[QToolButton] = []
        self._fill(parts)
        parts.switch.room_changed.connect(lambda: self.fit(self.width()))

    @property
    def buttons(self) -> list[QToolButton]:
        """The buttons of its commands, from left to right."""
        widgets = [self.widgetForAction(action) for action in self.actions()]
        return [widget for widget in widgets if isinstance(widget, QToolButton)]

    def fit(self, width: int) -> None:
        """Words beside the icons as far as there is room for them, first for those of a run."""
        self._switch.show_compact(on=False)
        self._align_place.setVisible(True)
        self.fuse_button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        words, strength = (self._worded, self._run_buttons), self._overlay.show_slider
        for worded, slider in ((words[0], True), (words[1], True), (words[1], False), ([], False)):
            self._show_words(worded)
            strength(slider and width >= NARROW_BELOW)
            if self._needed() <= width:
                return
        self.fuse_button.setIconSize(QSize(0, 0))  # its word says enough
        self._switch.show_compact(on=self._needed() - _SHRINKS * len(self.buttons) > width)
        # It stands in the Sources dock as well.
        self._align_place.setVisible(self._needed() - _SHRINKS * len(self.buttons) <= width)

    def _show_words(self, worded: list[QToolButton]) -> None:
        style = Qt.ToolButtonStyle
        for button in self._worded:
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if button in worded else style.ToolButtonIconOnly
            )
        self._steady_pause(words=self.widgetForAction(self._actions["pause"]) in worded)

    def _needed(self) -> int:
        """Width that everything takes side by side."""
        shown = [action for action in self.actions() if action.isVisible()]
        widgets = [self.widgetForAction(action) for action in shown]
        widths = [max(w.sizeHint().width(), w.minimumWidth()) for w in widgets]
        return sum(widths) + _SPACING * (len(widths) - 1) + _ENDS

    def _fill(self, parts: WindowParts) -> None:
        actions = parts.actions
        self.addWidget(self.workspaces)
        self.addSeparator()
        self.addActions(list(actions.on_tool_bar(FILE)))
        self.addSeparator()
        edit = list(actions.on_tool_bar(EDIT))
        self.addActions(edit)
        self.addWidget(self.fuse_button)
        self._align_place = self.addWidget(_button(actions["align"]))
        self.addActions(list(actions.on_tool_bar(MAP)))
        self.addActions(list(actions.on_tool_bar(RUN)))
        self.addSeparator()
        self.addWidget(parts.switch)
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)
        self.addWidget(parts.overlay)
        self.addSeparator()
        run, view = list(actions.on_tool_bar(RUN)), list(actions.on_tool_bar(VIEW))
        self.addActions(view)
        for action in self.actions():
            button = self.widgetForAction(action)
            if isinstance(button, QToolButton) and not action.isSeparator():
                named = button.defaultAction() or action
                button.setAccessibleName(named.text())
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setMinimumSize(32, 32)
                if action not in [*edit, *view]:
                    self._worded.append(button)
                if action in run:
                    self._run_buttons.append(button)

    def _steady_pause(self, *, words: bool) -> None:
        """Room for either word on the pause button, so that its neighbours never move."""
        action = self._actions["pause"]
        button = self.widgetForAction(action)
        widths = [button.fontMetrics().horizontalAdvance(word) for word in (" Pause", " Resume")]
        present = button.fontMetrics().horizontalAdvance(action.iconText())
        button.ensurePolished()
        wanted = button.sizeHint().width() + max(widths) - present
        button.setMinimumWidth(wanted if words else 32)


def _button(action: QAction) -> QToolButton:
    """A button whose place can be given to others; the action stays in its menu."""
    button = QToolButton()
    button.setDefaultAction(action)
    return button


def _primary(action: QAction) -> TextButton:
    """A filled button for an action, which always has its words."""
    button = TextButton(action.objectName(), action.text(), primary=True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setMinimumHeight(32)
    button.clicked.connect(action.trigger)

    def follow() -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())

    action.changed.connect(follow)
    follow()
    return button
