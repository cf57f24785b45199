# mypy: ignore-errors
"""Compiled loops of defocus inversion."""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


@njit(**_FAST)
def encoded(linear, table, out):
    """sRGB values by a table over the square root of linear light, clamped to [0, 1]."""
    last = np.float32(table.shape[0] - 1)
    for i in range(linear.shape[0]):
        x = min(max(linear[i], np.float32(0.0)), np.float32(1.0))
        at = np.sqrt(x) * last
        k = min(int(at), table.shape[0] - 2)
        share = at - np.float32(k)
        out[i] = table[k] + share * (table[k + 1] - table[k])


@njit(**_FAST)
def squared_error(linear, other, table, out):
    """Sum over three channels of (sRGB(linear) - other)^2; linear, other (N, 3), out (N,)."""
    last = np.float32(table.shape[0] - 1)
    for i in range(out.shape[0]):
        total = np.float32(0.0)
        for c in range(linear.shape[1]):
            x = min(max(linear[i, c], np.float32(0.0)), np.float32(1.0))
            at = np.sqrt(x) * last
            k = min(int(at), table.shape[0] - 2)
            share = at - np.float32(k)
            away = table[k] + share * (table[k + 1] - table[k]) - other[i, c]
            total += away * away
        out[i] = total


@njit(**_FAST)
def total_variation(evidence, weight, a, bar, px, py, tau, sigma, steps):
    """Primal-dual steps for min -<evidence, a> + sum weight |grad a| over 0 <= a <= 1, in place.

    Chambolle and Pock 2011, algorithm 1. All (H, W) float32; `bar`, `px`, `py` go on where the
    last call ended, zero at the start (bar: like a).
    """
    height, width = a.shape
    zero, one, two = np.float32(0.0), np.float32(1.0), np.float32(2.0)
    for _ in range(steps):
        for y in range(height):
            below = y + 1 if y + 1 < height else y
            for x in range(width - 1):
                gx = bar[y, x + 1] - bar[y, x]
                gy = bar[below, x] - bar[y, x]
                p, q = px[y, x] + sigma * gx, py[y, x] + sigma * gy
                shrink = weight[y, x] / max(weight[y, x], np.sqrt(p * p + q * q))
                px[y, x] = p * shrink
                py[y, x] = q * shrink
            x = width - 1
            q = py[y, x] + sigma * (bar[below, x] - bar[y, x])
            py[y, x] = q * (weight[y, x] / max(weight[y, x], abs(q)))
            px[y, x] = zero
            if y + 1 == height:
                py[y, :] = zero
        for y in range(height):
            for x in range(width):
                div = px[y, x] + py[y, x]
                if x > 0:
                    div -= px[y, x - 1]
                if y > 0:
                    div -= py[y - 1, x]
                old = a[y, x]
                new = min(max(old + tau * (div + evidence[y, x]), zero), one)
                a[y, x] = new
                bar[y, x] = two * new - old
