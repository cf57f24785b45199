# mypy: ignore-errors
"""Compiled loops of the Gaussian objective for two sources whose labels change from pixel to pixel.

With the mean m and half the difference h of the sources, source 1 is m + h and source 2 is m - h:
one sign s per pixel names the source of its window, and the moments of image and source follow
from filtered products of d = y - m, which do not depend on the map. So four planes are filtered
per evaluation and five per update, instead of three and one for each source beside three.

The filter has 17 weights, given from the centre outwards, and mirrored borders. Its adjoint is the
same filter of planes whose rows and columns at the borders count twice, halved there afterwards.
Planes are (H, W C), float32. `lines` (5, L), `across` (M,) and `flat` (5, M) are work space; how
blocks lie in `lines` is said in `mfgui.methods.optimise.mffssim.gaussian_kernels`.
"""

from __future__ import annotations

import numpy as np
from numba import njit  # noqa: TID253 - a module of compiled loops, imported on first use

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC, SUMMING

REACH = 8  # of the filter from its centre
BLOCK = 284  # columns of a block, chosen by measuring
CHUNK = 2048  # values that are filtered at once, unless a row is longer
_ONE, _TWO, _ZERO, _HALF = np.float32(1.0), np.float32(2.0), np.float32(0.0), np.float32(0.5)
_C1, _C2 = np.float32(0.01**2), np.float32(0.03**2)
_FLOOR = np.float32(0.05)  # keeps the curvature away from 0 where SSIM crosses it


@njit(**ARITHMETIC)
def _filtered(line, shift, w, out):
    """Weighted sums of 17 values that lie `shift` apart in `line`, the first one at index 0."""
    n, c = out.shape[0], 8 * shift
    w0, w1, w2, w3, w4, w5, w6, w7, w8 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]
    m = line[c : c + n]
    a1, b1 = line[c - shift : c - shift + n], line[c + shift : c + shift + n]
    a2, b2 = line[c - 2 * shift : c - 2 * shift + n], line[c + 2 * shift : c + 2 * shift + n]
    a3, b3 = line[c - 3 * shift : c - 3 * shift + n], line[c + 3 * shift : c + 3 * shift + n]
    a4, b4 = line[c - 4 * shift : c - 4 * shift + n], line[c + 4 * shift : c + 4 * shift + n]
    a5, b5 = line[c - 5 * shift : c - 5 * shift + n], line[c + 5 * shift : c + 5 * shift + n]
    a6, b6 = line[c - 6 * shift : c - 6 * shift + n], line[c + 6 * shift : c + 6 * shift + n]
    a7, b7 = line[c - 7 * shift : c - 7 * shift + n], line[c + 7 * shift : c + 7 * shift + n]
    a8, b8 = line[:n], line[c + 8 * shift : c + 8 * shift + n]
    for i in range(n):
        near = w0 * m[i] + w1 * (a1[i] + b1[i]) + w2 * (a2[i] + b2[i]) + w3 * (a3[i] + b3[i])
        far = w4 * (a4[i] + b4[i]) + w5 * (a5[i] + b5[i]) + w6 * (a6[i] + b6[i])
        out[i] = near + (far + w7 * (a7[i] + b7[i]) + w8 * (a8[i] + b8[i]))


@njit(**ARITHMETIC)
def _blur(line, top, rows, size, channels, w, across, out):
    """Filtered rows top ... top + rows - 1 of a block, `size` values apart like those of `line`."""
    _filtered(line[top * size :], size, w, across[: rows * size])
    _filtered(across, channels, w, out[: rows * size - 2 * REACH * channels])


@njit(**ARITHMETIC)
def _mirrored(index, size):
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


@njit(**ARITHMETIC)
def _mirror(row, a, b, width, channels):
    """Fills the pixels of a row a - REACH ... b + REACH - 1 that lie beyond the picture."""
    for column in range(a - REACH, 0):
        to, source = column - a + REACH, -column - a + REACH
        for c in range(channels):
            row[to * channels + c] = row[source * channels + c]
    for column in range(width, b + REACH):
        to, source = column - a + REACH, 2 * (width - 1) - column - a + REACH
        for c in range(channels):
            row[to * channels + c] = row[source * channels + c]


@njit(**ARITHMETIC)
def _fill_products(y, m, h, d, dd, dm, dh):
    for i in range(y.shape[0]):
        v = y[i] - m[i]
        d[i] = v
        dd[i] = v * v
        dm[i] = v * m[i]
        dh[i] = v * h[i]


@njit(**ARITHMETIC)
def _copy(out, x):
    for i in range(out.shape[0]):
        out[i] = x[i]


@njit(**ARITHMETIC)
def _keep_terms(
    sign, em, eh, vm, vh, cmh, ed, edd, edm, edh, alpha, gamma, beta, tilted, delta, lost
):
    """Terms of the gradient of each window, and 1 - SSIM, at most 1, into `lost`."""
    for i in range(sign.shape[0]):
        s = np.float32(sign[i])
        d = ed[i] - s * eh[i]
        mx = em[i] + s * eh[i]
        my = em[i] + ed[i]
        # Of y - x: variance, and covariance with m; variances of the source and of the image.
        variance = edd[i] - ed[i] * ed[i] - _TWO * s * (edh[i] - ed[i] * eh[i]) + vh[i]
        variance = max(_ZERO, variance)
        source = vm[i] + _TWO * s * cmh[i] + vh[i]
        image = vm[i] + _TWO * (edm[i] - ed[i] * em[i]) + (edd[i] - ed[i] * ed[i])
        inverse1 = _ONE / (mx * mx + my * my + _C1)
        inverse2 = _ONE / (max(_ZERO, source) + max(_ZERO, image) + _C2)
        u, v = d * d * inverse1, variance * inverse2
        loss = u + v - u * v
        # Negative SSIM counts as 0 and has no gradient.
        counts = _ONE if loss <= _ONE else _ZERO
        slope = counts * (_ONE - u) * inverse2
        alpha[i] = counts * (_ONE - v) * inverse1 * (u * my - d) - slope * (v * my - d)
        gamma[i] = slope * (v - _ONE)
        beta[i] = slope
        tilted[i] = s * slope
        delta[i] = counts * max(_ONE - loss, _FLOOR) * (inverse1 + inverse2)
        lost[i] = min(loss, _ONE)


@njit(**SUMMING)
def _total(row):
    total = 0.0
    for i in range(row.shape[0]):
        total += np.float64(row[i])
    return total


@njit(**ARITHMETIC)
def _scale(row, factor):
    for i in range(row.shape[0]):
        row[i] *= factor


@njit(**ARITHMETIC)
def _at_borders(row, index, a, b, height, width, channels, factor):
    """Multiply what of row `index`, columns a ... b - 1, lies at a border of the picture."""
    if index == 0 or index == height - 1:
        _scale(row, factor)
    if a == 0:
        _scale(row[:channels], factor)
    if b == width:
        _scale(row[row.shape[0] - channels :], factor)


@njit(**ARITHMETIC)
def terms(y, m, h, sign, fixed, w, low, high, channels, lines, across, flat, planes):
    """Terms of the gradient of the windows of rows low ... high - 1; the sum of 1 - SSIM.

    Parameters
    ----------
    y, m, h : (H, W C)
    sign : (H, W C) int8
        1 where source 1 is meant, -1 where source 2 is.
    fixed : (5, H, W C)
        Filtered m and h, variances of m and h, their covariance.
    planes : (5, H, W C)
        Written: alpha, gamma, beta, s beta and the curvature, twice as large at borders.
    """
    height, width = y.shape[0], y.shape[1] // channels
    total = 0.0
    blocks = (width + BLOCK - 1) // BLOCK
    for block in range(blocks):
        a, b = width * block // blocks, width * (block + 1) // blocks
        n, size = (b - a) * channels, (b - a + 2 * REACH) * channels
        first, last = max(0, a - REACH), min(width, b + REACH)
        at0, s0, e0 = (first - a + REACH) * channels, first * channels, last * channels
        for row in range(low - REACH, high + REACH):
            at, source = (row - low + REACH) * size, _mirrored(row, height)
            f, t = at + at0, at + at0 + e0 - s0
            _fill_products(
                y[source, s0:e0], m[source, s0:e0], h[source, s0:e0],
                lines[0, f:t], lines[1, f:t], lines[2, f:t], lines[3, f:t],
            )  # fmt: skip
            if a < REACH or b > width - REACH:
                for k in range(4):
                    _mirror(lines[k, at : at + size], a, b, width, channels)
        step, s, e = max(1, CHUNK // size), a * channels, b * channels
        for top in range(0, high - low, step):
            rows = min(step, high - low - top)
            for k in range(4):
                _blur(lines[k], top, rows, size, channels, w, across, flat[k])
            for j in range(rows):
                row, at = low + top + j, j * size
                _keep_terms(
                    sign[row, s:e], fixed[0, row, s:e], fixed[1, row, s:e], fixed[2, row, s:e],
                    fixed[3, row, s:e], fixed[4, row, s:e],
                    flat[0, at : at + n], flat[1, at : at + n], flat[2, at : at + n],
                    flat[3, at : at + n],
                    planes[0, row, s:e], planes[1, row, s:e], planes[2, row, s:e],
                    planes[3, row, s:e], planes[4, row, s:e], flat[4, :n],
                )  # fmt: skip
                total += _total(flat[4, :n])
                for k in range(5):
                    _at_borders(planes[k, row, s:e], row, a, b, height, width, channels, _TWO)
    return total


@njit(**ARITHMETIC)
def _combine(out, alpha, gamma, beta, tilted, y, m, h):
    for i in range(out.shape[0]):
        out[i] = alpha[i] + gamma[i] * y[i] + beta[i] * m[i] + tilted[i] * h[i]


@njit(**ARITHMETIC)
def gather(y, m, h, planes, w, low, high, channels, lines, across, flat, g, d):
    """Writes the gradient to g and the curvature to d, (rows, W C), both without a factor 2."""
    height, width = y.shape[0], y.shape[1] // channels
    blocks = (width + BLOCK - 1) // BLOCK
    for block in range(blocks):
        a, b = width * block // blocks, width * (block + 1) // blocks
        n, size = (b - a) * channels, (b - a + 2 * REACH) * channels
        first, last = max(0, a - REACH), min(width, b + REACH)
        at0, s0, e0 = (first - a + REACH) * channels, first * channels, last * channels
        for row in range(low - REACH, high + REACH):
            at, source = (row - low + REACH) * size, _mirrored(row, height)
            for k in range(5):
                _copy(lines[k, at + at0 : at + at0 + e0 - s0], planes[k, source, s0:e0])
                if a < REACH or b > width - REACH:
                    _mirror(lines[k, at : at + size], a, b, width, channels)
        step, s, e = max(1, CHUNK // size), a * channels, b * channels
        for top in range(0, high - low, step):
            rows = min(step, high - low - top)
            for k in range(5):
                _blur(lines[k], top, rows, size, channels, w, across, flat[k])
            for j in range(rows):
                row, at = low + top + j, j * size
                to, curve = g[top + j, s:e], d[top + j, s:e]
                _combine(
                    to, flat[0, at : at + n], flat[1, at : at + n], flat[2, at : at + n],
                    flat[3, at : at + n], y[row, s:e], m[row, s:e], h[row, s:e],
                )  # fmt: skip
                _copy(curve, flat[4, at : at + n])
                _at_borders(to, row, a, b, height, width, channels, _HALF)
                _at_borders(curve, row, a, b, height, width, channels, _HALF)
