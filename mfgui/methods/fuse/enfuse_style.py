"""Fusion as enfuse does it for focus stacks: hard masks of local contrast, blended in octaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute
from mfgui.methods import pyramids
from mfgui.methods.planes import Clamp, Plane, clamp_to_sources, grey
from mfgui.methods.pyramids import Pyramid, Strongest, each_tile, size_of
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_COARSEST = 8  # pixels of the short side, under which enfuse makes no further level either
_FLAT = 1e-12  # variances below are rounding
_BLACK, _WHITE = np.uint8(0), np.uint8(255)


@method(
    "enfuse-style",
    kind=Kind.FUSER,
    title="Contrast masks in octaves",
    summary="Each pixel from the source of most local contrast, blended octave by octave.",
    reference="Mertens, Kautz and Van Reeth, Exposure fusion, Pacific Graphics 2007; "
    "Burt and Adelson, ACM Trans. Graphics 2, 1983",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    notes=Notes(
        idea="The source with the largest deviation of grey around a pixel is chosen there. The "
        "choices are blended octave by octave, fine detail over few pixels, brightness over many.",
        complexity="O(H W C K)",
        memory="10 bytes per pixel of colour, however many sources",
        strengths="No seams, and few parameters.",
        failures="Where nothing is in focus the choice is that of the noise, and halos of "
        "defocused edges win beside them.",
    ),
)
def enfuse_style(
    images: Sequence[PixelArray],
    labels: LabelArray | None = None,
    *,
    compute: Compute,
    window: Annotated[
        int,
        Parameter(
            "Side length of the windows of the deviation",
            unit="px",
            minimum=3,
            maximum=31,
            odd=True,
        ),
    ] = 5,
    clamp: Clamp = False,
) -> ImageF32:
    """Fused image, (H, W, C) float32 in [0, 1].

    Weights are the standard deviation of grey in W x W windows (exposure fusion's measure as
    enfuse computes it), made hard by arg max, ties to the lowest label. The Laplacian pyramids
    of the sources are added, weighted by the Gaussian pyramids of the masks, down to a short
    side under 8 pixels.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    window : int
        W, odd. Windows mirror at the borders without repeating the edge.
    clamp : bool
        Between the smallest and the largest source value at each pixel.

    Returns
    -------
    (H, W, C) float32
        Time O(H W C K); memory does not grow with K.
    """
    winners = masks(images, window, compute=compute)
    levels = pyramids.depth(size_of(images[0]), smallest=_COARSEST)
    pyramid = Pyramid(images[0].shape, levels)
    weights = Pyramid(winners.shape, levels)
    bands = pyramids.empty_bands(pyramid)
    for label, image in enumerate(images, start=1):
        compute.progress(len(images) + label - 1, 2 * len(images))
        pyramid.take(image, compute=compute)
        weights.take(np.where(winners == label, _WHITE, _BLACK), compute=compute)
        for level in range(levels + 1):
            _add(pyramid, weights, level, bands[level], compute)
    fused = pyramids.collapsed(bands, compute=compute)
    if clamp:
        clamp_to_sources(fused, images, compute=compute)
    pyramids.clip(fused, compute=compute)
    return fused


def masks(images: Sequence[PixelArray], window: int, *, compute: Compute) -> LabelArray:
    """The label of the source with the largest deviation of grey around each pixel, (H, W)."""
    best = Strongest(size_of(images[0]), len(images))
    for label, image in enumerate(images, start=1):
        compute.progress(label - 1, 2 * len(images))

        def compare(wide: Rect, inner: Rect, image: PixelArray = image, label: int = label) -> None:
            values = variance(grey(image[wide.slices]), window)
            best.take(label, inner, pyramids.inside(values, wide, inner))

        each_tile(size_of(image), compare, compute=compute, reach=window // 2)
    return best.labels


def variance(plane: Plane, window: int) -> Plane:
    """Variance of a plane in W x W windows, mirrored at the borders, (h, w) float32."""
    taps = np.full(window, 1 / window)
    # About a common value, so that little cancels.
    centred = plane - np.mean(plane, dtype=np.float64)
    mean = cv2.sepFilter2D(centred, -1, taps, taps)
    squares = cv2.sepFilter2D(np.square(centred), -1, taps, taps)
    varied = np.asarray(squares - np.square(mean), np.float32)
    varied[varied < _FLAT] = 0.0
    return varied


def _add(pyramid: Pyramid, weights: Pyramid, level: int, band: ImageF32, compute: Compute) -> None:
    def add(_wide: Rect, inner: Rect) -> None:
        weight = weights.part(level, inner)[:, :, 0]
        if weight.any():
            part = band[inner.slices]
            part += pyramids.times(pyramid.detail(level, inner), weight)

    each_tile(pyramid.sizes[level], add, compute=compute)
