"""Unassigned pixels filled from a detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.detect.variance import variance
from mfgui.methods.registry import Kind, Parameter, method


@method(
    "fill-unassigned",
    kind=Kind.REFINER,
    title="Fill unassigned",
    summary="Gives unassigned pixels the label that a detector finds there.",
)
def fill_unassigned(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    detector: Annotated[
        Literal["laplacian", "variance"],
        Parameter("Finds the labels, with its defaults", choices=("laplacian", "variance")),
    ] = "laplacian",
) -> LabelArray:
    """Labels (H, W) without unassigned pixels; all others, ignored ones too, stay.

    Time that of the detector on the whole picture, none when nothing is unassigned.
    """
    if labels.all():
        return labels.copy()
    detect = laplacian if detector == "laplacian" else variance
    found: LabelArray = detect(images, compute=compute)
    return np.where(labels == UNASSIGNED, found, labels).astype(labels.dtype, copy=False)
