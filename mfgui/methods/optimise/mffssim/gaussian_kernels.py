"""Compiled loops of the Gaussian objective: separable filters with mirrored borders, fused.

Every function works on the rows low ... high - 1 of a strip and on column runs, (N, 4), of which
the first two numbers count: results are wanted for the columns a ... b - 1. Runs are cut into
blocks whose rows fit the cache. Of a block the rows that are filtered (products, or terms of
patches) are written to `lines`, (rows + 2 reach, values); they are filtered down the columns, and
the row that results, in `across`, along itself. Pixel and channel are one index there, so that
all these loops run over neighbouring values.

Moments are taken of the difference d = y - x of image and source, not of the image: with
u = E[d]^2 / b1 and v = var(d) / b2 is ``1 - SSIM = u + v - u v``, small terms without the
difference of nearly equal numbers that the textbook form needs, so that float32 is enough.

`taps` are the weights from the centre outwards, (reach + 1,). Images are (H, W, C), planes
(H, W C). Both sides of a picture are larger than the reach. The text below omits the common
arguments; `lines`, `across`, `flat` and `flags` are work space.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC, SUMMING

BLOCK = 512  # columns of a block
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
def filter_down(lines, top, taps, out):
    """Row `top` of the result from rows top ... top + 2 reach of `lines`."""
    n, reach = out.shape[0], taps.shape[0] - 1
    c, t = top + reach, 1
    _scaled(out, lines[c, :n], taps[0])
    while t + 3 <= reach:
        _add_four(
            out,
            lines[c - t, :n], lines[c + t, :n],
            lines[c - t - 1, :n], lines[c + t + 1, :n],
            lines[c - t - 2, :n], lines[c + t + 2, :n],
            lines[c - t - 3, :n], lines[c + t + 3, :n],
            taps[t], taps[t + 1], taps[t + 2], taps[t + 3],
        )  # fmt: skip
        t += 4
    while t <= reach:
        _add_pair(out, lines[c - t, :n], lines[c + t, :n], taps[t])
        t += 1


@njit(**ARITHMETIC)
def filter_along(across, channels, taps, out):
    """A row from `across`, which has reach pixels more on either side."""
    n, reach = out.shape[0], taps.shape[0] - 1
    c, s, t = reach * channels, channels, 1
    _scaled(out, across[c : c + n], taps[0])
    while t + 3 <= reach:
        d, e, f, g = t * s, (t + 1) * s, (t + 2) * s, (t + 3) * s
        _add_four(
            out,
            across[c - d : c - d + n], across[c + d : c + d + n],
            across[c - e : c - e + n], across[c + e : c + e + n],
            across[c - f : c - f + n], across[c + f : c + f + n],
            across[c - g : c - g + n], across[c + g : c + g + n],
            taps[t], taps[t + 1], taps[t + 2], taps[t + 3],
        )  # fmt: skip
        t += 4
    while t <= reach:
        d = t * s
        _add_pair(out, across[c - d : c - d + n], across[c + d : c + d + n], taps[t])
        t += 1


@njit(**ARITHMETIC)
def _mirrored(index, size):
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


@njit(**ARITHMETIC)
def _blur(lines, top, taps, a, b, width, channels, across, out):
    """A filtered row, columns a ... b - 1, of rows that are mirrored already."""
    reach = taps.shape[0] - 1
    first, last = max(0, a - reach), min(width, b + reach)
    start = (first - a + reach) * channels
    filter_down(lines, top, taps, across[start : start + (last - first) * channels])
    for column in range(a - reach, first):
        _copy_pixel(across, column - a + reach, -column - a + reach, channels)
    for column in range(last, b + reach):
        _copy_pixel(across, column - a + reach, 2 * (width - 1) - column - a + reach, channels)
    filter_along(across, channels, taps, out)


@njit(**ARITHMETIC)
def _copy_pixel(row, to, source, channels):
    for channel in range(channels):
        row[to * channels + channel] = row[source * channels + channel]


@njit(**ARITHMETIC)
def _unblur(lines, row, low, taps, a, b, height, width, channels, across, out):
    """The adjoint of `_blur`: columns a ... b - 1 of a row of the picture.

    `lines` holds zeros beyond the picture. What falls beyond an edge is added to the pixel that
    it was mirrored from.
    """
    reach = taps.shape[0] - 1
    first, last = max(0, a - reach), min(width, b + reach)
    start, stop = (first - a + reach) * channels, (last - a + reach) * channels
    inner, top = across[start:stop], row - low
    across[:start] = _ZERO
    across[stop : (b - a + 2 * reach) * channels] = _ZERO
    filter_down(lines, top, taps, inner)
    n = inner.shape[0]
    if row >= 1:
        for other in range(reach - row + 1):
            _add_scaled(inner, lines[other - low + reach, :n], taps[row + other])
    if row <= height - 2:
        beyond = 2 * (height - 1) - row
        for other in range(beyond - reach, height):
            _add_scaled(inner, lines[other - low + reach, :n], taps[beyond - other])
    filter_along(across, channels, taps, out)
    for column in range(max(a, 1), min(b, reach + 1)):
        for other in range(reach - column + 1):
            _add_pixel(out, column - a, across, other - a + reach, channels, taps[column + other])
    for column in range(max(a, width - 1 - reach), min(b, width - 1)):
        beyond = 2 * (width - 1) - column
        for other in range(beyond - reach, width):
            _add_pixel(out, column - a, across, other - a + reach, channels, taps[beyond - other])


@njit(**ARITHMETIC)
def _add_pixel(out, to, row, source, channels, weight):
    for channel in range(channels):
        out[to * channels + channel] += weight * row[source * channels + channel]


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
def _masked(out, x, flags):
    for i in range(out.shape[0]):
        out[i] = x[i] if flags[i] else _ZERO


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
            n, s, e = (b - a) * channels, a * channels, b * channels
            first, last = max(0, a - reach), min(width, b + reach)
            values = (last - first) * channels
            for row in range(low - reach, high + reach):
                source = x[_mirrored(row, height), first:last].reshape(-1)
                to = row - low + reach
                _fill_powers(lines[0, to, :values], lines[1, to, :values], source, white)
            m, q, named = flat[0, :n], flat[1, :n], flags[:n]
            for row in range(low, high):
                _blur(lines[0], row - low, taps, a, b, width, channels, across, m)
                _blur(lines[1], row - low, taps, a, b, width, channels, across, q)
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
            n, s, e = (b - a) * channels, a * channels, b * channels
            first, last = max(0, a - reach), min(width, b + reach)
            values = (last - first) * channels
            for row in range(low - reach, high + reach):
                source, to = _mirrored(row, height), row - low + reach
                _fill_products(
                    lines[0, to, :values],
                    lines[1, to, :values],
                    lines[2, to, :values],
                    x[source, first:last].reshape(-1),
                    white,
                    y[source, first:last].reshape(-1),
                )
            md, qd, xd, lost, named = flat[0, :n], flat[1, :n], flat[2, :n], flat[3, :n], flags[:n]
            for row in range(low, high):
                _blur(lines[0], row - low, taps, a, b, width, channels, across, md)
                _blur(lines[1], row - low, taps, a, b, width, channels, across, qd)
                _blur(lines[2], row - low, taps, a, b, width, channels, across, xd)
                _flag(named, labels[row, a:b], label, channels)
                kept = (alpha[row, s:e], beta[row, s:e], epsilon[row, s:e], delta[row, s:e])
                moments = (mean_x[row, s:e], variance_x[row, s:e], md, qd, xd)
                _keep_terms(named, *moments, *kept, lost)
                total += _total(lost)
    return total


@njit(**ARITHMETIC)
def _fill_terms(plane, low, high, reach, first, last, line):
    """Rows of a plane, zeros beyond the upper and lower border."""
    n = last - first
    for row in range(low - reach, high + reach):
        if 0 <= row < plane.shape[0]:
            _copy(line[row - low + reach, :n], plane[row, first:last])
        else:
            line[row - low + reach, :n] = _ZERO


@njit(**ARITHMETIC)
def _add_product(out, s, y):
    for i in range(out.shape[0]):
        out[i] += s[i] * y[i]


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
            s, e = max(0, a - reach) * channels, min(width, b + reach) * channels
            _fill_terms(alpha, low, high, reach, s, e, lines[0])
            _fill_terms(epsilon, low, high, reach, s, e, lines[1])
            _fill_terms(delta, low, high, reach, s, e, lines[2])
            spread = flat[0, : (b - a) * channels]
            for row in range(low, high):
                to, curve = g[row - low, a:b].reshape(-1), d[row - low, a:b].reshape(-1)
                place = (row, low, taps, a, b, height, width, channels, across)
                _unblur(lines[0], *place, to)
                _unblur(lines[1], *place, spread)
                _add_product(to, spread, y[row, a:b].reshape(-1))
                _unblur(lines[2], *place, curve)


@njit(**ARITHMETIC)
def spread(
    x, white, y, beta, labels, label, taps, low, high, runs, lines, across, flat, flags, g
):  # fmt: skip
    """Takes S[beta of the windows of the pixels with `label`] (y - x) from g (rows, W, C)."""
    (height, width, channels), reach = x.shape, taps.shape[0] - 1
    for i in range(runs.shape[0]):
        for a in range(runs[i, 0], runs[i, 1], BLOCK):
            b = min(a + BLOCK, runs[i, 1])
            first, last = max(0, a - reach), min(width, b + reach)
            n = (last - first) * channels
            named = flags[:n]
            for row in range(low - reach, high + reach):
                line = lines[0, row - low + reach, :n]
                if 0 <= row < height:
                    _flag(named, labels[row, first:last], label, channels)
                    _masked(line, beta[row, first * channels : last * channels], named)
                else:
                    line[:] = _ZERO
            part = flat[0, : (b - a) * channels]
            for row in range(low, high):
                place = (row, low, taps, a, b, height, width, channels, across)
                _unblur(lines[0], *place, part)
                to = g[row - low, a:b].reshape(-1)
                source, image = x[row, a:b].reshape(-1), y[row, a:b].reshape(-1)
                _subtract_difference(to, part, source, white, image)
