"""Pixels of the panels of a figure: parts of pictures and differences, fitted to their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from mfgui.core.arrays import ImageU8, PixelArray, Rect
from mfgui.core.differences import MOST, absolute_levels, ramp, signed_colours, signed_levels
from mfgui.core.figures import Difference, DifferenceKind, Enlargement
from mfgui.core.pyramid import display_pixels
from mfgui.files.profiles import for_display

_ROWS = 512


class Reader(Protocol):
    """Gives the pixels of one picture."""

    @property
    def icc(self) -> bytes | None: ...

    def part(self, rect: Rect, width: int, height: int) -> PixelArray:
        """(h, w, C) uint8, uint16 or float32 of a rectangle, as stored; it may be reduced when
        it is to be shown in `width` x `height` dots, but not to fewer."""
        ...


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A picture in memory, which is never reduced."""

    pixels: PixelArray = field(repr=False)
    icc: bytes | None = None

    def part(self, rect: Rect, width: int, height: int) -> PixelArray:
        del width, height
        return self.pixels[rect.slices]


def shown_part(reader: Reader, rect: Rect, width: int, height: int) -> ImageU8:
    """A part of a picture in sRGB, (h, w, 3); of more than the dots it is shown in, so many."""
    stored = reader.part(rect, width, height)
    shown = np.empty((*stored.shape[:2], 3), np.uint8)
    for top in range(0, len(stored), _ROWS):
        rows = slice(top, top + _ROWS)
        shown[rows] = for_display(display_pixels(np.ascontiguousarray(stored[rows])), reader.icc)
    return reduced(shown, width, height)


def difference_part(
    reader: Reader,
    reference: Reader,
    rect: Rect,
    width: int,
    height: int,
    *,
    difference: Difference,
    anchors: Sequence[str],
) -> ImageU8:
    """The difference of a part from the reference in its colours, (h, w, 3)."""
    one, two = reader.part(rect, width, height), reference.part(rect, width, height)
    shown = np.empty((*one.shape[:2], 3), np.uint8)
    for top in range(0, len(one), _ROWS):
        rows = slice(top, top + _ROWS)
        if difference.kind is DifferenceKind.SIGNED:
            levels = signed_levels(one[rows], two[rows], gain=difference.gain)
            shown[rows] = signed_colours(levels, anchors)
        else:
            shown[rows] = absolute_levels(one[rows], two[rows], gain=difference.gain)
    return reduced(shown, width, height)


def bar_colours(kind: DifferenceKind, anchors: Sequence[str]) -> ImageU8:
    """All colours of a scale, the largest difference first: (n, 1, 3)."""
    if kind is DifferenceKind.SIGNED:
        return ramp(anchors, 2 * MOST + 1)[::-1, np.newaxis]
    return ramp(("#000000", "#ffffff"), MOST + 1)[::-1, np.newaxis]


def reduced(pixels: ImageU8, width: int, height: int) -> ImageU8:
    """Area-filtered where there are more pixels than dots, else as they are."""
    if pixels.shape[0] <= height or pixels.shape[1] <= width:
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))


def fitted(pixels: ImageU8, width: int, height: int, enlargement: Enlargement) -> ImageU8:
    """Pixels (h, w, 3) in `width` x `height` dots.

    Enlarged pixels are squares of exactly the same size: a dot on the border of two has a share
    of both, where taking the nearest would make some of them a dot wider than others.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    if pixels.shape[0] > height and pixels.shape[1] > width:
        return reduced(pixels, width, height)
    if enlargement is Enlargement.SMOOTH:
        enlarged = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(enlarged)
    squares = repeated(pixels, width, height)
    if squares.shape[:2] == (height, width):
        return squares
    return np.asarray(cv2.resize(squares, (width, height), interpolation=cv2.INTER_AREA))


def repeated(pixels: ImageU8, width: int, height: int) -> ImageU8:
    """Every pixel as a square of whole dots, at least `width` x `height` of them in all."""
    times = max(-(-width // pixels.shape[1]), -(-height // pixels.shape[0]))
    return pixels.repeat(times, axis=0).repeat(times, axis=1)
