"""Compiled loop over the windows of FMI; imported on first use.

Of a window there are nine shares, down its columns. Entropies are in nats: only ratios leave.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

_SAME = 1e-9  # what rounding may add to the coefficients of a transform


@njit(cache=True, nogil=True, error_model="numpy")
def _information(value: float) -> float:
    """-x log |x|, and 0 for 0."""
    return -value * math.log(abs(value)) if value != 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _alike(first: Any, second: Any, y: int, x: int) -> bool:
    """Whether two windows hold the same values."""
    for column in range(3):
        for row in range(3):
            if abs(first[y + row, x + column] - second[y + row, x + column]) > _SAME:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _take(plane: Any, y: int, x: int, shares: Any) -> bool:
    """The window stretched over 0 ... 1, over its sum; False when it is flat."""
    low, high = np.inf, -np.inf
    for column in range(3):
        for row in range(3):
            value = plane[y + row, x + column]
            shares[3 * column + row] = value
            low, high = min(low, value), max(high, value)
    if high - low <= _SAME:
        return False
    total = 0.0
    for n in range(9):
        shares[n] = (shares[n] - low) / (high - low)
        total += shares[n]
    for n in range(9):
        shares[n] /= total
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _moments(shares: Any) -> tuple[float, float, float]:
    """Mean and variance of the place -4 ... 4 under the shares, and their entropy."""
    mean, square, entropy = 0.0, 0.0, 0.0
    for n in range(9):
        mean += (n - 4) * shares[n]
        square += (n - 4) ** 2 * shares[n]
        entropy += _information(shares[n])
    return mean, square - mean * mean, entropy


@njit(cache=True, nogil=True, error_model="numpy")
def _correlation(first: Any, second: Any) -> float:
    """Of the shares themselves. Neither window is flat."""
    both, one, other = -1.0 / 9.0, -1.0 / 9.0, -1.0 / 9.0  # both means are 1 / 9
    for n in range(9):
        both += first[n] * second[n]
        one += first[n] * first[n]
        other += second[n] * second[n]
    return both / math.sqrt(one * other)


@njit(cache=True, nogil=True, error_model="numpy")
def _coupled(first: Any, second: Any, rising: bool, cells: Any, masses: Any) -> tuple[int, float]:
    """Joint shares whose cumulative sums are Frechet's bound: places rise, or fall, together.

    Returns
    -------
    count : int
        How many of `cells`, 9 i + j, and `masses` are filled; at most 17.
    moment : float
        Mean product of the places.
    """
    count, moment = 0, 0.0
    i, j, turn = 0, 0 if rising else 8, 1 if rising else -1
    left, right = first[0], second[j]
    while True:
        mass = min(left, right)
        if mass > 0.0:
            cells[count], masses[count] = 9 * i + j, mass
            moment += mass * (i - 4) * (j - 4)
            count += 1
        if left <= right:
            i, right = i + 1, right - left
            if i == 9:
                return count, moment
            left = first[i]
        else:
            j, left = j + turn, left - right
            if j in (-1, 9):
                return count, moment
            right = second[j]


@njit(cache=True, nogil=True, error_model="numpy")
def _shared(first: Any, second: Any, cells: Any, masses: Any) -> float:
    """2 I / (H1 + H2) of two windows that are not flat."""
    mean, variance, entropy = _moments(first)
    other_mean, other_variance, other_entropy = _moments(second)
    correlation = _correlation(first, second)
    # A window with a single value above the others has neither entropy nor variance.
    if entropy == 0.0 or other_entropy == 0.0 or correlation == 0.0:
        return 0.0
    count, moment = _coupled(first, second, correlation > 0.0, cells, masses)
    bound = (moment - mean * other_mean) / math.sqrt(variance * other_variance)
    share = correlation / bound
    # Entropy of (1 - share) p q in all cells, then what the cells of the bound change.
    apart = 1.0 - share
    joint = _information(apart) + apart * (entropy + other_entropy)
    for n in range(count):
        independent = apart * first[cells[n] // 9] * second[cells[n] % 9]
        joint += _information(independent + share * masses[n]) - _information(independent)
    total = entropy + other_entropy
    return 2.0 * (total - joint) / total


@njit(cache=True, nogil=True, error_model="numpy")
def add_shared(source: Any, fused: Any, sums: Any) -> None:
    """Add the values of all windows of planes (H, W) float64 to (H - 2, W - 2) `sums`."""
    first, second = np.empty(9), np.empty(9)
    cells, masses = np.empty(18, np.int64), np.empty(18)
    for y in range(sums.shape[0]):
        for x in range(sums.shape[1]):
            varied, other_varied = _take(source, y, x, first), _take(fused, y, x, second)
            if varied and other_varied and not _alike(source, fused, y, x):
                sums[y, x] += _shared(first, second, cells, masses)
            elif varied == other_varied:
                sums[y, x] += 1.0
