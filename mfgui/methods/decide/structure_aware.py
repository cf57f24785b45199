"""Structure-aware fusion: which source has more structure after smoothing that keeps edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import cv2
import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.filters.domain_transform import DomainTransform
from mfgui.methods.filters.guided import guided
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_ROUNDS = 3
# Structures that are equal but for the rounding of their sums; they count for source 2.
_ROUNDING = np.float32(1e-7)


@method(
    "s-a",
    kind=Kind.DECISION,
    title="Structure-aware (S-A)",
    summary="Gradients after smoothing that keeps edges; the map follows edges of source 1.",
    reference="Li, Xie, Zhou, Han and Zhan, Optik 172, 2018",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="Every source is smoothed by a guided filter with itself as guide, and what is left "
        "of its gradients is compared. The map is cut at a half and smoothed along the edges of "
        "source 1 three times over.",
        complexity="O(H W C K)",
        memory="16 bytes per pixel while the map is made, 5 with the result",
        strengths="Soft borders along edges; noise counts little.",
        failures="Source 1 guides the map, so that the result depends on the order of the "
        "sources, and it leaks into flat parts where source 1 is blurred.",
    ),
)
def structure_aware(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    radius: Annotated[
        int, Parameter("Of the smoothing and of the means", unit="px", minimum=1, maximum=64)
    ] = 3,
    epsilon: Annotated[
        float, Parameter("Variance of grey that smoothing keeps", minimum=1e-6, maximum=1.0)
    ] = 0.01,
    sigma_space: Annotated[
        float,
        Parameter("How far the map is smoothed", unit="px", minimum=1.0, maximum=200.0),
    ] = 10.0,
    sigma_range: Annotated[
        float,
        Parameter("Difference of grey that stops smoothing", minimum=0.01, maximum=5.0),
    ] = 0.2,
) -> Decision:
    """Decision of W. Li et al., Structure-aware image fusion, 2018; section 8 (S-A) of the notes.

    Smoothed: guided filter of grey by itself. Structure: |dx| + |dy| of that, forward
    differences (of which kind is not said). Map: 1 where the box mean of the difference of the
    structures is positive. Three times: the map at a half, then the recursive filter of Gastal
    and Oliveira (three iterations) with the grey of source 1 as guide. The last one is the weight
    of source 1.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        More than two are fused one after another.
    radius, epsilon : int, float
        Of the guided filter; the box mean has the same radius, and ends at the borders.
    sigma_space, sigma_range : float
        Of the recursive filter, in pixels and in [0, 1].

    Returns
    -------
    Decision
        `soft` is the weight of source 1, `labels` says where it is at least a half. Time
        O(H W C K).
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        soft = _compared(first, second, radius, epsilon, compute)
        smooth = DomainTransform(
            _grey_frame(first, compute),
            sigma_space=sigma_space,
            sigma_range=sigma_range,
            compute=compute,
        )
        for turn in range(_ROUNDS):
            compute.progress(turn, _ROUNDS)
            np.greater(soft, 0.5, out=soft, casting="unsafe")
            smooth(soft)
        labels: LabelArray = np.subtract(np.uint8(2), soft >= 0.5)
        return Decision(labels, lambda: blend(first, second, soft, compute=compute), soft)

    return in_sequence(pair, images, compute=compute)


def _compared(
    first: PixelArray, second: PixelArray, radius: int, epsilon: float, compute: Compute
) -> Plane:
    """1 where the first source has more structure around, else 0; (H, W) float32."""
    height, width, _ = first.shape
    sharper: Plane = np.empty((height, width), np.float32)
    side = (2 * radius + 1, 2 * radius + 1)

    def work(wide: Rect, inner: Rect) -> None:
        local = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height).slices
        ahead = _structure(grey(first[wide.slices]), radius, epsilon)
        ahead -= _structure(grey(second[wide.slices]), radius, epsilon)
        # Only the sign counts, so that nothing is divided by how much of the window is inside.
        mean = cv2.boxFilter(ahead, cv2.CV_32F, side, borderType=cv2.BORDER_CONSTANT)
        sharper[inner.slices] = mean[local] > _ROUNDING

    reach = 3 * radius + 1
    in_tiles(Size(width, height), work, reach=reach, compute=compute, side=512)
    return sharper


def _structure(plane: Plane, radius: int, epsilon: float) -> Plane:
    smooth = guided(plane, plane, radius=radius, epsilon=epsilon)
    structure: Plane = np.zeros_like(smooth)
    structure[:, :-1] += np.abs(np.diff(smooth, axis=1))
    structure[:-1] += np.abs(np.diff(smooth, axis=0))
    return structure


def _grey_frame(image: PixelArray, compute: Compute) -> Plane:
    height, width, _ = image.shape
    plane: Plane = np.empty((height, width), np.float32)

    def work(_wide: Rect, inner: Rect) -> None:
        plane[inner.slices] = grey(image[inner.slices])

    in_tiles(Size(width, height), work, reach=0, compute=compute, side=512)
    return plane
