# mypy: ignore-errors
"""Compiled loops that move a frame; imported on first use.

Two passes, along the rows of the frame and then down its columns (E. Catmull, A. R. Smith, 3-D
transformations of images in scanline order, SIGGRAPH 1980): 16 products a value instead of the
64 of a window of 8 x 8. Both work on four values a pixel, as the processor does.

A map `m` is 13 numbers: its matrix row by row, the radial term, the middle that it is about (x,
y), and 1 / reach squared (see `mfgui.core.transforms.Transform`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}
_TAPS = 8
_BEFORE = 3  # taps before the whole part of a place
_SIDE = 240  # pixels; rows of a tile a power of two apart would share few lines of the cache
_STEP = 8  # pixels between places that are computed; those between lie on a line
_SEARCH = 4  # steps along a column; each leaves a hundredth of the error of a bent map
_MARGIN = 2  # rows beyond those that corners and middles of a tile ask for
_BEYOND = 8.0  # pixels outside the frame, where everything is its border


@njit(inline="always", **_FAST)
def _place(m, x, y):
    below = m[6] * x + m[7] * y + m[8]
    u = (m[0] * x + m[1] * y + m[2]) / below
    v = (m[3] * x + m[4] * y + m[5]) / below
    if m[9] != 0.0:
        du, dv = u - m[10], v - m[11]
        factor = 1.0 + m[9] * (du * du + dv * dv) * m[12]
        u, v = m[10] + du * factor, m[11] + dv * factor
    return u, v


@njit(inline="always", **_FAST)
def _near(place, last):
    return min(max(place, -_BEYOND), last + _BEYOND)


@njit(**_FAST)
def _rows_needed(m, x, y, width, height, last):
    """First and last row of the frame that a tile looks at; some may lie outside."""
    low, high = np.inf, -np.inf
    for j in range(3):
        for i in range(3):
            _, v = _place(m, x + i * (width - 1) / 2, y + j * (height - 1) / 2)
            low, high = min(low, v), max(high, v)
    first = int(np.floor(_near(low, last))) - _BEFORE - _MARGIN
    return first, int(np.floor(_near(high, last))) + _TAPS - _BEFORE - 1 + _MARGIN


@njit(**_FAST)
def _between(places):
    """Fill in what lies between every _STEP-th place."""
    for i in range(0, places.size - _STEP, _STEP):
        step = (places[i + _STEP] - places[i]) / _STEP
        for j in range(1, _STEP):
            places[i + j] = places[i] + step * j


@njit(**_FAST)
def _columns(m, x, y, height, row, last, out):
    """Where along `row` of the frame the columns x, x + 1, ... of the reference picture lie."""
    mx, my = x + _SIDE / 2, y + (height - 1) / 2
    _, v = _place(m, mx, my)
    slope = _place(m, mx, my + 0.5)[1] - _place(m, mx, my - 0.5)[1]
    tilt = _place(m, mx + 0.5, my)[1] - _place(m, mx - 0.5, my)[1]
    bent = m[6] != 0.0 or m[7] != 0.0 or m[9] != 0.0
    for i in range(0, out.size, _STEP):
        place = my + (row - v - tilt * (x + i - mx)) / slope
        for _ in range(_SEARCH if bent else 0):
            place += (row - _place(m, x + i, place)[1]) / slope
        out[i] = _near(_place(m, x + i, place)[0], last)
    _between(out)


@njit(**_FAST)
def _places(m, x, y, last_u, last_v, us, vs):
    """Where the pixels (x, y), (x + 1, y), ... of the reference picture lie."""
    for i in range(0, us.size, _STEP):
        u, v = _place(m, x + i, y)
        us[i], vs[i] = _near(u, last_u), _near(v, last_v)
    _between(us)
    _between(vs)


@njit(inline="always", **_FAST)
def _toned(curves, scale, value, c):
    place = value * scale
    low = np.uint64(place)
    part = np.float32(place - low)
    return curves[c, low] + part * (curves[c, low + np.uint64(1)] - curves[c, low])


@njit(**_FAST)
def _spread(frame, curves, scale, row, first, out):
    """Pixels `first` ... of a row, its ends repeated, as four floats each."""
    last = frame.shape[1] - 1
    row = min(max(row, 0), frame.shape[0] - 1)
    for i in range(out.shape[0]):
        place = np.uint64(min(max(first + i, 0), last))
        for c in range(frame.shape[2]):
            if curves.size:
                out[i, c] = _toned(curves, scale, frame[row, place, c], c)
            else:
                out[i, c] = frame[row, place, c]


@njit(**_FAST)
def _across(pixels, first, places, table, out):
    """Pass 1: `out` are the values at `places` of a row that begins with column `first`."""
    fine = table.shape[0] - 1
    for i in range(out.shape[0]):
        whole = int(np.floor(places[i]))
        part = np.uint64((places[i] - whole) * fine + 0.5)
        start = np.uint64(whole - _BEFORE - first)
        a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for t in range(np.uint64(_TAPS)):
            weight = table[part, t]
            a += weight * pixels[start + t, 0]
            b += weight * pixels[start + t, 1]
            c += weight * pixels[start + t, 2]
            d += weight * pixels[start + t, 3]
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, c, d


@njit(**_FAST)
def _down(pixels, first, places, table, out):
    """Pass 2: `out` are the values at `places` of columns that begin with row `first`."""
    fine = table.shape[0] - 1
    for i in range(np.uint64(out.shape[0])):
        whole = int(np.floor(places[i]))
        part = np.uint64((places[i] - whole) * fine + 0.5)
        start = np.uint64(whole - _BEFORE - first)
        a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for t in range(np.uint64(_TAPS)):
            weight = table[part, t]
            a += weight * pixels[start + t, i, 0]
            b += weight * pixels[start + t, i, 1]
            c += weight * pixels[start + t, i, 2]
            d += weight * pixels[start + t, i, 3]
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, c, d


@njit(**_FAST)
def _at_once(frame, curves, scale, us, vs, table, out):
    """Values at (us, vs) by windows of 8 x 8; at any angle, and four times as slow."""
    fine = table.shape[0] - 1
    last_v, last_u = frame.shape[0] - 1, frame.shape[1] - 1
    for i in range(out.shape[0]):
        wide, deep = int(np.floor(us[i])), int(np.floor(vs[i]))
        part_u = int((us[i] - wide) * fine + 0.5)
        part_v = int((vs[i] - deep) * fine + 0.5)
        for c in range(frame.shape[2]):
            total = np.float32(0)
            for s in range(_TAPS):
                row = min(max(deep - _BEFORE + s, 0), last_v)
                across = np.float32(0)
                for t in range(_TAPS):
                    column = min(max(wide - _BEFORE + t, 0), last_u)
                    if curves.size:
                        value = _toned(curves, scale, frame[row, column, c], c)
                    else:
                        value = np.float32(frame[row, column, c])
                    across += table[part_u, t] * value
                total += table[part_v, s] * across
            out[i, c] = total


@njit(**_FAST)
def _blended_row(nodes, y, height, out):
    """`out` is the row of `nodes`, (h, w, 4), at y of a picture of `height` rows."""
    last = nodes.shape[0] - 1
    place = min(max((y + 0.5) * nodes.shape[0] / height - 0.5, 0.0), float(last))
    low = min(int(place), max(0, last - 1))
    part = np.float32(place - low)
    high = min(low + 1, last)
    for i in range(out.shape[0]):
        for c in range(4):
            out[i, c] = nodes[low, i, c] + part * (nodes[high, i, c] - nodes[low, i, c])


@njit(**_FAST)
def _light(line, gains, roots, x, width, foot):
    """Multiply the light of pixels from column `x` on by `gains`, in sRGB code values.

    Of codes c above the straight foot of the curve the light is a power of c + foot, so that a
    gain multiplies just that by its root; below, the gain multiplies c. Of both, the one that
    changes c less for a gain above 1, and more below 1, is right but for the few codes that
    cross the end of the foot, whose error is below a tenth of a step of 8 bits.
    """
    last = gains.shape[0] - 1
    for i in range(line.shape[0]):
        place = (x + i + 0.5) * gains.shape[0] / width - 0.5
        place = min(max(place, 0.0), float(last))
        low = min(int(place), max(0, last - 1))
        high = min(low + 1, last)
        part = np.float32(place - low)
        for c in range(4):
            gain = gains[low, c] + part * (gains[high, c] - gains[low, c])
            root = roots[low, c] + part * (roots[high, c] - roots[low, c])
            straight = line[i, c] * gain
            power = (line[i, c] + foot) * root - foot
            if gain >= np.float32(1):
                line[i, c] = min(straight, power)
            else:
                line[i, c] = max(straight, power)


@njit(**_FAST)
def _store(line, top, half, out):
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = min(max(line[i, c] + half, np.float32(0)), top)


@njit(**_FAST)
def move(frame, curves, m, steep, x0, y0, size, table, gains, roots, top, half, out):
    """Rows of a moved frame, from (x0, y0) of the reference picture of `size` (width, height) on.

    Parameters
    ----------
    curves : (C, N + 2) float32
        What N + 1 values evenly spaced from 0 to `top` become before the frame is moved; empty to
        leave them.
    steep : bool
        Whether the map turns so far that two passes would lose pixels.
    gains, roots : (h, w, 4) float32
        Of the light, over the whole picture, and their power 1 / 2.4; empty to leave it.
    top, half : float32
        The largest value, and what is added for rounding.
    """
    last_v, last_u = frame.shape[0] - 1, frame.shape[1] - 1
    us, vs = np.empty(_SIDE + 1), np.empty(_SIDE + 1)
    line = np.zeros((_SIDE, 4), np.float32)
    gain_row = np.empty((gains.shape[1], 4), np.float32)
    root_row = np.empty((gains.shape[1], 4), np.float32)
    foot = np.float32(0.055) * top
    scale = np.float32((curves.shape[1] - 2) / top)
    tile = np.empty((0, _SIDE, 4), np.float32)
    for left in range(0, out.shape[1], _SIDE):
        x, width = x0 + left, min(_SIDE, out.shape[1] - left)
        low, high = _rows_needed(m, x, y0, width, out.shape[0], last_v)
        if not steep and tile.shape[0] < high - low + 1:
            tile = np.empty((high - low + 1, _SIDE, 4), np.float32)
        for row in range(low, low if steep else high + 1):
            _columns(m, x, y0, out.shape[0], row, last_u, us)
            first = int(np.floor(us.min())) - _BEFORE
            pixels = np.zeros((int(np.floor(us.max())) + _TAPS - _BEFORE - first, 4), np.float32)
            _spread(frame, curves, scale, row, first, pixels)
            _across(pixels, first, us, table, tile[row - low, :width])
        for y in range(out.shape[0]):
            _places(m, x, y0 + y, last_u, last_v, us, vs)
            if steep:
                _at_once(frame, curves, scale, us, vs, table, line[:width])
            else:
                _down(tile, low, vs, table, line[:width])
            if gains.size:
                _blended_row(gains, y0 + y, size[1], gain_row)
                _blended_row(roots, y0 + y, size[1], root_row)
                _light(line[:width], gain_row, root_row, x, size[0], foot)
            _store(line[:width], top, half, out[y, left : left + width])


@njit(inline="always", **_FAST)
def _depth(m, x, y, width, height):
    """How far inside the frame a place lies, in pixels from its edge."""
    u, v = _place(m, x, y)
    return min(min(u + 0.5, width - 0.5 - u), min(v + 0.5, height - 0.5 - v))


@njit(**_FAST)
def fill(reference, m, x0, y0, width, height, soft, half, out):
    """Replace what the frame of `width` x `height` does not show by `reference`, in place.

    `reference` and `out` begin at (x0, y0). The frame is seen alone from `soft` pixels inside
    its edge on.
    """
    rows, columns = out.shape[0], out.shape[1]
    for left in range(0, columns, _SIDE):
        right = min(left + _SIDE, columns) - 1
        least = np.inf
        for y in (y0, y0 + rows - 1):
            for x in (x0 + left, x0 + right):
                least = min(least, _depth(m, x, y, width, height))
        if least > soft + 1.0:
            continue
        for y in range(rows):
            for x in range(left, right + 1):
                share = _depth(m, x0 + x, y0 + y, width, height) / soft
                if share >= 1.0:
                    continue
                share = max(share, 0.0)
                share = share * share * (3.0 - 2.0 * share)
                for c in range(out.shape[2]):
                    kept = float(reference[y, x, c])
                    out[y, x, c] = kept + share * (float(out[y, x, c]) - kept) + half
