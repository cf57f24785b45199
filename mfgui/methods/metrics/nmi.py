"""Normalised mutual information, Q_MI."""

from __future__ import annotations

from mfgui.methods.metrics.histograms import entropy, information, joint, stretched
from mfgui.methods.metrics.planes import Plane, checked
from mfgui.methods.metrics.undefined import Undefined


def nmi(fused: Plane, *sources: Plane) -> float:
    """Q_MI = 2 [I(A, F) / (H(A) + H(F)) + I(B, F) / (H(B) + H(F))], 0 ... 2, higher is better.

    M. Hossny, S. Nahavandi, D. Creighton, Comments on 'Information measure for performance of
    image fusion', Electronics Letters 44, 2008. The "NMI" of the MFF-SSIM paper and the "MI" of
    the MFIF-GAN paper, both on `planes.side_by_side` colours. Of more than two sources it is twice
    the mean of 2 I(X, F) / (H(X) + H(F)), which is the same of two.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
        Each is first stretched over the whole range.

    Raises
    ------
    Undefined
        When the fused picture and a source are both constant.
    """
    f, *planes = (stretched(plane) for plane in checked(fused, *sources))
    total = 0.0
    for plane in planes:
        pair = joint(plane, f)
        entropies = entropy(pair.first) + entropy(pair.second)
        if entropies == 0.0:
            raise Undefined("NMI: the fused picture and a source are both constant")
        total += information(pair) / entropies
    return 4.0 / len(planes) * total
