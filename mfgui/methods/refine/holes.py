"""Enclosed regions filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.methods.refine.parts import present
from mfgui.methods.registry import Kind, Parameter, method


@method(
    "fill-holes",
    kind=Kind.REFINER,
    title="Fill holes",
    summary="Fills what one label encloses with that label.",
)
def fill_holes(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    holes: Annotated[
        Literal["any", "unassigned"],
        Parameter(
            "Which: whatever a label encloses, or only unassigned pixels",
            choices=("any", "unassigned"),
        ),
    ] = "any",
    largest: Annotated[
        float,
        Parameter("Holes above this share of the picture stay", minimum=0.0, maximum=1.0),
    ] = 0.01,
) -> LabelArray:
    """Fill the holes of every label, the lowest label first.

    A hole of a label is a region, connected by edges, of pixels that have other labels or none,
    and that does not touch the border of the picture. With ``holes="unassigned"`` regions of
    unassigned pixels alone are looked at, and everything else bounds them. Ignored pixels stay.

    Parameters
    ----------
    images : sequence of (H, W, C)
        Not looked at.
    labels : (H, W) uint8 or uint16
        Not changed.
    largest : float
        0 to 1; holes of more than ``largest * H * W`` pixels stay.

    Returns
    -------
    (H, W)
        Time O(sum over the labels of the pixels of the rectangle around each).
    """
    found: LabelArray = labels.copy()
    most = largest * labels.size
    for name in present(labels):
        compute.checkpoint()
        mask = found == name
        x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
        if not width:
            continue  # it was filled
        part, own = found[y : y + height, x : x + width], mask[y : y + height, x : x + width]
        if holes == "unassigned":
            # A region that meets another label as well is enclosed by none.
            inside = enclosed(~own, most) & enclosed_by(part, own, most)
        else:
            inside = enclosed(~own, most)
        part[inside & (part != ignore_label(labels))] = name
    return found


def enclosed(mask: BoolMask, most: float) -> BoolMask:
    """The regions of the mask, of at most `most` pixels, that touch no border of the array."""
    _, regions, figures, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    left, top = figures[:, cv2.CC_STAT_LEFT], figures[:, cv2.CC_STAT_TOP]
    right = left + figures[:, cv2.CC_STAT_WIDTH]
    bottom = top + figures[:, cv2.CC_STAT_HEIGHT]
    height, width = mask.shape
    taken = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    taken &= figures[:, cv2.CC_STAT_AREA] <= most
    taken[0] = False
    inside: BoolMask = taken[regions]
    return inside


def enclosed_by(labels: LabelArray, own: BoolMask, most: float) -> BoolMask:
    """The unassigned regions all of whose neighbours along edges are in `own`."""
    empty = labels == UNASSIGNED
    count, regions = cv2.connectedComponents(empty.view(np.uint8), connectivity=4)
    taken = np.bincount(regions.ravel(), minlength=count) <= most
    other = ~(empty | own)
    for here, beside in (
        (regions[1:], other[:-1]),
        (regions[:-1], other[1:]),
        (regions[:, 1:], other[:, :-1]),
        (regions[:, :-1], other[:, 1:]),
    ):
        taken[here[beside]] = False
    taken[0] = False
    inside: BoolMask = taken[regions]
    return inside
