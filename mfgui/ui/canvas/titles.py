"""Plates with the name of what a pane shows, in its upper corners."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from mfgui.ui.canvas.split import PlacedLine

_MARGIN, _PAD, _BETWEEN = 8.0, 7.0, 9.0  # logical pixels
_LEAST = 48.0  # narrower plates have no room for a word
_BACK, _INK = QColor(20, 20, 20, 215), QColor("white")
_FAINT = QColor(255, 255, 255, 190)
_FLAT = 1e-6
_CLEAR = 6.0  # between a plate and the line
_SHARES = (1.0, 0.75, 0.5, 0.375, 0.25, 0.18)  # of the width, for plates that have no room else


@dataclass(frozen=True)
class Title:
    """What stands on a plate: a name, what is said of it, and what is unusual."""

    name: str
    detail: str = ""
    note: str = ""


_NAMELESS = Title("")


@dataclass(frozen=True)
class _Words:
    text: str
    font: QFont
    ink: QColor
    width: float
    underlined: bool = False


class TitlePlate:
    """A title set in a font, no wider than there is room."""

    def __init__(self, title: Title, font: QFont, room: float) -> None:
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        self._line = QFontMetricsF(bold)
        left = max(_LEAST, room - 2 * _MARGIN) - 2 * _PAD
        # What is unusual has room first, then the name; the rest is said where it fits.
        noted = _words(title.note, font, _INK, left, underlined=True)
        left -= noted.width + _BETWEEN if noted else 0.0
        named = _words(title.name, bold, _INK, left)
        left -= named.width + _BETWEEN if named else 0.0
        detailed = _words(title.detail, font, _FAINT, left, whole=True)
        self._words = [words for words in (named, detailed, noted) if words]

    @property
    def size(self) -> QSizeF:
        """Of the plate, nothing where there is nothing to say."""
        if not self._words:
            return QSizeF()
        gaps = _BETWEEN * (len(self._words) - 1)
        width = sum(words.width for words in self._words) + gaps + 2 * _PAD
        return QSizeF(width, self._line.height() + _PAD)

    def draw(self, painter: QPainter, corner: QPointF) -> None:
        """Draw it with its upper left corner here."""
        box = QRectF(corner, self.size)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_BACK)
        painter.drawRoundedRect(box, 4, 4)
        x, baseline = box.x() + _PAD, box.y() + _PAD / 2 + self._line.ascent()
        for words in self._words:
            painter.setFont(words.font)
            painter.setPen(words.ink)
            painter.drawText(QPointF(x, baseline), words.text)
            if words.underlined:
                self._underline(painter, x, baseline + 2.0, words.width)
            x += words.width + _BETWEEN
        painter.restore()

    @staticmethod
    def _underline(painter: QPainter, x: float, y: float, width: float) -> None:
        """A dashed line below the note, which must not pass for a part of the name."""
        painter.setPen(QPen(_INK, 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, y), QPointF(x + width, y))


class Plates:
    """The plates of one pane.

    Attributes
    ----------
    titles : mapping
        By key of the picture.
    always : bool
        Without it they show only where one could not tell which picture is which.
    note : str
        What is unusual about the pane itself.
    """

    def __init__(self) -> None:
        self.titles: Mapping[str, Title] = {}
        self.always = False
        self.note = ""

    def draw(
        self,
        painter: QPainter,
        area: QSizeF,
        keys: Sequence[str],
        *,
        placed: PlacedLine | None,
        several: bool,
    ) -> None:
        """Draw those of the pictures `keys`, which are the two sides of the line `placed`, if
        there is one; `several` when it is not said elsewhere which they are."""
        for side, key in enumerate(keys):
            title = self.titles.get(key, _NAMELESS) if several or self.always else _NAMELESS
            title = replace(title, note=self.note if side == 0 else "")
            for share in _SHARES:
                plate = TitlePlate(title, painter.font(), area.width() * share)
                corner = place_plate(plate.size, area, placed, side)
                if corner is not None and not plate.size.isEmpty():
                    plate.draw(painter, corner)
                    break


def _words(
    text: str,
    font: QFont,
    ink: QColor,
    room: float,
    *,
    whole: bool = False,
    underlined: bool = False,
) -> _Words | None:
    """The text, shortened to the room that there is; None if that is too little."""
    metrics = QFontMetricsF(font)
    fits = metrics.horizontalAdvance(text) <= room
    if not text or (whole and not fits) or room < metrics.horizontalAdvance("x…"):
        return None
    shown = text if fits else metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    return _Words(shown, font, ink, metrics.horizontalAdvance(shown), underlined)


def place_plate(size: QSizeF, area: QSizeF, placed: PlacedLine | None, side: int) -> QPointF | None:
    """Upper left corner of a plate, as high as there is room for it on its side of the line.

    On the left if that is as high; None if it has room nowhere.
    """
    left, right = _MARGIN, max(_MARGIN, area.width() - _MARGIN - size.width())
    if placed is None:
        return QPointF(left, _MARGIN)
    lowest = area.height() - _MARGIN - size.height()
    found = [(_highest(x, size, placed, side), x) for x in (left, right)]
    y, x = min((y, x) for y, x in found)
    return QPointF(x, y) if y <= lowest else None


def _highest(x: float, size: QSizeF, placed: PlacedLine, side: int) -> float:
    """The least y of a plate at x that is clear of the line; infinite if there is none."""
    sign = 1.0 if side else -1.0
    ends = (QPointF(x, _MARGIN), QPointF(x + size.width(), _MARGIN))
    clear = min(sign * placed.signed_distance(end) for end in ends) - _CLEAR
    # The distance of the corner that is nearest grows by this for every pixel farther down.
    step = sign * placed.across.y()
    clear += min(0.0, step * size.height())
    if clear >= 0.0:
        return _MARGIN
    return _MARGIN - clear / step if step > _FLAT else math.inf
