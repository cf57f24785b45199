"""The row above the line profile: channel, width, values between pixels, place, export."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.line_profile import MOST_WIDTH, Channel, Interpolation
from mfgui.core.session import Line
from mfgui.ui.icons import IconButton

CHANNEL_NAMES = {
    Channel.LUMA: "Luma",
    Channel.RED: "Red",
    Channel.GREEN: "Green",
    Channel.BLUE: "Blue",
}
INTERPOLATION_NAMES = {
    Interpolation.BILINEAR: "Smooth",
    Interpolation.NEAREST: "Nearest pixel",
}
WIDE = 640  # from this width on everything stands in one row
_WITH_LINE = 420  # and from this one all but the readout


class ProfileBar(QWidget):
    """One row where there is room, else two or three."""

    channel_chosen = Signal()
    width_chosen = Signal(int)
    interpolation_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.channel_box = _choice("Channel", "What of the pixels is plotted")
        self.channel_box.addItems(list(CHANNEL_NAMES.values()))
        self.width_box = QSpinBox()
        self.width_box.setRange(1, MOST_WIDTH)
        self.width_box.setSuffix(" px wide")
        self.width_box.setFixedWidth(84)
        self.width_box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.width_box.setKeyboardTracking(False)
        self.width_box.setAccessibleName("Width of the line")
        self.width_box.setToolTip("Mean over so many pixels across the line")
        self.interpolation_box = _choice(
            "Values between pixels", "What the line reads between the centres of pixels"
        )
        self.interpolation_box.addItems(list(INTERPOLATION_NAMES.values()))
        self.readout = QLabel()
        self.readout.setObjectName("hint")
        self.readout.setMinimumWidth(1)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.readout.setAccessibleName("Place on the line")
        self.fit_button = IconButton("fit", "Show the whole line (double click in the plot)")
        self.export_button = IconButton("export", "Export the values as CSV")
        self._lay_out()
        self.channel_box.currentIndexChanged.connect(lambda _index: self.channel_chosen.emit())
        self.width_box.valueChanged.connect(self.width_chosen)
        self.interpolation_box.activated.connect(
            lambda index: self.interpolation_chosen.emit(list(INTERPOLATION_NAMES)[index])
        )

    @property
    def channel(self) -> Channel:
        """What of the pixels is plotted."""
        return list(CHANNEL_NAMES)[self.channel_box.currentIndex()]

    def show_line(self, line: Line, interpolation: Interpolation) -> None:
        """How the line is read."""
        with QSignalBlocker(self.width_box):
            self.width_box.setValue(line.width)
        self.interpolation_box.setCurrentIndex(list(INTERPOLATION_NAMES).index(interpolation))

    def show_room(self, width: int) -> None:
        """Side by side what has room there in `width` pixels, the rest below."""
        self._put(self._of_line, self._row, width >= _WITH_LINE)
        self._put(self.readout, self._row, width >= WIDE)

    def _put(self, part: QWidget, row: QHBoxLayout, beside: bool) -> None:
        if (row.indexOf(part) >= 0) == beside:
            return
        (self._column if beside else row).removeWidget(part)
        if beside:
            row.insertWidget(1 if part is self._of_line else 2, part, int(part is self.readout))
        else:
            # The readout is the last of all.
            self._column.insertWidget(1 if part is self._of_line else -1, part)

    def _lay_out(self) -> None:
        self._of_line = QWidget()
        of_line = QHBoxLayout(self._of_line)
        of_line.setContentsMargins(0, 0, 0, 0)
        of_line.setSpacing(8)
        of_line.addWidget(self.width_box)
        of_line.addWidget(self.interpolation_box)
        of_line.addStretch(1)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addWidget(self.channel_box)
        self._row.addStretch(0)
        self._row.addWidget(self.fit_button)
        self._row.addWidget(self.export_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 0, 8, 0)
        self._column.setSpacing(4)
        # As narrow as it can be, until it is known how much room there is.
        self._column.addLayout(self._row)
        self._column.addWidget(self._of_line)
        self._column.addWidget(self.readout)


def _choice(name: str, words: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(words)
    return box
