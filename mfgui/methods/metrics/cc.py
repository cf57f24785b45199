"""Correlation coefficient, CC."""

from __future__ import annotations

from mfgui.methods.metrics.correlation import correlation
from mfgui.methods.metrics.planes import Plane, checked
from mfgui.methods.metrics.undefined import Undefined


def cc(fused: Plane, *sources: Plane) -> float:
    """CC = (corr(A, F) + corr(B, F)) / 2, the mean over all sources, -1 ... 1, higher is better.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When one of the pictures is constant.
    """
    f, *planes = checked(fused, *sources)
    total = 0.0
    for plane in planes:
        found = correlation(plane, f)
        if found is None:
            raise Undefined("CC: a constant picture correlates with nothing")
        total += found / len(planes)
    return total
