"""How many pixels of a picture have which value: exact counts, all channels and luma."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, Depth, ImageF32, ImageU8, PixelArray, Rect, from_float

Counts = npt.NDArray[np.int64]
Reader = Callable[[Rect], ImageF32]
Mask = Callable[[Rect], BoolMask]

_FINE = 1024  # bins for more than 8 bits
_STRIP = 1 << 20  # pixels that are read at once


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of the values of a picture.

    Attributes
    ----------
    luma : (bins,) int64
    channels : (C, bins) int64
        Red, green, blue; of a grey picture its only channel, which is luma, too.
    pixels : int
        How many were counted.
    black, white : int
        How many of them have the least, and the largest, value that the depth can hold in some
        channel.
    depth : str
        Of the values.
    """

    luma: Counts = field(repr=False)
    channels: Counts = field(repr=False)
    pixels: int
    black: int
    white: int
    depth: Depth

    @property
    def bins(self) -> int:
        return len(self.luma)


def bins_of(depth: Depth) -> int:
    """A bin for each value of 8 bits; 1024 for deeper pictures.

    >>> bins_of("uint8"), bins_of("uint16")
    (256, 1024)
    """
    return 256 if depth == "uint8" else _FINE


def bounds(bin_: int, depth: Depth) -> tuple[float, float]:
    """The least and the largest stored value in a bin; of floats the borders of it.

    >>> bounds(1, "uint16"), bounds(7, "uint8")
    ((64, 127), (7, 7))
    """
    if depth == "uint8":
        return bin_, bin_
    if depth == "uint16":
        return bin_ * 64, bin_ * 64 + 63
    return bin_ / _FINE, (bin_ + 1) / _FINE


def count(
    read: Reader,
    rect: Rect,
    depth: Depth,
    *,
    inside: Mask | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> Histogram:
    """Count the values of a rectangle, as they are when they are stored in `depth`.

    Parameters
    ----------
    read : callable
        Gives the pixels of a rectangle, (h, w, C) float32 in [0, 1], C in {1, 3}.
    inside : callable, optional
        Which pixels of a rectangle are counted, (h, w) bool; without it all of them.
    checkpoint : callable
        Called between strips; may raise to end it.
    """
    total: Counts | None = None
    pixels = black = white = 0
    for part in _strips(rect):
        checkpoint()
        planes = cv2.split(from_float(read(part), depth))  # apart, for they are read many times
        mask = None if inside is None else inside(part)
        found = np.stack([_counted(plane, mask, depth) for plane in (_luma(planes), *planes)])
        total = found if total is None else total + found
        pixels += part.width * part.height if mask is None else int(mask.sum())
        black += _equal(reduce(cv2.min, planes), 0, mask)
        white += _equal(reduce(cv2.max, planes), _largest(depth), mask)
    if total is None:
        total = np.zeros((2, bins_of(depth)), np.int64)
    return Histogram(total[0], total[1:], pixels, black, white, depth)


def _luma(planes: Sequence[PixelArray]) -> PixelArray:
    """Luma in the type of the channels: of integers rounded to the nearest, with the weights
    19595, 38470 and 7471 of 65536; grey is its own."""
    if len(planes) == 1:
        return planes[0]
    red, green, blue = planes
    if red.dtype == np.float32:
        return np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    total = red.astype(np.uint32)
    total *= np.uint32(19595)
    total += green * np.uint32(38470)
    total += blue * np.uint32(7471)
    total += np.uint32(32768)
    total >>= np.uint32(16)
    return total.astype(red.dtype)


def _strips(rect: Rect) -> Iterator[Rect]:
    rows = max(1, _STRIP // max(1, rect.width))
    for y in range(rect.y, rect.bottom, rows):
        yield Rect(rect.x, y, rect.width, min(rows, rect.bottom - y))


def _counted(values: PixelArray, mask: BoolMask | None, depth: Depth) -> Counts:
    bins = bins_of(depth)
    if depth == "uint16":
        values = values >> 6
    elif depth == "float32":
        values = np.minimum(values * np.float32(bins), bins - 1).astype(np.uint16)
    chosen: ImageU8 | None = None if mask is None else np.ascontiguousarray(mask).view(np.uint8)
    # Its floats count exactly up to 16 million, and a strip has fewer pixels.
    found = cv2.calcHist([values], [0], chosen, [bins], [0, bins])
    return found.ravel().astype(np.int64)


def _largest(depth: Depth) -> float:
    return 1.0 if depth == "float32" else float(np.iinfo(depth).max)


def _equal(values: PixelArray, value: float, mask: BoolMask | None) -> int:
    """How many are equal to `value`."""
    same = values == values.dtype.type(value)
    return int(np.count_nonzero(same if mask is None else same & mask))
