"""Compiled update rules: what an ascent does with the gradient of a strip of rows.

Each takes the strip (rows low ... high - 1, column runs as in `box_kernels`), the image y and
the image `out` that is written, both (H, W, C) float32 (may be one), the gradient g (rows, W, C)
without its common factor `unit`, and the curvature d (rows, W, 1 or C) without it. Each returns
the sum of the squared gradient over the pixels of the strip.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC, SUMMING

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_TINY = np.float32(1e-30)


@njit(**ARITHMETIC)
def _clamped(v):
    return min(_ONE, max(_ZERO, v))


@njit(**ARITHMETIC)
def preconditioned(low, high, runs, y, out, g, d, unit):
    """y + g / d, within [0, 1]. Where no patch counts, g and d are 0 and the pixel stays."""
    squares, channels = 0.0, y.shape[2]
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = y[row, a:b].reshape(-1), out[row, a:b].reshape(-1)
            slope, curve = g[row - low, a:b].reshape(-1), d[row - low, a:b].reshape(-1)
            if d.shape[2] == channels:
                for c in range(f.shape[0]):
                    to[c] = _clamped(f[c] + slope[c] / max(curve[c], _TINY))
            else:  # three channels with one curvature
                for c in range(b - a):
                    s = _ONE / max(curve[c], _TINY)
                    to[3 * c] = _clamped(f[3 * c] + s * slope[3 * c])
                    to[3 * c + 1] = _clamped(f[3 * c + 1] + s * slope[3 * c + 1])
                    to[3 * c + 2] = _clamped(f[3 * c + 2] + s * slope[3 * c + 2])
            squares += _squares(slope)
    return squares * unit * unit


@njit(**ARITHMETIC)
def carry_on(low, high, runs, plain, out, momentum):
    """From the plain step in `out` further in the direction plain steps have been going.

    `plain` holds the plain step before, and afterwards this one.
    """
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            last, to = plain[row, a:b].reshape(-1), out[row, a:b].reshape(-1)
            for c in range(to.shape[0]):
                v = to[c]
                to[c] = _clamped(v + momentum * (v - last[c]))
                last[c] = v


@njit(**ARITHMETIC)
def change(low, high, runs, y, out):
    """Sum of the squared differences of two images."""
    total = 0.0
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            total += _distance(y[row, a:b].reshape(-1), out[row, a:b].reshape(-1))
    return total


@njit(**SUMMING)
def _distance(f, g):
    total = np.float32(0.0)
    for c in range(f.shape[0]):
        total += (f[c] - g[c]) * (f[c] - g[c])
    return np.float64(total)


@njit(**ARITHMETIC)
def gradient(low, high, runs, y, out, g, unit, beta):
    """y + beta g, within [0, 1]."""
    squares = 0.0
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = y[row, a:b].reshape(-1), out[row, a:b].reshape(-1)
            slope = g[row - low, a:b].reshape(-1)
            for c in range(f.shape[0]):
                to[c] = min(1.0, max(0.0, f[c] + beta * (unit * slope[c])))
            squares += _squares(slope)
    return squares * unit * unit


@njit(**ARITHMETIC)
def adam(low, high, runs, y, out, g, unit, first, second, to_loss, rate, root_correction):
    """Adam on the loss, with its clamp to [0, 1]; `first` and `second` are its moments.

    rate is lr / (1 - 0.9^t), root_correction sqrt(1 - 0.999^t); the gradient of the loss is
    to_loss times the sum gradient.
    """
    squares = 0.0
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = y[row, a:b].reshape(-1), out[row, a:b].reshape(-1)
            m, v = first[row, a:b].reshape(-1), second[row, a:b].reshape(-1)
            slope = g[row - low, a:b].reshape(-1)
            for c in range(f.shape[0]):
                loss = to_loss * (unit * slope[c])
                m[c] = 0.9 * m[c] + 0.1 * loss
                v[c] = 0.999 * v[c] + 0.001 * (loss * loss)
                root = np.sqrt(v[c]) / root_correction + 1e-8
                to[c] = min(1.0, max(0.0, f[c] - rate * (m[c] / root)))
            squares += _squares(slope)
    return squares * unit * unit


@njit(**ARITHMETIC)
def take(low, high, runs, out, g, unit):
    """Writes the gradient itself."""
    squares = 0.0
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            slope, to = g[row - low, a:b].reshape(-1), out[row, a:b].reshape(-1)
            for c in range(slope.shape[0]):
                to[c] = unit * slope[c]
            squares += _squares(slope)
    return squares * unit * unit


@njit(**SUMMING)
def _squares(row):
    total = 0.0
    for c in range(row.shape[0]):
        total += np.float64(row[c]) * np.float64(row[c])
    return total


@njit(**ARITHMETIC)
def halve(low, high, runs, y, trial):
    """Moves `trial` half the way back to y."""
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = y[row, a:b].reshape(-1), trial[row, a:b].reshape(-1)
            for c in range(f.shape[0]):
                to[c] = np.float32(0.5) * (f[c] + to[c])


@njit(**ARITHMETIC)
def copy(low, high, runs, source, out):
    """Copies the columns of the runs."""
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = source[row, a:b].reshape(-1), out[row, a:b].reshape(-1)
            for c in range(f.shape[0]):
                to[c] = f[c]
