"""Mean of the sources."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import mean_image
from mfgui.core.compute import Compute
from mfgui.methods.registry import Kind, Notes, method


@method(
    "average",
    kind=Kind.FUSER,
    title="Average",
    summary="Mean of the sources: soft everywhere, a lower bound for comparisons.",
    notes=Notes(
        idea="Every pixel is the mean of the sources. It chooses nothing.",
        complexity="O(H W C K)",
        memory="a few rows per thread",
        strengths="Shows no seams and lowers noise; the start of the published ascent.",
        failures="Detail keeps 1 / K of its contrast, over the blur of the other sources.",
    ),
)
def average(
    images: Sequence[PixelArray], labels: LabelArray | None = None, *, compute: Compute
) -> ImageF32:
    """Mean of the sources, (H, W, C) float32; `labels` is not used. O(H W C K)."""
    return mean_image(images, compute=compute)
