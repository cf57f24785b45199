"""Line profile dock: the values of all pictures along the line, and the labels that it passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.controller import Controller
from mfgui.app.line_table import WHITES, line_table
from mfgui.core.events import (
    ActiveLabelChanged,
    ActiveSourceChanged,
    Change,
    LineChanged,
    MapChanged,
    MapPatched,
    MarkChanged,
    Notice,
    PicturePatched,
    ReferenceChanged,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    Severity,
    ShownChanged,
    TruthChanged,
)
from mfgui.core.line_profile import (
    Span,
    Values,
    channel_of,
    foot,
    label_spans,
    points,
    positions,
)
from mfgui.core.session import Line
from mfgui.files.line_profiles import write_line
from mfgui.ui.docks.frame import COLUMN
from mfgui.ui.docks.hint_page import pages_of
from mfgui.ui.docks.profile_bar import CHANNEL_NAMES, WIDE, ProfileBar
from mfgui.ui.docks.profile_legend import ROW_HEIGHT, ProfileLegend
from mfgui.ui.profile_plot import PlottedLine, ProfilePlot
from mfgui.ui.theme import Theme

_LEGEND_WIDTH = 300
_LEGEND_ROWS = 5
_UNLIMITED = 16_777_215
_HINT = (
    "Draw a line with the Line profile tool (U): the values of sources and results along it "
    "appear here."
)
_NEW_PIXELS = (LineChanged, ResultAdded, TruthChanged)
_NEW_LABELS = (ActiveLabelChanged, MapChanged, MapPatched)
_NEW_LOOK = (ActiveSourceChanged, MarkChanged, ReferenceChanged, ResultRemoved, ShownChanged)


class ProfilePanel(QWidget):
    """Plot and legend. Nothing is read while the dock is out of sight."""

    place_hovered = Signal(object)
    """Column and row of the image below the place in the plot that is pointed at, else None."""

    def __init__(self, controller: Controller, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._theme = theme
        self._values: Mapping[str, Values] = {}
        self._line: Line | None = None  # that the values are of
        self._interpolation = controller.line.interpolation  # that they were read with
        self._plotted: list[PlottedLine] = []
        self._spans: tuple[Span, ...] = ()
        self._stale = True  # whether the values are to be read
        self._reading = False
        self._loading = False
        self._position: float | None = None
        self.plot: ProfilePlot | None = None
        self.legend = ProfileLegend(controller, theme)
        self.bar = ProfileBar()
        self.ask_path: Callable[[], str] = self._ask_for_file
        """Asks for the file to export to; an empty text when there is to be none."""
        self._lay_out()
        self._timer = self._make_timer(self._on_due)
        self._labels_timer = self._make_timer(self._draw_labels)
        self._connect()
        controller.notifier.connect(self._take)

    def make_plot(self) -> None:
        """Make the plot, with its library, which takes long to load the first time."""
        if self.plot is not None:
            return
        self.plot = ProfilePlot(self._theme)
        self.plot.hovered.connect(self._on_plot_hovered)
        self._plot_place.addWidget(self.plot)
        self._draw()

    def show_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.legend.show_theme(theme)
        if self.plot is not None:
            self.plot.show_theme(theme)
        self._draw()

    def show_place(self, x: float | None, y: float = 0.0, *, reach: float = 12.0) -> None:
        """The pointer is at this place of the image, or with None nowhere on it. The ruler stands
        below it where the line is no farther away than `reach` image pixels."""
        position = None
        if x is not None and self._line is not None:
            along, away = foot(self._line, x, y)
            position = along if away <= max(reach, self._line.width / 2) else None
        self._stand_at(position)

    def export(self) -> None:
        """Ask for a file and write the values of all curves that are shown."""
        session, line = self._controller.session, self._line
        shown = {k: self._values[k] for k in self.legend.shown_keys() if k in self._values}
        chosen = self.ask_path() if line is not None and shown else ""
        if not chosen:
            return
        assert line is not None
        path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(".csv")
        table = line_table(session, line, self._interpolation, shown)
        saved = Notice(Severity.INFO, f"saved {path.name}", details=str(path))
        self._controller.ask(
            lambda _report: write_line(path, table),
            lambda _done: self._controller.notifier.emit(saved),
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._due()

    def minimumSizeHint(self) -> QSize:
        """A column's width also while it lies behind another tab as wide as it was elsewhere."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), COLUMN), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        direction = QHBoxLayout.Direction.LeftToRight if wide else QHBoxLayout.Direction.TopToBottom
        self._middle.setDirection(direction)
        self.bar.show_room(self.width())
        self._fit_legend()

    # Making

    def _connect(self) -> None:
        bar, line = self.bar, self._controller.line
        self.legend.toggled.connect(self._due)
        bar.channel_chosen.connect(self._draw)
        bar.width_chosen.connect(line.set_width)
        bar.interpolation_chosen.connect(line.interpolate)
        bar.fit_button.clicked.connect(self._on_fit_clicked)
        bar.export_button.clicked.connect(self.export)

    def _make_timer(self, due: Callable[[], None]) -> QTimer:
        """For what is done once, however often it was asked for in this turn of the loop."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(due)
        return timer

    def _lay_out(self) -> None:
        self._pages = pages_of(self, _HINT, self._make_body())

    def _make_body(self) -> QWidget:
        self._plot_place = QVBoxLayout()
        self._middle = QHBoxLayout()
        self._middle.setSpacing(0)
        self._middle.addLayout(self._plot_place, 1)
        self._middle.addWidget(self.legend)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addWidget(self.bar)
        column.addLayout(self._middle, 1)
        return body

    def _fit_legend(self) -> None:
        area = self.legend
        if self._middle.direction() is QHBoxLayout.Direction.LeftToRight:
            area.setFixedWidth(min(_LEGEND_WIDTH, self.width() * 2 // 5))
            area.setMinimumHeight(0)
            area.setMaximumHeight(_UNLIMITED)
        else:
            area.setMinimumWidth(0)
            area.setMaximumWidth(_UNLIMITED)
            rows = min(_LEGEND_ROWS, self.height() // 3 // ROW_HEIGHT, len(area.rows))
            area.setFixedHeight(ROW_HEIGHT * max(1, rows))

    # Reading

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self.legend.forget()
            self._values, self._line, self._spans = {}, None, ()
            self._stale, self._reading = True, False
        elif isinstance(change, PicturePatched):
            if change.key not in self._values:
                return
            self._stale = True
        elif isinstance(change, _NEW_PIXELS):
            self._stale = True
        elif isinstance(change, _NEW_LABELS):
            if self.isVisible():
                self._labels_timer.start()  # a stroke patches the map more often than one can see
            return
        elif not isinstance(change, _NEW_LOOK):
            return
        self._due()

    def _due(self) -> None:
        if self.isVisible():
            self._timer.start()

    def _on_due(self) -> None:
        """Read what is to be read; while that is being done, it is done again after that."""
        session, rows = self._controller.session, len(self.legend.rows)
        self.legend.refresh()
        if len(self.legend.rows) != rows:
            self._fit_legend()
        self._load_library()
        keys = self.legend.shown_keys()
        if session.line is not None:
            self.bar.show_line(session.line, self._controller.line.interpolation)
        if session.line is None:
            self._line, self._values = None, {}
        elif not self._reading and (self._stale or any(k not in self._values for k in keys)):
            self._read(session.line, keys)
        self._draw()

    def _load_library(self) -> None:
        """Have the plotting library loaded beside the interface when it is needed first."""
        if self.plot is not None or self._loading or self._controller.session.line is None:
            return
        self._loading = True

        def load(_report: object) -> object:
            import pyqtgraph

            return pyqtgraph

        self._controller.ask(load, lambda _library: self.make_plot())

    def _read(self, line: Line, keys: list[str]) -> None:
        self._stale, self._reading = False, True
        interpolation = self._controller.line.interpolation

        def done(values: Mapping[str, Values]) -> None:
            self._reading, self._interpolation = False, interpolation
            self._line, self._values = line, {key: values.get(key, _NONE) for key in keys}
            self._draw()
            if self._stale:
                self._due()

        self._controller.line.read(keys, done)

    # Showing

    def _draw(self) -> None:
        """Curves and labels as they are known now."""
        session = self._controller.session
        there = session.line is not None and session.stack is not None
        self._pages.setCurrentIndex(1 if there else 0)
        if self._line is None or not there or self.plot is None:
            return
        assert session.stack is not None
        self.bar.channel_box.setVisible(session.stack.channels > 1)
        self.plot.show_axis(f"{self._axis_name()}, 0 … {self._white:g}")
        self._plotted = [
            PlottedLine(key, self._numbers(key), self.legend.style(key), key == session.shown)
            for key in self.legend.shown_keys()
            if key in self._values and len(self._values[key])
        ]
        self.plot.show_lines(positions(self._line), self._plotted)
        self._draw_labels()
        self._stand_at(self._position)

    def _draw_labels(self) -> None:
        """The labels of the map as it is now."""
        session = self._controller.session
        if self._line is None or self.plot is None or session.stack is None:
            return
        focus_map = session.focus_map
        self._spans = () if focus_map is None else label_spans(focus_map.labels, self._line)
        self.plot.show_spans(self._spans, k=session.stack.k, active=session.active_label)

    def _numbers(self, key: str) -> np.ndarray:
        """Values of a picture in the numbers of the axis."""
        return channel_of(self._values[key], self.bar.channel) * self._white

    @property
    def _white(self) -> float:
        stack = self._controller.session.stack
        return 1.0 if stack is None else WHITES[stack.depth]

    def _axis_name(self) -> str:
        stack = self._controller.session.stack
        grey = stack is not None and stack.channels == 1
        return "Grey" if grey else CHANNEL_NAMES[self.bar.channel]

    def _on_plot_hovered(self, position: float) -> None:
        self._stand_at(None if position < 0 else position)
        place = self._place()
        self.place_hovered.emit(None if place is None else place[:2])

    def _stand_at(self, position: float | None) -> None:
        """Show the values of the sample that is nearest to a position of the line."""
        self._position = position
        place = self._place()
        if self.plot is not None:
            at = None if place is None else float(positions(self._line)[place[2]])  # type: ignore[arg-type]
            self.plot.show_position(at)
        self._show_numbers(place)

    def _place(self) -> tuple[int, int, int] | None:
        """Column and row of the pixel below the ruler, and the number of the sample."""
        stack = self._controller.session.stack
        if self._position is None or self._line is None or stack is None:
            return None
        sample = int(np.abs(positions(self._line) - self._position).argmin())
        x, y = points(self._line)[sample]
        return min(int(x), stack.size.width - 1), min(int(y), stack.size.height - 1), sample

    def _show_numbers(self, place: tuple[int, int, int] | None) -> None:
        if place is None or self._line is None:
            self.bar.readout.setText("")
            self.legend.show_values({})
            return
        x, y, sample = place
        at = float(positions(self._line)[sample])
        labels = [s.label for s in self._spans if s.start <= at <= s.end]
        words = f"   label {labels[0]}" if labels else ""
        self.bar.readout.setText(f"{at:.1f} px   x {x}, y {y}{words}")
        known = {line.key: line.values[sample] for line in self._plotted}
        self.legend.show_values({key: _number(v, self._white) for key, v in known.items()})

    def _on_fit_clicked(self) -> None:
        if self.plot is not None:
            self.plot.show_all()

    def _ask_for_file(self) -> str:
        folder = self._controller.settings.values.last_folder
        name = str(Path(folder) / "line-profile.csv")
        title = "Export the values along the line"
        return QFileDialog.getSaveFileName(self.window(), title, name, "CSV (*.csv)")[0]


_NONE = np.zeros((0, 1), np.float32)  # of a picture that could not be read


def _number(value: float, white: float) -> str:
    """As exact as the sampling: a tenth of a level of 8 bits."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.4f}" if white == 1.0 else f"{value:.1f}"
