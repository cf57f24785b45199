"""Compiled loops of the enlargement of votes; strips and runs as in `box_kernels`."""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC


@njit(**ARITHMETIC)
def mix(x, white, low, runs, weight, g):
    """Adds weight (rows, W) times x to g (rows, W, C)."""
    channels = x.shape[2]
    for i in range(runs.shape[0]):
        a, b = runs[i, 0], runs[i, 1]
        for row in range(weight.shape[0]):
            f, to = x[low + row, a:b].reshape(-1), g[row, a:b].reshape(-1)
            w = weight[row, a:b]
            if channels == 3:
                for c in range(b - a):
                    to[3 * c] += w[c] * (np.float32(f[3 * c]) / white)
                    to[3 * c + 1] += w[c] * (np.float32(f[3 * c + 1]) / white)
                    to[3 * c + 2] += w[c] * (np.float32(f[3 * c + 2]) / white)
            else:
                for c in range(b - a):
                    to[c] += w[c] * (np.float32(f[c]) / white)


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
