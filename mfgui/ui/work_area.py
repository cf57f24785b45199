"""The middle of the window: messages, tool strip, option bar, and start page or canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mfgui.ui.compare_bar import CompareBar
from mfgui.ui.notices import Banners
from mfgui.ui.option_bar import OptionBar
from mfgui.ui.tool_strip import ToolStrip

CANVAS_SHARE = 0.6  # of the window, at LEAST_SIZE and above
LEAST_SIZE = QSize(1280, 720)


class WorkArea(QWidget):
    """Puts them together. In a small window a message stands in for the option bar."""

    def __init__(
        self,
        banners: Banners,
        strip: ToolStrip,
        bars: tuple[OptionBar, CompareBar],
        pages: QStackedWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._banners = banners
        self._strip = strip
        self._bar, self._compare_bar = bars
        self._has_set = self._comparing = False
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._compare_bar)
        right.addWidget(self._bar)
        right.addWidget(pages, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(strip)
        row.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(banners)
        column.addLayout(row, 1)
        banners.installEventFilter(self)
        self.show_set(False)

    def show_set(self, there: bool) -> None:
        """Strip and bar are there with a set only."""
        self._has_set = there
        self._strip.setVisible(there)
        self._arrange()

    def show_comparing(self, on: bool) -> None:
        """The Compare workspace has a bar of its own; that of the tool gives way where there is
        no room for both."""
        self._comparing = on
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.Resize)
        if event.type() in kinds:
            self._arrange()
        return super().eventFilter(watched, event)

    def _arrange(self) -> None:
        comparing = self._has_set and self._comparing
        self._compare_bar.setVisible(comparing)
        taken = self._compare_bar.height() if comparing else 0
        self._bar.setVisible(self._has_set and self._has_room(taken))

    def _has_room(self, taken: int) -> bool:
        """Whether the canvas keeps its share of the window below messages and bars, of which
        others have `taken` pixels of height already."""
        window = self.window().size()
        small = window.width() < LEAST_SIZE.width() or window.height() < LEAST_SIZE.height()
        if small or (self._banners.isHidden() and not taken):
            return True
        banner = max(self._banners.height(), self._banners.sizeHint().height())
        taken += 0 if self._banners.isHidden() else banner
        free = self.height() - taken - self._bar.height()
        share = free * (self.width() - self._strip.width())
        return share >= CANVAS_SHARE * window.width() * window.height()
