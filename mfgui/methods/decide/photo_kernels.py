"""Compiled loops of the photo preset; imported on first use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "arcp"})
def grey(pixels: Any, white: Any, plane: Any) -> None:
    """Y of (h, w, C) into (H, W) float32; rows and columns beyond are those at the border."""
    height, width, channels = pixels.shape
    red, green, blue = np.float32(0.299), np.float32(0.587), np.float32(0.114)
    for y in range(height):
        if channels == 1:
            for x in range(width):
                plane[y, x] = np.float32(pixels[y, x, 0]) / white
        else:
            for x in range(width):
                light = red * np.float32(pixels[y, x, 0]) + green * np.float32(pixels[y, x, 1])
                plane[y, x] = (light + blue * np.float32(pixels[y, x, 2])) / white
        for x in range(width, plane.shape[1]):
            plane[y, x] = plane[y, width - 1]
    for y in range(height, plane.shape[0]):
        for x in range(plane.shape[1]):
            plane[y, x] = plane[height - 1, x]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "arcp"})
def halved(plane: Any, mean: Any, fine: Any, energy: Any, half: Any) -> None:
    """Detail plane - mean (2h, 2w); means over 2 x 2 pixels of its square and of the plane."""
    quarter = np.float32(0.25)
    for y in range(half.shape[0]):
        for x in range(half.shape[1]):
            total = square = np.float32(0.0)
            for i in range(2):
                for j in range(2):
                    value = plane[2 * y + i, 2 * x + j]
                    detail = value - mean[2 * y + i, 2 * x + j]
                    fine[2 * y + i, 2 * x + j] = detail
                    total += value
                    square += detail * detail
            half[y, x] = quarter * total
            energy[y, x] = quarter * square


@njit(cache=True, nogil=True, error_model="numpy")
def add_evidence(
    index: int,
    energies: Any,
    half: Any,
    noise: Any,
    shares: Any,
    evidence: Any,
    finest: Any,
    lightness: Any,
) -> None:
    """Evidence of one frame: its energies over that of noise, weighted by `shares`, summed.

    `energies` is (3, h, w), `noise` (3, N) for lightness 0 ... 1, `evidence` (h, w, K), `finest`
    (h, w) what the first band has of it, and `lightness` (h, w, K) in 256 steps.
    """
    height, width = half.shape
    last = noise.shape[1] - 1
    dead = np.float32(2.0)  # energies of noise: frames that were moved have less than others
    for y in range(height):
        for x in range(width):
            value = min(max(half[y, x], np.float32(0.0)), np.float32(1.0))
            at = int(value * last + np.float32(0.5))
            total = np.float32(0.0)
            for band in range(1, 3):
                over = energies[band, y, x] / noise[band, at] - dead
                total += shares[band] * max(over, np.float32(0.0))
            over = max(energies[0, y, x] / noise[0, at] - dead, np.float32(0.0))
            finest[y, x] = over
            evidence[y, x, index] = total + shares[0] * over
            lightness[y, x, index] = np.uint8(value * np.float32(255.0) + np.float32(0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def discount(evidence: Any, index: int, before: Any, own: Any, share: Any, floor: Any) -> None:
    """Times 1 - b^2 / (b^2 + r^2), b `before`, r = share own + floor, all (h, w)."""
    one = np.float32(1.0)
    for y in range(before.shape[0]):
        for x in range(before.shape[1]):
            ratio = before[y, x] / (share * own[y, x] + floor)
            evidence[y, x, index] *= one / (one + ratio * ratio)


@njit(cache=True, nogil=True, error_model="numpy")
def add_quiet(
    fine: Any, energy: Any, half: Any, noise: Any, total: Any, weights: Any, step: int
) -> None:
    """Add the band of one frame to `total`, weighted by (noise / energy)^3 where it is more.

    `fine` and `total` are `step` times as large as the other planes.
    """
    height, width = half.shape
    last = noise.size - 1
    for y in range(height):
        for x in range(width):
            at = min(max(int(half[y, x] * last + np.float32(0.5)), 0), last)
            weight = min(np.float32(1.0), noise[at] / max(energy[y, x], np.float32(1e-20)))
            weight = weight * weight * weight
            weights[y, x] += weight
            for i in range(step):
                for j in range(step):
                    total[step * y + i, step * x + j] += weight * fine[step * y + i, step * x + j]


@njit(cache=True, nogil=True, error_model="numpy")
def largest(evidence: Any, most: Any) -> None:
    """The largest of (h, w, K) in every pixel."""
    for y in range(evidence.shape[0]):
        for x in range(evidence.shape[1]):
            best = evidence[y, x, 0]
            for k in range(1, evidence.shape[2]):
                best = max(best, evidence[y, x, k])
            most[y, x] = best


@njit(cache=True, nogil=True, error_model="numpy")
def as_costs(evidence: Any, most: Any, floor: Any, lean: Any) -> None:
    """Evidence (h, w, K) to costs from -1 to 0, and `lean` (K,) on top, in place."""
    for y in range(evidence.shape[0]):
        for x in range(evidence.shape[1]):
            scale = np.float32(-1.0) / (most[y, x] + floor)
            for k in range(evidence.shape[2]):
                evidence[y, x, k] = evidence[y, x, k] * scale + lean[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _begin(cost: Any, out: Any, total: Any) -> None:
    """The first step of a path."""
    for k in range(cost.size):
        out[k] = cost[k]
        total[k] += cost[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(
    cost: Any, here: Any, there: Any, prices: Any, before: Any, out: Any, total: Any
) -> None:
    """One more step of a path: what each label costs up to here, above the least before it.

    A change between labels j < k costs the price of the step of frame j, from `there` to `here`.
    """
    count = cost.size
    least = np.float32(np.inf)
    for k in range(count - 1, -1, -1):
        out[k] = least  # of the labels behind k
        least = min(least, before[k])
    nearer = np.float32(np.inf)  # of those before k, with the price of leaving them
    for k in range(count):
        price = prices[abs(np.int64(here[k]) - np.int64(there[k]))]
        value = cost[k] + min(min(before[k], nearer), out[k] + price) - least
        nearer = min(nearer, before[k] + price)
        out[k] = value
        total[k] += value


@njit(cache=True, nogil=True, error_model="numpy")
def add_rows(cost: Any, lightness: Any, prices: Any, total: Any) -> None:
    """Add the paths along rows, both ways, to `total`.

    `cost`, `total` and `lightness`, of 256 steps, are (h, w, K), `prices` those of a change of
    label at a step of 0 ... 255.
    """
    height, width, count = cost.shape
    row = np.empty((2, count), np.float32)
    for y in range(height):
        for way in range(2):
            step = 1 - 2 * way
            x = 0 if way == 0 else width - 1
            _begin(cost[y, x], row[0], total[y, x])
            for i in range(1, width):
                x += step
                here, there = lightness[y, x], lightness[y, x - step]
                before, out = row[(i + 1) % 2], row[i % 2]
                _follow(cost[y, x], here, there, prices, before, out, total[y, x])


@njit(cache=True, nogil=True, error_model="numpy")
def add_columns(cost: Any, lightness: Any, prices: Any, total: Any) -> None:
    """Add the paths along columns and both diagonals, both ways; see `add_rows`."""
    height, width, count = cost.shape
    rows = np.empty((2, 3, width, count), np.float32)
    for way in range(2):
        step = 1 - 2 * way
        y = 0 if way == 0 else height - 1
        for i in range(height):
            before, out = rows[(i + 1) % 2], rows[i % 2]
            for x in range(width):
                for slant in range(3):
                    at = x + slant - 1
                    if i == 0 or at < 0 or at >= width:
                        _begin(cost[y, x], out[slant, x], total[y, x])
                        continue
                    here, there = lightness[y, x], lightness[y - step, at]
                    _follow(
                        cost[y, x],
                        here,
                        there,
                        prices,
                        before[slant, at],
                        out[slant, x],
                        total[y, x],
                    )
            y += step


@njit(cache=True, nogil=True, error_model="numpy")
def judge(
    costs: Any,
    most: Any,
    floor: Any,
    lean: Any,
    total: Any,
    labels: Any,
    offset: Any,
    sure: Any,
) -> None:
    """Labels 1 ... K of the least total, their offset to the top of a parabola, and confidence.

    `costs`, `most`, `floor` and `lean` are those of `as_costs`.

    The parabola goes through the logarithms of the evidence of three neighbours; the confidence
    is how far the evidence of the label stands out from the mean of all frames and from noise.
    """
    height, width, count = costs.shape
    one = np.float32(1.0)
    for y in range(height):
        for x in range(width):
            best = 0
            mean = np.float32(0.0)
            for k in range(count):
                mean += costs[y, x, k] - lean[k]
                if total[y, x, k] < total[y, x, best]:
                    best = k
            labels[y, x] = best + 1
            mean /= np.float32(count)
            sure[y, x] = min(max(mean - costs[y, x, best] + lean[best], np.float32(0.0)), one)
            scale = -(most[y, x] + floor)
            offset[y, x] = 0.0
            if 0 < best < count - 1:
                here = np.log(one + scale * (costs[y, x, best] - lean[best]))
                before = np.log(one + scale * (costs[y, x, best - 1] - lean[best - 1]))
                after = np.log(one + scale * (costs[y, x, best + 1] - lean[best + 1]))
                bend = before - np.float32(2.0) * here + after
                if bend < 0 and here >= before and here >= after:
                    offset[y, x] = np.float32(0.5) * (before - after) / bend


@njit(cache=True, nogil=True, error_model="numpy")
def shares(energy: Any, half: Any, noise: Any, sure: Any, out: Any) -> None:
    """n / (n + max(0, energy - sure n)), n the noise of the lightness `half`."""
    last = noise.size - 1
    for y in range(energy.shape[0]):
        for x in range(energy.shape[1]):
            at = min(max(int(half[y, x] * last + np.float32(0.5)), 0), last)
            signal = max(np.float32(0.0), energy[y, x] - sure * noise[at])
            out[y, x] = noise[at] / (noise[at] + signal)
