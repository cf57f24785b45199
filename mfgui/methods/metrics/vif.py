"""Visual information fidelity, VIF."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.information_scales import information, scales
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined

_NOISE = 2.0  # variance of the visual noise, in grey levels squared


def vif(fused: Plane, *others: Plane) -> float:
    """VIF of F in the pixel domain towards a ground truth, or the sum of those towards the sources,
    0 ... about 1 for each, higher is better.

    H. R. Sheikh, A. C. Bovik, Image information and visual quality, IEEE TIP 15, 2006, in the
    multi-scale form in the pixel domain. The sum is on the scale of the tables of MFF-GAN and EDMF;
    towards one picture it is VIFP.

    Parameters
    ----------
    fused, *others : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When a source is constant, or the windows do not fit (below 41 x 41 pixels).
    """
    f, *sources = checked(fused, *others)
    return sum(_towards(source, f) for source in sources)


def _towards(source: Values, f: Values) -> float:
    if np.ptp(source) == 0.0:
        raise Undefined("VIF: a constant source has no information")
    kept = whole = 0.0
    for (source_here, f_here), weights in scales(source, f):
        found = information(source_here, f_here, weights, _NOISE)
        kept += float(found.kept.sum())
        whole += float(found.whole.sum())
    if whole == 0.0:
        raise Undefined("VIF: a source of that little contrast has no information")
    return kept / whole
