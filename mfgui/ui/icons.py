"""Icons of the program: one-colour drawings, coloured by the palette they are shown in."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

import mfgui.resources as resources

ICON_SIDE = 18
_SIDES = (18, 27, 36, 54)  # 100, 150, 200 and 300 % scaling


def _renderer(name: str, colour: str) -> QSvgRenderer:
    text = resources.path(f"icons/{name}.svg").read_text("utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))


def _drawn(renderer: QSvgRenderer, side: int) -> QPixmap:
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        renderer.render(painter)
    return pixmap


def drawn(name: str, colour: str, side: int) -> QPixmap:
    """The icon `name` in one colour, `side` device pixels wide and high."""
    return _drawn(_renderer(name, colour), side)


@lru_cache(maxsize=256)
def coloured(name: str, colour: str, disabled: str) -> QIcon:
    """The icon in `colour`, and in `disabled` where its control cannot be used."""
    icon = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        renderer = _renderer(name, ink)
        for side in _SIDES:
            icon.addPixmap(_drawn(renderer, side), mode)
    return icon


def icon_in(palette: QPalette, name: str, *, on_accent: bool = False) -> QIcon:
    """The icon in the colours of a palette."""
    role = QPalette.ColorRole.HighlightedText if on_accent else QPalette.ColorRole.ButtonText
    # Of the group by name: a disabled widget's palette gives its disabled colours.
    ink = palette.color(QPalette.ColorGroup.Active, role)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    return coloured(name, ink.name(), disabled.name())


class IconButton(QToolButton):
    """A flat button with an icon; its words are its tool tip and accessible name."""

    def __init__(self, icon: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self.setAutoRaise(True)
        self.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self.setMinimumSize(28, 28)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_words(words)
        self.setIcon(icon_in(self.palette(), icon))

    def set_words(self, words: str) -> None:
        self.setToolTip(words)
        self.setAccessibleName(words)

    def set_icon_name(self, icon: str) -> None:
        if icon != self._icon:
            self._icon = icon
            self.setIcon(icon_in(self.palette(), icon))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.setIcon(icon_in(self.palette(), self._icon))
        super().changeEvent(event)


class TextButton(QPushButton):
    """A button with an icon and words; the primary one of a group is filled."""

    def __init__(
        self, icon: str, words: str, *, primary: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.set_words(words)
        self._icon = icon
        self.setProperty("primary", primary)
        self.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self._colour_icon()

    def set_words(self, words: str) -> None:
        # The style puts icon and words side by side without room between them.
        self.setText(f" {words}")
        self.setAccessibleName(words)

    def set_icon_name(self, icon: str) -> None:
        self._icon = icon
        self._colour_icon()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._colour_icon()
        super().changeEvent(event)

    def _colour_icon(self) -> None:
        on_accent = bool(self.property("primary"))
        self.setIcon(icon_in(self.palette(), self._icon, on_accent=on_accent))


class IconLabel(QWidget):
    """A small icon beside a text that says the same in words."""

    def __init__(self, icon: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._colour = icon, colour
        self.setFixedSize(ICON_SIDE, ICON_SIDE)

    def show_icon(self, icon: str, colour: str) -> None:
        self._icon, self._colour = icon, colour
        self.update()

    def paintEvent(self, event: QEvent) -> None:
        del event
        side = round(self.width() * self.devicePixelRatioF())
        with QPainter(self) as painter:
            painter.drawPixmap(self.rect(), drawn(self._icon, QColor(self._colour).name(), side))
