"""Composite by map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.seams import MAX_RADIUS, Seam, SeamKind
from mfgui.methods.registry import Kind, Parameter, method


@method(
    "composite",
    kind=Kind.FUSER,
    title="Composite",
    summary="Every pixel from the source that the focus map names.",
    needs_map=True,
)
def composite(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    compute: Compute,
    seam: Annotated[
        SeamKind,
        Parameter(
            "How sources pass into each other: at once, by a weighted mean, or octave by octave",
            choices=("hard", "feather", "multi-band"),
        ),
    ] = "hard",
    radius: Annotated[
        int,
        Parameter(
            "Half the width of a soft seam, and of the band of tone match",
            unit="px",
            minimum=1,
            maximum=MAX_RADIUS,
        ),
    ] = 8,
    tone_match: Annotated[
        bool, Parameter("Remove steps in brightness at seams, fading out within the radius")
    ] = False,
) -> ImageF32:
    """Composite, (H, W, C) float32: see `mfgui.core.compose.compose`."""
    return compose(images, labels, seam=Seam(seam, radius, tone_match), compute=compute)
