"""Fusion by a network of the luminance, and of the chroma by how far it is from grey."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mfgui.core.arrays import ImageF32, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.core.ycbcr import Swing, fused_chroma, to_rgb
from mfgui.methods.learned.options import Pairs
from mfgui.methods.planes import Plane

FusePair = Callable[[PixelArray, PixelArray, Compute], Plane]


def fuse_luminance(
    images: Sequence[PixelArray], pair: FusePair, swing: Swing, *, compute: Compute
) -> ImageF32:
    """Fuse the first two sources, the result with the third, and so on.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Grey ones are taken as colours with equal channels.
    pair : callable
        Gives Y, (H, W) float32, of two sources.
    swing : Swing
        What Y is meant in, and how chroma is weighted.

    Returns
    -------
    (H, W, C) float32
        In [0, 1]. Beside it the memory of `pair`, and an image of floats from the third source on.
    """
    pairs = Pairs(compute, len(images))
    fused: PixelArray = images[0]
    for image in images[1:]:
        plane = pair(fused, image, pairs.next())
        fused = _coloured(plane, fused, image, swing, compute)
    return fused


def _coloured(
    plane: Plane, first: PixelArray, second: PixelArray, swing: Swing, compute: Compute
) -> ImageF32:
    result: ImageF32 = np.empty(first.shape, np.float32)
    height, width, channels = first.shape

    def fill(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, stripe_rows(width)):
            compute.checkpoint()
            rows = slice(low, high)
            colours = None if channels == 1 else fused_chroma([first[rows], second[rows]], swing)
            result[rows] = to_rgb(plane[rows], colours, swing)

    with RowWorkers(compute) as workers:
        workers.run(fill, height)
    return result
