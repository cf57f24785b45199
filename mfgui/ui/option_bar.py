"""The option bar above the canvas: what the active tool uses, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from mfgui.core.arrays import Rect
from mfgui.core.line_profile import length_of
from mfgui.core.session import Line
from mfgui.core.snapping import GuideKind
from mfgui.ui.docks.profile_bar import INTERPOLATION_NAMES
from mfgui.ui.icons import IconButton
from mfgui.ui.option_number import OptionNumber
from mfgui.ui.tool_memory import BAND_METHODS
from mfgui.ui.tools.options import Over, ToolOptions

BAR_HEIGHT = 34
_WIDE = 860  # narrower bars have no sliders beside their numbers
_NAME_WIDTH = 110
_SWATCH = 14

_BRUSH = ("label", "size", "pressure", "snap", "over")
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "inspect": ("hint",),
    "brush": _BRUSH,
    "eraser": ("size", "pressure", "snap", "over"),
    "smart-brush": ("label", "size", "reach", "sensitivity", "guide", "over"),
    "lasso": ("label", "subtract", "snap", "over"),
    "polygon": ("label", "subtract", "over"),
    "fill": ("label", "everywhere", "by_edges", "over"),
    "refine-band": ("size", "band_width", "band_method"),
    "pick": ("label", "hint"),
    "region": ("hint", "clear"),
    "line": ("line_width", "line_interpolation", "hint", "clear_line"),
}
_HINTS = {
    "inspect": "Drag moves the picture, the wheel zooms, a double click shows 100 %",
    "pick": "Click a place to take its label",
    "region": "Drag a rectangle",
    "line": "Drag a line; Shift keeps it level, upright or slanted",
}
_GUIDES = {
    GuideKind.SHARPNESS: "Sharpness",
    GuideKind.LUMINANCE: "Luminance",
    GuideKind.FUSED: "Fused image",
}
_METHODS = {"graph-cut": "Graph cut", "guided-filter": "Guided filter"}


class OptionBar(QWidget):
    """Shows the options of one tool; `changed` carries the name and value of what was set."""

    changed = Signal(str, object)

    label_chosen = Signal(int)
    region_cleared = Signal()
    line_removed = Signal()
    entered = Signal()
    """Enter in a number: the keys belong to the canvas again."""

    def __init__(self, options: ToolOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optionBar")
        self.setAccessibleName("Tool options")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(BAR_HEIGHT)
        # Its widest tool must not widen the window: what does not fit is left out.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._tool = "inspect"
        self._options = options
        self._names: Sequence[str] = ()
        self._region: Rect | None = None
        self._line: Line | None = None
        self._colour_of: Callable[[int], QColor] = lambda _label: QColor("gray")
        self._numbers: dict[str, OptionNumber] = {}
        self._make_widgets()
        self.parts = self._make_parts()
        row = _row(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(12)
        for part in self.parts.values():
            row.addWidget(part)
        row.addStretch(1)
        self.show_options(options)
        self.show_sources((), self._colour_of)
        self.show_tool("inspect")

    @property
    def stops(self) -> list[QWidget]:
        """What takes the keyboard focus, from left to right."""
        kinds = (QToolButton, QSlider, QSpinBox, QComboBox)
        found: list[QWidget] = []
        for part in self.parts.values():
            own = isinstance(part, kinds)
            found += (
                [part] if own else [w for w in part.findChildren(QWidget) if isinstance(w, kinds)]
            )
        return found

    def show_tool(self, name: str) -> None:
        """Show what this tool uses."""
        self._tool = name
        self.hint.setText(_HINTS.get(name, ""))
        self._lay_out()

    def show_options(self, options: ToolOptions) -> None:
        """Show these values without saying that they were set."""
        self._options = options
        for name, number in self._numbers.items():
            number.show_value(getattr(options, name))
        self.pressure.setChecked(options.pressure_size)
        self.snap_button.setChecked(options.snap)
        self.edges_button.setChecked(options.by_edges)
        _select(self.guide_box, options.guide)
        _select(self.subtract_box, options.subtract)
        _select(self.everywhere_box, options.everywhere)
        _select(self.method_box, options.band_method)
        _select(self.interpolation_box, options.line_interpolation)
        over = options.over_label if options.over is Over.LABEL else options.over
        _select(self.over_box, over)
        self._lay_out()

    def show_sources(self, names: Sequence[str], colour_of: Callable[[int], QColor]) -> None:
        """The sources of the set, in whose colours labels are shown."""
        self._names, self._colour_of = names, colour_of
        self.over_box.clear()
        self.over_box.addItem("Over: any", Over.ANY)
        self.over_box.addItem("Over: unassigned", Over.UNASSIGNED)
        for number in range(1, len(names) + 1):
            self.over_box.addItem(f"Over: label {number}", number)
        self.show_options(self._options)

    def show_label(self, label: int) -> None:
        """The label that is painted from here on."""
        words = self._label_words(label)
        chip = self.chip
        chip.setIcon(self._swatch(label))
        room = chip.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        chip.setText(f" {room}")  # the style leaves no room beside the icon
        chip.setToolTip(f"Label to paint: {words} (1 … 9, 0; X swaps)")
        chip.setAccessibleName(f"Label to paint: {words}")

    def show_region(self, region: Rect | None) -> None:
        """Size and place of the region."""
        self._region = region
        self._lay_out()

    def show_line(self, line: Line | None) -> None:
        """Length, direction and ends of the line of the profile."""
        self._line = line
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    # Making

    def _make_widgets(self) -> None:
        self.hint = QLabel()
        self.hint.setObjectName("hint")
        self.chip = QToolButton()
        self.chip.setObjectName("labelChip")
        self.chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.chip.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.chip.setMinimumHeight(28)
        self.chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self.chip)
        menu.aboutToShow.connect(lambda: self._fill_label_menu(menu))
        self.chip.setMenu(menu)
        self.pressure = self._toggle(
            "pressure", "Pressure of the stylus drives the size", "pressure_size"
        )
        self.snap_button = self._toggle("snap", "Snap to edges (K)", "snap")
        self.edges_button = self._toggle("snap", "Stop at edges of the guide, too", "by_edges")
        self.guide_box = self._choice("Edges from", "guide", _GUIDES)
        self.subtract_box = self._choice(
            "Add or subtract", "subtract", {False: "Add", True: "Subtract"}
        )
        self.everywhere_box = self._choice(
            "What is filled", "everywhere", {False: "Connected", True: "Everywhere"}
        )
        self.method_box = self._choice(
            "Refiner", "band_method", {name: _METHODS[name] for name in BAND_METHODS}
        )
        self.interpolation_box = self._choice(
            "Values between pixels", "line_interpolation", INTERPOLATION_NAMES
        )
        self.over_box = QComboBox()
        self.over_box.setAccessibleName("Paint over")
        self.over_box.setToolTip("Which pixels may be painted over (P)")
        self.over_box.activated.connect(self._on_over_chosen)
        self.clear_button = IconButton("close", "Clear region (Del)")
        self.clear_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clear_button.clicked.connect(self.region_cleared)
        self.remove_button = IconButton("close", "Remove the line (Esc)")
        self.remove_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remove_button.clicked.connect(self.line_removed)

    def _make_parts(self) -> dict[str, QWidget]:
        """What tools may use, by name, from left to right."""
        return {
            "label": self.chip,
            "subtract": self.subtract_box,
            "everywhere": self.everywhere_box,
            "size": self._number(
                "Size", "size", "Diameter of the brush ([ and ])", " px", curved=True
            ),
            "pressure": self.pressure,
            "reach": self._number("Reach", "reach", "How far it grows, of its size", " %"),
            "sensitivity": self._number("Edges", "sensitivity", "Stop at weaker edges", " %"),
            "snap": self.snap_button,
            "by_edges": self.edges_button,
            "snap_strength": self._number(
                "", "snap_strength", "Snap strength (Shift+[ and Shift+])", " %"
            ),
            "guide": self.guide_box,
            "band_width": self._number(
                "Width", "band_width", "Solved on each side", " px", curved=True
            ),
            "band_method": self.method_box,
            "line_width": self._number(
                "Width", "line_width", "Mean over so many pixels across the line", " px"
            ),
            "line_interpolation": self.interpolation_box,
            "over": self.over_box,
            "hint": self.hint,
            "clear": self.clear_button,
            "clear_line": self.remove_button,
        }

    def _number(
        self, words: str, option: str, help_text: str, unit: str, *, curved: bool = False
    ) -> OptionNumber:
        number = OptionNumber(words, option, help_text=help_text, unit=unit, curved=curved)
        if not words:
            number.box.setAccessibleName(help_text)
            number.slider.setAccessibleName(help_text)
        number.changed.connect(lambda value: self.changed.emit(option, value))
        number.box.editingFinished.connect(self._on_number_entered)
        self._numbers[option] = number
        return number

    def _toggle(self, icon: str, words: str, option: str) -> IconButton:
        button = IconButton(icon, words)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda on: self.changed.emit(option, on))
        return button

    def _choice(self, words: str, option: str, choices: Mapping[Any, str]) -> QComboBox:
        box = QComboBox()
        for value, text in choices.items():
            box.addItem(text, value)
        box.setAccessibleName(words)
        box.setToolTip(words)
        box.activated.connect(lambda index: self.changed.emit(option, list(choices)[index]))
        return box

    # Answers

    def _on_over_chosen(self, index: int) -> None:
        chosen = self.over_box.itemData(index)
        if isinstance(chosen, Over):
            self.changed.emit("over", chosen)
        else:
            self.changed.emit("over_label", chosen)
            self.changed.emit("over", Over.LABEL)

    def _on_number_entered(self) -> None:
        if any(number.box.hasFocus() for number in self._numbers.values()):
            self.entered.emit()

    def _fill_label_menu(self, menu: QMenu) -> None:
        menu.clear()
        for label in (*range(1, len(self._names) + 1), 0):
            action = QAction(self._swatch(label), self._label_words(label), menu)
            action.triggered.connect(lambda _on=False, label=label: self.label_chosen.emit(label))
            menu.addAction(action)

    # Showing

    def _lay_out(self) -> None:
        shown = set(_SHOWN.get(self._tool, ()))
        options = self._options
        if "snap" in shown and options.snap:
            shown |= {"snap_strength", "guide"}
        if "by_edges" in shown and options.by_edges:
            shown.add("guide")
        if self._tool == "region":
            region = self._region
            self.hint.setText(_HINTS["region"] if region is None else _region_words(region))
            shown -= {"clear"} if region is None else set()
        elif self._tool == "line":
            line = self._line
            self.hint.setText(_HINTS["line"] if line is None else _line_words(line))
            shown -= {"clear_line"} if line is None else set()
        for name, part in self.parts.items():
            part.setVisible(name in shown)
        for number in self._numbers.values():
            number.slider.setVisible(self.width() >= _WIDE)

    def _label_words(self, label: int) -> str:
        if label == 0:
            return "Unassigned"
        name = self._names[label - 1] if label <= len(self._names) else ""
        return f"{label} · {name}" if name else str(label)

    def _swatch(self, label: int) -> QIcon:
        """The colour of a label; unassigned is a square with nothing in it."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(_SWATCH * ratio), round(_SWATCH * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().buttonText().color())
            painter.setBrush(self._colour_of(label) if label else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(1, 1, _SWATCH - 2, _SWATCH - 2, 3, 3)
            if label == 0:
                painter.drawLine(3, _SWATCH - 3, _SWATCH - 3, 3)
        return QIcon(pixmap)


def _row(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    return row


def _select(box: QComboBox, value: object) -> None:
    values = [box.itemData(index) for index in range(box.count())]
    if value in values:
        box.setCurrentIndex(values.index(value))


def _region_words(region: Rect) -> str:
    return f"{region.width} × {region.height} px at {region.x}, {region.y}"


def _line_words(line: Line) -> str:
    """Length, angle (counter-clockwise from the right, as on paper) and the pixels at its ends."""
    angle = math.degrees(math.atan2(line.y0 - line.y1, line.x1 - line.x0))
    ends = (int(end) for end in (line.x0, line.y0, line.x1, line.y1))
    return "{:.1f} px, {:.1f}°, from {}, {} to {}, {}".format(length_of(line), angle + 0.0, *ends)
