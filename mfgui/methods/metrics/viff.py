"""Visual information fidelity for fusion, VIFF."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.information_scales import Information, information, scales
from mfgui.methods.metrics.planes import Plane, checked

_NOISE = 0.005 * 255.0**2
_WEIGHTS = (1.0, 0.0, 0.15, 1.0)  # of the scales, from the finest
_TINY = 1e-7


def viff(fused: Plane, *sources: Plane) -> float:
    """VIFF, 0 ... about 1, higher is better.

    Y. Han, Y. Cai, Y. Cao, X. Xu, A new image fusion performance metric based on visual information
    fidelity, Information Fusion 14, 2013. As `vif`, but at every position the source whose gain
    is smallest counts alone, of equal ones the last; the noise has the variance 325, and the
    scales are weighted. The original takes the lightness of CIELAB of colours. Constant pictures
    score 1: there was nothing to keep.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When the windows do not fit (below 41 x 41 pixels).
    """
    pictures = checked(fused, *sources)
    total = 0.0
    for weight, (planes, window) in zip(_WEIGHTS, scales(*pictures), strict=True):
        if weight == 0.0:
            continue
        f, *others = planes
        chosen, *rest = (information(other, f, window, _NOISE) for other in others)
        for found in rest:
            earlier = chosen.gain < found.gain
            pairs = zip(chosen, found, strict=True)
            chosen = Information(*(np.where(earlier, x, y) for x, y in pairs))
        total += weight * float((chosen.kept + _TINY).sum() / (chosen.whole + _TINY).sum())
    return total / sum(_WEIGHTS)
