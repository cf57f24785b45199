"""Histogram dock: how often each value occurs in the shown picture, beside the reference."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from mfgui.app.controller import Controller
from mfgui.app.histograms import Area, counted, counting, pixels_of
from mfgui.app.naming import title_of
from mfgui.core.arrays import Rect
from mfgui.core.comparison import TRUTH
from mfgui.core.compute import StopRequested
from mfgui.core.events import (
    Change,
    CompareChanged,
    MapChanged,
    MapPatched,
    MarkChanged,
    PicturePatched,
    ReferenceChanged,
    RegionChanged,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    ShownChanged,
    TruthChanged,
)
from mfgui.core.histogram import Counts, Histogram, bounds
from mfgui.ui.docks.hint_page import pages_of
from mfgui.ui.docks.run_rows import Elided
from mfgui.ui.histogram_view import HistogramView, Shape
from mfgui.ui.theme import Theme

_PAUSE_MS = 150  # after the last change: strokes and panning are over by then
_AREAS = {
    Area.WHOLE: "Whole picture",
    Area.VISIBLE: "Visible part",
    Area.BAND: "Boundary band",
    Area.REGION: "Region",
}
_CHANNELS = ("Luma", "RGB", "Red", "Green", "Blue")
_INKS = ("red", "green", "blue")
_SCALES = ("Linear", "Logarithmic")
_HINT = "Open images: how often each value occurs in the shown picture appears here."


class HistogramPanel(QWidget):
    """Counts of the shown picture, made in the pool while the dock can be seen."""

    def __init__(self, controller: Controller, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._known: dict[str, Histogram] = {}
        self._current: set[str] = set()  # whose counts are of the present area and pixels
        self._stopped: threading.Event | None = None  # of what is being counted
        self._visible = Rect(0, 0, 0, 0)
        self._band = 0  # width that the counts are of
        self._reason = ""
        self._bin = -1
        self.view = HistogramView(theme)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_due)
        self.view.hovered.connect(self._on_bin_hovered)
        controller.notifier.connect(self._take)

    @property
    def area(self) -> Area:
        """Which pixels are counted."""
        return list(_AREAS)[self.area_box.currentIndex()]

    def show_theme(self, theme: Theme) -> None:
        self.view.show_theme(theme)

    def show_visible(self, rect: Rect) -> None:
        """The part of the picture that is on the screen."""
        if rect != self._visible:
            self._visible = rect
            if self.area is Area.VISIBLE:
                self._recount()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._due(at_once=True)

    # Making

    def _lay_out(self) -> None:
        self._pages = pages_of(self, _HINT, self._make_body())

    def _make_body(self) -> QWidget:
        self.channel_box = _choice("Channel", _CHANNELS)
        self.area_box = _choice("Which pixels are counted", _AREAS.values())
        self.scale_box = _choice("Scale of the counts", _SCALES)
        self.channel_box.currentIndexChanged.connect(self._draw)
        self.scale_box.currentIndexChanged.connect(self._draw)
        self.area_box.currentIndexChanged.connect(self._recount)
        self.name = Elided()
        self.name.setObjectName("hint")
        self.name.setContentsMargins(12, 0, 12, 0)
        self.readout = _label("Counts below the pointer, else mean and median", "")
        self.clipped = _label("Clipped pixels", "")
        self.clipped.setToolTip(
            "Share of the pixels in which some channel has the least or the largest value"
        )
        choices = QGridLayout()
        choices.setContentsMargins(12, 4, 12, 4)
        choices.addWidget(self.channel_box, 0, 0)
        choices.addWidget(self.scale_box, 0, 1)
        choices.addWidget(self.area_box, 1, 0, 1, 2)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(2)
        column.addLayout(choices)
        column.addWidget(self.name)
        column.addWidget(self.view, 1)
        column.addWidget(self.readout)
        column.addWidget(self.clipped)
        return body

    # Counting

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self._known = {}
            self._recount()
        elif self._moves(change):
            self._recount()
        elif isinstance(change, PicturePatched | ResultAdded | TruthChanged):
            self._outdate(change)
        elif isinstance(change, ShownChanged | ReferenceChanged | MarkChanged | ResultRemoved):
            self._due(at_once=True)

    def _moves(self, change: Change) -> bool:
        """Whether other pixels belong to the area from here on."""
        if isinstance(change, RegionChanged):
            return self.area is Area.REGION
        if isinstance(change, CompareChanged):
            return self.area is Area.BAND and self._controller.compare.state.band != self._band
        return self.area is Area.BAND and isinstance(change, MapChanged | MapPatched)

    def _outdate(self, change: PicturePatched | ResultAdded | TruthChanged) -> None:
        """A picture has other pixels; its former counts are shown until there are new ones."""
        if isinstance(change, PicturePatched):
            stale = change.key
        else:
            stale = f"result:{change.run_id}" if isinstance(change, ResultAdded) else TRUTH
        states = [key for key in self._current if key == stale or key.startswith(f"{stale}:")]
        self._current.difference_update(states)
        if stale in self._keys():
            self._stop()
            self._due()

    def _recount(self) -> None:
        """Other pixels are counted from here on."""
        self._current.clear()
        self._stop()
        self._due()

    def _stop(self) -> None:
        if self._stopped is not None:
            self._stopped.set()
            self._stopped = None

    def _due(self, *, at_once: bool = False) -> None:
        if self.isVisible():
            self._timer.start(0 if at_once else _PAUSE_MS)

    def _keys(self) -> list[str]:
        """The shown picture and the reference."""
        session = self._controller.session
        return [key for key in dict.fromkeys((session.shown, session.reference)) if key]

    def _on_due(self) -> None:
        """Count what is not known yet."""
        session, composite = self._controller.session, self._controller.composite
        self._band = self._controller.compare.state.band
        what, self._reason = counted(session, self.area, visible=self._visible, band=self._band)
        missing = [key for key in self._keys() if key not in self._current]
        readers = {key: pixels_of(session, composite, key) for key in missing}
        there = {key: reader for key, reader in readers.items() if reader is not None}
        if what is not None and there and self._stopped is None and session.stack is not None:
            stopped = self._stopped = threading.Event()
            task = counting(there, what, session.stack.depth, checkpoint=lambda: _check(stopped))
            self._controller.ask(
                task,
                lambda value: self._on_counted(stopped, value),  # type: ignore[arg-type]
                lambda _reason: self._on_counted(stopped, {}),
            )
        self._draw()

    def _on_counted(self, stopped: threading.Event, found: Mapping[str, Histogram] | None) -> None:
        if stopped is not self._stopped:
            return  # for an area or pixels that were left
        self._stopped = None
        self._known.update(found or {})
        self._current.update(found or {})
        self._draw()
        if found and any(key not in self._current for key in self._keys()):
            self._due(at_once=True)  # another picture is shown by now

    # Showing

    def _draw(self) -> None:
        session = self._controller.session
        self._pages.setCurrentIndex(0 if session.stack is None else 1)
        if session.stack is None:
            return
        self.channel_box.setVisible(session.stack.channels > 1)
        self.view.show_shapes(self._shapes(), ends=self._ends(), log=self._log)
        self._show_words()

    @property
    def _log(self) -> bool:
        return self.scale_box.currentIndex() == 1

    def _shown(self) -> Histogram | None:
        return self._known.get(self._controller.session.shown)

    def _shapes(self) -> list[Shape]:
        session, shown = self._controller.session, self._shown()
        if shown is None or self._reason:
            return []
        shapes = [Shape(counts, ink) for ink, counts in self._chosen(shown).items()]
        reference = self._known.get(session.reference)
        if reference is not None and reference is not shown:
            shapes += [Shape(c, ink, outline=True) for ink, c in self._chosen(reference).items()]
        return shapes

    def _chosen(self, histogram: Histogram) -> dict[str, Counts]:
        """What is drawn of a picture, by ink."""
        channel = self.channel_box.currentIndex()
        if channel == 0 or len(histogram.channels) == 1:
            return {"luma": histogram.luma}
        inks = dict(zip(_INKS, histogram.channels, strict=True))
        return inks if channel == 1 else {_INKS[channel - 2]: inks[_INKS[channel - 2]]}

    def _ends(self) -> tuple[str, str]:
        shown = self._shown()
        if shown is None:
            return "", ""
        return "0", f"{bounds(shown.bins - 1, shown.depth)[1]:g}"

    def _show_words(self) -> None:
        session, shown = self._controller.session, self._shown()
        reference = self._known.get(session.reference) if session.reference else None
        words = title_of(session, session.shown)
        if reference is not None and session.reference != session.shown:
            words += f"   dashed: {title_of(session, session.reference)}"
        self.name.show_words(words)
        if shown is None or self._reason:
            busy = "counting …" if self._stopped is not None else "no counts of this picture"
            self.readout.setText(self._reason or busy)
            self.clipped.setText("")
            return
        self.readout.setText(self._told(shown))
        black, white = (_percent(n, shown.pixels) for n in (shown.black, shown.white))
        least, most = self._ends()
        self.clipped.setText(f"Clipped: {black} at {least}, {white} at {most}")

    def _told(self, shown: Histogram) -> str:
        chosen = self._chosen(shown)
        if 0 <= self._bin < shown.bins:
            shares = [
                f"{_letter(ink)}{_percent(int(counts[self._bin]), shown.pixels)}"
                for ink, counts in chosen.items()
            ]
            return f"{_range(self._bin, shown)}:  " + "  ".join(shares)
        if len(chosen) > 1:
            means = [f"{_letter(ink)}{_mean(shown, c):.4g}" for ink, c in chosen.items()]
            return "Mean  " + "  ".join(means)
        (counts,) = chosen.values()
        return f"Mean {_mean(shown, counts):.4g}   median {_median(shown, counts):.4g}"

    def _on_bin_hovered(self, bin_: int) -> None:
        self._bin = bin_
        self._show_words()


def _check(stopped: threading.Event) -> None:
    if stopped.is_set():
        raise StopRequested


def _label(name: str, words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("hint")
    label.setAccessibleName(name)
    label.setMinimumWidth(1)
    label.setContentsMargins(12, 0, 12, 0)
    return label


def _choice(words: str, texts: object) -> QComboBox:
    box = QComboBox()
    box.addItems(list(texts))  # type: ignore[call-overload]
    box.setAccessibleName(words)
    box.setToolTip(words)
    return box


def _letter(ink: str) -> str:
    return "" if ink == "luma" else f"{ink[0].upper()} "


def _percent(part: int, whole: int) -> str:
    share = 100.0 * part / whole if whole else 0.0
    if part == 0:
        return "0 %"
    return f"{share:.2f} %" if share >= 0.005 else "< 0.01 %"


def _range(bin_: int, histogram: Histogram) -> str:
    least, most = bounds(bin_, histogram.depth)
    return f"{least:g}" if least == most else f"{least:g} … {most:g}"


def _middles(histogram: Histogram) -> np.ndarray:
    ends = [bounds(bin_, histogram.depth) for bin_ in range(histogram.bins)]
    return np.array(ends, np.float64).mean(axis=1)


def _mean(histogram: Histogram, counts: Counts) -> float:
    return float(_middles(histogram) @ counts / max(1, counts.sum()))


def _median(histogram: Histogram, counts: Counts) -> float:
    total = np.cumsum(counts)
    return float(_middles(histogram)[int(np.searchsorted(total, (total[-1] + 1) // 2))])
