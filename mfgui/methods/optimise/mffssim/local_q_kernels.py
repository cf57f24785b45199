"""Compiled loop of local Q: the SSIM of every window of a tile, in one pass over its rows."""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.box_kernels import (
    add_product,
    add_squares,
    slide_product,
    slide_squares,
)
from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC
from mfgui.methods.optimise.mffssim.ssim import C1, C2

_ONE = np.float32(1.0)
SUMS = 5


@njit(**ARITHMETIC)
def score(x, y, labels, label, reach, sums, windows, out):
    """Write the SSIM of x and y of each window whose centre has `label` into `out`.

    x, y (h + 2 reach, w + 2 reach, C) float32, labels and out (h, w); sums
    (SUMS, w + 2 reach) and windows (SUMS, w) are work space, float64.
    """
    height, width = labels.shape
    side = 2 * reach + 1
    scale = 1.0 / (side * side * x.shape[2])
    sums[:] = 0.0
    for row in range(side):
        add_squares(sums[0], sums[1], x[row], _ONE, 1.0)
        add_squares(sums[2], sums[3], y[row], _ONE, 1.0)
        add_product(sums[4], x[row], _ONE, y[row], 1.0)
    for row in range(height):
        if row > 0:
            enter, gone = row + side - 1, row - 1
            slide_squares(sums[0], sums[1], x[enter], x[gone], _ONE)
            slide_squares(sums[2], sums[3], y[enter], y[gone], _ONE)
            slide_product(sums[4], x[enter], x[gone], _ONE, y[enter], y[gone])
        for number in range(SUMS):
            s, w = sums[number], windows[number]
            t = 0.0
            for c in range(side):
                t += s[c]
            w[0] = t * scale
            for c in range(1, width):
                t += s[c + side - 1] - s[c - 1]
                w[c] = t * scale
        named, to = labels[row], out[row]
        for c in range(width):
            mean_x, mean_y = windows[0, c], windows[2, c]
            product = mean_x * mean_y
            squares = mean_x * mean_x + mean_y * mean_y
            top = (2.0 * product + C1) * (2.0 * (windows[4, c] - product) + C2)
            below = (squares + C1) * (windows[1, c] + windows[3, c] - squares + C2)
            to[c] = np.float32(top / below) if named[c] == label else to[c]
