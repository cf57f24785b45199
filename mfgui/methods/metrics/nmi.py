"""Normalised mutual information, Q_MI."""

from __future__ import annotations

from mfgui.methods.metrics.histograms import entropy, information, joint, stretched
from mfgui.methods.metrics.planes import Plane, checked
from mfgui.methods.metrics.undefined import Undefined


def nmi(fused: Plane, a: Plane, b: Plane) -> float:
    """Q_MI = 2 [I(A, F) / (H(A) + H(F)) + I(B, F) / (H(B) + H(F))], 0 ... 2, higher is better.

    M. Hossny, S. Nahavandi, D. Creighton, Comments on 'Information measure for performance of
    image fusion', Electronics Letters 44, 2008. The "NMI" of the MFF-SSIM paper and the "MI" of
    the MFIF-GAN paper, both on `planes.side_by_side` colours.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255
        Each is first stretched over the whole range.

    Raises
    ------
    Undefined
        When the fused picture and a source are both constant.
    """
    planes = checked(fused, a, b)
    f, *sources = (stretched(plane) for plane in planes)
    total = 0.0
    for name, source in zip("AB", sources, strict=True):
        pair = joint(source, f)
        entropies = entropy(pair.first) + entropy(pair.second)
        if entropies == 0.0:
            raise Undefined(f"NMI: the fused picture and source {name} are both constant")
        total += information(pair) / entropies
    return 2.0 * total
