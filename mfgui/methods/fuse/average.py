"""Mean of the sources."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import mean_image
from mfgui.core.compute import Compute
from mfgui.methods.registry import Kind, method


@method(
    "average",
    kind=Kind.FUSER,
    title="Average",
    summary="Mean of the sources: soft everywhere, a lower bound for comparisons.",
)
def average(
    images: Sequence[PixelArray], labels: LabelArray | None = None, *, compute: Compute
) -> ImageF32:
    """Mean of the sources, (H, W, C) float32; `labels` is not used. O(H W C K)."""
    return mean_image(images, compute=compute)
