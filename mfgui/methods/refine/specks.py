"""Small regions removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.methods.detect.regions import remove_small_regions
from mfgui.methods.registry import Kind, Parameter, method


@method(
    "remove-specks",
    kind=Kind.REFINER,
    title="Remove specks",
    summary="Gives small regions and small holes to the label around them.",
    reference="Liu et al., Information Fusion 36, 2017; Wang et al., MFIF-GAN, 2021",
)
def remove_specks(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    share: Annotated[
        float,
        Parameter(
            "Regions below this share of the picture go; 0.001 as in MFIF-GAN, 0.01 as in CNN",
            minimum=0.0,
            maximum=0.1,
        ),
    ] = 0.001,
) -> LabelArray:
    """`mfgui.methods.detect.regions.remove_small_regions` on a copy.

    Unassigned and ignored regions stay, and nothing is given to them.

    Parameters
    ----------
    images : sequence of (H, W, C)
        Not looked at.
    labels : (H, W) uint8 or uint16
        Not changed.

    Returns
    -------
    (H, W)
        Time O(H W + n K) for n runs of equal labels along the rows.
    """
    found: LabelArray = labels.copy()
    kept = (UNASSIGNED, ignore_label(labels))
    remove_small_regions(found, share=share, compute=compute, kept=kept)
    return found
