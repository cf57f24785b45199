"""Guided-filter focus region detection: a map cleaned by guided filters, twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import cv2
import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.detect.regions import Clean, remove_small_regions
from mfgui.methods.filters.guided import guided
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

# Measures that are equal but for the rounding of their sums, as those of flat parts are. They
# go to the second source, as equal ones do in the authors' program.
_ROUNDING = np.float32(1e-7)


@method(
    "gfdf",
    kind=Kind.DECISION,
    title="Guided filter focus regions (GFDF)",
    summary="Detail beside a 7 x 7 mean, guided-filtered, compared, cleaned, guided-filtered.",
    reference="Qiu, Li, Zhang and Yuan, Signal Processing: Image Communication 72, 2019",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="What a 7 x 7 mean takes away tells where a source is sharp; a guided filter spreads "
        "it over its surroundings. The larger one gives the map, small regions are removed, and a "
        "guided filter softens the border along the edges of the composite.",
        complexity="O(H W C K), whatever the radius",
        memory="6 bytes per pixel, and 40 MB for each thread",
        strengths="Fast at any size; clean regions with narrow soft borders.",
        failures="Regions below 1 % of the picture are lost; with three or more sources the "
        "result depends on their order.",
    ),
)
def gfdf(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: Annotated[
        int, Parameter("Of the mean", unit="px", minimum=3, maximum=99, odd=True)
    ] = 7,
    radius: Annotated[
        int, Parameter("Of the guided filters", unit="px", minimum=1, maximum=64)
    ] = 5,
    epsilon: Annotated[
        float,
        Parameter("Variance of grey that counts as an edge", minimum=1e-6, maximum=1.0),
    ] = 0.3,
    clean: Clean = 0.01,
) -> Decision:
    """Decision of X. Qiu et al., Guided filter-based multi-focus image fusion, 2019.

    Focus measure: |grey - mean| filtered by the guided filter, guide grey; the larger one gives
    the map; regions below `clean` go; the map is filtered by the guided filter, guide the grey of
    the composite; that is the weight of source 1 (clipped to [0, 1]). The mean replicates
    borders: so, and saved as JPEG, our images of the Lytro pairs are the published ones byte for
    byte.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        More than two are fused one after another.
    window : int
        Of the mean.
    radius, epsilon : int, float
        Of both guided filters.
    clean : float
        Share of the picture.

    Returns
    -------
    Decision
        `soft` is the weight of source 1, `labels` says where it is at least a half. Time
        O(H W C K), memory 6 bytes per pixel, beside an image of floats from the third source on.
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        labels = _compared(first, second, window, radius, epsilon, compute)
        if clean > 0.0:
            remove_small_regions(labels, share=clean, compute=compute)
        soft = _softened((first, second), labels, radius, epsilon, compute)
        np.subtract(np.uint8(2), soft >= 0.5, out=labels)
        return Decision(labels, lambda: blend(first, second, soft, compute=compute), soft)

    return in_sequence(pair, images, compute=compute)


def _compared(
    first: PixelArray,
    second: PixelArray,
    window: int,
    radius: int,
    epsilon: float,
    compute: Compute,
) -> LabelArray:
    height, width, _ = first.shape
    labels: LabelArray = np.empty((height, width), np.uint8)

    def measure(part: PixelArray, local: Rect) -> Plane:
        plane = grey(part)
        mean = cv2.blur(plane, (window, window), borderType=cv2.BORDER_REPLICATE)
        detail = np.abs(plane - mean)
        return guided(detail, plane, radius=radius, epsilon=epsilon)[local.slices]

    def work(wide: Rect, inner: Rect) -> None:
        local = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height)
        ahead = measure(first[wide.slices], local) - measure(second[wide.slices], local)
        np.subtract(np.uint8(2), ahead > _ROUNDING, out=labels[inner.slices])

    reach = window // 2 + 2 * radius
    in_tiles(Size(width, height), work, reach=reach, compute=compute)
    return labels


def _softened(
    pair: tuple[PixelArray, PixelArray],
    labels: LabelArray,
    radius: int,
    epsilon: float,
    compute: Compute,
) -> Plane:
    """The map, guided-filtered by the grey of its composite: the weight of source 1."""
    height, width = labels.shape
    soft: Plane = np.empty((height, width), np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        inside = labels[wide.slices] == 1
        local = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height)
        if inside.all() or not inside.any():
            # The filter keeps what is the same everywhere, so that most tiles are for nothing.
            soft[inner.slices] = inside[0, 0]
            return
        guide = grey(pair[1][wide.slices])
        cv2.copyTo(grey(pair[0][wide.slices]), inside.view(np.uint8), guide)
        weight = guided(inside.astype(np.float32), guide, radius=radius, epsilon=epsilon)
        np.clip(weight[local.slices], 0.0, 1.0, out=soft[inner.slices])

    in_tiles(Size(width, height), work, reach=2 * radius, compute=compute, side=512)
    return soft
