"""Visual information fidelity for fusion, VIFF."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.information_scales import information, scales
from mfgui.methods.metrics.planes import Plane, checked

_NOISE = 0.005 * 255.0**2
_WEIGHTS = (1.0, 0.0, 0.15, 1.0)  # of the scales, from the finest
_TINY = 1e-7


def viff(fused: Plane, a: Plane, b: Plane) -> float:
    """VIFF, 0 ... about 1, higher is better.

    Y. Han, Y. Cai, Y. Cao, X. Xu, A new image fusion performance metric based on visual information
    fidelity, Information Fusion 14, 2013. As `vif`, but at every position the source whose gain
    is smaller counts alone, the noise has the variance 325, and the scales are weighted. The
    original takes the lightness of CIELAB of colours. Constant pictures score 1: there was
    nothing to keep.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When the windows do not fit (below 41 x 41 pixels).
    """
    f, first, second = checked(fused, a, b)
    total = 0.0
    for weight, (planes, window) in zip(_WEIGHTS, scales(f, first, second), strict=True):
        if weight == 0.0:
            continue
        f_here, *sources = planes
        one, other = (information(source, f_here, window, _NOISE) for source in sources)
        smaller = one.gain < other.gain
        kept = float((np.where(smaller, one.kept, other.kept) + _TINY).sum())
        whole = float((np.where(smaller, one.whole, other.whole) + _TINY).sum())
        total += weight * kept / whole
    return total / sum(_WEIGHTS)
