"""A number in the option bar."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QWidget

from mfgui.ui.tool_memory import RANGES

_STEPS = 1000  # of the slider


class OptionNumber(QWidget):
    """A number with a name before it, and a slider where there is room."""

    changed = Signal(int)

    def __init__(
        self, words: str, option: str, *, help_text: str, unit: str = "", curved: bool = False
    ) -> None:
        super().__init__()
        self._least, self._most = RANGES[option]
        self._curved = curved
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFixedWidth(80)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.box = QSpinBox()
        self.box.setRange(self._least, self._most)
        self.box.setSuffix(unit)
        self.box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.box.setKeyboardTracking(False)
        self.box.setFixedWidth(64)
        self.box.setAccessibleName(words)
        self.slider.setAccessibleName(words)
        for widget in (self.slider, self.box):
            widget.setToolTip(help_text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(QLabel(words))
        row.addWidget(self.slider)
        row.addWidget(self.box)
        self.slider.valueChanged.connect(lambda place: self.changed.emit(self._value_at(place)))
        self.box.valueChanged.connect(self.changed)

    def show_value(self, value: int) -> None:
        for widget, shown in ((self.slider, self._place_of(value)), (self.box, value)):
            # A slider that is being dragged has more places than the number has values.
            if widget is self.slider and self._value_at(self.slider.value()) == value:
                continue
            with QSignalBlocker(widget):
                widget.setValue(shown)

    def _value_at(self, place: int) -> int:
        share = place / _STEPS
        if self._curved:
            return int(self._least * (self._most / self._least) ** share + 0.5)
        return round(self._least + (self._most - self._least) * share)

    def _place_of(self, value: int) -> int:
        if self._curved:
            share = math.log(value / self._least) / math.log(self._most / self._least)
        else:
            share = (value - self._least) / (self._most - self._least)
        return round(_STEPS * share)
