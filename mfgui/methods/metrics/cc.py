"""Correlation coefficient, CC."""

from __future__ import annotations

from mfgui.methods.metrics.correlation import correlation
from mfgui.methods.metrics.planes import Plane, checked
from mfgui.methods.metrics.undefined import Undefined


def cc(fused: Plane, a: Plane, b: Plane) -> float:
    """CC = (corr(A, F) + corr(B, F)) / 2, -1 ... 1, higher is better.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When one of the three is constant.
    """
    f, *sources = checked(fused, a, b)
    total = 0.0
    for source in sources:
        found = correlation(source, f)
        if found is None:
            raise Undefined("CC: a constant picture correlates with nothing")
        total += found / 2.0
    return total
