"""The docks of the Compare workspace, and what connects them to the canvas."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mfgui.app.controller import Controller
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.canvas.readout import Readout
from mfgui.ui.theme import Themes

if TYPE_CHECKING:
    from mfgui.ui.docks.histogram import HistogramPanel
    from mfgui.ui.docks.metrics import MetricsPanel
    from mfgui.ui.docks.profile import ProfilePanel
    from mfgui.ui.docks.why import WhyPanel


def load() -> None:
    """Import what the docks are made of, beside the interface."""
    import mfgui.ui.docks.histogram
    import mfgui.ui.docks.metrics
    import mfgui.ui.docks.profile
    import mfgui.ui.docks.why  # noqa: F401


class _Room(QWidget):
    """Room for a panel, which is made when it is first seen."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.layout().count():
            self.layout().addWidget(self._make())


class CompareDocks:
    """Scores, why here, line profile, histogram.

    Their modules and widgets are a sixth of the window's start, so that each is made when its
    dock is first seen.
    """

    def __init__(self, controller: Controller, themes: Themes) -> None:
        self._controller = controller
        self._themes = themes
        self._panes: PaneGroup | None = None
        self._export_table: Callable[[], object] = lambda: None

    @property
    def bodies(self) -> dict[str, tuple[str, QWidget]]:
        """Title and contents of each dock, by its key in the layout."""
        return {
            "metrics": ("Metrics", _Room(lambda: self.metrics)),
            "why": ("Why here?", _Room(lambda: self.why)),
            "profile": ("Line profile", _Room(lambda: self.profile)),
            "histogram": ("Histogram", _Room(lambda: self.histogram)),
        }

    def connect(self, panes: PaneGroup, *, export_table: Callable[[], object]) -> None:
        """Let them follow the pointer, and the pointer follow the profile."""
        self._panes, self._export_table = panes, export_table
        panes.hovered.connect(self._on_hovered)
        panes.visible_changed.connect(self._on_visible_changed)
        self._themes.changed.connect(self._on_theme_changed)

    @cached_property
    def metrics(self) -> MetricsPanel:
        from mfgui.ui.docks.metrics import MetricsPanel

        panel = MetricsPanel(self._controller)
        panel.export_clicked.connect(self._export_table)
        return panel

    @cached_property
    def why(self) -> WhyPanel:
        from mfgui.ui.docks.why import WhyPanel

        return WhyPanel(self._controller)

    @cached_property
    def profile(self) -> ProfilePanel:
        from mfgui.ui.docks.profile import ProfilePanel

        panel = ProfilePanel(self._controller, self._themes.current)
        if self._panes is not None:
            panel.place_hovered.connect(self._panes.canvas.set_pointer)
        return panel

    @cached_property
    def histogram(self) -> HistogramPanel:
        from mfgui.ui.docks.histogram import HistogramPanel

        panel = HistogramPanel(self._controller, self._themes.current)
        if self._panes is not None:
            panel.show_visible(self._panes.visible_rect)
        return panel

    def _made(self, name: str) -> bool:
        return name in self.__dict__

    def _on_theme_changed(self) -> None:
        if self._made("profile"):
            self.profile.show_theme(self._themes.current)
        if self._made("histogram"):
            self.histogram.show_theme(self._themes.current)

    def _on_visible_changed(self) -> None:
        if self._made("histogram") and self._panes is not None:
            self.histogram.show_visible(self._panes.visible_rect)

    def _on_hovered(self, readout: Readout | None) -> None:
        if self._made("profile"):
            if readout is None:
                self.profile.show_place(None)
            else:
                self.profile.show_place(readout.x + 0.5, readout.y + 0.5)
        if readout is not None and self._made("why"):
            self.why.show_pixel(readout.x, readout.y)
