"""Fusion of Laplacian pyramids: in every band the source with the most detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute
from mfgui.methods import pyramids
from mfgui.methods.planes import Clamp, Plane, clamp_to_sources
from mfgui.methods.pyramids import Pyramid, Strongest, each_tile, size_of
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Base = Literal["detail", "mean", "deviation"]
Levels = int | Literal["auto"]
_WHITE, _BLACK = np.uint8(255), np.uint8(0)


@method(
    "laplacian-pyramid",
    kind=Kind.FUSER,
    title="Laplacian pyramid",
    summary="In every octave of detail the source that has the most of it.",
    reference="Burt and Kolczynski, Enhanced image capture through fusion, ICCV 1993",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    notes=Notes(
        idea="Every source is split into octaves of detail, and each octave of the result is "
        "taken, pixel by pixel, from the source that has most energy there. Added up they give "
        "the fused image.",
        complexity="O(H W C K)",
        memory="9 bytes per pixel of colour, however many sources",
        strengths="Fine structures before one another come out sharp, whatever the order of the "
        "frames; with three layers and more nearer to the truth than average and depth map.",
        failures="A little more noise than one source has, and values that no source has beside "
        "strong edges; clamp takes those away.",
    ),
)
def laplacian_pyramid(
    images: Sequence[PixelArray],
    labels: LabelArray | None = None,
    *,
    compute: Compute,
    base: Annotated[
        Base,
        Parameter(
            "The coarsest level: of the sources that the fine detail there is from, mean of all, "
            "or of the source that varies most",
            choices=("detail", "mean", "deviation"),
        ),
    ] = "detail",
    levels: Annotated[
        Levels,
        Parameter(
            "Octaves of detail; auto: until the short side is under 32 pixels",
            minimum=1,
            maximum=12,
            choices=("auto",),
            advanced=True,
        ),
    ] = "auto",
    clamp: Clamp = False,
) -> ImageF32:
    """Fused image, (H, W, C) float32 in [0, 1].

    In each band the source with the largest 5 x 5 mean of squared detail, summed over the
    channels, is chosen (ties: the lowest), then the most frequent choice of every 3 x 3 window.
    Burt and Kolczynski's match measure is not used: sources in focus at different distances do
    not agree in detail, and selection alone keeps its contrast.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    base : {"detail", "mean", "deviation"}
        Mean: equal weights. Deviation: the source with the largest variance in a 5 x 5 window
        of the coarsest level, summed over the channels, and 3 x 3 majority. Detail: weighted by
        how much of the second finest band around is chosen from each source, the Gaussian
        pyramid of its choices; the other two mix in the brightness of sources out of focus.
    levels : int or "auto"
        At most as many as leave one pixel.
    clamp : bool
        Between the smallest and the largest source value at each pixel.

    Returns
    -------
    (H, W, C) float32
        Time O(H W C K): every source is taken apart twice, once to choose and once to copy,
        so that memory does not grow with K.
    """
    size = size_of(images[0])
    deepest = pyramids.depth(size, smallest=32 if levels == "auto" else 2)
    pyramid = Pyramid(images[0].shape, deepest if levels == "auto" else min(deepest, levels))
    choices = _choices(images, pyramid, compute)
    bands = pyramids.empty_bands(pyramid)
    for label, image in enumerate(images, start=1):
        compute.progress(len(images) + label - 1, 2 * len(images))
        pyramid.take(image, compute=compute)
        for level in range(pyramid.depth):
            _copy(pyramid, level, label, choices[level], bands[level], compute)
        if base == "deviation":
            _copy(pyramid, pyramid.depth, label, choices[-1], bands[-1], compute)
        elif base == "mean":
            bands[-1] += pyramid.level(pyramid.depth) / np.float32(len(images))
        else:
            share = _share(choices, label, pyramid.depth, compute)
            bands[-1] += pyramids.times(pyramid.level(pyramid.depth), share)
    fused = pyramids.collapsed(bands, compute=compute)
    if clamp:
        clamp_to_sources(fused, images, compute=compute)
    pyramids.clip(fused, compute=compute)
    return fused


def _share(choices: Sequence[LabelArray], label: int, base: int, compute: Compute) -> Plane:
    """How much of the fine detail around each pixel of level `base` is from this source."""
    level = min(1, base - 1)  # the finest band has the most noise
    weights = Pyramid(choices[level].shape, base - level)
    weights.take(np.where(choices[level] == label, _WHITE, _BLACK), compute=compute)
    return weights.level(base - level)[:, :, 0]


def _choices(images: Sequence[PixelArray], pyramid: Pyramid, compute: Compute) -> list[LabelArray]:
    """The label that each pixel of each level, the base included, is taken from."""
    best = [Strongest(size, len(images)) for size in pyramid.sizes]
    for label, image in enumerate(images, start=1):
        compute.progress(label - 1, 2 * len(images))
        pyramid.take(image, compute=compute)
        for level in range(pyramid.depth + 1):
            _compete(pyramid, level, label, best[level], compute)
    return [pyramids.majority(one.labels, len(images), compute=compute) for one in best]


def _compete(pyramid: Pyramid, level: int, label: int, best: Strongest, compute: Compute) -> None:
    measure = pyramids.energy if level < pyramid.depth else pyramids.deviation

    def compare(wide: Rect, inner: Rect) -> None:
        values = measure(pyramid.detail(level, wide))
        best.take(label, inner, pyramids.inside(values, wide, inner))

    each_tile(pyramid.sizes[level], compare, compute=compute, reach=2)


def _copy(
    pyramid: Pyramid, level: int, label: int, choice: LabelArray, band: ImageF32, compute: Compute
) -> None:
    """Copy what is chosen of this source into the band of the result."""

    def copy(_wide: Rect, inner: Rect) -> None:
        mask = pyramids.chosen(choice, label, inner)
        if mask is not None:
            cv2.copyTo(pyramid.detail(level, inner), mask, band[inner.slices])

    each_tile(pyramid.sizes[level], copy, compute=compute)
