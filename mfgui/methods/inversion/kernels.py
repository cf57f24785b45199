# mypy: ignore-errors
"""Compiled loops of defocus inversion."""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


@njit(**_FAST)
def looked_up(values, table, out):
    """Values of a table over [0, 1], by straight lines between its entries."""
    last = np.float32(table.shape[0] - 1)
    for i in range(values.shape[0]):
        at = min(max(values[i], np.float32(0.0)), np.float32(1.0)) * last
        k = min(int(at), table.shape[0] - 2)
        out[i] = table[k] + (at - np.float32(k)) * (table[k + 1] - table[k])


@njit(inline="always")
def _code(linear):
    """sRGB value of linear light, clamped to [0, 1]; to 1e-5.

    A polynomial in the fourth root: unlike a table it is computed for several values at once.
    """
    x = min(max(linear, np.float32(0.0)), np.float32(1.0))
    u = np.sqrt(np.sqrt(x))
    high = np.float32(0.28950963) + u * np.float32(-0.06814225)
    high = np.float32(-0.57744527) + u * high
    high = np.float32(1.25537745) + u * high
    high = np.float32(0.16203508) + u * high
    high = np.float32(-0.06134127) + u * high
    return min(high, np.float32(1.0)) if x > np.float32(0.0031308) else np.float32(12.92) * x


@njit(**_FAST)
def encoded(linear, out):
    """sRGB values of linear light."""
    for i in range(linear.shape[0]):
        out[i] = _code(linear[i])


@njit(**_FAST)
def _squares(linear, other, out):
    for i in range(out.shape[0]):
        away = _code(linear[i]) - other[i]
        out[i] = away * away


@njit(**_FAST)
def squared_error(linear, other, out):
    """Sum over three channels of (sRGB(linear) - other)^2; linear, other (3 N,), out (N,)."""
    part = np.empty(3 * 512, np.float32)
    for first in range(0, out.shape[0], 512):
        last = min(first + 512, out.shape[0])
        _squares(
            linear[3 * first : 3 * last], other[3 * first : 3 * last], part[: 3 * (last - first)]
        )
        for i in range(last - first):
            out[first + i] = part[3 * i] + part[3 * i + 1] + part[3 * i + 2]


@njit(**_FAST)
def weighted(light, share, out):
    """Light (N, 3) times its weight, and the weight, (N, 4)."""
    for i in range(share.shape[0]):
        for c in range(3):
            out[i, c] = share[i] * light[i, c]
        out[i, 3] = share[i]


@njit(**_FAST)
def continued(light, inside, narrow, wide, out):
    """Light where `inside` is 1, around it one of two weighted means (N, 4) of that light."""
    for i in range(inside.shape[0]):
        a, b = narrow[i, 3], wide[i, 3]
        for c in range(3):
            if inside[i] > 0:
                out[i, c] = light[i, c]
            elif a > np.float32(0.02):
                out[i, c] = narrow[i, c] / a
            elif b > np.float32(1e-4):
                out[i, c] = wide[i, c] / b
            else:
                out[i, c] = light[i, c]


@njit(**_FAST)
def pushed(level, coarse, out):
    """Weighted light (N, 4), and the coarser picture (N, 3) for the weight that is missing."""
    for i in range(level.shape[0]):
        missing = np.float32(1.0) - level[i, 3]
        for c in range(3):
            out[i, c] = level[i, c] + missing * coarse[i, c]


@njit(**_FAST)
def divided(light, lit, spill, blurry, low, high, least, rest, out):
    """What is left of the far frame's light without the near layer's, and that divided (7)."""
    one = np.float32(1.0)
    for i in range(spill.shape[0]):
        clear = one - spill[i]
        whole = one / (clear * clear + least)
        for c in range(3):
            rest[i, c] = light[i, c] - lit[i, c]
            value = (clear * rest[i, c] + least * blurry[i, c]) * whole
            out[i, c] = min(max(value, low[i, c]), high[i, c])


@njit(**_FAST)
def missed(light, blurred, share, out):
    """share (N,) times what a blurred picture lacks."""
    for i in range(share.shape[0]):
        for c in range(3):
            out[i, c] = share[i] * (light[i, c] - blurred[i, c])


@njit(**_FAST)
def improved(far, rest, spill, blurry, tied, scale, low, high, least):
    """One step (8) towards agreement with both frames, in place."""
    one = np.float32(1.0)
    for i in range(spill.shape[0]):
        clear, part = one - spill[i], one / scale[i]
        for c in range(3):
            old = far[i, c]
            away = clear * (rest[i, c] - clear * old) + least * (blurry[i, c] - old) + tied[i, c]
            far[i, c] = min(max(old + away * part, low[i, c]), high[i, c])


@njit(**_FAST)
def _dual(bar, below, weight, px, py, sigma):
    """Row of the ascent; at the last row `below` is `bar`."""
    for x in range(bar.shape[0] - 1):
        p = px[x] + sigma * (bar[x + 1] - bar[x])
        q = py[x] + sigma * (below[x] - bar[x])
        shrink = weight[x] / max(weight[x], np.sqrt(p * p + q * q))
        px[x] = p * shrink
        py[x] = q * shrink
    x = bar.shape[0] - 1
    q = py[x] + sigma * (below[x] - bar[x])
    px[x] = np.float32(0.0)
    py[x] = q * (weight[x] / max(weight[x], abs(q)))


@njit(**_FAST)
def _primal(a, bar, evidence, px, py, above, tau):
    """Row of the descent; `above` is `py` of the row above."""
    zero, one, two = np.float32(0.0), np.float32(1.0), np.float32(2.0)
    first = a[0] + tau * (px[0] + py[0] - above[0] + evidence[0])
    first = min(max(first, zero), one)
    bar[0] = two * first - a[0]
    a[0] = first
    for x in range(1, a.shape[0]):
        old = a[x]
        new = old + tau * (px[x] - px[x - 1] + py[x] - above[x] + evidence[x])
        new = min(max(new, zero), one)
        a[x] = new
        bar[x] = two * new - old


@njit(**_FAST)
def total_variation(evidence, weight, a, bar, px, py, tau, sigma, steps):
    """Primal-dual steps for min -<evidence, a> + sum weight |grad a| over 0 <= a <= 1, in place.

    Chambolle and Pock 2011, algorithm 1. All (H, W) float32; `bar`, `px`, `py` go on where the
    last call ended, zero at the start (bar: like a).
    """
    height, width = a.shape
    nothing = np.zeros(width, np.float32)
    for _ in range(steps):
        for y in range(height):
            # The ascent needs two rows of the last `bar`, the descent two rows of this ascent.
            _dual(bar[y], bar[min(y + 1, height - 1)], weight[y], px[y], py[y], sigma)
            if y + 1 == height:
                py[y, :] = np.float32(0.0)
            above = py[y - 1] if y > 0 else nothing
            _primal(a[y], bar[y], evidence[y], px[y], py[y], above, tau)
