"""The plot of values along a line. Importing this module does not import pyqtgraph; making a
`ProfilePlot` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mfgui.core.line_profile import Span
from mfgui.ui.curve_plot import LineStyle
from mfgui.ui.label_strip import LabelStrip
from mfgui.ui.theme import Theme

_THINNED_ABOVE = 2_000  # points: more than a wide plot has columns
_LABELLED = 170  # logical pixels of height; lower plots have no room for labels
_LEAST_BETWEEN = 5.0  # screen pixels between the marks of label changes


@dataclass(frozen=True, eq=False)
class PlottedLine:
    """The values of one picture, (n,) in the numbers of the axis."""

    key: str
    values: npt.NDArray[np.float64] = field(repr=False)
    style: LineStyle
    on_top: bool = False


def _marks_item(library: Any) -> Any:
    """Upright lines at places of the axis that take no part in its range."""

    class Marks(library.GraphicsObject):
        def __init__(self) -> None:
            super().__init__()
            self.places: tuple[float, ...] = ()
            self.pen = library.mkPen("gray")

        def show_places(self, places: tuple[float, ...]) -> None:
            if places != self.places:
                self.places = places
                self.update()

        def viewRangeChanged(self, *_: object) -> None:
            self.prepareGeometryChange()

        def dataBounds(self, *_: object, **__: object) -> tuple[None, None]:
            return (None, None)

        def boundingRect(self) -> QRectF:
            return self.viewRect()

        def paint(self, painter: QPainter, *_: object) -> None:
            view = self.viewRect()
            seen = [x for x in self.places if view.left() <= x <= view.right()]
            room = view.width() / self.pixelLength(library.Point(1, 0)) if seen else 0.0
            if len(seen) * _LEAST_BETWEEN > room:
                return  # they would be a grey area; the strip above shows them
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(self.pen)
            painter.drawLines([QLineF(x, view.top(), x, view.bottom()) for x in seen])

    return Marks()


class ProfilePlot(QWidget):
    """Values against pixels along the line, with its labels; `hovered` carries the position
    under the pointer, -1 outside."""

    hovered = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph

        self._pg: Any = pyqtgraph
        self.strip = LabelStrip()
        self.plot: Any = pyqtgraph.PlotWidget(enableMenu=False)
        # Made without a parent, whether it is shown or not.
        menu = self.plot.plotItem.ctrlMenu
        menu.setParent(self, menu.windowFlags())
        self.plot.setAccessibleName("Values along the line")
        self.plot.setMinimumHeight(60)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setLabel("bottom", "Pixels along the line")
        for name in ("bottom", "left"):
            self.plot.getAxis(name).setSIPrefixEnableRanges(())
            self.plot.getAxis(name).enableAutoSIPrefix(False)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self._marks: Any = _marks_item(pyqtgraph)
        self.plot.addItem(self._marks, ignoreBounds=True)
        self._ruler: Any = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._ruler.hide()
        self.plot.addItem(self._ruler, ignoreBounds=True)
        self._lines: dict[str, Any] = {}
        self._lay_out()
        self._connect()
        self.show_theme(theme)

    def show_theme(self, theme: Theme) -> None:
        self.plot.setBackground(theme.plot)
        pen = self._pg.mkPen(theme.plot_axis, width=1)
        for name in ("bottom", "left"):
            axis = self.plot.getAxis(name)
            axis.setPen(pen)
            axis.setTextPen(pen)
        self._ruler.setPen(self._pg.mkPen(theme.text, width=1))
        self._marks.pen = self._pg.mkPen(
            theme.plot_axis, width=1, style=Qt.PenStyle.DashLine, cosmetic=True
        )
        self._marks.update()

    def show_axis(self, words: str) -> None:
        """What the numbers are."""
        self.plot.setLabel("left", words)

    def show_lines(self, positions: npt.NDArray[np.float64], lines: Sequence[PlottedLine]) -> None:
        """Draw these pictures and no others."""
        wanted = {line.key for line in lines}
        for key in [key for key in self._lines if key not in wanted]:
            self.plot.removeItem(self._lines.pop(key))
        for line in lines:
            self._show_line(positions, line)

    def show_spans(self, spans: Sequence[Span], *, k: int, active: int) -> None:
        """Mark the labels of the line and where they change."""
        self.strip.show_spans(spans, k=k, active=active)
        self.strip.setVisible(bool(spans))
        self._marks.show_places(tuple(span.start for span in spans[1:]))

    def show_position(self, position: float | None) -> None:
        """Let the ruler stand at a position of the line; None hides it."""
        self._ruler.setVisible(position is not None)
        if position is not None:
            self._ruler.setPos(position)

    def show_all(self) -> None:
        """The whole line and all values again, after a person has zoomed."""
        self.plot.enableAutoRange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for name in ("bottom", "left"):
            self.plot.getAxis(name).showLabel(self.height() >= _LABELLED)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.hovered.emit(-1.0)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip)
        layout.addWidget(self.plot)
        self.strip.hide()

    def _connect(self) -> None:
        box = self.plot.plotItem.vb
        self.strip.to_widget = lambda x: float(
            self.plot.mapFromScene(box.mapViewToScene(QPointF(x, 0.0))).x()
        )
        self.strip.limits = lambda: (
            box.sceneBoundingRect().left(),
            box.sceneBoundingRect().right(),
        )
        box.sigRangeChanged.connect(lambda *_: self.strip.update())
        box.sigResized.connect(lambda *_: self.strip.update())
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.plot.scene().sigMouseClicked.connect(self._on_mouse_clicked)

    def _show_line(self, positions: npt.NDArray[np.float64], line: PlottedLine) -> None:
        item = self._lines.get(line.key)
        if item is None:
            item = self._lines[line.key] = self._pg.PlotDataItem(autoDownsampleFactor=1.0)
            self.plot.addItem(item)
        item.setPen(line.style.pen(width=1.5 if line.on_top else 1.0))
        item.setZValue(1 if line.on_top else 0)
        many = len(positions) > _THINNED_ABOVE
        if many != item.opts["clipToView"]:
            item.setClipToView(many)
            item.setDownsampling(auto=many, method="peak")
        item.setData(positions, line.values)

    def _on_mouse_moved(self, place: QPointF) -> None:
        box = self.plot.plotItem.vb
        inside = bool(self._lines) and box.sceneBoundingRect().contains(place)
        self.hovered.emit(max(0.0, box.mapSceneToView(place).x()) if inside else -1.0)

    def _on_mouse_clicked(self, event: Any) -> None:
        if event.double():
            self.show_all()
