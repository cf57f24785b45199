"""Above the sources: how their frames are aligned, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.align_choice import CROPS, EXPOSURES, MODELS, AlignChoice
from mfgui.ui.icons import IconButton

_MODEL_WORDS = {"auto": "Auto", "off": "Off (already aligned)"}
_EXPOSURE_WORDS = {"auto": "Auto", "off": "Off", "white-balance": "White balance"}
_CROP_WORDS = {"common": "Crop to what all frames show", "reference": "Keep the whole reference"}
_SHORT = {"Off (already aligned)": "Off"}
_MODEL_HELP = "How frames may differ: Auto finds the simplest that fits; Off takes them as they are"
_EXPOSURE_HELP = "How the light of the frames is made equal: Auto finds the simplest that fits"


class NamedBox(QComboBox):
    """A box that says what it chooses beside what is chosen."""

    def __init__(self, name: str, choices: Sequence[tuple[str, str]], help_words: str) -> None:
        super().__init__()
        self._name = name
        for value, words in choices:
            self.addItem(words, value)
        self.setAccessibleName(name)
        self.setToolTip(help_words)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        widest = max(self.fontMetrics().horizontalAdvance(words) for _, words in choices)
        self.view().setMinimumWidth(widest + 40)

    def choose(self, value: str) -> None:
        """Show a choice; nothing is told."""
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(value))
        self.blockSignals(False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        words = self.currentText()
        option.currentText = f"{self._name}: {_SHORT.get(words, words)}"  # type: ignore[attr-defined]
        with QStylePainter(self) as painter:
            painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
            painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class AlignHeader(QWidget):
    """`chosen` carries the name and the value of a setting that was changed."""

    chosen = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_box = NamedBox("Align", _named(MODELS, _MODEL_WORDS), _MODEL_HELP)
        self.exposure_box = NamedBox("Light", _named(EXPOSURES, _EXPOSURE_WORDS), _EXPOSURE_HELP)
        self.more_button = IconButton("more", "More about the alignment")
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self)
        self.more_button.setMenu(self.menu)
        self._crops = self._crop_actions()
        self.status = QLabel()
        self.status.setObjectName("hint")
        self.status.setAccessibleName("State of the alignment")
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.status.hide()
        for name, box in (("model", self.model_box), ("exposure", self.exposure_box)):
            box.activated.connect(lambda _index, n=name, b=box: self._tell(n, b.currentData()))
        self._lay_out()

    @property
    def stops(self) -> list[QWidget]:
        """What Tab goes through."""
        return [self.model_box, self.exposure_box, self.more_button]

    def add_commands(self, actions: Sequence[QAction]) -> None:
        """Commands of the whole alignment, below the settings of the menu."""
        self.menu.addSeparator()
        self.menu.addActions(list(actions))

    def show_choice(self, choice: AlignChoice, *, enabled: bool) -> None:
        """What the next alignment will do."""
        self.model_box.choose(choice.model)
        self.exposure_box.choose(choice.exposure)
        self._crops[choice.crop].setChecked(True)
        for widget in self.stops:
            widget.setEnabled(enabled)

    def show_status(self, words: str) -> None:
        """One line about all frames; empty for none."""
        self.status.setVisible(bool(words))
        self.status.setText(words)
        self.status.setToolTip(words)

    def _crop_actions(self) -> dict[str, QAction]:
        group, found = QActionGroup(self), {}
        for name in CROPS:
            action = self.menu.addAction(_CROP_WORDS[name])
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _on, n=name: self._tell("crop", n))
            found[name] = action
        return found

    def _tell(self, name: str, value: object) -> None:
        self.chosen.emit(name, value)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.model_box, 1)
        row.addWidget(self.exposure_box, 1)
        row.addWidget(self.more_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 4, 2)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self.status)


def _named(values: Sequence[str], words: dict[str, str]) -> list[tuple[str, str]]:
    return [(value, words.get(value, value.capitalize())) for value in values]
