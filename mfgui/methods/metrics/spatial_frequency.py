"""Spatial frequency, SF."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

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
    if variant not in ("mean", "mff-gan", "pixels"):
        raise unknown(variant, ("mean", "mff-gan", "pixels"))
    (plane,) = checked(fused)
    if min(plane.shape) < 2:
        raise Undefined("SF needs at least 2 x 2 pixels")
    squares = [np.diff(plane, axis=axis) ** 2 for axis in (0, 1)]
    if variant == "pixels":
        return math.sqrt(sum(float(square.sum()) for square in squares) / plane.size)
    found = math.sqrt(sum(float(square.mean()) for square in squares))
    return found / WHITE if variant == "mff-gan" else found
