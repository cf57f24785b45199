"""Contact sheets: the same crops of several pictures side by side, enlarged, with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mfgui.bench import plots
from mfgui.core.arrays import ImageF32, Rect, Size, from_float

_GAP, _HEAD, _LETTERS = 6, 24, 15
_INK = (40, 40, 40)


def shown(plane: np.ndarray) -> ImageF32:
    """A plane of [0, 1] as grey."""
    return np.repeat(np.asarray(plane, np.float32)[:, :, None], 3, axis=2)


def largest_changes(one: ImageF32, other: ImageF32, *, side: int, count: int) -> list[Rect]:
    """Squares that do not overlap, in which both pictures differ most."""
    height, width = one.shape[:2]
    side = min(side, height, width)
    change = np.square(one - other).sum(axis=2)
    sums = cv2.boxFilter(change, -1, (side, side), normalize=False, anchor=(0, 0))
    sums = sums[: height - side + 1, : width - side + 1].copy()
    found = []
    for _ in range(count):
        y, x = (int(i) for i in np.unravel_index(int(np.argmax(sums)), sums.shape))
        if sums[y, x] < 0:
            break
        found.append(Rect(x, y, side, side))
        sums[max(0, y - side + 1) : y + side, max(0, x - side + 1) : x + side] = -1
    return found


def sheet(
    pictures: Mapping[str, ImageF32], crops: Sequence[Rect], *, scale: int = 3
) -> Image.Image:
    """A row for each crop, a column for each picture."""
    side = crops[0].width * scale
    width = len(pictures) * (side + _GAP) + _GAP
    page = Image.new("RGB", (width, _HEAD + len(crops) * (side + _GAP)), "white")
    draw = ImageDraw.Draw(page)
    letters = ImageFont.truetype(str(plots.font(bold=False).path), _LETTERS)
    for column, (name, picture) in enumerate(pictures.items()):
        left = _GAP + column * (side + _GAP)
        draw.text((left, 3), name, fill=_INK, font=letters)
        for row, crop in enumerate(crops):
            part = from_float(np.ascontiguousarray(picture[crop.slices]), "uint8")
            large = cv2.resize(part, (side, side), interpolation=cv2.INTER_NEAREST)
            page.paste(Image.fromarray(large), (left, _HEAD + row * (side + _GAP)))
    return page


def overview(pictures: Mapping[str, ImageF32], *, width: int = 320) -> Image.Image:
    """Whole pictures in a row."""
    first = next(iter(pictures.values()))
    size = Size(width, round(width * first.shape[0] / first.shape[1]))
    page = Image.new(
        "RGB", (len(pictures) * (width + _GAP) + _GAP, _HEAD + size.height + _GAP), "white"
    )
    draw = ImageDraw.Draw(page)
    letters = ImageFont.truetype(str(plots.font(bold=False).path), _LETTERS)
    for column, (name, picture) in enumerate(pictures.items()):
        left = _GAP + column * (width + _GAP)
        draw.text((left, 3), name, fill=_INK, font=letters)
        small = cv2.resize(
            np.asarray(picture, np.float32),
            (size.width, size.height),
            interpolation=cv2.INTER_AREA,
        )
        page.paste(Image.fromarray(from_float(small, "uint8")), (left, _HEAD))
    return page


def stacked(*pages: Image.Image) -> Image.Image:
    """Pages below each other."""
    total = Image.new(
        "RGB", (max(page.width for page in pages), sum(page.height for page in pages)), "white"
    )
    top = 0
    for page in pages:
        total.paste(page, (0, top))
        top += page.height
    return total


def write(page: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path, optimize=True)
