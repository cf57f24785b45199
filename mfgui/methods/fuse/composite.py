"""Composite by map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.seams import MAX_RADIUS, Seam, SeamKind
from mfgui.methods.registry import Kind, Notes, Parameter, method


@method(
    "composite",
    kind=Kind.FUSER,
    title="Composite",
    summary="Every pixel from the source that the focus map names.",
    needs_map=True,
    notes=Notes(
        idea="Every pixel is taken from the source that the focus map names, whoever made the map. "
        "Seams may be hard, feathered or blended octave by octave, with brightness evened out.",
        complexity="O(H W C K), and O(n L) for n pixels near seams of L labels",
        memory="a few rows per thread; ten tiles of 256 pixels for soft seams",
        strengths="Nothing is invented: away from seams every value is that of a source.",
        failures="It is as good as its map; beside a near edge no source has the background.",
    ),
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
