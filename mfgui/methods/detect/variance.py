"""Focus map from the local variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size, to_float
from mfgui.core.compute import Compute
from mfgui.methods.detect.energy import box_sum, grid, rows_with_margin, strongest
from mfgui.methods.optimise.mffssim.window import Window, window_size
from mfgui.methods.registry import Kind, method


@method(
    "variance",
    kind=Kind.DETECTOR,
    title="Local variance",
    summary="The source with the largest variance around each pixel.",
    reference="released program of Xu et al., IEEE Trans. Computational Imaging 6, 2020",
)
def variance(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: Window = "released",
) -> LabelArray:
    """Arg max over the sources of the variance in a W x W window, channels jointly.

    Borders are replicated, ties take the lowest label, no post-processing.

    Parameters
    ----------
    images : sequence of (H, W, C) float32
        Two or more sources in [0, 1].
    window : int or {"paper", "released"}
        Odd side length, or the rule that gives it.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time O(H W C K); memory: the labels and some stripes of `window` rows.

    Raises
    ------
    UsageError
        When the window is larger than the image.
    """
    images = [to_float(image) for image in images]
    height, width, channels = images[0].shape
    side = window_size(window, Size(width, height))
    count = channels * side * side
    # Values and squares must both add up exactly, so that flat windows tie; whole multiples of
    # the spacing are summed, which scales the variance by a power of two.
    spacing = 2.0 ** math.ceil(math.log2(grid(count, largest=1.0)) / 2)

    def energy(image: ImageF32, low: int, high: int) -> npt.NDArray[Any]:
        rows, inner = rows_with_margin(image, low, high, side // 2)
        x = np.rint(rows * (1.0 / spacing)).astype(np.float64)
        mean = box_sum(x.sum(axis=2), side)[inner]
        square = box_sum(np.multiply(x, x, out=x).sum(axis=2), side)[inner]
        square *= count
        mean *= mean
        square -= mean
        return square

    return strongest(images, energy, window=side, compute=compute)
