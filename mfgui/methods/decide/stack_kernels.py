"""Compiled loops of the stack method; imported on first use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def as_costs(energy: Any, floor: float) -> None:
    """Energies (H, W, K) float32 to costs -1 ... 0, in place: -E_k / (max E + floor)."""
    height, width, count = energy.shape
    for y in range(height):
        for x in range(width):
            most = np.float32(floor)
            for k in range(count):
                most = max(most, energy[y, x, k] + np.float32(floor))
            for k in range(count):
                energy[y, x, k] = -energy[y, x, k] / most


@njit(cache=True, nogil=True, error_model="numpy")
def _step(cost: Any, before: Any, least: Any, change: Any, out: Any, total: Any) -> Any:
    """One step of a path: what each label costs up to here; returns the least of them."""
    smallest = np.float32(np.inf)
    for k in range(cost.size):
        value = cost[k] + min(before[k] - least, change)
        out[k] = value
        total[k] += value
        smallest = min(smallest, value)
    return smallest


@njit(cache=True, nogil=True, error_model="numpy")
def _change(guide: Any, other: Any, penalty: Any, edge: Any) -> Any:
    return penalty / (np.float32(1.0) + abs(guide - other) / edge)


@njit(cache=True, nogil=True, error_model="numpy")
def add_rows(cost: Any, guide: Any, penalty: Any, edge: Any, total: Any) -> None:
    """Add the paths along rows, both ways, to `total`; cost and total (H, W, K), guide (H, W)."""
    height, width, count = cost.shape
    row = np.empty((2, count), np.float32)
    for y in range(height):
        for way in range(2):
            at = 0 if way == 0 else width - 1
            step = 1 if way == 0 else -1
            row[:] = 0.0
            least, change = np.float32(0.0), np.float32(0.0)
            for i in range(width):
                x = at + i * step
                if i:
                    change = _change(guide[y, x], guide[y, x - step], penalty, edge)
                least = _step(cost[y, x], row[i % 2], least, change, row[1 - i % 2], total[y, x])


@njit(cache=True, nogil=True, error_model="numpy")
def add_columns(cost: Any, guide: Any, penalty: Any, edge: Any, total: Any) -> None:
    """Add the paths along columns, both ways; see `add_rows`."""
    height, width, count = cost.shape
    rows = np.empty((2, width, count), np.float32)
    least = np.empty(width, np.float32)
    for way in range(2):
        at = 0 if way == 0 else height - 1
        step = 1 if way == 0 else -1
        rows[:] = 0.0
        least[:] = 0.0
        for i in range(height):
            y = at + i * step
            for x in range(width):
                change = np.float32(0.0)
                if i:
                    change = _change(guide[y, x], guide[y - step, x], penalty, edge)
                least[x] = _step(
                    cost[y, x], rows[i % 2, x], least[x], change, rows[1 - i % 2, x], total[y, x]
                )
