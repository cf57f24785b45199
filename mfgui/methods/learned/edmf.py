"""EDMF: fused luminance by a network that was trained with a memory of its own results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.ycbcr import FULL, luminance
from mfgui.methods.learned.luminance import fuse_luminance
from mfgui.methods.learned.options import SHIPPED, Precision, Weights, network_of
from mfgui.methods.planes import Plane
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_TILE, _STRIDE = 128, 124  # of the released program of MUFusion


@method(
    "edmf",
    kind=Kind.FUSER,
    title="EDMF memory unit",
    summary="Luminance by a U-shaped network; chroma by its strength. Takes exposures that differ.",
    reference="Li et al., Sensors 24(22), 2024; Cheng, Xu and Wu, Information Fusion 92, 2023",
    family=Family.LEARNED,
    network="edmf",
    notes=Notes(
        idea="A U-shaped network gives the fused luminance of both sources. It was trained without "
        "truth: towards the source of the larger spatial frequency, and towards its own best "
        "earlier results. The published network of MUFusion, of twice the width, works through "
        "weights=FILE.",
        complexity="O(H W K), 42 thousand products per pixel for each pair, at width 16",
        memory="16 bytes per pixel of colour, at most 1 GiB for a tile",
        strengths="No seams, also where the exposures of the sources differ.",
        failures="Halos of wide blur are mixed in; brightness is between those of the sources and "
        "can be off by a little everywhere. The result depends on the order of the sources.",
    ),
)
def edmf(
    images: Sequence[PixelArray],
    labels: None = None,
    *,
    compute: Compute,
    tiles: Annotated[
        str,
        Parameter(
            "auto: what they give is that of the whole; released: 128 pixels every 124, means "
            "where they overlap",
            choices=("auto", "released"),
            advanced=True,
        ),
    ] = "auto",
    weights: Weights = SHIPPED,
    precision: Precision = "auto",
) -> ImageF32:
    """Fused image of H. Li et al., EDMF, 2024, on the network of C. Cheng et al., MUFusion, 2023.

    Luminance of full swing, limited to [0, 1].

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Of any size; more than two are fused one after another, the result in the first's place.
    labels : None
        Not used.
    tiles : str
        "released" is what MUFusion's program does: tiles of 128 pixels with a stride of 124 and
        one more at the right and at the bottom, means where they overlap. (Its chroma weights lack
        the value of grey, which is a mistake that is not repeated here.)
    weights, precision
        Of the network, of any width.

    Returns
    -------
    (H, W, C) float32
        In [0, 1].

    Raises
    ------
    InputError
        If the weights cannot be used.
    """
    from mfgui.nets import inference
    from mfgui.nets.tiles import averaged_spans

    found, path = network_of(weights, "edmf", "mufusion")
    cut = partial(averaged_spans, side=_TILE, stride=_STRIDE) if tiles == "released" else None

    def pair(first: PixelArray, second: PixelArray, inner: Compute) -> Plane:
        def read(rect: Rect) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
            one, other = luminance(first[rect.slices], FULL), luminance(second[rect.slices], FULL)
            return one[None], other[None]

        size = Size(first.shape[1], first.shape[0])
        fused = inference.run(
            found.network, read, size, compute=inner, precision=precision, cut=cut, path=path
        )
        return np.clip(fused, 0.0, 1.0, out=fused)

    return fuse_luminance(images, pair, FULL, compute=compute)
