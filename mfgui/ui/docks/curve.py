"""Curve dock: Q of every iteration, several runs, and the scrub bar."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.result import Curve
from mfgui.ui.curve_plot import CurvePlot, CurveStyles, LineStyle, PlottedCurve
from mfgui.ui.docks.frame import COLUMN
from mfgui.ui.docks.hint_page import pages_of
from mfgui.ui.legend_row import plain
from mfgui.ui.scrub import ScrubBar
from mfgui.ui.theme import Theme

_SAMPLE = QSize(28, 12)
WIDE = 560  # from this width on the legend stands beside the plot


@dataclass(frozen=True, eq=False)
class _Run:
    name: str
    curve: Curve
    place: int
    best: int
    visible: bool = True


class CurvePanel(QWidget):
    """Plot, legend and scrub bar. `scrubbed` carries the run's number and the stop."""

    scrubbed = Signal(int, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._styles = CurveStyles.load()
        self._runs: dict[int, _Run] = {}
        self._places = 0
        self._selected = -1
        self._hovered = -1
        self.scrubbed_run: int | None = None
        self.plot: CurvePlot | None = None
        self.objective_box = QComboBox()
        self.readout = QLabel()
        self.scrub = ScrubBar()
        self.legend: dict[int, QCheckBox] = {}
        self._lay_out()
        self.objective_box.currentIndexChanged.connect(self._refresh)
        self.scrub.scrubbed.connect(self._on_scrubbed)

    def make_plot(self) -> None:
        """Make the plot, with its library, which takes long to load the first time."""
        if self.plot is not None:
            return
        self.plot = CurvePlot(self._theme)
        self.plot.hovered.connect(self._on_plot_hovered)
        self._plot_place.addWidget(self.plot)
        self._refresh()

    def show_curve(self, run_id: int, name: str, curve: Curve) -> None:
        """Show or extend the curve of a run; empty ones are left out."""
        if not curve.q:
            return
        old = self._runs.get(run_id)
        if old is None:
            self._runs[run_id] = _Run(name, curve, self._places, curve.best)
            self._places += 1
            self._add_to_legend(run_id)
            self.select(run_id)
        else:
            self._runs[run_id] = replace(old, name=name, curve=curve, best=curve.best)
        self._refresh()

    def select(self, run_id: int) -> None:
        """Put the curve of this run on top and show its objective."""
        if run_id not in self._runs:
            return
        self._selected = run_id
        self._list_objectives()
        position = self.objective_box.findText(self._runs[run_id].curve.objective)
        self.objective_box.setCurrentIndex(position)
        self._refresh()

    def show_scrub(self, run_id: int | None, stop: str) -> None:
        """Let the scrub bar stand at `stop` of a run; None when nothing can be scrubbed."""
        self.scrubbed_run = run_id if run_id in self._runs else None
        self.scrub.setEnabled(self.scrubbed_run is not None)
        if self.scrubbed_run is not None:
            run_id = self.scrubbed_run
            self.select(run_id)
            self.scrub.show_curve(self._runs[run_id].curve)
            self.scrub.show_stop(stop)

    def remove_curve(self, run_id: int) -> None:
        """Forget the curve of a run."""
        if self._runs.pop(run_id, None) is None:
            return
        box = self.legend.pop(run_id)
        self._legend_rows.removeWidget(box)
        box.hide()
        box.deleteLater()
        if self.scrubbed_run == run_id:
            self.show_scrub(None, "last")
        if self._selected == run_id:
            self._selected = next(reversed(self._runs), -1)
        self._list_objectives()
        self._refresh()

    def clear(self) -> None:
        """Forget all curves."""
        for run_id in list(self._runs):
            self.remove_curve(run_id)
        self._places = 0

    def show_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self.plot is not None:
            self.plot.show_theme(theme)
        for run_id in self.legend:
            self._draw_sample(run_id)
        self._refresh()

    def minimumSizeHint(self) -> QSize:
        """A column's width also while it lies behind another tab as wide as it was elsewhere."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), COLUMN), hint.height())

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        wide = self.width() >= WIDE
        direction = QHBoxLayout.Direction.LeftToRight if wide else QHBoxLayout.Direction.TopToBottom
        if self._middle.direction() is not direction:
            self._middle.setDirection(direction)
            self._fit_legend()

    def _lay_out(self) -> None:
        words = "The curve of Q appears here while a run climbs."
        self._pages = pages_of(self, words, self._make_body())

    def _make_body(self) -> QWidget:
        self.objective_box.setAccessibleName("Objective of the curves")
        self.objective_box.setToolTip("Curves of different objectives never share an axis")
        self.readout.setObjectName("hint")
        self.readout.setMinimumWidth(1)
        self.readout.setAccessibleName("Exact numbers under the pointer")
        self.scrub.setEnabled(False)
        top = QHBoxLayout()
        top.setContentsMargins(12, 0, 12, 0)
        top.addWidget(self.objective_box)
        top.addWidget(self.readout, 1)
        self._plot_place = QVBoxLayout()
        self._middle = QHBoxLayout()
        self._middle.setSpacing(0)
        self._middle.addLayout(self._plot_place, 1)
        self._middle.addWidget(self._make_legend())
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addLayout(top)
        column.addLayout(self._middle, 1)
        column.addWidget(self.scrub)
        return body

    def _make_legend(self) -> QScrollArea:
        rows = QWidget()
        rows.setObjectName("dockBody")
        self._legend_rows = QVBoxLayout(rows)
        self._legend_rows.setContentsMargins(12, 0, 8, 0)
        self._legend_rows.setSpacing(0)
        self._legend_rows.addStretch(1)
        self._legend_area = QScrollArea()
        self._legend_area.setWidgetResizable(True)
        self._legend_area.setFrameShape(QFrame.Shape.NoFrame)
        self._legend_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._legend_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._legend_area.setWidget(rows)
        return self._legend_area

    def _fit_legend(self) -> None:
        beside = self._middle.direction() is QHBoxLayout.Direction.LeftToRight
        limit = 16_777_215
        self._legend_area.setFixedWidth(300) if beside else self._legend_area.setMinimumWidth(0)
        if beside:
            self._legend_area.setMaximumHeight(limit)
        else:
            self._legend_area.setMaximumWidth(limit)
            self._legend_area.setFixedHeight(26 * min(3, max(1, len(self.legend))))

    def _add_to_legend(self, run_id: int) -> None:
        box = QCheckBox(self._runs[run_id].name)
        box.setChecked(True)
        box.setIconSize(_SAMPLE)
        box.setAccessibleName(f"Show the curve of {self._runs[run_id].name}")
        box.toggled.connect(lambda on: self._on_curve_toggled(run_id, visible=on))
        self.legend[run_id] = box
        self._legend_rows.insertWidget(0, box)
        QWidget.setTabOrder(self.objective_box, box)
        self._draw_sample(run_id)
        self._fit_legend()

    def _draw_sample(self, run_id: int) -> None:
        scale = self.devicePixelRatioF()
        pixmap = QPixmap(_SAMPLE * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setPen(self._style(run_id).pen(width=2.0))
            painter.drawLine(0, _SAMPLE.height() // 2, _SAMPLE.width(), _SAMPLE.height() // 2)
        self.legend[run_id].setIcon(QIcon(pixmap))

    def _style(self, run_id: int) -> LineStyle:
        return self._styles.style(self._runs[run_id].place, dark=self._theme.dark)

    def _list_objectives(self) -> None:
        names = list(dict.fromkeys(run.curve.objective for run in self._runs.values()))
        box = self.objective_box
        if names != [box.itemText(n) for n in range(box.count())]:
            box.blockSignals(True)
            chosen = box.currentText()
            box.clear()
            box.addItems(names)
            box.setCurrentIndex(max(0, box.findText(chosen)))
            box.blockSignals(False)
        box.setVisible(len(names) > 1)

    def _refresh(self) -> None:
        self._pages.setCurrentIndex(1 if self._runs else 0)
        objective = self.objective_box.currentText()
        for run_id, box in self.legend.items():
            run = self._runs[run_id]
            box.setVisible(run.curve.objective == objective)
            best = run.curve.q[run.best]
            box.setText(plain(f"{run.name}   {best:.5f}"))
            box.setToolTip(f"{run.name}: best Q {best:.9f} at iteration {run.best}")
        if self.plot is not None:
            self.plot.show_curves(self._plotted(objective), selected=self._selected)
        self._show_numbers()

    def _plotted(self, objective: str) -> list[PlottedCurve]:
        return [
            PlottedCurve(run_id, run.name, run.curve, self._style(run_id), run.best, run.visible)
            for run_id, run in self._runs.items()
            if run.curve.objective == objective
        ]

    def _on_curve_toggled(self, run_id: int, *, visible: bool) -> None:
        self._runs[run_id] = replace(self._runs[run_id], visible=visible)
        self._refresh()

    def _on_scrubbed(self, stop: str) -> None:
        if self.scrubbed_run is not None:
            self.scrubbed.emit(self.scrubbed_run, stop)

    def _on_plot_hovered(self, iteration: int) -> None:
        self._hovered = iteration
        self._show_numbers()

    def _show_numbers(self) -> None:
        """Exact numbers under the pointer, else those of the newest step of the top curve."""
        run = self._runs.get(self._selected)
        if run is None:
            self.readout.clear()
            return
        if self._hovered < 0:
            self.readout.setText(f"Best Q {run.curve.q[run.best]:.6f} at {run.best}")
            return
        shown = self._plotted(self.objective_box.currentText())
        parts = [
            f"{p.run_id}: {p.curve.q[self._hovered]:.7f}"
            for p in shown
            if p.visible and self._hovered < len(p.curve.q)
        ]
        self.readout.setText(f"At {self._hovered}   " + "   ".join(parts))
