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
    most: Any,
    finest: Any,
    guide: Any,
) -> None:
    """Evidence of one frame: its energies over that of noise, weighted by `shares`, summed.

    `energies` is (3, h, w), `noise` (3, N) for lightness 0 ... 1, `evidence` (h, w, K), `most`,
    `finest` and `guide` (h, w): the largest evidence so far, the largest of the first band alone,
    and the lightness of the frame of the largest.
    """
    height, width = half.shape
    last = noise.shape[1] - 1
    dead = np.float32(2.0)  # energies of noise: frames that were moved have less than others
    for y in range(height):
        for x in range(width):
            at = min(max(int(half[y, x] * last + np.float32(0.5)), 0), last)
            total = np.float32(0.0)
            for band in range(3):
                over = energies[band, y, x] / noise[band, at] - dead
                if over > 0:
                    total += shares[band] * over
                    if band == 0:
                        finest[y, x] = max(finest[y, x], over)
            evidence[y, x, index] = total
            if total > most[y, x]:
                most[y, x] = total
                guide[y, x] = half[y, x]


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
def as_costs(evidence: Any, most: Any, floor: Any) -> None:
    """Evidence (h, w, K) to costs from -1 to 0, in place."""
    for y in range(evidence.shape[0]):
        for x in range(evidence.shape[1]):
            scale = np.float32(-1.0) / (most[y, x] + floor)
            for k in range(evidence.shape[2]):
                evidence[y, x, k] *= scale


@njit(cache=True, nogil=True, error_model="numpy")
def judge(
    costs: Any, most: Any, floor: Any, total: Any, labels: Any, offset: Any, sure: Any
) -> None:
    """Labels 1 ... K of the least total, their offset to the top of a parabola, and confidence.

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
                mean += costs[y, x, k]
                if total[y, x, k] < total[y, x, best]:
                    best = k
            labels[y, x] = best + 1
            mean /= np.float32(count)
            sure[y, x] = min(max(mean - costs[y, x, best], np.float32(0.0)), one)
            scale = -(most[y, x] + floor)
            offset[y, x] = 0.0
            if 0 < best < count - 1:
                here = np.log(one + scale * costs[y, x, best])
                before = np.log(one + scale * costs[y, x, best - 1])
                after = np.log(one + scale * costs[y, x, best + 1])
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
