"""Hard composite by map."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.methods.registry import Kind, method


@method(
    "composite",
    kind=Kind.FUSER,
    title="Composite",
    summary="Every pixel from the source that the focus map names.",
    needs_map=True,
)
def composite(images: Sequence[PixelArray], labels: LabelArray, *, compute: Compute) -> ImageF32:
    """Hard composite, (H, W, C) float32: see `mfgui.core.compose.compose`."""
    return compose(images, labels, compute=compute)
