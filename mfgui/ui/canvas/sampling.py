"""Pictures and labels at the resolution of the screen, for any rectangle of it."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from mfgui.core.arrays import ImageU8, LabelArray, Rect
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.viewport import Viewport

Index: TypeAlias = npt.NDArray[np.intp]


def columns_below(viewport: Viewport, rect: Rect) -> Index:
    """Image column below the centre of each screen column of `rect`, limited to the image."""
    return _below(rect.x - viewport.left, rect.width, viewport.scale, viewport.image.width)


def rows_below(viewport: Viewport, rect: Rect) -> Index:
    """Image row below the centre of each screen row of `rect`, limited to the image."""
    return _below(rect.y - viewport.top, rect.height, viewport.scale, viewport.image.height)


def sample_labels(labels: LabelArray, viewport: Viewport, rect: Rect) -> LabelArray:
    """The label below the centre of each screen pixel of `rect`.

    Labels have no levels: a mean of labels means nothing, and the label at a point neither
    changes with the level nor moves when the view does, so contours stand still.
    """
    return gather(labels, columns=columns_below(viewport, rect), rows=rows_below(viewport, rect))


def gather(
    values: npt.NDArray[Any], *, columns: Index, rows: Index, out: npt.NDArray[Any] | None = None
) -> npt.NDArray[Any]:
    """`values` (h, w) at every pair of the rising `rows` and `columns`, a copy."""
    first, last = rows[0], rows[-1] + 1
    left, right = columns[0], columns[-1] + 1
    if out is None:
        out = np.empty((len(rows), len(columns)), values.dtype)
    part: npt.NDArray[Any] = values[first:last, left:right]
    if last - first > len(rows):
        # Fewer rows are asked for than there are: those first.
        _take_columns(part[rows - first], columns - left, out=out)
    elif right - left == len(columns) and last - first == len(rows):
        out[:] = part
    else:
        wide = np.empty((len(part), len(columns)), values.dtype)
        _take_columns(part, columns - left, out=wide)
        np.take(wide, rows - first, axis=0, out=out, mode="clip")
    return out


def _take_columns(values: npt.NDArray[Any], columns: Index, *, out: npt.NDArray[Any]) -> None:
    if values.dtype != np.uint8 or len(values) < 4:
        np.take(values, columns, axis=1, out=out, mode="clip")
        return
    # Four rows of bytes at a time, as the channels of one word: twice as fast.
    quarter, rest = len(values) // 4, len(values) % 4
    packed = cv2.merge([values[n * quarter : (n + 1) * quarter] for n in range(4)])
    taken = np.take(packed.view(np.uint32)[..., 0], columns, axis=1, mode="clip")
    channels = taken.view(np.uint8).reshape(quarter, len(columns), 4)
    cv2.split(channels, [out[n * quarter : (n + 1) * quarter] for n in range(4)])
    out[len(values) - rest :] = values[len(values) - rest :, columns]


def is_magnified(picture: Picture, viewport: Viewport) -> bool:
    """Whether true pixels are drawn: at 100 % and above, but not for a preview."""
    return picture.size == viewport.image and viewport.scale >= 1


def image_part(viewport: Viewport, rect: Rect) -> Rect:
    """The image pixels below the centres of the screen pixels of `rect`."""
    columns, rows = columns_below(viewport, rect), rows_below(viewport, rect)
    x, y = int(columns[0]), int(rows[0])
    return Rect(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)


def magnify(block: ImageU8, part: Rect, viewport: Viewport, rect: Rect, *, out: ImageU8) -> None:
    """Fill `out`, the screen pixels of `rect`, from the image pixels `block` of `part`."""
    gather(
        block.view(np.uint32)[..., 0],
        columns=columns_below(viewport, rect) - part.x,
        rows=rows_below(viewport, rect) - part.y,
        out=out.view(np.uint32)[..., 0],
    )


def draw_smoothly(image: QImage, picture: Picture, viewport: Viewport, rect: Rect) -> None:
    """Draw what is seen in `rect` of an area-filtered level, or of an enlarged preview."""
    across = viewport.scale * viewport.image.width / picture.size.width
    down = viewport.scale * viewport.image.height / picture.size.height
    number = picture.level_for(max(across, down))
    level = picture.levels[number]
    part = _Part(level, across * 2**number, down * 2**number, viewport, rect)
    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipRect(QRect(rect.x, rect.y, rect.width, rect.height))
        painter.drawImage(part.target, part.image)


class _Part:
    """The part of a level below a screen rectangle, as an image that shares its memory.

    Only a part, because Qt's fixed-point coordinates end at 32767 source pixels.
    """

    def __init__(
        self, level: ImageU8, across: float, down: float, viewport: Viewport, rect: Rect
    ) -> None:
        height, width = level.shape[:2]
        x0, x1 = _span(rect.x - viewport.left, rect.width, across, width)
        y0, y1 = _span(rect.y - viewport.top, rect.height, down, height)
        memory = level.reshape(-1)[4 * (y0 * width + x0) :]
        self.image = QImage(memory.data, x1 - x0, y1 - y0, 4 * width, QImage.Format.Format_RGB32)
        self.target = QRectF(
            viewport.left + x0 * across,
            viewport.top + y0 * down,
            (x1 - x0) * across,
            (y1 - y0) * down,
        )


def _span(start: int, length: int, step: float, limit: int) -> tuple[int, int]:
    """Level pixels that a stretch of screen pixels depends on."""
    first = math.floor(start / step) - 2
    last = math.ceil((start + length) / step) + 2
    return max(0, min(first, limit - 1)), max(1, min(last, limit))


def _below(start: int, count: int, scale: float, limit: int) -> Index:
    centres = np.arange(start, start + count) + 0.5
    index: Index = np.floor(centres / scale).astype(np.intp)
    return index.clip(0, limit - 1)
