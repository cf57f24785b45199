"""The tool strip: one column of icons at the left of the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from mfgui.ui.icons import ICON_SIDE

STRIP_WIDTH = 34
_BUTTON = 30


class ToolStrip(QWidget):
    """A button for each tool; they share the actions of the Tools menu.

    Parameters
    ----------
    groups : sequences of QAction
        From top to bottom, with room between them.
    """

    used = Signal()
    """A tool was chosen with the mouse: the keys belong to the canvas again."""

    def __init__(self, groups: Sequence[Sequence[QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolStrip")
        self.setAccessibleName("Tools")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(STRIP_WIDTH)
        self.buttons: list[QToolButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        for place, group in enumerate(groups):
            if place:
                column.addWidget(_line(), 0, Qt.AlignmentFlag.AlignHCenter)
            for action in group:
                self.buttons.append(self._make_button(action))
                column.addWidget(self.buttons[-1], 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def _make_button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(action.text())
        button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        button.setFixedSize(_BUTTON, _BUTTON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: None if button.hasFocus() else self.used.emit())
        return button


def _line() -> QFrame:
    line = QFrame()
    line.setObjectName("stripLine")
    line.setFixedSize(20, 1)
    return line
