"""Standard deviation, SD."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mfgui.methods.metrics.planes import WHITE, Plane, checked, unknown
from mfgui.methods.metrics.undefined import Undefined

Variant = Literal["population", "mff-gan", "columns"]


def standard_deviation(fused: Plane, *, variant: Variant = "population") -> float:
    """Standard deviation of the fused picture, 0 or more, higher is better.

    Parameters
    ----------
    fused : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "population": around the mean of all pixels; of VIFB with `planes.by_channel`. "mff-gan":
        the same of values 0 ... 1, as in the MFF-GAN paper. "columns" (yliu): mean of the sample
        standard deviations of the columns, some percent less.

    Raises
    ------
    Undefined
        For "columns", when there is only one row.
    """
    (plane,) = checked(fused)
    if variant == "population":
        return float(np.std(plane))
    if variant == "mff-gan":
        return float(np.std(plane)) / WHITE
    if variant != "columns":
        raise unknown(variant, ("population", "mff-gan", "columns"))
    if plane.shape[0] < 2:
        raise Undefined("SD of columns needs at least two rows")
    return float(np.std(plane, axis=0, ddof=1).mean())
