"""Plots as pixels."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Sequence

from PIL import Image, ImageColor, ImageDraw, ImageFont

from mfgui.bench import plots
from mfgui.bench.plots import Area, Dot, Figure, Mark, Point, Stroke, Words

_FINER = 2  # painted so many times as large and then reduced, which smooths edges
_DASH = 6.0
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(figure: Figure, *, scale: int = 2) -> bytes:
    """The figure as PNG, `scale` dots for each pixel of the layout."""
    sheet = plots.lay_out(figure)
    finer = scale * _FINER
    picture = Image.new("RGB", (round(sheet.width * finer), round(sheet.height * finer)), "white")
    painter = _Painter(picture, finer)
    for mark in sheet.marks:
        painter.paint(mark)
    stream = io.BytesIO()
    picture.reduce(_FINER).save(stream, "PNG")
    return stream.getvalue()


class _Painter:
    """Paints marks on a picture that is `scale` times as large as the layout."""

    def __init__(self, picture: Image.Image, scale: int) -> None:
        self._picture, self._scale = picture, scale
        self._fonts: dict[tuple[float, bool], ImageFont.FreeTypeFont] = {}

    def paint(self, mark: Mark) -> None:
        draw = ImageDraw.Draw(self._picture, "RGBA")
        if isinstance(mark, Area):
            opaque = round(255 * mark.opacity)
            draw.polygon(self._scaled(mark.points), fill=(*_rgb(mark.colour), opaque))
        elif isinstance(mark, Dot):
            x, y = mark.x * self._scale, mark.y * self._scale
            r = mark.radius * self._scale
            draw.ellipse((x - r, y - r, x + r, y + r), fill=_rgb(mark.colour))
        elif isinstance(mark, Stroke):
            width = max(1, round(mark.width * self._scale))
            for part in _dashes(mark.points) if mark.dashed else (mark.points,):
                draw.line(self._scaled(part), fill=_rgb(mark.colour), width=width, joint="curve")
        else:
            self._write(mark, draw)

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def _write(self, words: Words, draw: ImageDraw.ImageDraw) -> None:
        if not words.text:
            return
        key = (words.size, words.bold)
        if key not in self._fonts:
            path = str(plots.font(bold=words.bold).path)
            self._fonts[key] = ImageFont.truetype(path, words.size * self._scale)
        font, anchor = self._fonts[key], _ANCHORS[words.anchor]
        place = (words.x * self._scale, words.y * self._scale)
        if not words.upright:
            draw.text(place, words.text, fill=_rgb(words.colour), font=font, anchor=anchor)
            return
        length, height = math.ceil(font.getlength(words.text)) + 2, math.ceil(2 * font.size)
        mask = Image.new("L", (length, height))
        below = height // 4
        ImageDraw.Draw(mask).text((1, height - below), words.text, fill=255, font=font, anchor="ls")
        turned = mask.rotate(90, expand=True)
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor]
        corner = (round(place[0] - height + below), round(place[1] - length * (1 - share)))
        ink = Image.new("RGB", turned.size, _rgb(words.colour))
        self._picture.paste(ink, corner, turned)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def _dashes(points: Sequence[Point]) -> Iterator[tuple[Point, ...]]:
    """The drawn pieces of a broken line, dashes and gaps of equal length."""
    drawn, left, piece = True, _DASH, [points[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length, done = math.hypot(x1 - x0, y1 - y0), 0.0
        while length - done > left:
            done += left
            at = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if drawn:
                yield (*piece, at)
            drawn, left, piece = not drawn, _DASH, [at]
        left -= length - done
        piece.append((x1, y1))
    if drawn and len(piece) > 1:
        yield tuple(piece)
