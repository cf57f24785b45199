"""Compiled cross bilateral filter; imported on first use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def filter_plane(plane: Any, guide: Any, near: Any, table: Any, out: Any) -> None:
    """Mean of `plane` by closeness in place, (n, n) `near`, and in the values of `guide`.

    Both planes are n // 2 wider on each side than `out`. `table` holds, for differences of
    0 ... 1 in equal steps, the weight and its change to the next step, (2, steps + 2); the
    weight is interpolated.
    """
    height, width = out.shape
    side = near.shape[0]
    reach = side // 2
    levels, changes = table[0], table[1]
    steps = np.float32(levels.size - 2)
    values, weights = np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(height):
        values[:] = 0.0
        weights[:] = 0.0
        centre = guide[y + reach, reach : reach + width]
        for dy in range(side):
            for dx in range(side):
                close = near[dy, dx]
                beside = guide[y + dy, dx : dx + width]
                source = plane[y + dy, dx : dx + width]
                for x in range(width):
                    place = min(abs(beside[x] - centre[x]) * steps, steps)
                    step = np.uint32(place)
                    share = place - np.float32(step)
                    weight = close * (levels[step] + share * changes[step])
                    values[x] += weight * source[x]
                    weights[x] += weight
        for x in range(width):
            out[y, x] = values[x] / weights[x]
