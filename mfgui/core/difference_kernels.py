"""Compiled loops from two pictures, or two planes of local Q, to the colours of their difference.

Imported on first use; the import compiles, or loads what has been compiled. Pictures of 8 bit
are words 0xffRRGGBB, (h, w) uint32, as they are displayed; those of 16 bit are (h, w, 3) uint16,
red first. Colours are such words, too. `core.differences` says what comes out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_OPAQUE = 0xFF000000
_WORDS, _WIDE, _TABLE = "uint32[:, :]", "uint16[:, :, :]", "uint32[:]"
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit("int64(int64, int64, int64)", **_OPTIONS)
def _luma(red: Any, green: Any, blue: Any) -> Any:
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16


@njit("int64(int64, int64)", **_OPTIONS)
def _level(difference: Any, gain: Any) -> Any:
    """Display level of an absolute difference of 16 bits, rounded."""
    return min((difference * gain + 128) // 257, 255)


@njit(f"void({_WORDS}, {_WORDS}, {_TABLE}, {_WORDS})", **_OPTIONS)
def signed_8(picture: Any, other: Any, colours: Any, out: Any) -> None:
    """The colour of each difference in brightness; `colours` are those of -255 ... 255."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            one, two = picture[y, x], other[y, x]
            difference = _luma((one >> 16) & 255, (one >> 8) & 255, one & 255) - _luma(
                (two >> 16) & 255, (two >> 8) & 255, two & 255
            )
            out[y, x] = colours[difference + 255]


@njit(f"void({_WIDE}, {_WIDE}, int64, {_TABLE}, {_WORDS})", **_OPTIONS)
def signed_16(picture: Any, other: Any, gain: Any, colours: Any, out: Any) -> None:
    """The same of 16 bits; `colours` are those of display levels -255 ... 255."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            one, two = picture[y, x], other[y, x]
            difference = _luma(one[0], one[1], one[2]) - _luma(two[0], two[1], two[2])
            level = _level(abs(difference), gain)
            out[y, x] = colours[255 + level if difference >= 0 else 255 - level]


@njit(f"void({_WORDS}, {_WORDS}, {_TABLE}, {_WORDS})", **_OPTIONS)
def absolute_8(picture: Any, other: Any, levels: Any, out: Any) -> None:
    """The difference of each channel; `levels` are those of 0 ... 255."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            word = _OPAQUE
            for shift in (0, 8, 16):
                one, two = (picture[y, x] >> shift) & 255, (other[y, x] >> shift) & 255
                word |= levels[abs(one - two)] << shift
            out[y, x] = word


@njit(f"void({_WIDE}, {_WIDE}, int64, {_WORDS})", **_OPTIONS)
def absolute_16(picture: Any, other: Any, gain: Any, out: Any) -> None:
    """The same of 16 bits, times `gain`."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            word = _OPAQUE
            for channel in range(3):
                one, two = np.int64(picture[y, x, channel]), np.int64(other[y, x, channel])
                word |= _level(abs(one - two), gain) << (16 - 8 * channel)
            out[y, x] = word


@njit(f"void({_WORDS}, {_WORDS}, int64, {_TABLE}, {_WORDS})", **_OPTIONS)
def squared_8(picture: Any, other: Any, gain: Any, colours: Any, out: Any) -> None:
    """The colour of the mean squared difference; `colours` are those of levels 0 ... 255."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            one, two = picture[y, x], other[y, x]
            total: Any = 0
            for shift in (0, 8, 16):
                difference = ((one >> shift) & 255) - ((two >> shift) & 255)
                total += difference * difference
            # Rounded total / 3 gain^2 / 255.
            out[y, x] = colours[min((2 * total * gain * gain + 765) // 1530, 255)]


@njit(f"void({_WIDE}, {_WIDE}, int64, {_TABLE}, {_WORDS})", **_OPTIONS)
def squared_16(picture: Any, other: Any, gain: Any, colours: Any, out: Any) -> None:
    """The same of 16 bits, at the same scale."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            total: Any = 0
            for channel in range(3):
                difference = np.int64(picture[y, x, channel]) - np.int64(other[y, x, channel])
                total += difference * difference
            level = (510 * total * gain * gain + 3 * 65535**2) // (6 * 65535**2)
            out[y, x] = colours[min(level, 255)]


@njit(f"int64(uint16[:, :], {_TABLE}, {_WORDS})", **_OPTIONS)
def looked_up(levels: Any, colours: Any, out: Any) -> Any:
    """The colour of each of 65536 levels; returns at how many pixels it is 0."""
    height, width = out.shape
    unknown = 0
    for y in range(height):
        for x in range(width):
            colour = colours[levels[y, x]]
            unknown += colour == 0
            out[y, x] = colour
    return unknown


@njit(f"int64(uint16[:, :], uint16[:, :], int64, {_TABLE}, {_WORDS})", **_OPTIONS)
def q_difference(levels: Any, other: Any, gain: Any, colours: Any, out: Any) -> Any:
    """The colour of each difference of local Q, 0 where one is unknown; returns at how many."""
    height, width = out.shape
    unknown = 0
    for y in range(height):
        for x in range(width):
            one, two = np.int64(levels[y, x]), np.int64(other[y, x])
            if one == 0 or two == 0:
                out[y, x] = 0
                unknown += 1
                continue
            level = min((510 * abs(one - two) * gain + 32767) // 65534, 255)
            out[y, x] = colours[255 + level if one >= two else 255 - level]
    return unknown


_PLACES = "int64[:]"


@njit(f"void({_WORDS}, uint8[:, :], {_PLACES}, {_PLACES}, int64, uint32)", **_OPTIONS)
def dim(picture: Any, distance: Any, rows: Any, columns: Any, most: Any, surround: Any) -> None:
    """Blend, in place, each pixel of a distance above `most` four fifths of the way to the
    surround, rounded.

    `rows` and `columns` are the places of the pixels in `distance`.
    """
    height, width = picture.shape
    far = np.empty(width, np.uint32)
    blue = np.uint32(8 * (surround & 255) + 5)
    green = np.uint32(8 * ((surround >> 8) & 255) + 5)
    red = np.uint32(8 * ((surround >> 16) & 255) + 5)
    two, tenth, byte = np.uint32(2), np.uint32(6554), np.uint32(255)
    for y in range(height):
        row, words = distance[rows[y]], picture[y]
        for x in range(width):
            far[x] = row[columns[x]] > most
        # Apart, and without a branch, so that it runs in vectors. x 6554 / 65536 is x / 10.
        for x in range(width):
            word = words[x]
            one = (two * (word & byte) + blue) * tenth >> np.uint32(16)
            other = (two * ((word >> np.uint32(8)) & byte) + green) * tenth >> np.uint32(16)
            third = (two * ((word >> np.uint32(16)) & byte) + red) * tenth >> np.uint32(16)
            mixed = np.uint32(_OPAQUE) | third << np.uint32(16) | other << np.uint32(8) | one
            words[x] = mixed if far[x] else word
