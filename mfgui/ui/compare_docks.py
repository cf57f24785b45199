"""The docks of the Compare workspace, and what connects them to the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from mfgui.app.controller import Controller
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.canvas.readout import Readout
from mfgui.ui.docks.histogram import HistogramPanel
from mfgui.ui.docks.metrics import MetricsPanel
from mfgui.ui.docks.profile import ProfilePanel
from mfgui.ui.docks.why import WhyPanel
from mfgui.ui.theme import Theme


class CompareDocks:
    """Scores, why here, line profile, histogram."""

    def __init__(self, controller: Controller, theme: Theme) -> None:
        self.metrics = MetricsPanel(controller)
        self.why = WhyPanel(controller)
        self.profile = ProfilePanel(controller, theme)
        self.histogram = HistogramPanel(controller, theme)

    @property
    def bodies(self) -> dict[str, tuple[str, QWidget]]:
        """Title and contents of each dock, by its key in the layout."""
        return {
            "metrics": ("Metrics", self.metrics),
            "why": ("Why here?", self.why),
            "profile": ("Line profile", self.profile),
            "histogram": ("Histogram", self.histogram),
        }

    def connect(self, panes: PaneGroup, *, export_table: Callable[[], object]) -> None:
        """Let them follow the pointer, and the pointer follow the profile."""
        panes.hovered.connect(self._on_hovered)
        self.profile.place_hovered.connect(panes.canvas.set_pointer)
        self.metrics.export_clicked.connect(export_table)
        panes.visible_changed.connect(lambda: self.histogram.show_visible(panes.visible_rect))

    def show_theme(self, theme: Theme) -> None:
        for panel in (self.profile, self.histogram):
            panel.show_theme(theme)

    def make_plots(self) -> None:
        """Make the plot, once its library has been loaded."""
        self.profile.make_plot()

    def _on_hovered(self, readout: Readout | None) -> None:
        if readout is None:
            self.profile.show_place(None)
        else:
            self.profile.show_place(readout.x + 0.5, readout.y + 0.5)
            self.why.show_pixel(readout.x, readout.y)
