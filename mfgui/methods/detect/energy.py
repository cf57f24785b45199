"""The common part of the focus detectors: the source of largest local energy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes

Energy = Callable[[ImageF32, int, int], npt.NDArray[Any]]
_EXACT_BITS = 52  # whole numbers below 2^52 are exact in float64


def strongest(
    images: Sequence[ImageF32], energy: Energy, *, window: int, compute: Compute
) -> LabelArray:
    """Label of the source with the largest `energy` at each pixel; ties take the lowest.

    Parameters
    ----------
    images : sequence of (H, W, C) float32
    energy : callable
        ``energy(image, low, high)`` gives rows low ... high - 1 as float64 (high - low, W).
    window : int
        Side length of its window, which sets the height of the stripes.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Beside it only a few planes of a stripe are held per thread.
    """
    height, width, _ = images[0].shape
    labels = np.ones((height, width), label_dtype(len(images)))
    rows = max(stripe_rows(width), window)

    def fill(scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, rows):
            compute.checkpoint()
            best = energy(images[0], low, high)
            for label, image in enumerate(images[1:], start=2):
                compute.checkpoint()
                other = energy(image, low, high)
                labels[low:high][other > best] = label
                np.maximum(best, other, out=best)

    with RowWorkers(compute) as workers:
        workers.run(fill, height)
    return labels


def rows_with_margin(
    image: npt.NDArray[Any], low: int, high: int, margin: int
) -> tuple[npt.NDArray[Any], slice]:
    """Rows low - margin ... high + margin - 1 as far as they exist, and where low ... are."""
    top, bottom = max(0, low - margin), min(image.shape[0], high + margin)
    return image[top:bottom], slice(low - top, high - top)


def box_sum(plane: npt.NDArray[Any], window: int) -> npt.NDArray[Any]:
    """Sum over W x W around every pixel with replicated borders, float64 (H, W)."""
    total: npt.NDArray[Any] = cv2.boxFilter(
        plane, cv2.CV_64F, (window, window), normalize=False, borderType=cv2.BORDER_REPLICATE
    )
    return total


def exact_box_sum(plane: npt.NDArray[Any], window: int, *, largest: float) -> npt.NDArray[Any]:
    """`box_sum` of float64 values from 0 to `largest`, rounded once, like an exact sum.

    Running sums round on their way, which would decide ties by what lies beside the window.
    The values are therefore split into two parts whose sums are both exact.
    """
    spacing = grid(window * window, largest=largest)
    high = np.rint(plane * (1.0 / spacing)) * spacing
    low = plane - high
    finer = grid(window * window, largest=spacing)
    low = np.rint(low * (1.0 / finer)) * finer
    total = box_sum(high, window)
    total += box_sum(low, window)
    return total


def grid(count: int, *, largest: float) -> float:
    """Spacing of a grid of numbers of which `count`, up to `largest`, add up without rounding."""
    return 2.0 ** (math.ceil(math.log2(count * largest)) - _EXACT_BITS)
