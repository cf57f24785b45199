"""The frame that all docks share: a quiet title with float and close buttons."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QWidget

from mfgui.ui.icons import IconButton

COLUMN = 288  # pixels, the least width of the right column
TITLE_HEIGHT = 32
TABBED_HEIGHT = 6


class DockTitle(QWidget):
    """Title bar of a dock; dragging it moves the dock."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words = dock.windowTitle()
        self.label = QLabel(words)
        self.float_button = IconButton("float", f"Detach {words}")
        self.close_button = IconButton("close", f"Close {words}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 4, 0)
        layout.setSpacing(0)
        layout.addWidget(self.label, 1)
        for button in (self.float_button, self.close_button):
            button.setIconSize(QSize(14, 14))
            button.setMinimumSize(24, 24)
            layout.addWidget(button)
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button.clicked.connect(dock.close)
        self._shown = True

    def show_bar(self, *, shown: bool) -> None:
        """Take no room while the tab says the same word."""
        self._shown = shown
        for child in (self.label, self.float_button, self.close_button):
            child.setVisible(shown)
        self.updateGeometry()

    def show_focus(self, on: bool) -> None:
        """Tell that the keyboard is in this dock."""
        if on != bool(self.property("focused")):
            self.setProperty("focused", on)
            self.label.style().unpolish(self.label)
            self.label.style().polish(self.label)

    def sizeHint(self) -> QSize:
        return QSize(120, TITLE_HEIGHT if self._shown else TABBED_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class Dock(QDockWidget):
    """A dock whose object name is its key in the saved layout."""

    def __init__(self, name: str, words: str, body: QWidget, parent: QWidget) -> None:
        super().__init__(words, parent)
        self.setObjectName(name)
        self.setAccessibleName(words)
        body.setObjectName("dockBody")
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWidget(body)
        self.title = DockTitle(self)
        self.setTitleBarWidget(self.title)

    def take_focus(self) -> None:
        """Give the keyboard to the control that had it last, else to the first one."""
        body = self.widget()
        before = body.focusWidget()
        controls = [child for child in body.findChildren(QWidget) if _can_focus(child, body)]
        if before in controls:
            before.setFocus(Qt.FocusReason.TabFocusReason)
        elif controls:
            first = min(controls, key=lambda child: _place(child, body))
            first.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            body.setFocus(Qt.FocusReason.TabFocusReason)


def _place(control: QWidget, body: QWidget) -> tuple[int, int]:
    """Row and column, for the order in which one reads."""
    corner = control.mapTo(body, QPoint(0, 0))
    return corner.y(), corner.x()


def _can_focus(control: QWidget, body: QWidget) -> bool:
    takes = control.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    return bool(takes) and control.isEnabled() and control.isVisibleTo(body)
