"""The plot of Q per iteration. Importing this module does not import pyqtgraph; making a
`CurvePlot` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsItem, QVBoxLayout, QWidget

import mfgui.resources as resources
from mfgui.core.result import Curve
from mfgui.ui.theme import Theme

_THINNED_ABOVE = 2_000  # about the width of a wide plot: more points share their columns
_STEADY_ABOVE = 200


@dataclass(frozen=True)
class LineStyle:
    """Colour and dash pattern (pen widths; empty is solid) of one run."""

    colour: str
    dash: tuple[float, ...]

    def pen(self, *, width: float = 1.0) -> QPen:
        pen = QPen(QColor(self.colour))
        pen.setCosmetic(True)
        pen.setWidthF(width)
        if self.dash:
            pen.setDashPattern(list(self.dash))
        return pen


@dataclass(frozen=True)
class CurveStyles:
    """Colours for each theme, and dashes; a run keeps its place in both."""

    light: tuple[str, ...]
    dark: tuple[str, ...]
    dashes: tuple[tuple[float, ...], ...]

    @classmethod
    def load(cls) -> CurveStyles:
        """The styles that ship with the program."""
        stored = json.loads(resources.path("palettes.json").read_text("utf-8"))["curves"]
        return cls(
            tuple(stored["light"]),
            tuple(stored["dark"]),
            tuple(tuple(dash) for dash in stored["dashes"]),
        )

    def style(self, place: int, *, dark: bool) -> LineStyle:
        """Style of the run in `place`: colour and dash both differ from its neighbours'."""
        colours = self.dark if dark else self.light
        # After a full round of colours the dashes shift, so that pairs repeat late.
        turn = place // len(colours)
        return LineStyle(
            colours[place % len(colours)], self.dashes[(place + turn) % len(self.dashes)]
        )


@dataclass(frozen=True, eq=False)
class PlottedCurve:
    """One run in the plot."""

    run_id: int
    name: str
    curve: Curve
    style: LineStyle
    best: int
    visible: bool = True


def _steady(iterations: int) -> int:
    """The end of the axis: ahead of a long curve, so that the axis is drawn anew only now and
    then while the curve grows.

    >>> _steady(37), _steady(9_990), _steady(10_001)
    (37, 10000, 11000)
    """
    if iterations <= _STEADY_ABOVE:
        return iterations
    unit = 10 ** (len(str(iterations)) - 2)
    return -(-iterations // unit) * unit


def _reach_item(library: Any) -> Any:
    """Something to plot that shows nothing and lets the axis begin at 0 and end at `upper`."""

    class Reach(library.GraphicsObject):
        def __init__(self) -> None:
            super().__init__()
            self._upper = 0

        def set_upper(self, upper: int) -> None:
            if upper != self._upper:
                self._upper = upper
                self.informViewBoundsChanged()

        def dataBounds(self, axis: int, *_: object, **__: object) -> tuple[float | None, ...]:
            return (0, self._upper) if axis == 0 and self._upper else (None, None)

        def boundingRect(self) -> QRectF:
            return QRectF()

        def paint(self, *_: object) -> None:
            pass

    return Reach()


class CurvePlot(QWidget):
    """Q against iteration, several runs; `hovered` carries the iteration under the pointer,
    -1 outside."""

    hovered = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph

        self._pg: Any = pyqtgraph
        self.plot: Any = pyqtgraph.PlotWidget(enableMenu=False)
        # Made without a parent, whether it is shown or not.
        menu = self.plot.plotItem.ctrlMenu
        menu.setParent(self, menu.windowFlags())
        self.plot.setAccessibleName("Curve of Q per iteration")
        self.plot.setMinimumHeight(60)
        self.plot.hideButtons()
        self.plot.setLabel("bottom", "Iteration")
        self.plot.setLabel("left", "Q")
        for name in ("bottom", "left"):
            # No range, or switching the prefix off would scale the present range once more.
            self.plot.getAxis(name).setSIPrefixEnableRanges(())
            self.plot.getAxis(name).enableAutoSIPrefix(False)
            # The grid belongs to the axes and takes longer to draw than all curves.
            self.plot.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._ruler: Any = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._ruler.hide()
        self.plot.addItem(self._ruler, ignoreBounds=True)
        self._best: Any = pyqtgraph.ScatterPlotItem(size=9, symbol="d")
        self.plot.addItem(self._best)
        self._reach: Any = _reach_item(pyqtgraph)
        self.plot.addItem(self._reach)
        self._lines: dict[int, Any] = {}
        self._drawn: dict[int, PlottedCurve] = {}
        self._selected = -1
        self._marked: list[object] = []
        self._ink = theme.text
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.show_theme(theme)

    def show_theme(self, theme: Theme) -> None:
        self._ink = theme.text
        self._marked = []
        self.plot.setBackground(theme.plot)
        pen = self._pg.mkPen(theme.plot_axis, width=1)
        for name in ("bottom", "left"):
            axis = self.plot.getAxis(name)
            axis.setPen(pen)
            axis.setTextPen(pen)
        self._ruler.setPen(self._pg.mkPen(theme.plot_axis, width=1))

    def show_curves(self, curves: Sequence[PlottedCurve], *, selected: int) -> None:
        """Draw these runs and no others; that of `selected` lies on top.

        What has not changed since the last call is left alone: beside a run one curve of many
        grows, ten times a second.
        """
        wanted = {plotted.run_id for plotted in curves}
        for run_id in list(self._lines):
            if run_id not in wanted:
                self.plot.removeItem(self._lines.pop(run_id))
                del self._drawn[run_id]
        for plotted in curves:
            self._show_line(plotted)
        if selected != self._selected:
            for run_id, line in self._lines.items():
                line.setZValue(1 if run_id == selected else 0)
            self._selected = selected
        shown = [plotted for plotted in curves if plotted.visible and plotted.curve.q]
        self._reach.set_upper(_steady(max((c.curve.iterations for c in shown), default=0)))
        self._mark_best(shown)

    def _show_line(self, plotted: PlottedCurve) -> None:
        drawn = self._drawn.get(plotted.run_id)
        line = self._line(plotted.run_id)
        if drawn is None or drawn.style != plotted.style:
            line.setPen(plotted.style.pen())
        if drawn is None or drawn.visible != plotted.visible:
            line.setVisible(plotted.visible)
        if drawn is None or drawn.curve is not plotted.curve:
            self._set_points(line, plotted.curve)
        self._drawn[plotted.run_id] = plotted

    def _line(self, run_id: int) -> Any:
        if run_id not in self._lines:
            # One column of the plot for each pair of extremes.
            line = self._pg.PlotDataItem(autoDownsampleFactor=1.0)
            line.setZValue(1 if run_id == self._selected else 0)
            self._lines[run_id] = line
            self.plot.addItem(line)
        return self._lines[run_id]

    @staticmethod
    def _set_points(line: Any, curve: Curve) -> None:
        many = len(curve.q) > _THINNED_ABOVE
        if many != line.opts["clipToView"]:
            line.setClipToView(many)
            line.setDownsampling(auto=many, method="peak")
        line.setData(np.arange(len(curve.q)), np.array(curve.q))

    def _mark_best(self, curves: Sequence[PlottedCurve]) -> None:
        marks = [(c.best, c.curve.q[c.best], c.style.colour) for c in curves]
        if marks == self._marked:
            return
        self._marked = list(marks)
        self._best.setData(
            [
                {
                    "pos": (x, y),
                    "brush": self._pg.mkBrush(colour),
                    "pen": self._pg.mkPen(self._ink),
                }
                for x, y, colour in marks
            ]
        )

    def _on_mouse_moved(self, place: QPointF) -> None:
        inside = self.plot.plotItem.vb.sceneBoundingRect().contains(place)
        if not inside or not self._lines:
            self._leave()
            return
        point = self.plot.plotItem.vb.mapSceneToView(place)
        iteration = max(0, round(point.x()))
        self._ruler.setPos(iteration)
        self._ruler.show()
        self.hovered.emit(iteration)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self._leave()

    def _leave(self) -> None:
        self._ruler.hide()
        self.hovered.emit(-1)
