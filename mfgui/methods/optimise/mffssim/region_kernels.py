"""The compiled loop over the labels of a map."""

from __future__ import annotations

import numpy as np
from numba import njit

from mfgui.methods.optimise.mffssim.compiled import ARITHMETIC


@njit(**ARITHMETIC)
def scan(labels, count, cell, first, last, edges, seen):
    """Looks at the rows of cells first ... last - 1, cells of cell x cell pixels.

    `edges` (h, w) is set where a label changes within a cell or at its lower or right border,
    `seen` (count, h, w) where each of the labels 1 ... count occurs.
    """
    height, width = labels.shape
    for row in range(first * cell, min(height, last * cell)):
        i, below = row // cell, min(height - 1, row + 1)
        line, under = labels[row], labels[below]
        for j in range(edges.shape[1]):
            a, b = j * cell, min(width, (j + 1) * cell)
            label, inside, down = line[a], False, False
            for c in range(a, b):
                inside |= line[c] != label
                down |= line[c] != under[c]
            if inside or down or (b < width and line[b] != line[b - 1]):
                edges[i, j] = True
            if inside:
                for c in range(a, b):
                    if line[c] >= 1 and line[c] <= count:
                        seen[line[c] - 1, i, j] = True
            elif label >= 1 and label <= count:
                seen[label - 1, i, j] = True


@njit(**ARITHMETIC)
def add_difference(y, x, white, labels, label, cell, places, total):
    """Adds to total[n] the sum of y - x over the pixels with `label` of cell places[n]."""
    height, width, channels = y.shape
    for n in range(places.shape[0]):
        top, left = places[n, 0] * cell, places[n, 1] * cell
        for row in range(top, min(height, top + cell)):
            for column in range(left, min(width, left + cell)):
                if labels[row, column] == label:
                    for k in range(channels):
                        value = np.float32(x[row, column, k]) / white
                        total[n] += y[row, column, k] - value
