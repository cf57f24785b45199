"""Compiled loops of the focus detectors; imported on first use.

Every value is computed in the type and the order that the detectors state: nothing may be
regrouped here, the last bit decides between windows of 8-bit pictures that are nearly equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from mfgui.methods.detect.energy import LAPLACIAN

_SHARE = np.float32(0.0625)  # 1 / the sum of the absolute values of the 8-neighbour Laplacian
_CENTRE = np.float32(8.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _plane_row(image: Any, row: int, white: Any, out: Any) -> None:
    """One row as floats, channel by channel, (C, W + 2), mirrored without repeating the edge."""
    width, channels = image.shape[1], image.shape[2]
    if channels == 3:
        for x in range(width):
            out[0, x + 1] = np.float32(image[row, x, 0]) / white
            out[1, x + 1] = np.float32(image[row, x, 1]) / white
            out[2, x + 1] = np.float32(image[row, x, 2]) / white
    else:
        for channel in range(channels):
            for x in range(width):
                out[channel, x + 1] = np.float32(image[row, x, channel]) / white
    for channel in range(channels):
        out[channel, 0] = out[channel, 2]
        out[channel, width + 1] = out[channel, width - 1]


@njit(cache=True, nogil=True, error_model="numpy")
def _responses(above: Any, here: Any, below: Any, out: Any) -> None:
    """Squared 8-neighbour Laplacian / 16, summed over the channels, in cv2.filter2D's order.

    It multiplies each value by its weight first; these are powers of two, so multiplying the
    sum gives the same bits.
    """
    for channel in range(here.shape[0]):
        a, b, c = above[channel], here[channel], below[channel]
        for x in range(out.size):
            total = a[x] + a[x + 1]
            total += a[x + 2]
            total += b[x]
            total -= _CENTRE * b[x + 1]
            total += b[x + 2]
            total += c[x]
            total += c[x + 1]
            total += c[x + 2]
            total *= _SHARE
            square = np.float64(total * total)
            if channel == 0:
                out[x] = square
            else:
                out[x] += square


@njit(cache=True, nogil=True, error_model="numpy")
def _laplacian_parts(
    image: Any, row: int, white: Any, numbers: Any, planes: Any, kept: Any, parts: Any
) -> None:
    """Both parts of the energy of one row: whole multiples of a grid, and of a finer grid.

    `planes` holds the last three rows, `kept` their numbers. Adding and subtracting a large
    number rounds to its grid.
    """
    height = image.shape[0]
    for offset in range(-1, 2):
        near = abs(row + offset)
        if near >= height:
            near = 2 * height - 2 - near
        place = (row + offset) % 3
        if kept[place] != near:
            _plane_row(image, near, white, planes[place])
            kept[place] = near
    coarse, fine = parts[0], parts[1]
    _responses(planes[(row - 1) % 3], planes[row % 3], planes[(row + 1) % 3], coarse)
    round_coarse, round_fine = numbers[0], numbers[1]
    for x in range(coarse.size):
        value = coarse[x]
        rounded = (value + round_coarse) - round_coarse
        coarse[x] = rounded
        fine[x] = ((value - rounded) + round_fine) - round_fine


@njit(cache=True, nogil=True, error_model="numpy")
def _variance_parts(image: Any, row: int, white: Any, numbers: Any, plane: Any, parts: Any) -> None:
    """Sums over the channels of the values of one row, in whole units, and of their squares."""
    _plane_row(image, row, white, plane)
    units = np.float32(numbers[0])
    totals, squares = parts[0], parts[1]
    for channel in range(plane.shape[0]):
        values = plane[channel]
        for x in range(totals.size):
            value = np.float64(np.rint(values[x + 1] * units))
            if channel == 0:
                totals[x] = value
                squares[x] = value * value
            else:
                totals[x] += value
                squares[x] += value * value


@njit(cache=True, nogil=True, error_model="numpy")
def _compare_row(
    kind: int, numbers: Any, columns: Any, radius: int, best: Any, labels: Any, label: int
) -> None:
    """Window sums of one row from its column sums; the label where they exceed the best."""
    first, second = columns[0], columns[1]
    width = labels.size
    last = width - 1
    total = 0.0
    other = 0.0
    for x in range(-radius, radius + 1):
        inside = min(max(x, 0), last)
        total += first[inside]
        other += second[inside]
    for x in range(width):
        energy = total + other if kind == LAPLACIAN else other * numbers[1] - total * total
        if label == 1 or energy > best[x]:
            best[x] = energy
            labels[x] = label
        enter = min(x + radius + 1, last)
        leave = max(x - radius, 0)
        total += first[enter] - first[leave]
        other += second[enter] - second[leave]


@njit(cache=True, nogil=True, error_model="numpy")
def slide(
    kind: int,
    numbers: Any,
    image: Any,
    white: Any,
    low: int,
    high: int,
    radius: int,
    filling: bool,
    columns: Any,
    planes: Any,
    parts: Any,
    best: Any,
    labels: Any,
    label: int,
) -> None:
    """Move the window of one source down over the rows low ... high - 1 and compare.

    Parameters
    ----------
    kind : int
        LAPLACIAN or VARIANCE of `mfgui.methods.detect.energy`, whose `Energy` gives `numbers`.
    image : (H, W, C) uint8, uint16 or float32
    white : float32
        What stored values are divided by.
    filling : bool
        Rows only enter and nothing is compared: 2 * radius + 1 such rows start a range. They
        may lie above the picture; rows beyond its borders repeat the border.
    columns : (2, W) float64
        Sums of both parts over the rows of the window, centred at row low - 1; changed.
    planes : (2, 3, C, W + 2) float32
    parts : (2, 2, W) float64
        Work arrays.
    best : (rows, W) float64
    labels : (H, W)
        Largest energy of the rows low ... so far (any for label 1) and its label; changed.
    """
    last = image.shape[0] - 1
    kept = np.full((2, 3), -1)
    for row in range(low, high):
        for leaving in range(1 if filling else 2):
            at = row - radius - 1 if leaving else row + radius
            at = min(max(at, 0), last)
            if kind == LAPLACIAN:
                _laplacian_parts(
                    image, at, white, numbers, planes[leaving], kept[leaving], parts[leaving]
                )
            else:
                _variance_parts(image, at, white, numbers, planes[leaving, 0], parts[leaving])
        for part in range(2):
            column, enters, leaves = columns[part], parts[0, part], parts[1, part]
            if filling:
                for x in range(column.size):
                    column[x] += enters[x]
            else:
                for x in range(column.size):
                    column[x] += enters[x] - leaves[x]
        if not filling:
            _compare_row(kind, numbers, columns, radius, best[row - low], labels[row], label)
