"""The curve of a training as a table and as a picture."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mfgui import resources
from mfgui.files import atomic

_WIDTH, _HEIGHT = 900, 520
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 50, 30, 60
_COLOURS = {"train loss": (0, 114, 178), "validation loss": (213, 94, 0)}  # Okabe and Ito
_GREY, _INK = (225, 225, 225), (40, 40, 40)
_POINT = tuple[float, float]


def write_csv(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """One line per validation; columns as they first appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.7g}" for k, v in row.items()} for row in rows)
    atomic.write_bytes(path, text.getvalue().encode())


def write_png(path: Path, rows: Sequence[dict[str, float]], title: str) -> None:
    """Loss of training and of validation over the steps, each in its own panel where their
    sizes differ by what they measure."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(io.BytesIO(_font()), 15)
    draw.text((_LEFT, 15), f"{title}: loss by step", fill=_INK, font=font)
    names = [name for name in _COLOURS if any(name in row for row in rows)]
    width = (_WIDTH - _LEFT - _RIGHT) / max(1, len(names))
    for index, name in enumerate(names):
        points = [(row["step"], row[name]) for row in rows if name in row]
        left = _LEFT + index * width
        _panel(draw, points, (left, left + width - 80 * (index < len(names) - 1)), name, font)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    atomic.write_bytes(path, stream.getvalue())


def _font() -> bytes:
    fonts = sorted(resources.path("fonts").glob("*.otf"))
    return fonts[0].read_bytes()


def _panel(
    draw: ImageDraw.ImageDraw,
    points: Sequence[_POINT],
    sides: tuple[float, float],
    name: str,
    font: ImageFont.FreeTypeFont,
) -> None:
    """One curve with its axes, the vertical one logarithmic when all values are positive."""
    logarithmic = all(value > 0 for _, value in points)
    heights = [math.log10(v) if logarithmic else v for _, v in points]
    low, high = min(heights), max(heights)
    spread = (high - low) or 1.0
    last = max(step for step, _ in points) or 1.0
    top, bottom = _TOP + 20, _HEIGHT - _BOTTOM

    def place(step: float, height: float) -> _POINT:
        x = sides[0] + (sides[1] - sides[0]) * step / last
        return x, bottom - (bottom - top) * (height - low) / spread

    for part in range(5):
        height = low + spread * part / 4
        y = place(0, height)[1]
        draw.line([(sides[0], y), (sides[1], y)], fill=_GREY)
        shown = 10**height if logarithmic else height
        draw.text((sides[0] - 8, y), f"{shown:.3g}", fill=_INK, font=font, anchor="rm")
    draw.text((sides[1], bottom + 8), f"{last:.0f} steps", fill=_INK, font=font, anchor="rt")
    draw.text((sides[0], bottom + 8), "0", fill=_INK, font=font, anchor="lt")
    draw.text((sides[0], _TOP - 5), name, fill=_COLOURS[name], font=font)
    line = [place(step, height) for (step, _), height in zip(points, heights, strict=True)]
    draw.line(line, fill=_COLOURS[name], width=2, joint="curve")
