from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from mfgui.ui.application import Application
from mfgui.ui.icons import IconButton, TextButton
from mfgui.ui.theme import Theme, Themes, install_font


@pytest.mark.parametrize("name", ["light", "dark"])
def test_that_a_theme_makes_palette_and_style_sheet(themes: Themes, qapp: Any, name: Any) -> None:
    themes.choose(name)
    theme = Theme.load(name)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.window
    assert qapp.palette().color(QPalette.ColorRole.Text).name() == theme.text
    assert theme.panel in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()


def test_that_switching_tells_the_views(themes: Themes, qtbot: Any) -> None:
    themes.choose("light")
    with qtbot.waitSignal(themes.changed) as caught:
        themes.choose("dark")
    assert caught.args[0].name == "dark"
    assert themes.choice == "dark"


def test_that_system_follows_the_desktop(themes: Themes, qapp: Any) -> None:
    themes.choose("system")
    dark = qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark
    assert themes.current.dark is dark
    themes.choose("dark" if not dark else "light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert themes.current.dark is not dark


def test_that_the_bundled_font_is_used(qapp: Any) -> None:
    before = qapp.font()
    assert install_font(qapp) == "Inter"
    assert qapp.font().family() == "Inter"
    qapp.setFont(before)


def mean_lightness(button: Any) -> float:
    image = button.icon().pixmap(18, 18).toImage()
    drawn = [
        image.pixelColor(x, y).lightness()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 128
    ]
    return sum(drawn) / len(drawn)


@pytest.mark.parametrize("kind", [IconButton, TextButton])
def test_that_icons_take_the_colour_of_the_theme(themes: Themes, qtbot: Any, kind: Any) -> None:
    button = kind("eye", "Show")
    qtbot.addWidget(button)
    themes.choose("light")
    button.show()
    light = mean_lightness(button)
    themes.choose("dark")
    qtbot.waitUntil(lambda: mean_lightness(button) > light + 100)


def test_that_the_window_changes_theme_without_a_restart(opened: Application, qtbot: Any) -> None:
    window = opened.window
    window.parts.actions["theme-light"].trigger()
    canvas = window.parts.canvas
    light = window.grab().toImage().pixelColor(4, 4)
    window.parts.actions["theme-dark"].trigger()
    dark = window.grab().toImage().pixelColor(4, 4)
    assert light.lightness() > 200
    assert dark.lightness() < 80
    assert window.parts.actions["theme-dark"].isChecked()
    assert opened.controller.settings.values.theme == "dark"
    assert canvas.isVisible()
