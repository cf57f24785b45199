"""Status bar: what is under the pointer, the zoom, and the run in progress."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStatusBar, QWidget

from mfgui.ui.canvas.readout import Readout, Values
from mfgui.ui.progress import ProgressView

_NAMES = {"live": "Live", "result": "Fused"}


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
        self.zoom = QLabel()
        self.zoom.setAccessibleName("Zoom")
        self.progress = ProgressView(one_line=True)
        self.setSizeGripEnabled(False)
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(16)
        for widget in (self.opening, self.preparing, self.progress, self.zoom):
            row.addWidget(widget)
        self.setContentsMargins(8, 0, 0, 0)
        self.addWidget(self.readout, 1)
        self.addPermanentWidget(right)
        self.setMinimumHeight(30)

    def show_readout(self, readout: Readout | None) -> None:
        """Position, values of the shown picture and of every source, label."""
        self.readout.setText("" if readout is None else readout_words(readout))

    def show_zoom(self, scale: float) -> None:
        percent = 100 * scale
        self.zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_opening(self, opening: bool) -> None:
        self.opening.setVisible(opening)

    def show_preparing(self, on: bool) -> None:
        self.preparing.setVisible(on)


def readout_words(readout: Readout) -> str:
    """One line of what lies under the pointer."""
    parts = [f"{readout.x}, {readout.y}"]
    shown = readout.values.get(readout.shown)
    if shown is not None and not readout.shown.startswith("source:"):
        parts.append(f"{_NAMES.get(readout.shown.split(':')[0], readout.shown)} {_values(shown)}")
    for key, values in readout.values.items():
        if key.startswith("source:"):
            parts.append(f"{key.removeprefix('source:')}: {_values(values)}")
    if readout.label is not None:
        parts.append(f"label {readout.label}" if readout.label else "unassigned")
    return "    ".join(parts)


def _values(values: Values) -> str:
    words = [f"{v:.4f}" if isinstance(v, float) else str(v) for v in values]
    return " ".join(words)
