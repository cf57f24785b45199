"""Cross entropy of the sources and the fused picture, CE."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.histograms import shares
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined


def cross_entropy(fused: Plane, *sources: Plane) -> float:
    """Mean of D(X || F) over the sources in bits, about 0 or more, lower is better.

    D. M. Bulanon, T. F. Burks, V. Alchanatis, Image fusion of visible and thermal images for
    fruit detection, Biosystems Engineering 103, 2009. D(P || Q) = sum p log2(p / q) over the 256
    levels. Levels that either picture lacks are left out, so that it may lie below 0. It does
    not see where the levels are. VIFB takes the mean over the channels (`planes.by_channel`).

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When a source and the fused picture have no level in common.
    """
    f, *others = (shares(plane) for plane in checked(fused, *sources))
    return sum(_divergence(other, f) for other in others) / len(others)


def _divergence(source: Values, fused: Values) -> float:
    both = (source > 0.0) & (fused > 0.0)
    if not both.any():
        raise Undefined("CE: a source and the fused picture have no level in common")
    p, q = source[both], fused[both]
    return float((p * np.log2(p / q)).sum())
