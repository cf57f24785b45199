"""Spatial frequency, SF."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import WHITE, Plane, checked, unknown
from mfgui.methods.metrics.undefined import Undefined

Variant = Literal["mean", "mff-gan", "pixels"]


def spatial_frequency(fused: Plane, *, variant: Variant = "mean") -> float:
    """SF = sqrt(RF^2 + CF^2), 0 or more, higher is better.

    A. M. Eskicioglu, P. S. Fisher, Image quality measures and their performance, IEEE Trans.
    Communications 43, 1995. RF and CF are the root mean squares of the differences to the
    neighbours in the row and in the column. This is not the ratio of the MFIF-GAN paper, `q_sf`.

    Parameters
    ----------
    fused : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "mean": both over the number of differences, as in EDMF's table. "mff-gan": the same of
        values 0 ... 1, as in the MFF-GAN paper. "pixels" (yliu): both over the number of pixels; of
        VIFB on colours `planes.side_by_side`.

    Raises
    ------
    Undefined
        Below 2 x 2 pixels.
    """
    return spatial_frequency_map(fused, variant=variant).score()


def spatial_frequency_map(fused: Plane, *, variant: Variant = "mean") -> PixelMap:
    """Squared differences of every pixel to its right and its lower neighbour, summed."""
    if variant not in ("mean", "mff-gan", "pixels"):
        raise unknown(variant, ("mean", "mff-gan", "pixels"))
    (plane,) = checked(fused)
    if min(plane.shape) < 2:
        raise Undefined("SF needs at least 2 x 2 pixels")
    height, width = plane.shape
    down = np.diff(plane, axis=0, append=plane[-1:]) ** 2
    across = np.diff(plane, axis=1, append=plane[:, -1:]) ** 2
    if variant != "pixels":
        # There is one difference fewer than pixels.
        down *= height / (height - 1)
        across *= width / (width - 1)
    return PixelMap(down + across, finish=_root_of_units if variant == "mff-gan" else math.sqrt)


def _root_of_units(square: float) -> float:
    return math.sqrt(square) / WHITE
