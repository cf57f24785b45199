"""A label grown or shrunk by some pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.refine.parts import assigned, present
from mfgui.methods.registry import Kind, Parameter, Value, method


def _reach(values: Mapping[str, Value]) -> int:
    return abs(int(values["pixels"]))


@method(
    "grow",
    kind=Kind.REFINER,
    title="Grow or shrink label",
    summary="Moves the boundary of one label outward or inward by some pixels.",
    reference="Wang et al., MFIF-GAN, Signal Processing: Image Communication 96, 2021",
    reach=_reach,
)
def grow(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    label: Annotated[int, Parameter("Number of the source", minimum=1, maximum=65534)] = 1,
    pixels: Annotated[
        int,
        Parameter(
            "How far: above 0 the label grows, below it shrinks",
            unit="px",
            minimum=-10,
            maximum=10,
        ),
    ] = 2,
) -> LabelArray:
    """Dilation, or erosion, of one label with a Euclidean disc.

    A grown label covers every pixel of another label whose centre is at most so many pixels from
    one of its own. A shrunk one loses those of its pixels that are so near to another label, to
    the nearest label; of equally near ones to the lowest. Unassigned and ignored pixels stay, and
    neither cover nor are covered.

    Parameters
    ----------
    images : sequence of (H, W, C)
        Not looked at.
    labels : (H, W) uint8 or uint16
        Not changed.

    Returns
    -------
    (H, W)
        Time O(H W L) for L labels that occur.
    """
    compute.checkpoint()
    found: LabelArray = labels.copy()
    mask = labels == label
    names = [name for name in present(labels) if name != label]
    if pixels == 0 or not mask.any() or not names:
        return found
    if pixels > 0:
        found[assigned(labels) & (squared_distance(mask) <= pixels * pixels)] = label
        return found
    nearest = np.full(labels.shape, pixels * pixels + 0.5)
    for name in names:
        compute.checkpoint()
        away = squared_distance(labels == name)
        nearer = mask & (away < nearest)
        nearest[nearer] = away[nearer]
        found[nearer] = name
    return found


def squared_distance(mask: BoolMask) -> np.typing.NDArray[np.float64]:
    """Squared distance of every pixel to the nearest one of the mask, which is not empty."""
    away = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Whole numbers, of which the root was taken in single precision.
    return np.rint(np.square(away.astype(np.float64)))
