"""Weighted average: every source counts by how sharp it is."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decision import Decision
from mfgui.methods.detect import measures
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.pyramids import inside, size_of, times
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Measure = Literal["laplacian", "sum-modified-laplacian", "tenengrad", "spatial-frequency"]
MEASURES: dict[str, Callable[[Plane, int], Plane]] = {
    "laplacian": measures.laplacian_energy,
    "sum-modified-laplacian": measures.sum_modified_laplacian,
    "tenengrad": measures.tenengrad,
    "spatial-frequency": measures.spatial_frequency,
}
_NOTHING = 1e-5  # least noise: equal weights where there is no detail at all
_SIDE = 512


@method(
    "weighted-average",
    kind=Kind.DECISION,
    title="Weighted average",
    summary="Mean of the sources, weighted by how sharp each is around a pixel.",
    reference="as Helicon Focus' method A",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    notes=Notes(
        idea="A focus measure raised to a power is the weight of a source. The weights are "
        "divided by their sum and smoothed.",
        complexity="O(H W (C + log W) K) for windows of W x W",
        memory="a plane of a tile of each source per thread; for two sources 4 bytes per pixel",
        strengths="Less noise than any source where nothing is in focus, true colours, no seams.",
        failures="Mixes what lies behind into the borders of near objects, and in places without "
        "detail all sources into one.",
    ),
)
def weighted_average(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    measure: Annotated[
        Measure,
        Parameter("How sharp a source is: its focus measure", choices=tuple(MEASURES)),
    ] = "laplacian",
    window: Annotated[
        int,
        Parameter(
            "Side length of the measure's windows", unit="px", minimum=3, maximum=31, odd=True
        ),
    ] = 7,
    power: Annotated[
        float, Parameter("Power of the measure; large ones choose", minimum=0.25, maximum=16.0)
    ] = 4.0,
    noise: Annotated[
        float,
        Parameter(
            "Standard deviation of noise, whose detail does not count",
            unit="% of white",
            minimum=0.0,
            maximum=20.0,
        ),
    ] = 0.3,
    radius: Annotated[
        int, Parameter("How far weights are smoothed", unit="px", minimum=0, maximum=64)
    ] = 3,
) -> Decision:
    """Weights (m_k + n)^p / sum_j (m_j + n)^p, smoothed by a Gaussian that reaches `radius` pixels.

    n is what noise alone gives the measure to expect. Without it, a choice by noise between
    sources that are equally out of focus, but not equally light, shows as specks.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    measure, window
        Focus measure of grey, see `mfgui.methods.detect.measures`.
    noise : float
        Percent of white, of one grey value; 1e-3 at least.
    power : float
        p. Laplacian and Tenengrad are energies, the other two are of the order of contrast.
    radius : int
        The Gaussian's sigma is half of it; 0 does not smooth. Windows mirror at the borders.

    Returns
    -------
    Decision
        The labels are those of the largest weight (ties: the lowest). Where no source has
        detail the weights are equal. Time O(H W K) times that of the measure; tile by tile, so
        that memory is that of the result and K planes of a tile.
    """
    weights = _Weights(images, measure, window, power, radius, noise / 100)
    labels: LabelArray = np.empty(images[0].shape[:2], label_dtype(len(images)))
    soft = np.empty(labels.shape, np.float32) if len(images) == 2 else None

    def choose(wide: Rect, inner: Rect) -> None:
        best: Plane | None = None
        for label, weight in enumerate(weights.within(wide, inner, compute), start=1):
            if best is None:
                best = weight.copy()
                labels[inner.slices] = label
                if soft is not None:
                    soft[inner.slices] = weight
                continue
            better = weight > best
            labels[inner.slices][better] = label
            np.maximum(best, weight, out=best)

    in_tiles(size_of(labels), choose, reach=weights.reach, compute=compute, side=_SIDE)
    if soft is not None:
        pair = functools.partial(blend, images[0], images[1], soft, compute=compute)
        return Decision(labels, pair, soft)
    return Decision(labels, functools.partial(_fused, images, weights, compute))


def of_noise(name: str, window: int, deviation: float) -> float:
    """What a measure of `MEASURES` is expected to be of white noise with this deviation."""
    count = window * window
    if name == "laplacian":
        return deviation**2 * (8**2 + 8) / 16**2
    if name == "tenengrad":
        return deviation**2 * 2 * 12 * count
    if name == "spatial-frequency":
        return deviation * 2
    return deviation * 2 * math.sqrt(6 * 2 / math.pi) * count  # mean size of a normal variable


class _Weights:
    """Weights of the sources in tiles; `reach` is how far they look."""

    def __init__(
        self,
        images: Sequence[PixelArray],
        name: str,
        window: int,
        power: float,
        radius: int,
        noise: float,
    ) -> None:
        measure = MEASURES[name]
        self._images = images
        self._measure, self._window = measure, window
        self._floor = np.float32(of_noise(name, window, max(noise, _NOTHING)))
        self._power = np.float32(power)
        self._radius = radius
        self.reach = measures.reach_of(measure, window=window) + radius

    def within(self, wide: Rect, inner: Rect, compute: Compute) -> Iterator[Plane]:
        """The weight of each source in `inner`, made of what lies in `wide`."""
        found = []
        for image in self._images:
            compute.checkpoint()
            found.append(self._measure(grey(image[wide.slices]), self._window) + self._floor)
        # Shares of the largest one: powers of small numbers end below the smallest float.
        share = 1 / functools.reduce(np.maximum, found)
        for measured in found:
            measured *= share
            np.power(measured, self._power, out=measured)
        share = 1 / functools.reduce(np.add, found)
        for measured in found:
            measured *= share
            yield inside(self._smoothed(measured), wide, inner)

    def _smoothed(self, plane: Plane) -> Plane:
        if self._radius == 0:
            return plane
        side = 2 * self._radius + 1
        return np.asarray(cv2.GaussianBlur(plane, (side, side), self._radius / 2), np.float32)


def _fused(images: Sequence[PixelArray], weights: _Weights, compute: Compute) -> ImageF32:
    fused: ImageF32 = np.empty(images[0].shape, np.float32)

    def fill(wide: Rect, inner: Rect) -> None:
        part = fused[inner.slices]
        part[...] = 0.0
        pairs = zip(images, weights.within(wide, inner, compute), strict=True)
        for image, weight in pairs:
            part += times(to_float(image[inner.slices]), weight)
        np.clip(part, 0.0, 1.0, out=part)

    in_tiles(size_of(fused), fill, reach=weights.reach, compute=compute, side=_SIDE)
    return fused
