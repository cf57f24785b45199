"""Which picture the canvas shows, on the tool bar: the sources, the fused image, and what lies
behind its front."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

_LETTERS = 3
MOST_BUTTONS = 6  # larger stacks choose the source from a list


class PictureSwitch(QWidget):
    """`source_chosen` carries a source number, `fused_chosen` asks for the fused image,
    `background_chosen` for the recovered background, where there is one; `room_changed` says
    that it takes more or less room."""

    source_chosen = Signal(int)
    fused_chosen = Signal()
    background_chosen = Signal()
    room_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source_buttons: list[QToolButton] = []
        self._compact = False
        self._behind = False  # whether there is a background to show
        self.source_box = QComboBox()
        self.source_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.source_box.setMinimumContentsLength(_LETTERS)
        self.source_box.setAccessibleName("Shown source")
        self.source_box.activated.connect(lambda index: self.source_chosen.emit(index + 1))
        self.fused_button = self._make_button("Fused", "Show the fused image")
        self.fused_button.clicked.connect(self.fused_chosen)
        self.background_button = self._make_button("Background", "Show the recovered background")
        self.background_button.clicked.connect(self.background_chosen)
        self.background_button.hide()
        self._group = QButtonGroup(self)
        self._group.addButton(self.fused_button)
        self._group.addButton(self.background_button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.source_box)
        self._layout.addWidget(self.fused_button)
        self._layout.addWidget(self.background_button)
        self.show_sources(())

    def show_sources(self, names: Sequence[str]) -> None:
        """Offer these sources."""
        for button in self.source_buttons:
            self._group.removeButton(button)
            self._layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        few = len(names) <= MOST_BUTTONS
        self.source_buttons = self._make_source_buttons(names) if few else []
        self.source_box.clear()
        self.source_box.addItems([f"{n} · {name}" for n, name in enumerate(names, start=1)])
        self.source_box.setVisible(not few)
        self._compact = False
        self.setEnabled(bool(names))

    def show_compact(self, *, on: bool) -> None:
        """A list in place of the buttons of the sources, and none for the background, which has
        a key: where there is no room for them."""
        if on != self._compact:
            self._compact = on
            for button in self.source_buttons:
                button.setVisible(not on)
            self.source_box.setVisible(on or not self.source_buttons)
            self.background_button.setVisible(self._behind and not on)

    def show_shown(self, key: str, *, active: int, fused: bool, background: bool = False) -> None:
        """Mark the picture `key`; `fused` and `background` say whether there is a fused image, and
        a background, to show."""
        if background != self._behind:
            self._behind = background
            self.background_button.setVisible(background and not self._compact)
            self.room_changed.emit()
        self.fused_button.setEnabled(fused)
        self.source_box.setCurrentIndex(active - 1)
        self._group.setExclusive(False)
        behind = key.endswith(":background")
        fused_keys = ("live", "preview", "composite", "result:")
        self.fused_button.setChecked(key.startswith(fused_keys) and not behind)
        self.background_button.setChecked(behind)
        for number, button in enumerate(self.source_buttons, start=1):
            button.setChecked(key == f"source:{number}")
        self._group.setExclusive(True)

    def _make_source_buttons(self, names: Sequence[str]) -> list[QToolButton]:
        buttons = []
        for number, name in enumerate(names, start=1):
            button = self._make_button(str(number), f"Show source {number}: {name}")
            button.clicked.connect(lambda _on=False, n=number: self.source_chosen.emit(n))
            self._group.addButton(button)
            self._layout.insertWidget(number - 1, button)
            button.show()  # at once, so that its width counts
            buttons.append(button)
        for first, second in pairwise(
            [self.source_box, *buttons, self.fused_button, self.background_button]
        ):
            QWidget.setTabOrder(first, second)
        return buttons

    @staticmethod
    def _make_button(text: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("segment")
        button.setText(text)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setCheckable(True)
        button.setMinimumSize(32, 30)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the canvas
        return button
