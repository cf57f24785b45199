"""The workspaces on the tool bar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from mfgui.ui.action_adapter import Actions
from mfgui.ui.workspaces import Workspace


class WorkspaceSwitch(QWidget):
    """One button for each workspace, in step with its command."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[Workspace, QToolButton] = {}
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for workspace in Workspace:
            button = self._make_button(actions, workspace)
            self.buttons[workspace] = button
            layout.addWidget(button)

    @staticmethod
    def _make_button(actions: Actions, workspace: Workspace) -> QToolButton:
        action = actions[f"workspace-{workspace}"]
        button = QToolButton()
        button.setObjectName("segment")
        button.setText(workspace.capitalize())
        button.setAccessibleName(action.text())
        button.setToolTip(action.toolTip())
        button.setCheckable(True)
        button.setChecked(action.isChecked())
        button.setMinimumSize(32, 30)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        action.toggled.connect(button.setChecked)

        def clicked() -> None:
            action.trigger()
            button.setChecked(action.isChecked())

        button.clicked.connect(clicked)
        return button
