"""Mutual information of the sources and the fused picture."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from mfgui.methods.metrics.histograms import entropy, information, joint, shares, stretched, whole
from mfgui.methods.metrics.planes import Plane, Values, checked, unknown

Variant = Literal["bits", "lft", "vifb"]

_LARGEST_INDEX = 254


def mutual_information(fused: Plane, *sources: Plane, variant: Variant = "bits") -> float:
    """MI = I(A, F) + I(B, F), the sum over all sources, 0 or more, higher is better.

    G. Qu, D. Zhang, P. Yan, Information measure for performance of image fusion, Electronics
    Letters 38, 2002. Constant pictures have none: 0.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "bits": of the 256 levels as they are. "lft": the same, but levels 254 and 255 count as one
        in the joint histograms, where the published program adds 1 to 8-bit levels; as in EDMF's
        table, up to some percent more where pictures are overexposed. "vifb": each plane is
        first stretched over the whole range, and the unit is the nat; VIFB takes the mean over
        the channels (`planes.by_channel`).
    """
    if variant not in ("bits", "lft", "vifb"):
        raise unknown(variant, ("bits", "lft", "vifb"))
    f, *planes = checked(fused, *sources)
    if variant == "bits":
        return sum(information(joint(plane, f)) for plane in planes)
    if variant == "lft":
        return sum(_saturated(plane, f) for plane in planes)
    f = stretched(f)
    return math.log(2) * sum(information(joint(stretched(plane), f)) for plane in planes)


def _saturated(first: Values, second: Values) -> float:
    """H(X) + H(Y) - H(X', Y'), with primes where the two highest levels count as one."""
    both = joint(*(np.minimum(whole(plane), _LARGEST_INDEX) for plane in (first, second))).both
    return entropy(shares(first)) + entropy(shares(second)) - entropy(both)
