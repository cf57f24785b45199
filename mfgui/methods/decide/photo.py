"""The photographer's preset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED
from mfgui.methods.decide.stack import stack
from mfgui.methods.decision import Decision
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.methods.registry import Family, Iterate, Kind, Notes, method

_CLEAN = 0.001  # share of the picture below which a region of the map of a pair is removed


@method(
    "photo",
    kind=Kind.DECISION,
    title="Photo",
    summary="For photographs: the way that came nearest to the truth, with nothing to choose.",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    obeys=True,
    notes=Notes(
        idea="Two frames: the ascent of MFF-SSIM with the defaults that did best on scenes with "
        "known truth, from a map whose small regions are removed. More: as the method stack.",
        complexity="O(H W C K)",
        memory="24 bytes per pixel",
        strengths="Good seams without a decision to make.",
        failures="Cleaning removes true islands of pairs below a thousandth of the picture.",
    ),
)
def photo(
    images: Sequence[PixelArray], *, compute: Compute, labels: LabelArray | None = None
) -> Decision:
    """Focus map and fused image.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    labels : (H, W) or None
        What is assigned in it is kept.
    """
    if len(images) == 2:
        return _pair(images, labels, compute=compute)
    found: Decision = stack(images, compute=compute)
    return found


def _pair(images: Sequence[PixelArray], labels: LabelArray | None, *, compute: Compute) -> Decision:
    found = laplacian(images, clean=_CLEAN, compute=compute)
    if labels is not None:
        found = np.where(labels == UNASSIGNED, found, labels).astype(found.dtype)

    def fuse() -> ImageF32:
        for state in ms_lap(images, found, compute=compute):
            last: Iterate = state
        return last.image.copy()

    return Decision(found, fuse)
