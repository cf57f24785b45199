"""Overlay mode and strength, on the tool bar."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from mfgui.ui.canvas.overlays import Overlay, OverlayMode
from mfgui.ui.icons import IconButton

_BUTTONS = {
    OverlayMode.OFF: ("eye-off", "No overlay"),
    OverlayMode.TINT: ("tint", "Tint: label colours over the picture"),
    OverlayMode.CONTOUR: ("contour", "Contour: label boundaries"),
    OverlayMode.ACTIVE: ("only-active", "Only active: other labels dimmed"),
}
STEP = 5


class OverlayControl(QWidget):
    """One button for each mode, and the strength; `changed` carries the new `Overlay`."""

    changed = Signal(object)

    def __init__(self, overlay: Overlay, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._overlay = overlay
        self._mode_before_off = OverlayMode.TINT if _is_off(overlay) else overlay.mode
        self.buttons: dict[OverlayMode, IconButton] = {}
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.percent = QLabel()
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._lay_out()
        self._show()
        self.slider.valueChanged.connect(self._on_strength_moved)

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    def toggle(self) -> None:
        """Off, or back to the mode that was on."""
        self.set_mode(self._mode_before_off if _is_off(self._overlay) else OverlayMode.OFF)

    def next_mode(self) -> None:
        """Tint, contour, only active, and tint again."""
        modes = [OverlayMode.TINT, OverlayMode.CONTOUR, OverlayMode.ACTIVE]
        place = -1 if _is_off(self._overlay) else modes.index(self._overlay.mode)
        self.set_mode(modes[(place + 1) % len(modes)])

    def strengthen(self, steps: int) -> None:
        """Stronger, or weaker for negative `steps`."""
        self.slider.setValue(self.slider.value() + steps * STEP)

    def set_mode(self, mode: OverlayMode | str) -> None:
        """Show the map in this way."""
        mode = OverlayMode(mode)
        if mode is not OverlayMode.OFF:
            self._mode_before_off = mode
        self._overlay = Overlay(mode, self._overlay.strength)
        self._show()
        self.changed.emit(self._overlay)

    def _show(self) -> None:
        self.buttons[self._overlay.mode].setChecked(True)
        self.slider.setValue(self._overlay.strength)
        self.slider.setEnabled(self.isEnabled() and not _is_off(self._overlay))
        self.percent.setText(f"{self._overlay.strength} %")

    def _on_strength_moved(self, value: int) -> None:
        if value == self._overlay.strength:
            return
        self._overlay = Overlay(self._overlay.mode, value)
        self._show()
        self.changed.emit(self._overlay)

    def _lay_out(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for mode, (icon, words) in _BUTTONS.items():
            button = IconButton(icon, words)
            button.setCheckable(True)
            button.clicked.connect(lambda _on=False, mode=mode: self.set_mode(mode))
            self._group.addButton(button)
            self.buttons[mode] = button
            layout.addWidget(button)
        self.slider.setRange(0, 100)
        self.slider.setSingleStep(STEP)
        self.slider.setPageStep(STEP)
        self.slider.setFixedWidth(88)
        self.slider.setAccessibleName("Overlay strength in percent")
        self.slider.setToolTip("Overlay strength (, and .)")
        self.percent.setFixedWidth(44)
        layout.addSpacing(8)
        layout.addWidget(self.slider)
        layout.addWidget(self.percent)


def _is_off(overlay: Overlay) -> bool:
    return overlay.mode is OverlayMode.OFF
