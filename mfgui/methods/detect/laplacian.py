"""Focus map from the local energy of the Laplacian: the map of MS-Lap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size, to_float
from mfgui.core.compute import Compute
from mfgui.methods.detect.energy import exact_box_sum, rows_with_margin, strongest
from mfgui.methods.optimise.mffssim.window import Window, window_size
from mfgui.methods.registry import Kind, method

_KERNEL = ((1.0, 1.0, 1.0), (1.0, -8.0, 1.0), (1.0, 1.0, 1.0))
_LARGEST = 0.25  # of the squared response to values in [0, 1]


@method(
    "laplacian",
    kind=Kind.DETECTOR,
    title="Laplacian energy",
    summary="The source with the most local Laplacian energy, as in MS-Lap.",
    reference="Xu et al., IEEE Trans. Computational Imaging 6, 2020, MS-Lap",
)
def laplacian(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: Window = "released",
) -> LabelArray:
    """Arg max over the sources of the mean squared Laplacian in a W x W window.

    Each channel is filtered with the 8-neighbour Laplacian / 16 (borders mirrored without
    repeating the edge), squared, and averaged over the window and the channels (borders
    replicated); ties take the lowest label. No post-processing. This is the map of the
    authors' program, section 1.4 [R] of the algorithm notes. Like theirs it filters in
    float32, whose rounding decides between windows of 8-bit pictures that are equal in whole
    numbers; the sums are exact, so that equal windows tie wherever they lie.

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
    kernel = np.array(_KERNEL, np.float32) / 16.0

    def energy(image: ImageF32, low: int, high: int) -> npt.NDArray[Any]:
        rows, inner = rows_with_margin(image, low, high, side // 2 + 1)
        total = np.zeros(rows.shape[:2])
        for channel in range(channels):
            plane = np.ascontiguousarray(rows[:, :, channel], np.float32)
            response = cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
            total += np.multiply(response, response, out=response)
        # One more row than the window needs, so that no row it covers lacks its neighbour.
        return exact_box_sum(total, side, largest=_LARGEST * channels)[inner]

    return strongest(images, energy, window=side, compute=compute)
