"""A page as pixels."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image, ImageDraw, ImageFont

from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.figures import Enlargement
from mfgui.files.encode import encode_png
from mfgui.files.figure_page import ColourBar, Fill, Fonts, Page, Panel, Words
from mfgui.files.figure_panels import fitted
from mfgui.files.font_files import Font

_FINER = 4  # letters are drawn so many times as large and then reduced, which undoes hinting


@dataclass(frozen=True, eq=False)
class Painted:
    """What a panel or a scale shows: pixels (h, w, 3), and how they are enlarged."""

    pixels: ImageU8
    enlargement: Enlargement


Pixels = Mapping[Panel | ColourBar, Painted]


def raster(page: Page, pixels: Pixels, fonts: Fonts) -> ImageU8:
    """The page, (H, W, 3)."""
    canvas: ImageU8 = np.empty((page.height, page.width, 3), np.uint8)
    canvas[:] = _colour(page.ground)
    for item in page.items:
        if isinstance(item, Fill):
            canvas[item.rect.slices] = _colour(item.colour)
        elif isinstance(item, Words):
            _write(canvas, item, fonts.of(bold=item.bold))
        else:
            found = pixels[item]
            place = item.rect
            shown = fitted(found.pixels, place.width, place.height, found.enlargement)
            canvas[place.slices] = shown
    return canvas


def png(canvas: ImageU8, *, dpi: float, software: str) -> bytes:
    """A PNG file with its resolution."""
    return encode_png(canvas, text=(("Software", software),), dpi=dpi)


def tiff(canvas: ImageU8, *, dpi: float, software: str) -> bytes:
    """A TIFF file, Deflate, with its resolution; without a date, so that bytes repeat."""
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        canvas,
        byteorder="<",
        photometric="rgb",
        compression="zlib",
        predictor=True,
        metadata=None,
        software=software,
        resolution=(dpi, dpi),
        resolutionunit="INCH",
    )
    return file.getvalue()


def _write(canvas: ImageU8, words: Words, font: Font) -> None:
    x, y = words.start(font)
    if words.halo:
        _blend(canvas, _letters(words, font, rim=words.rim), x, y, words.halo)
    _blend(canvas, _letters(words, font, rim=0.0), x, y, words.colour)


@dataclass(frozen=True, eq=False)
class _Mask:
    """How much of each dot is covered, and where the first letter's base point lies in it."""

    cover: npt.NDArray[np.uint8]
    x: int
    y: int


def _letters(words: Words, font: Font, *, rim: float) -> _Mask:
    size = words.size * _FINER
    edge = _FINER * (2 + math.ceil(rim))
    left = edge + _whole(-font.box[0] / font.units * size, most=size)
    above = edge + _whole(font.ascent / font.units * size)
    below = edge + _whole(-font.descent / font.units * size)
    width = left + _whole(font.width(words.text, size) + size) + edge
    picture = Image.new("L", (width, above + below))
    drawing = ImageDraw.Draw(picture)
    drawn = ImageFont.truetype(str(font.path), size, layout_engine=ImageFont.Layout.BASIC)
    units = 0
    for character in words.text:
        x = left + units * size / font.units
        drawing.text(
            (x, above), character, fill=255, font=drawn, anchor="ls", stroke_width=rim * _FINER
        )
        units += int(font.advances[font.glyph(character)])
    cover = np.asarray(picture.reduce(_FINER))
    if not words.upright:
        return _Mask(cover, left // _FINER, above // _FINER)
    return _Mask(np.rot90(cover), above // _FINER, cover.shape[1] - left // _FINER)


def _whole(length: float, *, most: float = math.inf) -> int:
    """Rounded up to whole dots."""
    return _FINER * math.ceil(min(length, most) / _FINER)


def _blend(canvas: ImageU8, mask: _Mask, x: float, y: float, colour: str) -> None:
    height, width = mask.cover.shape
    place = Rect(round(x) - mask.x, round(y) - mask.y, width, height)
    inside = place.intersected(Rect(0, 0, canvas.shape[1], canvas.shape[0]))
    if inside.empty:
        return
    rows, columns = Rect(inside.x - place.x, inside.y - place.y, inside.width, inside.height).slices
    cover = mask.cover[rows, columns, np.newaxis].astype(np.uint32)
    below = canvas[inside.slices].astype(np.uint32)
    canvas[inside.slices] = (below * (255 - cover) + _colour(colour) * cover + 127) // 255


def _colour(text: str) -> npt.NDArray[np.uint32]:
    return np.array(list(bytes.fromhex(text[1:])), np.uint32)
