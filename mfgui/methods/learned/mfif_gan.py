"""MFIF-GAN: a focus map by a generator that was trained against a critic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, to_float
from mfgui.core.compute import Compute
from mfgui.methods.decision import Decision
from mfgui.methods.detect.regions import Clean
from mfgui.methods.learned.focus_maps import (
    OCTAVES,
    MapNetwork,
    Octaves,
    Refine,
    Resolution,
    Threshold,
    Treatment,
    decide_by,
)
from mfgui.methods.learned.options import SHIPPED, Precision, Weights, network_of
from mfgui.methods.registry import Family, Kind, Notes, method


@method(
    "mfif-gan",
    kind=Kind.DECISION,
    title="MFIF-GAN",
    summary="A map by a network of squeezed residual blocks, cleaned; composite by it.",
    reference="Wang et al., Signal Processing: Image Communication 96, 2021",
    family=Family.LEARNED,
    network="mfif-gan",
    notes=Notes(
        idea="Every colour plane goes through the same encoder, whose blocks scale their channels "
        "by means over the whole picture; a decoder makes the map of the features of both "
        "sources. It was trained on pairs whose blurred near things spill over the background, "
        "so that its near regions reach as far as that; regions below a thousandth of the "
        "picture are removed.",
        complexity="O(H W C K b n^2) for b blocks of n filters; octaves add a third",
        memory="17 bytes per pixel (6 of one octave), at most 1 GiB for a tile, an image of floats "
        "for three or more sources",
        strengths="Looks far enough to decide smooth areas, with clean closed outlines.",
        failures="The authors' weights expect the near source first. Above a megapixel tiles have "
        "means of their own, blended over 32 pixels, or, on the processor, the picture is reduced. "
        "Thin near things are lost.",
    ),
)
def mfif_gan(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    resolution: Resolution = "auto",
    octaves: Octaves = OCTAVES,
    refine: Refine = 0,
    clean: Clean = 0.001,
    threshold: Threshold = 0.5,
    weights: Weights = SHIPPED,
    precision: Precision = "auto",
) -> Decision:
    """Focus map of Y. Wang et al., MFIF-GAN, 2021.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Of any size; more than two are fused one after another, the result in the first's place.
        Grey ones give what colours with equal channels give.
    resolution, octaves, refine, clean, threshold
        What the network sees, and what becomes of its map. As published: all of the picture, once
        (octaves=1), the map above 0.5, regions below 0.001 of the picture given to what is around.
    weights, precision
        Of the network.

    Returns
    -------
    Decision
        `soft` is the probability that source 1 is the sharp one.

    Raises
    ------
    InputError
        If the weights cannot be used.
    """
    found, path = network_of(weights, "mfif-gan")
    treatment = Treatment(precision, resolution, octaves, refine, threshold, clean)
    return decide_by(MapNetwork(found.network, path, _planes), images, treatment, compute=compute)


def _planes(part: PixelArray) -> npt.NDArray[np.float32]:
    """(C, h, w) in [-1, 1]; the network takes the mean of any number of planes."""
    values = to_float(part).transpose(2, 0, 1)
    return np.asarray(values * np.float32(2.0) - np.float32(1.0), np.float32)
