"""Differences of two pictures in whole numbers, and the colours they are drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8, PixelArray, from_float

MOST = 255  # display levels
LUMA = (19595, 38470, 7471)  # of red, green and blue, in 1 / 65536
_HALF = 1 << 15
_STEP = 257  # of 16 bits, for one display level
_Q_STEPS = 32767  # levels of `planes.q_levels` from -1 to 0
_ROWS = 256  # a block of rows stays near the processor


def luma(pixels: PixelArray) -> npt.NDArray[np.signedinteger]:
    """Brightness of (h, w, C) uint8 or uint16 pixels, (h, w), in their own levels.

    >>> luma(np.array([[[255, 0, 0]]], np.uint8)).tolist()
    [[76]]
    """
    wide = pixels.astype(_wide(pixels))
    if pixels.shape[2] == 1:
        return wide[..., 0]
    red, green, blue = (wide[..., n] * weight for n, weight in enumerate(LUMA))
    found: npt.NDArray[np.signedinteger] = (red + green + blue + _HALF) >> 16
    return found


def signed_levels(
    picture: PixelArray, other: PixelArray, *, gain: int = 1
) -> npt.NDArray[np.int16]:
    """`picture` minus `other` in brightness, times `gain`, limited to -255 ... 255.

    Parameters
    ----------
    picture, other : (h, w, C) uint8, uint16 or float32
        Of one kind. Of 16 bits and of floats, which count as 16 bits, the difference is taken at
        that depth and only then rounded to display levels.

    Returns
    -------
    (h, w) int16
    """
    found = np.empty(picture.shape[:2], np.int16)
    for top in range(0, len(found), _ROWS):
        rows = slice(top, top + _ROWS)
        one, two, step = _whole(picture[rows], other[rows])
        difference = (luma(one) - luma(two)) * gain
        found[rows] = np.sign(difference) * _levels(np.abs(difference), step)
    return found


def absolute_levels(picture: PixelArray, other: PixelArray, *, gain: int = 1) -> ImageU8:
    """Absolute difference of each channel, times `gain`, limited to 255: (h, w, C) uint8.

    Pictures as for `signed_levels`.
    """
    found: ImageU8 = np.empty(picture.shape, np.uint8)
    for top in range(0, len(found), _ROWS):
        rows = slice(top, top + _ROWS)
        one, two, step = _whole(picture[rows], other[rows])
        wide = _wide(one)
        difference = np.abs(one.astype(wide) - two.astype(wide)) * gain
        found[rows] = _levels(difference, step)
    return found


def squared_levels(picture: PixelArray, other: PixelArray, *, gain: int = 1) -> ImageU8:
    """Mean squared difference of the channels, (h, w) uint8: 255 is that of 255 / `gain`.

    Pictures as for `signed_levels`.
    """
    found: ImageU8 = np.empty(picture.shape[:2], np.uint8)
    for top in range(0, len(found), _ROWS):
        rows = slice(top, top + _ROWS)
        one, two, step = _whole(picture[rows], other[rows])
        difference = one.astype(np.int64) - two.astype(np.int64)
        total = (difference * difference).sum(axis=2) * (gain * gain)
        found[rows] = _levels(total, one.shape[2] * MOST * step * step)
    return found


def q_difference_levels(
    levels: npt.NDArray[np.uint16], other: npt.NDArray[np.uint16], *, gain: int = 1
) -> npt.NDArray[np.int16]:
    """Difference of two planes of local Q from `planes.q_levels`, in 255ths of 1 / `gain`.

    Limited to -255 ... 255; what is unknown counts as any other level.
    """
    difference = (levels.astype(np.int64) - other.astype(np.int64)) * gain
    size = _levels(np.abs(difference) * MOST, _Q_STEPS)
    found: npt.NDArray[np.int16] = (np.sign(difference) * size).astype(np.int16)
    return found


def ramp(anchors: Sequence[str], count: int) -> ImageU8:
    """`count` colours (count, 3) from the first anchor (``#rrggbb``) to the last, evenly, in sRGB.

    >>> ramp(["#000000", "#ffffff"], 3).tolist()
    [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    """
    known = np.array([list(bytes.fromhex(anchor[1:])) for anchor in anchors], np.int64)
    steps, last = len(known) - 1, count - 1
    places = np.arange(count, dtype=np.int64) * steps
    first = np.minimum(places // last, steps - 1)
    share = (places - first * last)[:, np.newaxis]
    mixed = known[first] * (last - share) + known[first + 1] * share
    colours: ImageU8 = ((2 * mixed + last) // (2 * last)).astype(np.uint8)
    return colours


def signed_colours(levels: npt.NDArray[np.int16], anchors: Sequence[str]) -> ImageU8:
    """Colours (h, w, 3) of levels -255 ... 255 on a diverging palette."""
    colours: ImageU8 = ramp(anchors, 2 * MOST + 1)[levels + MOST]
    return colours


def _wide(pixels: PixelArray) -> type[np.signedinteger]:
    """Numbers that hold weighted sums of the pixels; those of 8 bits fit the shorter ones."""
    return np.int32 if pixels.dtype == np.uint8 else np.int64


def _whole(picture: PixelArray, other: PixelArray) -> tuple[PixelArray, PixelArray, int]:
    """Both in whole numbers, and how many of those make a display level."""
    if picture.dtype.kind == "f":
        return from_float(picture, "uint16"), from_float(other, "uint16"), _STEP
    return picture, other, _STEP if picture.dtype == np.uint16 else 1


def _levels(difference: npt.NDArray[np.signedinteger], step: int) -> npt.NDArray[np.signedinteger]:
    rounded = difference if step == 1 else (2 * difference + step) // (2 * step)
    found: npt.NDArray[np.signedinteger] = np.minimum(rounded, MOST)
    return found
