# mypy: ignore-errors
"""Compiled loop of multiplying light by an exposure."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def equalise(light, gains, tones, field, above, lower, before, nearer):
    """See `mfgui.core.exposure.equalise`; `tones` and `field` are gains, no logarithms.

    `above` and `lower` are the cell of each row and the share of the next cell, `before` and
    `nearer` those of each column.
    """
    height, width, channels = light.shape
    last = tones.shape[0] - 1
    steps = np.float32(last)
    flat = tones.min() == 1 and tones.max() == 1
    cells = field.shape[1]
    row = np.empty((cells + 1, channels), np.float32)
    for y in range(height):
        top, share = above[y], lower[y]
        bottom = min(top + 1, field.shape[0] - 1)
        for x in range(cells):
            for c in range(channels):
                row[x, c] = field[top, x, c] * (1 - share) + field[bottom, x, c] * share
        row[cells] = row[cells - 1]
        for x in range(width):
            i, t = before[x], nearer[x]
            for c in range(channels):
                v = light[y, x, c]
                gain = gains[c] * (row[i, c] + t * (row[i + 1, c] - row[i, c]))
                if not flat:
                    at = np.sqrt(min(max(v, np.float32(0)), np.float32(1))) * steps
                    k = min(int(at), last - 1)
                    gain *= tones[k] + (at - np.float32(k)) * (tones[k + 1] - tones[k])
                light[y, x, c] = v * gain
