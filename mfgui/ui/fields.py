"""Editors of one parameter each; they say what was typed, the form decides what it means."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from mfgui.methods.registry import BoundParameter, Value

SLIDER_STEPS = 1000
_LOG_DECADES_FROM_ZERO = 6  # a logarithmic slider that starts at 0 spans this many decades
_WIDE_RANGE = 1000
_SPELT_OUT = {"lr": "learning rate", "near": "front is sharp in frame"}
_SIDE_BY_SIDE = 6  # letters of all words of a choice whose words are buttons


def shown_text(value: Value) -> str:
    """A value as the form and the command line write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def shown_name(name: str) -> str:
    """The label of a parameter, made from its name."""
    name = _SPELT_OUT.get(name, name)
    return name.replace("_", " ").replace("-", " ").capitalize()


class WheelGuard(QObject):
    """Keeps the wheel for the scroll area unless the editor has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Wheel
            and isinstance(watched, QWidget)
            and not watched.hasFocus()
        ):
            event.ignore()
            return True
        return False


class _Editor(QWidget):
    """One editor; `edited` carries the text of what the person entered, `show_value` of each
    kind shows a value without saying so."""

    edited = Signal(str)

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.main: QWidget = self
        self._guard = WheelGuard(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)

    def set_invalid(self, invalid: bool) -> None:
        """Mark the editor itself; the reason is shown by the form."""
        self.main.setProperty("invalid", invalid)
        self.main.style().unpolish(self.main)
        self.main.style().polish(self.main)

    def tab_stops(self) -> list[QWidget]:
        """What takes the keyboard focus, from left to right."""
        items = (self._row.itemAt(place) for place in range(self._row.count()))
        placed = (None if item is None else item.widget() for item in items)
        return [widget for widget in placed if widget is not None]

    def _adopt(self, main: QWidget, *, stretch: int = 1) -> None:
        # Not a focus proxy: Qt would then stop here a second time when Tab goes round.
        self.main = main
        main.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        main.setAcceptDrops(False)  # files dropped anywhere are opened by the window
        main.installEventFilter(self._guard)
        main.setAccessibleName(shown_name(self.parameter.name))
        main.setAccessibleDescription(self.parameter.declared.help)
        self._row.addWidget(main, stretch)


class SwitchField(_Editor):
    """On or off."""

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._box = QCheckBox()
        self._adopt(self._box)
        self._box.toggled.connect(lambda on: self.edited.emit(shown_text(bool(on))))

    def show_value(self, value: Value) -> None:
        self._box.blockSignals(True)
        self._box.setChecked(bool(value))
        self._box.blockSignals(False)


class ChoiceField(_Editor):
    """One of several words."""

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._box = QComboBox()
        for choice in parameter.declared.choices:
            self._box.addItem(choice, choice)
        self._box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._adopt(self._box)
        self._box.activated.connect(lambda index: self.edited.emit(self._box.itemData(index)))

    def show_value(self, value: Value) -> None:
        self._box.setCurrentIndex(self._box.findData(str(value)))


class SegmentField(_Editor):
    """One of a few short words, each a button."""

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._row.setSpacing(0)
        self.buttons = {word: self._make_button(word) for word in parameter.declared.choices}
        group = QButtonGroup(self)
        for button in self.buttons.values():
            group.addButton(button)
        self._row.addStretch(1)
        self.main = next(iter(self.buttons.values()))

    def show_value(self, value: Value) -> None:
        self.buttons[str(value)].setChecked(True)

    def _make_button(self, word: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("segment")
        button.setText(word)
        button.setAccessibleName(f"{shown_name(self.parameter.name)}: {word}")
        button.setAccessibleDescription(self.parameter.declared.help)
        button.setCheckable(True)
        button.setMinimumSize(32, 28)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self.edited.emit(word))
        self._row.addWidget(button)
        return button


class WordField(_Editor):
    """A word from a list, or a number or a path typed instead."""

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._box = QComboBox()
        self._box.setEditable(True)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.addItems(parameter.declared.choices)
        self._box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._adopt(self._box)
        self._box.textActivated.connect(self.edited)
        line = self._box.lineEdit()
        assert line is not None
        line.setAccessibleName(shown_name(parameter.name))
        line.textEdited.connect(self.edited)
        if parameter.declared.path:
            self._row.addWidget(self._browse_button())

    def show_value(self, value: Value) -> None:
        if self._box.currentText() != shown_text(value):
            self._box.setCurrentText(shown_text(value))
            line = self._box.lineEdit()
            assert line is not None
            line.setCursorPosition(0)  # the beginning of a long path, or of a cut word

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        line = self._box.lineEdit()
        if line is not None and not line.isModified():
            line.setCursorPosition(0)  # a narrower box would else scroll to the end

    def _browse_button(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("browse")
        button.setText("…")
        button.setToolTip("Choose a file")
        button.setAccessibleName(f"Choose a file for {self.parameter.name}")
        button.clicked.connect(self._on_browse_clicked)
        return button

    def _on_browse_clicked(self) -> None:
        folder = str(Path(self._box.currentText()).parent)
        chosen, _ = QFileDialog.getOpenFileName(self, shown_name(self.parameter.name), folder)
        if chosen:
            self._box.setCurrentText(chosen)
            self.edited.emit(chosen)


class NumberField(_Editor):
    """A number typed, stepped with the arrow keys or, where a range is declared, dragged."""

    def __init__(self, parameter: BoundParameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._line = QLineEdit()
        self._slider: QSlider | None = None
        declared = parameter.declared
        if declared.minimum is not None and declared.maximum is not None:
            self._slider = self._make_slider()
        self._line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._adopt(self._line, stretch=0 if self._slider else 1)
        self._line.setFixedWidth(72) if self._slider else self._line.setMinimumWidth(72)
        self._line.textEdited.connect(self.edited)
        self._line.installEventFilter(self)

    def show_value(self, value: Value) -> None:
        if self._line.text() != shown_text(value):
            self._line.setText(shown_text(value))
        self._move_slider(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._line and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
            if steps and event.type() == QEvent.Type.KeyPress:
                self._step(steps)
                return True
        return False

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, SLIDER_STEPS)
        slider.setPageStep(SLIDER_STEPS // 10)
        slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        slider.installEventFilter(self._guard)
        slider.setMinimumWidth(48)
        slider.setAccessibleName(f"{shown_name(self.parameter.name)}, slider")
        slider.valueChanged.connect(self._on_slider_moved)
        self._row.addWidget(slider, 1)
        return slider

    def _move_slider(self, value: Value) -> None:
        if self._slider is None or isinstance(value, str):
            return
        self._slider.blockSignals(True)
        self._slider.setValue(round(SLIDER_STEPS * share_of(float(value), self.parameter)))
        self._slider.blockSignals(False)

    def _on_slider_moved(self, position: int) -> None:
        text = shown_text(value_at(position / SLIDER_STEPS, self.parameter))
        self._line.setText(text)
        self.edited.emit(text)

    def _step(self, steps: int) -> None:
        try:
            value = float(self._line.text())
        except ValueError:
            return
        if self.parameter.number is int:
            moved = value + steps * (2 if self.parameter.declared.odd else 1)
        elif self._slider is not None:
            share = share_of(value, self.parameter) + steps / 100
            moved = float(value_at(min(1.0, max(0.0, share)), self.parameter))
        else:
            moved = value + steps * max(abs(value), 1e-6) * 0.1
        self._line.setText(shown_text(clamped(moved, self.parameter)))
        self.edited.emit(self._line.text())


def clamped(value: float, parameter: BoundParameter) -> Value:
    """`value` inside the declared range, whole and odd where that is declared."""
    declared = parameter.declared
    if declared.minimum is not None:
        value = max(value, declared.minimum)
    if declared.maximum is not None:
        value = min(value, declared.maximum)
    if parameter.number is not int:
        return float(f"{value:.6g}")
    whole = round(value)
    if declared.odd and whole % 2 == 0:
        whole += 1 if declared.maximum is None or whole < declared.maximum else -1
    return whole


def _log_floor(parameter: BoundParameter) -> float:
    low, high = _bounds(parameter)
    if low > 0:
        return low
    return 1.0 if parameter.number is int else high * 10.0**-_LOG_DECADES_FROM_ZERO


def _bounds(parameter: BoundParameter) -> tuple[float, float]:
    low, high = parameter.declared.minimum, parameter.declared.maximum
    assert low is not None
    assert high is not None
    return low, high


def _even_in_logarithm(parameter: BoundParameter) -> bool:
    """Declared so, or a range so wide that the small values would share one pixel."""
    low, high = _bounds(parameter)
    return parameter.declared.logarithmic or (low > 0 and high / low >= _WIDE_RANGE)


def share_of(value: float, parameter: BoundParameter) -> float:
    """Where `value` lies on the slider, 0 to 1, even in its logarithm where declared."""
    low, high = _bounds(parameter)
    if high <= low:
        return 0.0
    if not _even_in_logarithm(parameter):
        share = (value - low) / (high - low)
    else:
        floor = _log_floor(parameter)
        share = math.log(max(value, floor) / floor) / math.log(high / floor)
    return min(1.0, max(0.0, share))


def value_at(share: float, parameter: BoundParameter) -> Value:
    """The value at `share` of the slider, with two or three significant digits."""
    low, high = _bounds(parameter)
    if share <= 0.0:
        return clamped(low, parameter)
    if share >= 1.0:
        return clamped(high, parameter)
    if _even_in_logarithm(parameter):
        floor = _log_floor(parameter)
        value = floor * (high / floor) ** share
        return clamped(float(f"{value:.2g}"), parameter)
    return clamped(float(f"{low + share * (high - low):.3g}"), parameter)


Field = SwitchField | SegmentField | ChoiceField | WordField | NumberField


def make_field(parameter: BoundParameter) -> Field:
    """The editor that fits the declaration."""
    if isinstance(parameter.default, bool):
        return SwitchField(parameter)
    if parameter.number is not None and not parameter.declared.choices:
        return NumberField(parameter)
    if parameter.number is not None or parameter.declared.path:
        return WordField(parameter)
    if len("".join(parameter.declared.choices)) <= _SIDE_BY_SIDE:
        return SegmentField(parameter)
    return ChoiceField(parameter)
