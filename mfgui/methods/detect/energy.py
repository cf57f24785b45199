"""The common part of the focus detectors: the source of largest local energy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray, read_only, white_of
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes

LAPLACIAN, VARIANCE = 0, 1
_EXACT_BITS = 52  # whole numbers below 2^52 are exact in float64
_LEAST_ROWS = 16  # of a stripe: its first and last rows are converted twice


@dataclass(frozen=True)
class Energy:
    """What is summed over the windows.

    The sums are exact: running sums that round on their way would decide ties by what lies
    beside the window. Each pixel's energy is therefore kept as two numbers that add up exactly.

    Attributes
    ----------
    kind : int
        LAPLACIAN: squared response, as multiples of a coarse grid and of a fine one.
        VARIANCE: sum over the channels, and sum of squares, both in whole units.
    numbers : (float, float)
        LAPLACIAN: what rounds to either grid when added and subtracted.
        VARIANCE: units per 1.0, and values per window.
    """

    kind: int
    numbers: tuple[float, float]

    @classmethod
    def laplacian(cls, window: int, *, largest: float) -> Energy:
        """Sums of energies from 0 to `largest`, rounded once, when both parts are added."""
        count = window * window
        coarse = grid(count, largest=largest)
        fine = grid(count, largest=coarse)
        return cls(LAPLACIAN, (_rounder(coarse), _rounder(fine)))

    @classmethod
    def variance(cls, window: int, *, channels: int) -> Energy:
        """Variance of values in [0, 1], times the square of their count, in squared units."""
        count = channels * window * window
        # Values and squares must both add up exactly; the spacing is that of the values.
        spacing = 2.0 ** math.ceil(math.log2(grid(count, largest=1.0)) / 2)
        return cls(VARIANCE, (1.0 / spacing, float(count)))


def grid(count: int, *, largest: float) -> float:
    """Spacing of a grid of numbers of which `count`, up to `largest`, add up without rounding."""
    return 2.0 ** (math.ceil(math.log2(count * largest)) - _EXACT_BITS)


def _rounder(spacing: float) -> float:
    """Adding this and subtracting it again rounds to multiples of `spacing`, half to even."""
    return 1.5 * 2.0**_EXACT_BITS * spacing


def strongest(
    images: Sequence[PixelArray], energy: Energy, *, window: int, compute: Compute
) -> LabelArray:
    """Label of the source with the largest `energy` around each pixel; ties take the lowest.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        As stored.
    window : int
        Side length W of the square windows; rows and columns beyond the borders repeat them.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time O(H W C K), whatever W. Beside them each thread holds, per source,
        two rows of column sums, and one stripe of the largest energy.
    """
    from mfgui.methods.detect import kernels

    height, width, channels = images[0].shape
    labels: LabelArray = np.empty((height, width), label_dtype(len(images)))
    white = white_of(images[0])
    numbers = np.array(energy.numbers)
    frames = [read_only(image) for image in images]
    rows = max(stripe_rows(width), _LEAST_ROWS)

    def fill(scratch: Scratch, start: int, stop: int) -> None:
        columns = scratch.take("columns", (len(frames), 2, width))
        columns[:] = 0.0
        planes = scratch.take("planes", (2, 3, channels, width + 2), np.float32)
        parts = scratch.take("parts", (2, 2, width))
        best = scratch.take("best", (rows, width))

        def move(low: int, high: int, *, filling: bool) -> None:
            for index, frame in enumerate(frames):
                compute.checkpoint()
                kernels.slide(
                    energy.kind, numbers, frame, white, low, high, window // 2, filling,
                    columns[index], planes, parts, best, labels, index + 1,
                )  # fmt: skip

        for low, high in stripes(start - window, start, rows):
            move(low, high, filling=True)
        for low, high in stripes(start, stop, rows):
            move(low, high, filling=False)

    with RowWorkers(compute) as workers:
        workers.run(fill, height)
    return labels
