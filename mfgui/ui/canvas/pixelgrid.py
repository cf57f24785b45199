"""Far in: lines between image pixels, and the values printed in each."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter

from mfgui.core.arrays import ImageU8, PixelArray, Rect
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.ui.canvas.sampling import columns_below, rows_below
from mfgui.ui.canvas.viewport import Viewport

GRID_ABOVE = 16.0
VALUES_ABOVE = 32.0

_CHARACTERS = "0123456789. \N{MINUS SIGN}"
_POINT, _BLANK, _MINUS = 10, 11, 12
_SMALLEST, _LARGEST = 8, 15  # device pixels; _LARGEST grows with the device pixel ratio
_EDGED = 60
_QUARTER = np.uint32(0x003F3F3F)
_GREEN, _MIDDLE_GREEN = np.uint32(0x0000FF00), np.uint32(0x00008000)


class PixelGrid:
    """Draws grid and values into composed pixels, in a font that does not grow with the zoom."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._glyphs: dict[int, ImageU8] = {}
        self.ratio = 1.0
        """Device pixels per logical pixel, to which the font keeps."""

    def draw(
        self,
        target: ImageU8,
        picture: Picture,
        viewport: Viewport,
        rect: Rect,
        *,
        values: StoredReader | None = None,
    ) -> None:
        """Draw what the scale asks for into `target`, the composed pixels of `rect`.

        `values` gives what is printed, see `words_of`; without it the stored values are.
        """
        if viewport.scale <= GRID_ABOVE:
            return
        _draw_lines(target, viewport, rect)
        # The pixels of a preview are not those of the image, so it has no values to print.
        if viewport.scale > VALUES_ABOVE and picture.size == viewport.image:
            read = values or partial(picture.stored, frame=viewport.image)
            self._draw_values(target, read, viewport, rect)

    def _draw_values(
        self, target: ImageU8, read: StoredReader, viewport: Viewport, rect: Rect
    ) -> None:
        columns, rows = columns_below(viewport, rect), rows_below(viewport, rect)
        cells = Rect(
            int(columns[0]),
            int(rows[0]),
            int(columns[-1] - columns[0]) + 1,
            int(rows[-1] - rows[0]) + 1,
        )
        values = read(cells)
        if values is None:
            return
        words = words_of(values)
        glyphs = self._fitting(words, viewport.scale)
        text = _typeset(words, glyphs)
        box_height, box_width = text.shape[0] // cells.height, text.shape[1] // cells.width
        x = _places(rect.x - viewport.left, columns, viewport.scale, box_width)
        y = _places(rect.y - viewport.top, rows, viewport.scale, box_height)
        # One row and column more, of nothing, for the screen pixels between the words.
        text = np.pad(text, ((0, 1), (0, 1)))
        spread = np.take(np.take(text, x, axis=1), y, axis=0)
        cv2.copyTo(cv2.cvtColor(spread, cv2.COLOR_GRAY2BGRA), spread, target)

    def _fitting(self, words: npt.NDArray[np.intp], scale: float) -> ImageU8:
        """Glyphs of the largest size with which the words fit into a pixel."""
        lines, characters = words.shape[2:]
        size = round(_LARGEST * self.ratio)
        while size > _SMALLEST and (
            lines * size > scale - 4 or characters * _advance(self._sized(size)) > scale - 3
        ):
            size -= 1
        if size not in self._glyphs:
            self._glyphs[size] = _rendered(self._sized(size))
        return self._glyphs[size]

    def _sized(self, size: int) -> QFont:
        font = QFont(self._font)
        font.setPixelSize(size)
        font.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
        return font


def words_of(values: PixelArray) -> npt.NDArray[np.intp]:
    """Values (h, w, C) as characters (h, w, C, n): 12, 65535, .125, 1.00.

    Those of int16, int32 and float64, which may be negative, have room for a sign: -12, -.125.
    What is not a number is blank.
    """
    if values.dtype == np.float64:
        return _signed(_fractions(np.abs(values)), values)
    if values.dtype == np.float32:
        return _fractions(values)
    places = 3 if values.dtype in (np.uint8, np.int16) else 5
    digits = _digits(np.abs(values.astype(np.intp)), places)
    leading = np.cumsum(digits, axis=-1) == 0
    leading[..., -1] = False
    words = np.where(leading, _BLANK, digits)
    return _signed(words, values) if values.dtype.kind == "i" else words


def _fractions(values: PixelArray) -> npt.NDArray[np.intp]:
    known = np.nan_to_num(values.astype(np.float64), nan=0.0)
    scaled = np.rint(known * 1000).clip(0, 9999).astype(np.intp)
    digits = _digits(scaled, 4)
    below_one = np.insert(digits[..., 1:], 0, _POINT, axis=-1)
    others = np.insert(digits[..., :3], 1, _POINT, axis=-1)
    words = np.where((scaled < 1000)[..., None], below_one, others)
    words[np.isnan(values)] = _BLANK
    return words


def _signed(words: npt.NDArray[np.intp], values: PixelArray) -> npt.NDArray[np.intp]:
    """With a minus before the first character of values below zero, if that is not all zeros."""
    shown = np.insert(words, 0, _BLANK, axis=-1)
    says_more = ((words > 0) & (words < _POINT)).any(axis=-1)
    first = np.argmax(words != _BLANK, axis=-1)
    signs = np.arange(shown.shape[-1]) == first[..., None]
    return np.where(signs & ((values < 0) & says_more)[..., None], _MINUS, shown)


def _digits(values: npt.NDArray[np.intp], places: int) -> npt.NDArray[np.intp]:
    powers = 10 ** np.arange(places - 1, -1, -1)
    return values[..., None] // powers % 10


def _typeset(words: npt.NDArray[np.intp], glyphs: ImageU8) -> ImageU8:
    """One box of text per image pixel, side by side: (h boxes, w boxes)."""
    rows, columns, lines, characters = words.shape
    height, width = glyphs.shape[1:]
    boxes = glyphs[words].transpose(0, 2, 4, 1, 3, 5)
    return boxes.reshape(rows * lines * height, columns * characters * width)


def _places(
    start: int, index: npt.NDArray[np.intp], scale: float, box: int
) -> npt.NDArray[np.intp]:
    """Place in the row of boxes for each screen pixel; the last place is empty."""
    first = int(index[0])
    cell = np.ceil(index * scale - 0.5).astype(np.intp)
    inset = int((scale - box) / 2 + 0.5)
    within = np.arange(start, start + len(index)) - cell - inset
    empty = (int(index[-1]) - first + 1) * box
    return np.where((within >= 0) & (within < box), (index - first) * box + within, empty)


def _draw_lines(target: ImageU8, viewport: Viewport, rect: Rect) -> None:
    """Lighten or darken the first screen column and row of every image pixel."""
    wide = Rect(rect.x - 1, rect.y - 1, rect.width + 1, rect.height + 1)
    x = np.flatnonzero(np.diff(columns_below(viewport, wide)))
    y = np.flatnonzero(np.diff(rows_below(viewport, wide)))
    words = target.view(np.uint32)[..., 0]
    down, across = _contrasted(words[:, x]), _contrasted(words[y])
    words[:, x], words[y] = down, across


def _contrasted(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Every channel a quarter of the way to white where green is dark, else to black."""
    darker = words - ((words >> np.uint32(2)) & _QUARTER)
    dark = (words & _GREEN) < _MIDDLE_GREEN
    return darker + np.where(dark, _QUARTER, np.uint32(0))


def _advance(font: QFont) -> int:
    metrics = QFontMetricsF(font)
    return round(max(metrics.horizontalAdvance(digit) for digit in _CHARACTERS[:10]) + 0.3)


def _rendered(font: QFont) -> ImageU8:
    """(characters, height, width) uint8: 0 nothing, else the grey of white ink edged in black."""
    size, width = font.pixelSize(), _advance(font)
    metrics = QFontMetricsF(font)
    baseline = (size + metrics.capHeight()) / 2
    image = QImage(width * len(_CHARACTERS), size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        painter.setFont(font)
        painter.setPen(Qt.GlobalColor.white)
        for place, character in enumerate(_CHARACTERS):
            painter.setClipRect(place * width, 0, width, size)  # a minus may be wider than digits
            inset = (width - metrics.horizontalAdvance(character)) / 2
            painter.drawText(QPointF(place * width + inset, round(baseline)), character)
    sheet = np.frombuffer(image.constBits(), np.uint8).reshape(size, -1, 4)[..., 1]
    glyphs = sheet.reshape(size, len(_CHARACTERS), width).transpose(1, 0, 2)
    return np.stack([_edged(np.ascontiguousarray(glyph)) for glyph in glyphs])


def _edged(ink: ImageU8) -> ImageU8:
    """The ink of one character, and 1 around it."""
    around = cv2.dilate(ink, np.ones((3, 3), np.uint8)) > _EDGED
    return np.where(around, np.maximum(ink, 1), 0).astype(np.uint8)
