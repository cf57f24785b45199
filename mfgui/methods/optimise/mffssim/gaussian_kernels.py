"""Compiled loops of the Gaussian objective: separable filters with mirrored borders, fused.

Every function works on the rows low ... high - 1 of a strip and on column runs, (N, 4), of which
the first two numbers count: results are wanted for the columns a ... b - 1. Runs are cut into
blocks whose rows fit the cache. Of a block the rows that are filtered (products, or terms of
patches) are written to `lines` one after the other, reach rows more at either end and reach
pixels more at either side of a row. One index runs over rows, pixels and channels there, so that
both directions of the filter are the same loop over neighbouring values with another shift, and
as many rows are filtered at once as fit `across` (`CHUNK`): few calls, also for narrow runs.

Moments are taken of the difference d = y - x of image and source, not of the image: with
u = E[d]^2 / b1 and v = var(d) / b2 is ``1 - SSIM = u + v - u v``, small terms without the
difference of nearly equal numbers that the textbook form needs, so that float32 is enough.

`taps` are the weights from the centre outwards, (reach + 1,). Images are (H, W, C), planes
(H, W C). Both sides of a picture are larger than the reach. The text below omits the common
arguments; `lines` (3, L), `across` (M,), `flat` (4, M) and `flags` (M,) are work space.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC, SUMMING

BLOCK = 512  # columns of a block
CHUNK = 2048  # values that are filtered at once, unless a row is longer
_ONE, _TWO, _ZERO = np.float32(1.0), np.float32(2.0), np.float32(0.0)
_C1, _C2 = np.float32(0.01**2), np.float32(0.03**2)
_FLOOR = np.float32(0.05)  # keeps the curvature away from 0 where SSIM crosses it


@njit(**ARITHMETIC)
def _scaled(out, z, weight):
    for i in range(out.shape[0]):
        out[i] = weight * z[i]


@njit(**ARITHMETIC)
def _add_scaled(out, z, weight):
    for i in range(out.shape[0]):
        out[i] += weight * z[i]


@njit(**ARITHMETIC)
def _add_pair(out, a, b, weight):
    for i in range(out.shape[0]):
        out[i] += weight * (a[i] + b[i])


@njit(**ARITHMETIC)
def _add_four(out, a, b, c, d, e, f, g, h, w, x, y, z):
    """Four pairs at once, which spares most of the reading and writing of `out`."""
    for i in range(out.shape[0]):
        out[i] += w * (a[i] + b[i]) + x * (c[i] + d[i]) + y * (e[i] + f[i]) + z * (g[i] + h[i])


@njit(**ARITHMETIC)
def _filtered(line, shift, taps, out):
    """Weighted sums of values that lie `shift` apart in `line`, the first one at index 0."""
    n, reach = out.shape[0], taps.shape[0] - 1
    c, t = reach * shift, 1
    _scaled(out, line[c : c + n], taps[0])
    while t + 3 <= reach:
        d, e, f, g = t * shift, (t + 1) * shift, (t + 2) * shift, (t + 3) * shift
        _add_four(
            out,
            line[c - d : c - d + n], line[c + d : c + d + n],
            line[c - e : c - e + n], line[c + e : c + e + n],
            line[c - f : c - f + n], line[c + f : c + f + n],
            line[c - g : c - g + n], line[c + g : c + g + n],
            taps[t], taps[t + 1], taps[t + 2], taps[t + 3],
        )  # fmt: skip
        t += 4
    while t <= reach:
        d = t * shift
        _add_pair(out, line[c - d : c - d + n], line[c + d : c + d + n], taps[t])
        t += 1


@njit(**ARITHMETIC)
def _blur(line, top, rows, size, channels, taps, across, out):
    """Filtered rows top ... top + rows - 1 of a block, `size` values apart like those of `line`."""
    margins = 2 * (taps.shape[0] - 1) * channels
    _filtered(line[top * size :], size, taps, across[: rows * size])
    _filtered(across, channels, taps, out[: rows * size - margins])


@njit(**ARITHMETIC)
def _unblur(line, top, rows, size, low, a, b, height, width, channels, taps, across, out):
    """The adjoint of `_blur`; `line` holds zeros beyond the picture.

    What falls beyond an edge is added to the pixel that it was mirrored from.
    """
    reach = taps.shape[0] - 1
    _filtered(line[top * size :], size, taps, across[: rows * size])
    for i in range(rows):
        row, base = low + top + i, reach - low
        inner = across[i * size : (i + 1) * size]
        if row >= 1:
            for other in range(reach - row + 1):
                at = (other + base) * size
                _add_scaled(inner, line[at : at + size], taps[row + other])
        if row <= height - 2:
            beyond = 2 * (height - 1) - row
            for other in range(beyond - reach, height):
                at = (other + base) * size
                _add_scaled(inner, line[at : at + size], taps[beyond - other])
    _filtered(across, channels, taps, out[: rows * size - 2 * reach * channels])
    for i in range(rows):
        inner, to = across[i * size : (i + 1) * size], out[i * size : (i + 1) * size]
        for column in range(max(a, 1), min(b, reach + 1)):
            for other in range(reach - column + 1):
                weight = taps[column + other]
                _add_pixel(to, column - a, inner, other - a + reach, channels, weight)
        for column in range(max(a, width - 1 - reach), min(b, width - 1)):
            beyond = 2 * (width - 1) - column
            for other in range(beyond - reach, width):
                weight = taps[beyond - other]
                _add_pixel(to, column - a, inner, other - a + reach, channels, weight)


@njit(**ARITHMETIC)
def _add_pixel(out, to, row, source, channels, weight):
    for channel in range(channels):
        out[to * channels + channel] += weight * row[source * channels + channel]


@njit(**ARITHMETIC)
def _mirrored(index, size):
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


@njit(**ARITHMETIC)
def _mirror(row, a, b, reach, width, channels):
    """Fills the pixels of a row a - reach ... b + reach - 1 that lie beyond the picture."""
    for column in range(a - reach, 0):
        _set_pixel(row, column - a + reach, -column - a + reach, channels)
    for column in range(width, b + reach):
        _set_pixel(row, column - a + reach, 2 * (width - 1) - column - a + reach, channels)


@njit(**ARITHMETIC)
def _set_pixel(row, to, source, channels):
    for channel in range(channels):
        row[to * channels + channel] = row[source * channels + channel]


@njit(**ARITHMETIC)
def _fill_powers(value, square, x, white):
    for i in range(x.shape[0]):
        v = np.float64(np.float32(x[i]) / white)
        value[i] = v
        square[i] = v * v


@njit(**ARITHMETIC)
def _fill_products(difference, square, product, x, white, y):
    for i in range(x.shape[0]):
        v = np.float32(x[i]) / white
        d = y[i] - v
        difference[i] = d
        square[i] = d * d
        product[i] = v * d


@njit(**ARITHMETIC)
def _copy(out, x):
    for i in range(out.shape[0]):
        out[i] = x[i]


@njit(**ARITHMETIC)
def _flag(out, labels, label, channels):
    """1 at all channels of the pixels with `label`, else 0."""
    if channels == 3:
        for c in range(labels.shape[0]):
            named = np.uint8(labels[c] == label)
            out[3 * c] = named
            out[3 * c + 1] = named
            out[3 * c + 2] = named
    else:
        for c in range(labels.shape[0]):
            out[c] = np.uint8(labels[c] == label)


@njit(**ARITHMETIC)
def _mask(out, flags):
    for i in range(out.shape[0]):
        out[i] = out[i] if flags[i] else _ZERO


@njit(**ARITHMETIC)
def _keep_moments(mean, variance, m, q, flags):
    for i in range(flags.shape[0]):
        mean[i] = m[i] if flags[i] else mean[i]
        variance[i] = q[i] - m[i] * m[i] if flags[i] else variance[i]


@njit(**ARITHMETIC)
def own_moments(
    x, white, labels, label, taps, low, high, runs, lines, across, flat, flags, mean, variance
):  # fmt: skip
    """Mean and variance of x in the windows of the pixels with `label`.

    `taps` and the work space are float64: the variance of a bright flat area is a small
    difference.
    """
    (height, width, channels), reach = x.shape, taps.shape[0] - 1
    for i in range(runs.shape[0]):
        for a in range(runs[i, 0], runs[i, 1], BLOCK):
            b = min(a + BLOCK, runs[i, 1])
            n, size = (b - a) * channels, (b - a + 2 * reach) * channels
            first, last = max(0, a - reach), min(width, b + reach)
            start = (first - a + reach) * channels
            for row in range(low - reach, high + reach):
                at = (row - low + reach) * size
                value, square = lines[0, at : at + size], lines[1, at : at + size]
                source = x[_mirrored(row, height), first:last].reshape(-1)
                _fill_powers(value[start:], square[start:], source, white)
                _mirror(value, a, b, reach, width, channels)
                _mirror(square, a, b, reach, width, channels)
            step = max(1, CHUNK // size)
            for top in range(0, high - low, step):
                rows = min(step, high - low - top)
                _blur(lines[0], top, rows, size, channels, taps, across, flat[0])
                _blur(lines[1], top, rows, size, channels, taps, across, flat[1])
                for j in range(rows):
                    row, at, s, e = low + top + j, j * size, a * channels, b * channels
                    m, q, named = flat[0, at : at + n], flat[1, at : at + n], flags[:n]
                    _flag(named, labels[row, a:b], label, channels)
                    _keep_moments(mean[row, s:e], variance[row, s:e], m, q, named)


@njit(**ARITHMETIC)
def _keep_terms(flags, mx, vx, md, qd, xd, alpha, beta, epsilon, delta, lost):
    """Terms where the flag is set, and there 1 - SSIM, else 0, into `lost`."""
    for i in range(flags.shape[0]):
        d = md[i]
        variance = max(_ZERO, qd[i] - d * d)
        covariance = xd[i] - mx[i] * d
        my = mx[i] + d
        inverse1 = _ONE / (mx[i] * mx[i] + my * my + _C1)
        inverse2 = _ONE / (_TWO * (vx[i] + covariance) + variance + _C2)
        u, v = d * d * inverse1, variance * inverse2
        loss = u + v - u * v
        # Negative SSIM counts as 0 and has no gradient.
        counts = _ONE if loss <= _ONE else _ZERO
        slope = counts * (_ONE - u) * inverse2
        tilt = counts * (_ONE - v) * inverse1 * (u * my - d) - slope * (v * my - d)
        curve = counts * max(_ONE - loss, _FLOOR) * (inverse1 + inverse2)
        alpha[i] = tilt if flags[i] else alpha[i]
        beta[i] = slope if flags[i] else beta[i]
        epsilon[i] = slope * v if flags[i] else epsilon[i]
        delta[i] = curve if flags[i] else delta[i]
        lost[i] = min(loss, _ONE) if flags[i] else _ZERO


@njit(**SUMMING)
def _total(row):
    total = 0.0
    for i in range(row.shape[0]):
        total += np.float64(row[i])
    return total


@njit(**ARITHMETIC)
def terms(
    x, white, y, labels, label, taps, mean_x, variance_x, low, high, runs,
    lines, across, flat, flags, alpha, beta, epsilon, delta,
):  # fmt: skip
    """Terms of the gradient of the windows of the pixels with `label`, per channel.

    With the weights w of a window, the gradient of its SSIM by pixel p of y is
    ``2 w_p (alpha + epsilon y_p - beta d_p)``, all parts of which vanish where image and source
    agree; delta estimates the curvature in the same way. Returns the sum of min(1 - SSIM, 1).
    """
    (height, width, channels), reach = y.shape, taps.shape[0] - 1
    total = 0.0
    for i in range(runs.shape[0]):
        for a in range(runs[i, 0], runs[i, 1], BLOCK):
            b = min(a + BLOCK, runs[i, 1])
            n, size = (b - a) * channels, (b - a + 2 * reach) * channels
            first, last = max(0, a - reach), min(width, b + reach)
            start = (first - a + reach) * channels
            for row in range(low - reach, high + reach):
                at, source = (row - low + reach) * size, _mirrored(row, height)
                d, q, p = (
                    lines[0, at : at + size],
                    lines[1, at : at + size],
                    lines[2, at : at + size],
                )
                pixels = (
                    x[source, first:last].reshape(-1),
                    white,
                    y[source, first:last].reshape(-1),
                )
                _fill_products(d[start:], q[start:], p[start:], *pixels)
                _mirror(d, a, b, reach, width, channels)
                _mirror(q, a, b, reach, width, channels)
                _mirror(p, a, b, reach, width, channels)
            step = max(1, CHUNK // size)
            for top in range(0, high - low, step):
                rows = min(step, high - low - top)
                for moment in range(3):
                    place = (top, rows, size, channels, taps, across)
                    _blur(lines[moment], *place, flat[moment])
                for j in range(rows):
                    row, at, s, e = low + top + j, j * size, a * channels, b * channels
                    named, lost = flags[:n], flat[3, :n]
                    _flag(named, labels[row, a:b], label, channels)
                    own = (mean_x[row, s:e], variance_x[row, s:e])
                    moments = (flat[0, at : at + n], flat[1, at : at + n], flat[2, at : at + n])
                    kept = (alpha[row, s:e], beta[row, s:e], epsilon[row, s:e], delta[row, s:e])
                    _keep_terms(named, *own, *moments, *kept, lost)
                    total += _total(lost)
    return total


@njit(**ARITHMETIC)
def _fill_terms(plane, low, high, reach, start, size, first, last, line):
    """Rows of a plane from value `start` of each line on, zeros beyond the picture."""
    stop = start + last - first
    for row in range(low - reach, high + reach):
        at = (row - low + reach) * size
        if 0 <= row < plane.shape[0]:
            line[at : at + start] = _ZERO
            _copy(line[at + start : at + stop], plane[row, first:last])
            line[at + stop : at + size] = _ZERO
        else:
            line[at : at + size] = _ZERO


@njit(**ARITHMETIC)
def _combine(out, a, s, y):
    for i in range(out.shape[0]):
        out[i] = a[i] + s[i] * y[i]


@njit(**ARITHMETIC)
def _subtract_difference(out, s, x, white, y):
    for i in range(out.shape[0]):
        out[i] -= s[i] * (y[i] - np.float32(x[i]) / white)


@njit(**ARITHMETIC)
def gather(y, alpha, epsilon, delta, taps, low, high, runs, lines, across, flat, g, d):
    """Writes S[alpha] + S[epsilon] y to g and S[delta] to d, both (rows, W, C)."""
    (height, width, channels), reach = y.shape, taps.shape[0] - 1
    for i in range(runs.shape[0]):
        for a in range(runs[i, 0], runs[i, 1], BLOCK):
            b = min(a + BLOCK, runs[i, 1])
            n, size = (b - a) * channels, (b - a + 2 * reach) * channels
            first, last = max(0, a - reach), min(width, b + reach)
            place = (low, high, reach, (first - a + reach) * channels, size)
            ends = (first * channels, last * channels)
            _fill_terms(alpha, *place, *ends, lines[0])
            _fill_terms(epsilon, *place, *ends, lines[1])
            _fill_terms(delta, *place, *ends, lines[2])
            step = max(1, CHUNK // size)
            for top in range(0, high - low, step):
                rows = min(step, high - low - top)
                for plane in range(3):
                    block = (top, rows, size, low, a, b, height, width, channels, taps)
                    _unblur(lines[plane], *block, across, flat[plane])
                for j in range(rows):
                    row, at = top + j, j * size
                    to, curve = g[row, a:b].reshape(-1), d[row, a:b].reshape(-1)
                    plain, slope = flat[0, at : at + n], flat[1, at : at + n]
                    _combine(to, plain, slope, y[low + row, a:b].reshape(-1))
                    _copy(curve, flat[2, at : at + n])


@njit(**ARITHMETIC)
def spread(
    x, white, y, beta, labels, label, taps, low, high, runs, lines, across, flat, flags, g
):  # fmt: skip
    """Takes S[beta of the windows of the pixels with `label`] (y - x) from g (rows, W, C)."""
    (height, width, channels), reach = x.shape, taps.shape[0] - 1
    for i in range(runs.shape[0]):
        for a in range(runs[i, 0], runs[i, 1], BLOCK):
            b = min(a + BLOCK, runs[i, 1])
            n, size = (b - a) * channels, (b - a + 2 * reach) * channels
            first, last = max(0, a - reach), min(width, b + reach)
            start, ends = (first - a + reach) * channels, (first * channels, last * channels)
            _fill_terms(beta, low, high, reach, start, size, *ends, lines[0])
            for row in range(max(0, low - reach), min(height, high + reach)):
                at = (row - low + reach) * size + start
                named = flags[: (last - first) * channels]
                _flag(named, labels[row, first:last], label, channels)
                _mask(lines[0, at : at + (last - first) * channels], named)
            step = max(1, CHUNK // size)
            for top in range(0, high - low, step):
                rows = min(step, high - low - top)
                block = (top, rows, size, low, a, b, height, width, channels, taps)
                _unblur(lines[0], *block, across, flat[0])
                for j in range(rows):
                    row, at = top + j, j * size
                    pixels = (x[low + row, a:b].reshape(-1), white, y[low + row, a:b].reshape(-1))
                    part = flat[0, at : at + n]
                    _subtract_difference(g[row, a:b].reshape(-1), part, *pixels)
