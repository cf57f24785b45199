"""Compiled loops of the box objective: running window sums and what is done with them, fused.

Every function works on the rows low ... high - 1 of a strip and on the column runs of a plan,
each (a, b, kept, end): results are wanted for the columns a ... b - 1, and the column sums of
the strip above are still good in the columns kept ... end - 1. A *column sum* of a row adds the
2 reach + 1 rows around it; it is carried from row to row by adding the row that enters and
taking away the one that leaves, and so is the window sum along the row, which is why the cost
does not depend on the window. Both are float64.

Column c has its sums at index c + reach, so that windows may hang over the borders.
Images are (H, W, C), planes (H, W). The text below omits these common arguments.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC, SUMMING

_ONE, _TWO, _ZERO = np.float32(1.0), np.float32(2.0), np.float32(0.0)
_C1, _C2 = np.float32(0.01**2), np.float32(0.03**2)
_FLOOR = np.float32(0.05)  # keeps the curvature away from 0 where SSIM crosses it


@njit(**ARITHMETIC)
def _value(x, white):
    """A stored value in [0, 1], rounded as `to_float` does."""
    return np.float64(np.float32(x) / white)


@njit(**ARITHMETIC)
def add_squares(s, q, x, white, sign):
    """Sums over the channels of x and x^2 of a row."""
    f = x.reshape(-1)
    if x.shape[1] == 3:
        for c in range(s.shape[0]):
            u, v, w = (
                _value(f[3 * c], white),
                _value(f[3 * c + 1], white),
                _value(f[3 * c + 2], white),
            )
            s[c] += sign * (u + v + w)
            q[c] += sign * (u * u + v * v + w * w)
    else:
        for c in range(s.shape[0]):
            u = _value(f[c], white)
            s[c] += sign * u
            q[c] += sign * (u * u)


@njit(**ARITHMETIC)
def slide_squares(s, q, x, gone, white):
    """`add_squares` of the row that enters less that of the row that has gone, in one pass."""
    f, g = x.reshape(-1), gone.reshape(-1)
    if x.shape[1] == 3:
        for c in range(s.shape[0]):
            u, v, w = (
                _value(f[3 * c], white),
                _value(f[3 * c + 1], white),
                _value(f[3 * c + 2], white),
            )
            h, i, j = (
                _value(g[3 * c], white),
                _value(g[3 * c + 1], white),
                _value(g[3 * c + 2], white),
            )
            s[c] += (u + v + w) - (h + i + j)
            q[c] += (u * u + v * v + w * w) - (h * h + i * i + j * j)
    else:
        for c in range(s.shape[0]):
            u, h = _value(f[c], white), _value(g[c], white)
            s[c] += u - h
            q[c] += u * u - h * h


@njit(**ARITHMETIC)
def add_product(s, x, white, y, sign):
    """Sum over the channels of x y of a row."""
    f, k = y.reshape(-1), x.reshape(-1)
    if y.shape[1] == 3:
        for c in range(s.shape[0]):
            u = _value(k[3 * c], white) * f[3 * c]
            v = _value(k[3 * c + 1], white) * f[3 * c + 1]
            w = _value(k[3 * c + 2], white) * f[3 * c + 2]
            s[c] += sign * (u + v + w)
    else:
        for c in range(s.shape[0]):
            s[c] += sign * (_value(k[c], white) * f[c])


@njit(**ARITHMETIC)
def slide_product(s, x, x_gone, white, y, y_gone):
    """`add_product` of the row that enters less that of the row that has gone, in one pass."""
    f, k, g, h = y.reshape(-1), x.reshape(-1), y_gone.reshape(-1), x_gone.reshape(-1)
    if y.shape[1] == 3:
        for c in range(s.shape[0]):
            i, j, m = 3 * c, 3 * c + 1, 3 * c + 2
            enter = _value(k[i], white) * f[i] + _value(k[j], white) * f[j]
            leave = _value(h[i], white) * g[i] + _value(h[j], white) * g[j]
            enter += _value(k[m], white) * f[m]
            leave += _value(h[m], white) * g[m]
            s[c] += enter - leave
    else:
        for c in range(s.shape[0]):
            s[c] += _value(k[c], white) * f[c] - _value(h[c], white) * g[c]


@njit(**ARITHMETIC)
def own_moments(x, white, labels, label, reach, low, high, runs, sums, mean, variance):
    """Mean and variance of x over the patches whose centre has `label`; returns their number."""
    counted = 0
    width = 2 * reach
    scale = 1.0 / ((width + 1) * (width + 1) * x.shape[2])
    for i in range(runs.shape[0]):
        a, b, kept, end = runs[i]
        first, last, n = a - reach, b + reach, b - a
        for side in range(2):
            c0, c1 = (first, kept) if side == 0 else (end, last)
            s, q = sums[0, c0 + reach : c1 + reach], sums[1, c0 + reach : c1 + reach]
            s[:] = 0.0
            q[:] = 0.0
            for row in range(low - reach, low + reach):
                add_squares(s, q, x[row, c0:c1], white, 1.0)
        s, q = sums[0, kept + reach : end + reach], sums[1, kept + reach : end + reach]
        if kept < end:
            add_squares(s, q, x[low - reach - 1, kept:end], white, -1.0)
        s, q = sums[0, first + reach : last + reach], sums[1, first + reach : last + reach]
        for row in range(low, high):
            enter = x[row + reach, first:last]
            if row == low:
                add_squares(s, q, enter, white, 1.0)
            else:
                slide_squares(s, q, enter, x[row - reach - 1, first:last], white)
            m, v, named = mean[row, a:b], variance[row, a:b], labels[row, a:b]
            t, u = 0.0, 0.0
            for c in range(width):
                t += s[c]
                u += q[c]
            for c in range(n):
                t += s[c + width]
                u += q[c + width]
                if named[c] == label:
                    m[c] = t * scale
                    v[c] = u * scale - (t * scale) * (t * scale)
                    counted += 1
                t -= s[c]
                u -= q[c]
    return counted


@njit(**ARITHMETIC)
def cross(x, white, y, labels, label, reach, low, high, runs, sums, window, out):
    """Window sums of x y for the patches whose centre has `label`, into out (rows, W)."""
    width = 2 * reach
    for i in range(runs.shape[0]):
        a, b, kept, end = runs[i]
        first, last, n = a - reach, b + reach, b - a
        for side in range(2):
            c0, c1 = (first, kept) if side == 0 else (end, last)
            s = sums[c0 + reach : c1 + reach]
            s[:] = 0.0
            for row in range(low - reach, low + reach):
                add_product(s, x[row, c0:c1], white, y[row, c0:c1], 1.0)
        if kept < end:
            s, row = sums[kept + reach : end + reach], low - reach - 1
            add_product(s, x[row, kept:end], white, y[row, kept:end], -1.0)
        s, w = sums[first + reach : last + reach], window[:n]
        for row in range(low, high):
            enter, gone = row + reach, row - reach - 1
            x_row, y_row = x[enter, first:last], y[enter, first:last]
            if row == low:
                add_product(s, x_row, white, y_row, 1.0)
            else:
                slide_product(s, x_row, x[gone, first:last], white, y_row, y[gone, first:last])
            to, named = out[row - low, a:b], labels[row, a:b]
            t = 0.0
            for c in range(width + 1):
                t += s[c]
            w[0] = t
            for c in range(1, n):
                t += s[c + width] - s[c - 1]
                w[c] = t
            # Apart, so that it runs in vectors: labels change too often to be foreseen.
            for c in range(n):
                to[c] = w[c] if named[c] == label else to[c]


@njit(**SUMMING)
def _total(row):
    total = np.float32(0.0)
    for c in range(row.shape[0]):
        total += row[c]
    return np.float64(total)


@njit(**ARITHMETIC)
def terms(
    y, labels, count, mean_x, variance_x, products, reach, low, high, runs, sums, windows, ssim,
    alpha, beta, gamma, delta,
):  # fmt: skip
    """Terms of the gradient (see `ssim.py`) of each patch; returns the sum of SSIM.

    `products` are the window sums of `cross`; sums (2, W + 2 reach), windows (2, W) and ssim
    (W,) are work space. Patches whose centre has no label of 1 ... count give 0.
    """
    width = 2 * reach
    scale = 1.0 / ((width + 1) * (width + 1) * y.shape[2])
    total = 0.0
    for i in range(runs.shape[0]):
        a, b, kept, end = runs[i]
        first, last, n = a - reach, b + reach, b - a
        for side in range(2):
            c0, c1 = (first, kept) if side == 0 else (end, last)
            s, q = sums[0, c0 + reach : c1 + reach], sums[1, c0 + reach : c1 + reach]
            s[:] = 0.0
            q[:] = 0.0
            for row in range(low - reach, low + reach):
                add_squares(s, q, y[row, c0:c1], _ONE, 1.0)
        s, q = sums[0, kept + reach : end + reach], sums[1, kept + reach : end + reach]
        if kept < end:
            add_squares(s, q, y[low - reach - 1, kept:end], _ONE, -1.0)
        s, q = sums[0, first + reach : last + reach], sums[1, first + reach : last + reach]
        w0, w1, value = windows[0, :n], windows[1, :n], ssim[:n]
        for row in range(low, high):
            enter = y[row + reach, first:last]
            if row == low:
                add_squares(s, q, enter, _ONE, 1.0)
            else:
                slide_squares(s, q, enter, y[row - reach - 1, first:last], _ONE)
            t, u = 0.0, 0.0
            for c in range(width + 1):
                t += s[c]
                u += q[c]
            w0[0], w1[0] = t, u
            for c in range(1, n):
                t += s[c + width] - s[c - 1]
                u += q[c + width] - q[c - 1]
                w0[c] = t
                w1[c] = u
            product, named = products[row - low, a:b], labels[row, a:b]
            mean, variance = mean_x[row, a:b], variance_x[row, a:b]
            al, be, ga, de = alpha[row, a:b], beta[row, a:b], gamma[row, a:b], delta[row, a:b]
            for c in range(n):
                mean_y = w0[c] * scale
                variance_y = np.float32(w1[c] * scale - mean_y * mean_y)
                covariance = np.float32(product[c] * scale - mean[c] * mean_y)
                mx, my = np.float32(mean[c]), np.float32(mean_y)
                a1 = _TWO * mx * my + _C1
                b1 = mx * mx + my * my + _C1
                a2 = _TWO * covariance + _C2
                b2 = variance[c] + variance_y + _C2
                inverse = _ONE / (b1 * b2)
                score = a1 * a2 * inverse
                counts = _ONE if (named[c] >= 1) & (named[c] <= count) else _ZERO
                al[c] = counts * inverse * (mx * (a2 - a1) - score * my * (b2 - b1))
                be[c] = counts * a1 * inverse
                ga[c] = -counts * score * inverse * b1
                de[c] = counts * max(abs(score), _FLOOR) * (b1 + b2) * inverse
                value[c] = counts * score
            total += _total(value)
    return total


@njit(**ARITHMETIC)
def _add_masked(s, beta, labels, label, sign):
    for c in range(s.shape[0]):
        s[c] += sign * np.float64(beta[c] if labels[c] == label else _ZERO)


@njit(**ARITHMETIC)
def spread(x, white, beta, labels, label, reach, low, high, runs, sums, window, out):
    """Adds S[beta of the patches with `label`] x to out (rows, W, C)."""
    width = 2 * reach
    top, bottom, left, right = reach, beta.shape[0] - reach, reach, beta.shape[1] - reach
    for i in range(runs.shape[0]):
        a, b, kept, end = runs[i]
        first, last, n = max(left, a - reach), min(right, b + reach), b - a
        full = sums[a : b + width]
        for side in range(2):
            c0, c1 = (a - reach, kept) if side == 0 else (end, b + reach)
            sums[c0 + reach : c1 + reach] = 0.0
            c0, c1 = max(left, c0), min(right, c1)
            if c0 < c1:
                for row in range(max(top, low - reach), min(bottom, low + reach)):
                    _add_masked(
                        sums[c0 + reach : c1 + reach],
                        beta[row, c0:c1],
                        labels[row, c0:c1],
                        label,
                        1.0,
                    )
        kept, end, gone = max(left, kept), min(right, end), low - reach - 1
        if kept < end and gone >= top:
            s = sums[kept + reach : end + reach]
            _add_masked(s, beta[gone, kept:end], labels[gone, kept:end], label, -1.0)
        s = sums[first + reach : last + reach]
        rows = window[:n]
        for row in range(low, high):
            enter, gone = row + reach, row - reach - 1
            if enter < bottom:
                _add_masked(s, beta[enter, first:last], labels[enter, first:last], label, 1.0)
            if gone >= top and row > low:
                _add_masked(s, beta[gone, first:last], labels[gone, first:last], label, -1.0)
            t = 0.0
            for c in range(width + 1):
                t += full[c]
            rows[0] = t
            for c in range(1, n):
                t += full[c + width] - full[c - 1]
                rows[c] = t
            f, g = x[row, a:b].reshape(-1), out[row - low, a:b].reshape(-1)
            if x.shape[2] == 3:
                for c in range(n):
                    v = np.float32(rows[c])
                    g[3 * c] += v * (np.float32(f[3 * c]) / white)
                    g[3 * c + 1] += v * (np.float32(f[3 * c + 1]) / white)
                    g[3 * c + 2] += v * (np.float32(f[3 * c + 2]) / white)
            else:
                for c in range(n):
                    g[c] += np.float32(rows[c]) * (np.float32(f[c]) / white)


@njit(**ARITHMETIC)
def _add_three(s, t, u, alpha, gamma, delta, sign):
    for c in range(s.shape[0]):
        s[c] += sign * np.float64(alpha[c])
        t[c] += sign * np.float64(gamma[c])
        u[c] += sign * np.float64(delta[c])


@njit(**ARITHMETIC)
def _add_rows(sums, reach, alpha, gamma, delta, rows, c0, c1, sign):
    """`_add_three` of the columns c0 ... c1 - 1 of several rows."""
    if c0 < c1:
        i, j = c0 + reach, c1 + reach
        s, t, u = sums[0, i:j], sums[1, i:j], sums[2, i:j]
        for r in range(rows[0], rows[1]):
            _add_three(s, t, u, alpha[r, c0:c1], gamma[r, c0:c1], delta[r, c0:c1], sign)


@njit(**ARITHMETIC)
def gather(y, alpha, gamma, delta, reach, low, high, runs, sums, windows, g, d):
    """Adds S[alpha] + S[gamma] y to g (rows, W, C) and writes S[delta] to d (rows, W, 1)."""
    width = 2 * reach
    top, bottom, left, right = reach, alpha.shape[0] - reach, reach, alpha.shape[1] - reach
    for i in range(runs.shape[0]):
        a, b, kept, end = runs[i]
        first, last, n = max(left, a - reach), min(right, b + reach), b - a
        full0, full1, full2 = sums[0, a : b + width], sums[1, a : b + width], sums[2, a : b + width]
        for side in range(2):
            c0, c1 = (a - reach, kept) if side == 0 else (end, b + reach)
            sums[:, c0 + reach : c1 + reach] = 0.0
            c0, c1 = max(left, c0), min(right, c1)
            rows = (max(top, low - reach), min(bottom, low + reach))
            _add_rows(sums, reach, alpha, gamma, delta, rows, c0, c1, 1.0)
        c0, c1, gone = max(left, kept), min(right, end), low - reach - 1
        _add_rows(sums, reach, alpha, gamma, delta, (max(top, gone), gone + 1), c0, c1, -1.0)
        w0, w1, w2 = windows[0, :n], windows[1, :n], windows[2, :n]
        for row in range(low, high):
            enter, gone = row + reach, row - reach - 1
            rows = (enter, min(bottom, enter + 1))
            _add_rows(sums, reach, alpha, gamma, delta, rows, first, last, 1.0)
            if row > low:
                rows = (max(top, gone), gone + 1)
                _add_rows(sums, reach, alpha, gamma, delta, rows, first, last, -1.0)
            t, u, v = 0.0, 0.0, 0.0
            for c in range(width + 1):
                t += full0[c]
                u += full1[c]
                v += full2[c]
            w0[0], w1[0], w2[0] = t, u, v
            for c in range(1, n):
                t += full0[c + width] - full0[c - 1]
                u += full1[c + width] - full1[c - 1]
                v += full2[c + width] - full2[c - 1]
                w0[c] = t
                w1[c] = u
                w2[c] = v
            f, to = y[row, a:b].reshape(-1), g[row - low, a:b].reshape(-1)
            curve = d[row - low, a:b].reshape(-1)
            if y.shape[2] == 3:
                for c in range(n):
                    p, q = np.float32(w0[c]), np.float32(w1[c])
                    to[3 * c] += p + q * f[3 * c]
                    to[3 * c + 1] += p + q * f[3 * c + 1]
                    to[3 * c + 2] += p + q * f[3 * c + 2]
            else:
                for c in range(n):
                    to[c] += np.float32(w0[c]) + np.float32(w1[c]) * f[c]
            for c in range(n):
                curve[c] = np.float32(w2[c])
