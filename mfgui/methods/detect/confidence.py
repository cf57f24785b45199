"""How far the sharpest source is ahead of the next: the confidence of the Laplacian detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripes

_KERNEL = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float32) / 16
# Energy of the rounding of 8-bit values, times 3: below it no source is sharp.
_NOISE = np.float32(1e-6)
_ROWS, _COLUMNS = 128, 512


def confidence(
    images: Sequence[PixelArray], *, window: int, rect: Rect | None = None, compute: Compute
) -> npt.NDArray[np.float32]:
    """Margin between the largest and the second largest local Laplacian energy.

    With the two energies a >= b of a pixel's W x W window it is (a - b) / (a + b + n): 0 where
    two sources are equally sharp, towards 1 where all others are blurred. n is the energy that
    rounding to 8 bits alone makes, so that flat areas have no confidence.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    window : int
        Odd side length of the windows; borders are repeated.
    rect : Rect, optional
        Only these pixels, inside the picture.

    Returns
    -------
    (H, W) or (rect.height, rect.width) float32 in [0, 1]
        Time O(H W C K); beside it each thread holds some planes of a tile of 128 x 512 pixels
        grown by W.

    Raises
    ------
    StopRequested
        From the checkpoint, which is called for every tile.
    """
    height, width = images[0].shape[:2]
    wanted = Rect(0, 0, width, height) if rect is None else rect
    margins: npt.NDArray[np.float32] = np.empty((wanted.height, wanted.width), np.float32)

    def fill(_scratch: Scratch, start: int, stop: int) -> None:
        for top, bottom in stripes(start, stop, _ROWS):
            for left, right in stripes(0, wanted.width, _COLUMNS):
                compute.checkpoint()
                tile = Rect(wanted.x + left, wanted.y + top, right - left, bottom - top)
                margins[top:bottom, left:right] = _margin(images, tile, window)

    with RowWorkers(compute) as workers:
        workers.run(fill, wanted.height)
    return margins


def _margin(images: Sequence[PixelArray], tile: Rect, window: int) -> npt.NDArray[np.float32]:
    first = np.zeros((tile.height, tile.width), np.float32)
    second = np.zeros_like(first)
    for image in images:
        energy = _energy(image, tile, window)
        # The smaller of the new one and the best so far competes for the second place.
        np.maximum(second, np.minimum(first, energy), out=second)
        np.maximum(first, energy, out=first)
    margin: npt.NDArray[np.float32] = (first - second) / (first + second + _NOISE)
    return margin


def _energy(image: PixelArray, tile: Rect, window: int) -> npt.NDArray[Any]:
    """Mean squared response of the 8-neighbour Laplacian / 16 in the windows of a tile."""
    height, width = image.shape[:2]
    reach = window // 2
    wide = tile.grown(reach + 1).intersected(Rect(0, 0, width, height))
    values: ImageF32 = to_float(image[wide.slices])
    found = np.asarray(cv2.filter2D(values, -1, _KERNEL, borderType=cv2.BORDER_REFLECT_101))
    found = found.reshape(values.shape)
    channels = image.shape[2]
    plane = np.asarray(cv2.transform(found * found, np.full((1, channels), 1 / channels)))
    # The outermost responses of a part of the picture were taken beyond its border: left out.
    inner = tile.grown(reach).intersected(Rect(0, 0, width, height))
    x, y = inner.x - wide.x, inner.y - wide.y
    plane = np.ascontiguousarray(plane[y : y + inner.height, x : x + inner.width])
    border = cv2.BORDER_REPLICATE
    energy = np.asarray(cv2.boxFilter(plane, -1, (window, window), borderType=border))
    x, y = tile.x - inner.x, tile.y - inner.y
    return energy[y : y + tile.height, x : x + tile.width]
