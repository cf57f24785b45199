"""Status bar: what is under the pointer, the zoom, and the run in progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStatusBar, QWidget

from mfgui.core.labels import UNASSIGNED, FocusMap
from mfgui.ui.canvas.readout import Readout, Values
from mfgui.ui.progress import ProgressView

COUNT_MS = 100  # the share of unassigned pixels is shown at most ten times a second
_NAMES = {"live": "Live", "result": "Fused", "composite": "Fused", "preview": "Preview"}
_MOST_SOURCES = 6  # larger stacks have no room for the values of all


class StatusBar(QStatusBar):
    """Readout at the left, zoom and progress at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.readout = QLabel()
        self.readout.setAccessibleName("Values under the pointer")
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.opening = QLabel("Reading…")
        self.opening.hide()
        self.preparing = QLabel("Preparing the solver, once after installation")
        self.preparing.hide()
        self.unassigned = QLabel()
        self.unassigned.setAccessibleName("Unassigned")
        self.unassigned.hide()
        self.spots = QLabel()
        self.spots.setAccessibleName("Spots left")
        self.spots.hide()
        self._map: FocusMap | None = None
        self._names: Sequence[str] = ()
        self.value_at: Callable[[int, int], str] = lambda _x, _y: ""
        """What the overlay shows at a pixel of the set, in words; set by whoever knows."""
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(COUNT_MS)
        self._due.timeout.connect(self._show_unassigned)
        self.zoom = QLabel()
        self.zoom.setAccessibleName("Zoom")
        self.progress = ProgressView(one_line=True)
        self.setSizeGripEnabled(False)
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(16)
        left = (self.opening, self.preparing, self.progress)
        for widget in (*left, self.spots, self.unassigned, self.zoom):
            row.addWidget(widget)
        self.setContentsMargins(8, 0, 0, 0)
        self.addWidget(self.readout, 1)
        self.addPermanentWidget(right)
        self.setMinimumHeight(28)

    def show_readout(self, readout: Readout | None) -> None:
        """Position, values of the shown picture and of every source, label."""
        words = "" if readout is None else readout_words(readout, self._names)
        value = "" if readout is None else self.value_at(readout.x, readout.y)
        self.readout.setText(f"{words}    {value}" if value else words)

    def show_sources(self, names: Sequence[str]) -> None:
        """Names of the sources, which the readout gives beside the label."""
        self._names = names

    def map_changed(self, focus_map: FocusMap | None) -> None:
        """The map, or its labels, may be others: say soon how much of it is unassigned."""
        self._map = focus_map
        if not self._due.isActive():
            self._due.start()

    def _show_unassigned(self) -> None:
        self.unassigned.setVisible(self._map is not None)
        if self._map is not None:
            self.unassigned.setText(unassigned_words(self._map))

    def show_zoom(self, scale: float) -> None:
        percent = 100 * scale
        self.zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_spots(self, words: str) -> None:
        """How many doubtful places are left; nothing before they were searched."""
        self.spots.setText(words)
        self.spots.setVisible(bool(words))

    def show_opening(self, opening: bool) -> None:
        self.opening.setVisible(opening)
        if not opening:
            self.opening.setText("Reading…")

    def show_reading(self, done: int, total: int) -> None:
        """How many frames of the set to come are read."""
        self.opening.setText(f"Reading {done} of {total}…")

    def show_preparing(self, on: bool) -> None:
        self.preparing.setVisible(on)


def unassigned_words(focus_map: FocusMap) -> str:
    """Share of the pixels without a source, rounded to none or all only where it is that."""
    share = 100 * int(focus_map.counts()[UNASSIGNED]) / focus_map.size.pixels
    if share in (0, 100):
        return f"unassigned {share:.0f} %"
    return f"unassigned {min(max(share, 0.1), 99.9):.1f} %"


def readout_words(readout: Readout, names: Sequence[str] = ()) -> str:
    """One line of what lies under the pointer."""
    parts = [f"{readout.x}, {readout.y}"]
    shown = readout.values.get(readout.shown)
    if shown is not None and not readout.shown.startswith("source:"):
        parts.append(f"{_NAMES.get(readout.shown.split(':')[0], readout.shown)} {_values(shown)}")
    sources = {key: found for key, found in readout.values.items() if key.startswith("source:")}
    if len(sources) > _MOST_SOURCES:  # those that matter here
        wanted = (readout.shown, f"source:{readout.label}")
        sources = {key: found for key, found in sources.items() if key in wanted}
    for key, values in sources.items():
        parts.append(f"{key.removeprefix('source:')}: {_values(values)}")
    if readout.label is not None:
        parts.append(_label_words(readout.label, names))
    return "    ".join(parts)


def _label_words(label: int, names: Sequence[str]) -> str:
    if label == UNASSIGNED:
        return "unassigned"
    return f"label {label}, {names[label - 1]}" if label <= len(names) else f"label {label}"


def _values(values: Values) -> str:
    words = [f"{v:.4f}" if isinstance(v, float) else str(v) for v in values]
    return " ".join(words)
