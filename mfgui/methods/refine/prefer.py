"""Near or far sources of a stack preferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import cv2
import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.refine.parts import assigned, present
from mfgui.methods.refine.sharpness import sharpness
from mfgui.methods.registry import Kind, Parameter, Value, method


def _reach(values: Mapping[str, Value]) -> int:
    return 2 * int(values["radius"]) + 1


@method(
    "prefer",
    kind=Kind.REFINER,
    title="Prefer near or far",
    summary="Where two sources are about equally sharp, takes the nearer or the farther one.",
    reach=_reach,
)
def prefer_end(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    prefer: Annotated[
        Literal["near", "far"],
        Parameter("Sources that win where two are about as sharp", choices=("near", "far")),
    ] = "near",
    nearest: Annotated[
        Literal["first", "last"],
        Parameter(
            "Source that is focused nearest: the first or the last of the stack",
            choices=("first", "last"),
        ),
    ] = "first",
    share: Annotated[
        float,
        Parameter(
            "Preferred from this share of the sharpness of the present source; 1 at ties only",
            minimum=0.05,
            maximum=1.0,
        ),
    ] = 0.5,
    radius: Annotated[
        int,
        Parameter("Of the windows that sharpness is measured in", unit="px", minimum=1, maximum=32),
    ] = 5,
) -> LabelArray:
    """Walk from the present label to the preferred end, and take a source that is sharp enough.

    Only labels that occur within the windows are taken: the near edge of an object grows over
    the see-through rim that a far focus leaves around it, and a lone guess deep in another region
    does not arise. Unassigned and ignored pixels stay.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    labels : (H, W) uint8 or uint16
        Not changed.

    Returns
    -------
    (H, W)
        Time O(H W C L) for L labels that occur.
    """
    names = present(labels)
    found: LabelArray = labels.copy()
    if len(names) < 2:
        return found
    if (prefer == "near") != (nearest == "first"):
        names.reverse()
    known = assigned(labels)
    side = 2 * radius + 1
    kernel = np.ones((side, side), np.uint8)
    energies = {name: sharpness(images[name - 1], radius=radius) for name in names}
    own = np.zeros(labels.shape, np.float32)
    for name, energy in energies.items():
        cv2.copyTo(energy, (labels == name).view(np.uint8), own)
    open_to = known.copy()  # pixels whose own label has not been passed yet
    for name, energy in energies.items():
        compute.checkpoint()
        mask = labels == name
        open_to &= ~mask
        close = cv2.dilate(mask.view(np.uint8), kernel, borderValue=0).view(np.bool_)
        taken = open_to & close & (energy >= share * own)
        found[taken] = name
        open_to &= ~taken
    return found
