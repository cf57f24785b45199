"""MFF-GAN: fused luminance by a small generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.ycbcr import STUDIO, luminance
from mfgui.methods.learned.luminance import fuse_luminance
from mfgui.methods.learned.options import SHIPPED, Precision, Weights, network_of
from mfgui.methods.planes import Plane
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method


@method(
    "mff-gan",
    kind=Kind.FUSER,
    title="MFF-GAN",
    summary="Luminance by a network of two paths that exchange features; chroma by its strength.",
    reference="Zhang et al., Information Fusion 66, 2021",
    family=Family.LEARNED,
    network="mff-gan",
    notes=Notes(
        idea="Two paths of four small layers, one for each source, exchange features and give the "
        "fused luminance; they were trained without truth to keep, of both brightness and "
        "gradients, those of the sharper source. Of the chroma the stronger one counts more.",
        complexity="O(H W K), 40 thousand products per pixel",
        memory="16 bytes per pixel of colour, at most 1 GiB for a tile",
        strengths="No seams, as nothing is cut; fast for a network, at any size.",
        failures="Sees 5 pixels far: wide blur is mixed in, and brightness can be off by a little "
        "everywhere. The result depends on the order of the sources.",
    ),
)
def mff_gan(
    images: Sequence[PixelArray],
    labels: None = None,
    *,
    compute: Compute,
    stretch: Annotated[
        bool,
        Parameter(
            "Luminance is stretched over the whole range, as in the pictures that were published",
            advanced=True,
        ),
    ] = False,
    weights: Weights = SHIPPED,
    precision: Precision = "auto",
) -> ImageF32:
    """Fused image of H. Zhang et al., MFF-GAN, 2021.

    Luminance of studio swing, on 0 ... 255 brought to [-1, 1] by (y - 127.5) / 127.5.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Of any size; more than two are fused one after another, the result in the first's place.
    labels : None
        Not used.
    stretch : bool
        The authors' program writes the fused luminance by a function that stretches it from its
        smallest to its largest value over 0 ... 255; the paper does not say so.
    weights, precision
        Of the network.

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

    found, path = network_of(weights, "mff-gan")

    def pair(first: PixelArray, second: PixelArray, inner: Compute) -> Plane:
        def read(rect: Rect) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
            return _plane(first[rect.slices]), _plane(second[rect.slices])

        size = Size(first.shape[1], first.shape[0])
        fused = inference.run(
            found.network, read, size, compute=inner, precision=precision, path=path
        )
        fused += np.float32(1.0)
        fused *= np.float32(0.5)
        return _stretched(fused) if stretch else fused

    return fuse_luminance(images, pair, STUDIO, compute=compute)


def _plane(part: PixelArray) -> npt.NDArray[np.float32]:
    """(1, h, w) in [-1, 1]."""
    values = luminance(part, STUDIO)
    return np.asarray(values * np.float32(2.0) - np.float32(1.0), np.float32)[None]


def _stretched(plane: Plane) -> Plane:
    """From 0 to 1; a plane of one value stays as it is."""
    least, most = plane.min(), plane.max()
    return plane if most <= least else (plane - least) / (most - least)
