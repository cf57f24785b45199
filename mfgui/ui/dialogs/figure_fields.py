"""Small editors of the figure dialog."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

_LEAST_WIDTH = 76
_CAPTION = 72


class WholeBox(QSpinBox):
    """A whole number with its unit behind it."""

    def __init__(self, words: str, least: int, most: int, *, unit: str = "") -> None:
        super().__init__()
        self.setRange(least, most)
        self.setSuffix(f" {unit}" if unit else "")
        self.setAccessibleName(words)
        self.setAcceptDrops(False)
        self.lineEdit().setTextMargins(4, 0, 4, 0)


class TenthsBox(WholeBox):
    """A number with one digit behind the point; `value` counts tenths."""

    @property
    def number(self) -> float:
        return self.value() / 10

    def show_number(self, number: float) -> None:
        self.setValue(round(number * 10))

    def textFromValue(self, value: int) -> str:
        return self.locale().toString(value / 10, "f", 0 if value % 10 == 0 else 1)

    def valueFromText(self, text: str) -> int:
        number, good = self.locale().toDouble(self._bare(text))
        return round(number * 10) if good else self.value()

    def validate(self, text: str, position: int) -> object:
        number, good = self.locale().toDouble(self._bare(text))
        if not good:
            bare = self._bare(text)
            partial = all(letter.isdigit() or letter in ".,- " for letter in bare)
            state = QValidator.State.Intermediate if partial else QValidator.State.Invalid
            return state, text, position
        inside = self.minimum() <= round(number * 10) <= self.maximum()
        state = QValidator.State.Acceptable if inside else QValidator.State.Intermediate
        return state, text, position

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip()


class NumberLine(QLineEdit):
    """A number above 0 of any size; empty where that means something."""

    number_changed = Signal()

    def __init__(self, words: str, *, empty: str = "") -> None:
        super().__init__()
        self.setAccessibleName(words)
        self.setPlaceholderText(empty)
        self.setAcceptDrops(False)
        self._may_be_empty = bool(empty)
        self.textEdited.connect(self._on_text_edited)

    @property
    def number(self) -> float | None:
        """None for nothing, or nothing that is a number."""
        number, good = QLocale().toDouble(self.text())
        if not good:
            number, good = QLocale.c().toDouble(self.text())
        return number if good and math.isfinite(number) and number > 0 else None

    @property
    def wrong(self) -> bool:
        return self.number is None and not (self._may_be_empty and not self.text().strip())

    def show_number(self, number: float | None) -> None:
        self.setText("" if number is None else f"{number:.10g}")

    def _on_text_edited(self) -> None:
        self.setProperty("invalid", self.wrong)
        self.style().unpolish(self)
        self.style().polish(self)
        self.number_changed.emit()


class ChoiceBox(QComboBox):
    """Words for values."""

    def __init__(self, words: str, choices: Iterable[tuple[object, str]]) -> None:
        super().__init__()
        self.setAccessibleName(words)
        for value, shown in choices:
            self.addItem(shown, value)
        # As wide as its place: the longest of the words need not be read all the time.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_LEAST_WIDTH)

    def show_value(self, value: object) -> None:
        self.setCurrentIndex(max(0, self.findData(value)))


class Section(QWidget):
    """A heading with rows of two captions and editors beside each other."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(6)
        for column in (0, 2):
            self.grid.setColumnMinimumWidth(column, _CAPTION)
            self.grid.setColumnStretch(column + 1, 1)
        heading = QLabel(title)
        heading.setObjectName("startCaption")
        self.grid.addWidget(heading, 0, 0, 1, 4)
        self._next = 2

    def add(self, caption: str, editor: QWidget) -> None:
        """The next place, from left to right and then below."""
        row, column = divmod(self._next, 2)
        label = QLabel(caption)
        label.setBuddy(editor)
        self.grid.addWidget(label, row, 2 * column)
        self.grid.addWidget(editor, row, 2 * column + 1)
        self._next += 1

    def add_wide(self, editor: QWidget) -> None:
        """A whole row."""
        self._next += self._next % 2
        self.grid.addWidget(editor, self._next // 2, 0, 1, 4)
        self._next += 2

    def add_half(self, editor: QWidget) -> None:
        """The next place, without a caption."""
        row, column = divmod(self._next, 2)
        self.grid.addWidget(editor, row, 2 * column, 1, 2)
        self._next += 1
