"""Local moments in square boxes of equal weights, exact for whole numbers.

So flat boxes have a variance of exactly 0, which the published indices without constants need.
"""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.methods.metrics.planes import Values
from mfgui.methods.metrics.structure import Moments
from mfgui.methods.metrics.undefined import Undefined

SIDE = 8  # pixels; a power of 2, so that means are exact as well
FLAT = 1e-8  # variance; far above rounding, far below that of one pixel of one level (1e-2)


def means(plane: Values) -> Values:
    """Means of the 8 x 8 boxes that fit, (H - 7, W - 7).

    Raises
    ------
    Undefined
        When none does.
    """
    height, width = plane.shape
    if min(height, width) < SIDE:
        raise Undefined(f"a window of {SIDE} x {SIDE} does not fit into {width} x {height} pixels")
    reach = 1
    while reach < SIDE:
        # Sums of two, four, eight neighbours.
        plane = plane[reach:] + plane[:-reach]
        plane = plane[:, reach:] + plane[:, :-reach]
        reach *= 2
    return plane / SIDE**2


def moments(sources: Sequence[Values], fused: Values) -> list[Moments]:
    """Moments of each source (H, W), as x, and F, as y, in boxes of 8 x 8; raises as `means`."""
    mean_y = means(fused)
    variance_y = means(fused * fused) - mean_y * mean_y
    found = []
    for source in sources:
        mean_x = means(source)
        variance_x = means(source * source) - mean_x * mean_x
        covariance = means(source * fused) - mean_x * mean_y
        found.append(Moments(mean_x, mean_y, variance_x, variance_y, covariance))
    return found
