"""Compiled loops of the enlargement of votes; strips and runs as in `box_kernels`."""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC


@njit(**ARITHMETIC)
def _between(plane, factor, row, column):
    """Bilinear interpolation of a reduced plane at a pixel of the picture."""
    scale = np.float32(1.0) / np.float32(factor)
    down, right = (row + np.float32(0.5)) * scale, (column + np.float32(0.5)) * scale
    down = min(max(down - np.float32(0.5), np.float32(0.0)), np.float32(plane.shape[0] - 1))
    right = min(max(right - np.float32(0.5), np.float32(0.0)), np.float32(plane.shape[1] - 1))
    i, j = int(down), int(right)
    k, m = min(i + 1, plane.shape[0] - 1), min(j + 1, plane.shape[1] - 1)
    t, u = down - np.float32(i), right - np.float32(j)
    above = plane[i, j] + u * (plane[i, m] - plane[i, j])
    below = plane[k, j] + u * (plane[k, m] - plane[k, j])
    return above + t * (below - above)


@njit(**ARITHMETIC)
def stretch(plane, factor, low, high, runs, g):
    """Writes the enlarged plane to all channels of g (rows, W, C)."""
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            for c in range(a, b):
                value = _between(plane, factor, row, c)
                for k in range(g.shape[2]):
                    g[row - low, c, k] = value


@njit(**ARITHMETIC)
def mix(x, white, plane, factor, low, high, runs, g):
    """Adds the enlarged plane times x to g (rows, W, C)."""
    channels = x.shape[2]
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = x[row, a:b].reshape(-1), g[row - low, a:b].reshape(-1)
            for c in range(b - a):
                weight = _between(plane, factor, row, a + c)
                for k in range(channels):
                    to[channels * c + k] += weight * (np.float32(f[channels * c + k]) / white)


@njit(**ARITHMETIC)
def take_clamped(low, high, runs, g, out):
    """Writes g (rows, W, C), within [0, 1], to rows low ... of out."""
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(low, high):
            f, to = g[row - low, a:b].reshape(-1), out[row, a:b].reshape(-1)
            for c in range(f.shape[0]):
                to[c] = min(one, max(zero, f[c]))
