"""Light, dark and system theme: tokens to palette and style sheet, switched while running."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

import mfgui.resources as resources
from mfgui.ui.stylesheet import style_sheet

log = logging.getLogger(__name__)

Choice = Literal["system", "light", "dark"]
FONT_POINTS = 10.0


@dataclass(frozen=True)
class BannerColours:
    """Colours of one severity."""

    background: str
    text: str
    border: str


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as hexadecimal words."""

    name: str
    dark: bool
    window: str
    panel: str
    raised: str
    input: str
    hover: str
    pressed: str
    selected: str
    text: str
    text_dim: str
    text_disabled: str
    icon: str
    border: str
    divider: str
    accent: str
    accent_hover: str
    on_accent: str
    focus: str
    canvas: str
    tooltip: str
    on_tooltip: str
    plot: str
    plot_grid: str
    plot_axis: str
    info: BannerColours
    warning: BannerColours
    error: BannerColours

    @classmethod
    def load(cls, name: str) -> Theme:
        """The shipped theme called `name` ("light" or "dark")."""
        text = resources.path(f"themes/{name}.json").read_text("utf-8")
        tokens: dict[str, Any] = json.loads(text)
        for severity, colours in tokens.pop("banner").items():
            tokens[severity] = BannerColours(**colours)
        return cls(**tokens)


def palette_of(theme: Theme) -> QPalette:
    """The Qt palette of a theme, for everything the style sheet does not name."""
    palette = QPalette()
    role = QPalette.ColorRole
    for place, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.input),
        (role.AlternateBase, theme.raised),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.text_dim),
        (role.Button, theme.raised),
        (role.ButtonText, theme.icon),
        (role.BrightText, theme.on_accent),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.ToolTipBase, theme.tooltip),
        (role.ToolTipText, theme.on_tooltip),
        (role.Light, theme.hover),
        (role.Midlight, theme.selected),
        (role.Mid, theme.divider),
        (role.Dark, theme.border),
        (role.Accent, theme.accent),
    ):
        palette.setColor(place, QColor(colour))
    for place in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, place, QColor(theme.text_disabled))
    return palette


def install_font(app: QApplication) -> str:
    """Use the bundled font for the whole program; returns its family name."""
    family = ""
    folder = resources.path("fonts")
    for file in sorted([*folder.glob("*.ttf"), *folder.glob("*.otf")]):
        number = QFontDatabase.addApplicationFont(str(file))
        names = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
        family = family or (names[0] if names else "")
    if not family:
        log.warning("no bundled font in %s", folder)
        return ""
    font = QFont(family)
    font.setPointSizeF(FONT_POINTS)
    app.setFont(font)
    return family


class Themes(QObject):
    """The theme in use; `changed` carries the new one."""

    changed = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice: Choice = "system"
        self._sheet_waits = False
        self._known = {name: Theme.load(name) for name in ("light", "dark")}
        self.current = self._known["light"]
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._on_system_scheme_changed)

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def palette(self) -> QPalette:
        """Palette of the theme in use."""
        return palette_of(self.current)

    def choose(self, choice: Choice) -> None:
        """Switch now; "system" follows the desktop from now on."""
        self._choice = choice
        self._apply(self._known[self._resolved()])

    @contextmanager
    def sheet_at_the_end(self) -> Iterator[None]:
        """Make many widgets in this block, which have the style sheet at its end.

        Qt looks it up anew for each widget that is put into another, which takes longer than all
        else that makes a window.
        """
        self._sheet_waits = True
        try:
            yield
        finally:
            self._sheet_waits = False
            self._app.setStyleSheet(style_sheet(self.current))

    def _resolved(self) -> str:
        if self._choice != "system":
            return self._choice
        dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return "dark" if dark else "light"

    def _apply(self, theme: Theme) -> None:
        self.current = theme
        self._app.setPalette(palette_of(theme))
        if not self._sheet_waits:
            self._app.setStyleSheet(style_sheet(theme))
        self.changed.emit(theme)

    def _on_system_scheme_changed(self) -> None:
        if self._choice == "system":
            self._apply(self._known[self._resolved()])


def choice_of(text: str) -> Choice:
    """The theme choice that the settings hold."""
    if text == "light":
        return "light"
    return "dark" if text == "dark" else "system"
