"""Boundaries moved onto the edges of the picture by the guided filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.filters.guided import GuidedFilter
from mfgui.methods.refine.parts import assigned, present
from mfgui.methods.refine.sharpness import luminance, sharpness
from mfgui.methods.registry import Kind, Parameter, Value, method

Plane = npt.NDArray[Any]  # (H, W) float64
_EVIDENCE_RADIUS = 3


def _reach(values: Mapping[str, Value]) -> int:
    # Two windows after one another, and the evidence of sharpness around their pixels.
    return 2 * int(values["radius"]) + _EVIDENCE_RADIUS + 1


@method(
    "guided-filter",
    kind=Kind.REFINER,
    title="Refine by guided filter",
    summary="Moves the boundaries of the map onto edges of the picture nearby.",
    reference="He, Sun and Tang, IEEE Trans. Pattern Analysis and Machine Intelligence 35, 2013",
    reach=_reach,
)
def guided_filter(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    radius: Annotated[
        int, Parameter("How far boundaries may move", unit="px", minimum=1, maximum=64)
    ] = 8,
    epsilon: Annotated[
        float,
        Parameter(
            "Variance of the guide from which an edge counts",
            minimum=1e-6,
            maximum=1.0,
            logarithmic=True,
        ),
    ] = 0.01,
    evidence: Annotated[
        Literal["map", "sharpness"],
        Parameter(
            "What is filtered: the map as it is, or how sharp its sources are",
            choices=("map", "sharpness"),
        ),
    ] = "map",
    guide: Annotated[
        Literal["fused", "mean"],
        Parameter(
            "Whose edges: those of the composite of the map, or of the mean of its sources",
            choices=("fused", "mean"),
            advanced=True,
        ),
    ] = "fused",
) -> LabelArray:
    """Arg max over the labels that occur of their filtered evidence; ties keep their label.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    labels : (H, W) uint8 or uint16
        Not changed. Unassigned and ignored pixels stay and count for no label.

    Returns
    -------
    (H, W)
        Time O(H W L) for L labels that occur; memory some planes of float64.
    """
    names = present(labels)
    found: LabelArray = labels.copy()
    if len(names) < 2:
        return found
    grey = {name: luminance(images[name - 1]) for name in names}
    lead = _fused(labels, grey) if guide == "fused" else np.mean(list(grey.values()), axis=0)
    smoothed = GuidedFilter(lead, radius=radius, epsilon=epsilon)
    best: Plane = np.full(labels.shape, -np.inf)
    own = np.zeros(labels.shape)
    for name, plane in _evidence(images, labels, names, evidence):
        compute.checkpoint()
        value = smoothed(plane)
        own[labels == name] = value[labels == name]
        better = value > best
        best[better] = value[better]
        found[better] = name
    # What is equal to rounding is a tie: there the map has the last word.
    stays = ~assigned(labels) | (own >= best - 1e-9)
    found[stays] = labels[stays]
    return found


def _fused(labels: LabelArray, grey: Mapping[int, Plane]) -> Plane:
    fused: Plane = np.mean(list(grey.values()), axis=0)
    for name, plane in grey.items():
        cv2.copyTo(plane, (labels == name).view(np.uint8), fused)
    return fused


def _evidence(
    images: Sequence[PixelArray], labels: LabelArray, names: Sequence[int], kind: str
) -> Iterator[tuple[int, Plane]]:
    """What speaks for each label, 0 to 1."""
    if kind == "map":
        for name in names:
            yield name, (labels == name).astype(np.float32)
        return
    energies = {name: sharpness(images[name - 1], radius=_EVIDENCE_RADIUS) for name in names}
    total = sum(energies.values()) + np.float32(1e-12)
    known = assigned(labels)
    for name, energy in energies.items():
        yield name, np.where(known, energy / total, 0.0)
