"""Boundaries made smoother."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import cv2
import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.refine.parts import assigned, present
from mfgui.methods.registry import Kind, Parameter, Value, method


def _reach(values: Mapping[str, Value]) -> int:
    return int(values["radius"])


@method(
    "smooth",
    kind=Kind.REFINER,
    title="Smooth",
    summary="Every pixel takes the label that most pixels around it have.",
    reference="Merriman, Bence and Osher, J. Computational Physics 112, 1994",
    reach=_reach,
)
def smooth(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    radius: Annotated[
        int, Parameter("Of the disc that votes", unit="px", minimum=1, maximum=32)
    ] = 4,
) -> LabelArray:
    """The label of most pixels of a disc; ties keep their label where it is among them, else they
    take the lowest.

    A step of flow by curvature: bays and spurs narrower than the disc go, straight boundaries
    stay. Unassigned and ignored pixels stay and do not vote.

    Parameters
    ----------
    images : sequence of (H, W, C)
        Not looked at.
    labels : (H, W) uint8 or uint16
        Not changed.

    Returns
    -------
    (H, W)
        Time O(H W L log radius) for L labels that occur.
    """
    names = present(labels)
    found: LabelArray = labels.copy()
    if len(names) < 2:
        return found
    disc = disc_of(radius)
    most = np.zeros(labels.shape, np.float32)
    own = np.zeros(labels.shape, np.float32)
    for name in names:
        compute.checkpoint()
        mask = labels == name
        votes = cv2.filter2D(
            mask.astype(np.float32), cv2.CV_32F, disc, borderType=cv2.BORDER_CONSTANT
        )
        votes = np.rint(votes)  # large discs are summed by a Fourier transform
        own[mask] = votes[mask]
        better = votes > most
        most[better] = votes[better]
        found[better] = name
    stays = ~assigned(labels) | (own == most)
    found[stays] = labels[stays]
    return found


def disc_of(radius: int) -> np.typing.NDArray[np.float32]:
    """Pixels at most `radius` from the middle one, (2 * radius + 1, 2 * radius + 1) of 0 and 1."""
    steps = np.arange(-radius, radius + 1) ** 2
    return (steps[:, None] + steps <= radius * radius).astype(np.float32)
