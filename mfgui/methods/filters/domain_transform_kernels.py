"""Compiled recursions of the domain transform filter; imported on first use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _power(value: Any, squarings: int) -> Any:
    for _ in range(squarings):
        value *= value
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def along_rows(plane: Any, feedback: Any, squarings: int, low: int, high: int) -> None:
    """Rows low ... high - 1, right and back; feedback[y, x] joins the columns x and x + 1."""
    width = plane.shape[1]
    weights = np.empty(width - 1, np.float32)
    for y in range(low, high):
        for x in range(width - 1):
            weights[x] = _power(feedback[y, x], squarings)
        for x in range(1, width):
            plane[y, x] += weights[x - 1] * (plane[y, x - 1] - plane[y, x])
        for x in range(width - 2, -1, -1):
            plane[y, x] += weights[x] * (plane[y, x + 1] - plane[y, x])


@njit(cache=True, nogil=True, error_model="numpy")
def along_columns(plane: Any, feedback: Any, squarings: int, left: int, right: int) -> None:
    """Columns left ... right - 1, down and up; feedback[y, x] joins the rows y and y + 1."""
    height = plane.shape[0]
    for y in range(1, height):
        for x in range(left, right):
            weight = _power(feedback[y - 1, x], squarings)
            plane[y, x] += weight * (plane[y - 1, x] - plane[y, x])
    for y in range(height - 2, -1, -1):
        for x in range(left, right):
            weight = _power(feedback[y, x], squarings)
            plane[y, x] += weight * (plane[y + 1, x] - plane[y, x])
