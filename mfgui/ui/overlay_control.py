"""Overlay mode and strength, on the tool bar."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

from mfgui.ui.canvas.overlays import Overlay, OverlayMode
from mfgui.ui.icons import IconButton, icon_in

# Icon, name, and what it shows.
MODES = {
    OverlayMode.OFF: ("eye-off", "Off", "The picture alone"),
    OverlayMode.TINT: ("tint", "Tint", "Label colours over the picture"),
    OverlayMode.CONTOUR: ("contour", "Contour", "Label boundaries"),
    OverlayMode.HATCH: ("hatch", "Hatch", "Lines that tell labels apart without colour"),
    OverlayMode.ACTIVE: ("only-active", "Only active", "Other labels dimmed"),
    OverlayMode.UNASSIGNED: ("gaps", "Unassigned", "A checkerboard where there is no label"),
    OverlayMode.SOFT: ("soft", "Soft map", "Continuous weights, from clear to full"),
    OverlayMode.DIFFERENCE: ("difference", "Difference", "Where another map differs"),
    OverlayMode.LOCAL_Q: ("heat", "Local Q", "The score around each pixel; bright is low"),
    OverlayMode.CONFIDENCE: (
        "confidence",
        "Confidence",
        "How far the sharpest source is ahead; bright is hardly",
    ),
    OverlayMode.TRUST: (
        "trust",
        "Trust",
        "Where the method trusts what it computed; dark keeps the usual fusion",
    ),
    OverlayMode.RADIUS: (
        "blur-radius",
        "Blur radius",
        "How far the unsharp front spreads in the frame focused behind it; bright is far",
    ),
    OverlayMode.DEPTH: (
        "depth",
        "Depth",
        "Which source is in focus, from the first, dark, to the last, bright",
    ),
}
STEP = 5


class OverlayControl(QWidget):
    """A menu of the modes, and the strength; `changed` carries the new `Overlay`."""

    changed = Signal(object)

    def __init__(self, overlay: Overlay, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._overlay = overlay
        self._mode_before_off = OverlayMode.TINT if _is_off(overlay) else overlay.mode
        self._comparing = False
        self._mode_elsewhere = OverlayMode.OFF  # of the Compare workspace, or outside it
        self.button = IconButton("overlay", "Overlay")
        self.menu = QMenu(self)
        self.modes: dict[OverlayMode, QAction] = {}
        self._names = {mode: entry[1:] for mode, entry in MODES.items()}
        self._reasons: Mapping[OverlayMode, str] = {}
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.percent = QLabel()
        self._make_menu()
        self._lay_out()
        self._show()
        self.slider.valueChanged.connect(self._on_strength_moved)

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    @property
    def own_mode(self) -> OverlayMode:
        """The mode outside the Compare workspace."""
        return self._mode_elsewhere if self._comparing else self._overlay.mode

    def enter(self, comparing: bool) -> None:
        """The Compare workspace has a mode of its own, which is off at first: what is compared
        are the pixels at the boundaries, where overlays lie."""
        if comparing != self._comparing:
            self._comparing = comparing
            here, self._mode_elsewhere = self._mode_elsewhere, self._overlay.mode
            self.set_mode(here)

    def show_slider(self, on: bool) -> None:
        """The strength has keys as well, where there is no room for its slider."""
        self.slider.setVisible(on)
        self.percent.setVisible(on)

    def toggle(self) -> None:
        """Off, or back to the mode that was on."""
        back = self._mode_before_off if self._usable(self._mode_before_off) else OverlayMode.TINT
        self.set_mode(back if _is_off(self._overlay) else OverlayMode.OFF)

    def next_mode(self) -> None:
        """The next mode of the menu that can be used, and off after the last."""
        modes = [mode for mode in OverlayMode if self._usable(mode) or mode is self._overlay.mode]
        self.set_mode(modes[(modes.index(self._overlay.mode) + 1) % len(modes)])

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

    def show_reasons(self, reasons: Mapping[OverlayMode, str]) -> None:
        """Why modes cannot be used now; those that are missing or have no reason can."""
        self._reasons = reasons
        for mode, action in self.modes.items():
            reason, (name, words) = reasons.get(mode, ""), self._names[mode]
            action.setEnabled(not reason)
            action.setText(name)
            action.setToolTip(f"{words} ({reason})" if reason else words)

    def name_mode(self, mode: OverlayMode, named: tuple[str, str] | None) -> None:
        """Another name for a mode, and what it shows; None for its own."""
        self._names[mode] = MODES[mode][1:] if named is None else named
        self.show_reasons(self._reasons)
        self._show()

    def _usable(self, mode: OverlayMode) -> bool:
        return self.modes[mode].isEnabled()

    def _show(self) -> None:
        mode = self._overlay.mode
        icon, (name, words) = MODES[mode][0], self._names[mode]
        self.modes[mode].setChecked(True)
        self.button.set_icon_name(icon)
        self.button.setText(_words(name))
        self.button.setToolTip(f"Overlay: {words} (O, Shift+O)")
        self.button.setAccessibleName(f"Overlay: {name}")
        self.slider.setValue(self._overlay.strength)
        self.slider.setEnabled(self.isEnabled() and not _is_off(self._overlay))
        self.percent.setText(f"{self._overlay.strength} %")

    def _on_strength_moved(self, value: int) -> None:
        if value == self._overlay.strength:
            return
        self._overlay = Overlay(self._overlay.mode, value)
        self._show()
        self.changed.emit(self._overlay)

    def _make_menu(self) -> None:
        group = QActionGroup(self)
        self.menu.setToolTipsVisible(True)
        for mode, (_icon, name, words) in MODES.items():
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setToolTip(words)
            action.triggered.connect(lambda _on=False, mode=mode: self.set_mode(mode))
            group.addAction(action)
            self.modes[mode] = action
        self._colour_icons()
        self.button.setMenu(self.menu)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _colour_icons(self) -> None:
        for mode, action in self.modes.items():
            if not isValid(action):  # the window is going, and its tool bar lets go of this last
                return
            action.setIcon(icon_in(self.palette(), MODES[mode][0]))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._colour_icons()
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._fix_width()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fix_width()

    def _fix_width(self) -> None:
        """Room for the longest name, so that the slider never moves."""
        if not isValid(self.button):
            return
        self.button.ensurePolished()
        metrics = self.button.fontMetrics()
        widest = max(metrics.horizontalAdvance(_words(name)) for _, name, _ in MODES.values())
        present = metrics.horizontalAdvance(self.button.text())
        self.button.setFixedWidth(self.button.sizeHint().width() + widest - present + 2)

    def _lay_out(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        self.slider.setRange(0, 100)
        self.slider.setSingleStep(STEP)
        self.slider.setPageStep(STEP)
        self.slider.setFixedWidth(88)
        self.slider.setAccessibleName("Overlay strength in percent")
        self.slider.setToolTip("Overlay strength (, and .)")
        self.percent.setFixedWidth(44)
        layout.addSpacing(4)
        layout.addWidget(self.slider)
        layout.addWidget(self.percent)


def _words(name: str) -> str:
    """What the button says: that it has a menu, too."""
    return f" {name} ▾"


def _is_off(overlay: Overlay) -> bool:
    return overlay.mode is OverlayMode.OFF
