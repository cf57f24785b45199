# mypy: ignore-errors
"""Compiled loops of blurring with a disk."""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


@njit(**_FAST)
def _sums(row, channels, out):
    """out[i] is the sum of row[i - channels], row[i - 2 channels], ...; one pixel longer."""
    for c in range(channels):
        total = np.float64(0.0)
        out[c] = 0.0
        for i in range(c, row.shape[0], channels):
            total += row[i]
            out[i + channels] = total


@njit(**_FAST)
def _add_run(out, a, b, c, d, weight):
    for i in range(out.shape[0]):
        out[i] += weight * ((a[i] + b[i]) - (c[i] + d[i]))


@njit(**_FAST)
def _add_taps(out, a, b, c, d, weight):
    for i in range(out.shape[0]):
        out[i] += weight * ((a[i] + b[i]) + (c[i] + d[i]))


@njit(**_FAST)
def blur(padded, halves, places, weights, full, channels, out):
    """See `mfgui.core.disks.blurred`; `padded` is wider by the reach on all sides."""
    reach = halves.shape[0] - 1
    height, n = out.shape
    sums = np.empty((padded.shape[0], padded.shape[1] + channels), np.float32)
    for y in range(padded.shape[0]):
        _sums(padded[y], channels, sums[y])
    half = np.float32(0.5)
    for y in range(height):
        row = out[y]
        row[:] = 0.0
        for j in range(reach + 1):
            m = halves[j]
            if m < 0:
                continue
            up, down = sums[y + reach - j], sums[y + reach + j]
            first, last = (reach - m) * channels, (reach + m + 1) * channels
            weight = full * half if j == 0 else full
            _add_run(row, up[last : last + n], down[last : last + n],
                     up[first : first + n], down[first : first + n], weight)  # fmt: skip
        for k in range(weights.shape[0]):
            j, t = places[k]
            up, down = padded[y + reach - j], padded[y + reach + j]
            left, right = (reach - t) * channels, (reach + t) * channels
            weight = weights[k] * half if j == 0 else weights[k]
            _add_taps(row, up[left : left + n], down[left : left + n],
                      up[right : right + n], down[right : right + n], weight)  # fmt: skip
