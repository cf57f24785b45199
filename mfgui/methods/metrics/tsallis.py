"""Information of Tsallis entropy, TE."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mfgui.methods.metrics.histograms import Joint, entropy, joint, stretched
from mfgui.methods.metrics.planes import Plane, checked, unknown
from mfgui.methods.metrics.undefined import Undefined

Variant = Literal["nava", "nava-corrected", "cvejic", "cvejic-corrected"]

_NAVA, _CVEJIC = 0.43137, 1.85


def tsallis(fused: Plane, a: Plane, b: Plane, *, variant: Variant = "nava") -> float:
    """Tsallis information of the sources in the fused picture, higher is better.

    T(X, Y) = (1 - sum_ij h_ij^q / (m_i n_j)^(q - 1)) / (1 - q), of the joint histogram h and its
    marginals m (of X, along i) and n (of Y, along j). For pairs only: what the sources
    share, T(A, B), is of two.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255
        Each is first stretched over the whole range.
    variant : str
        "nava": (T(A, F) + T(B, F)) / (H(A)^q + H(B)^q + T(A, B)), q = 0.43137, H in bits (R. Nava,
        G. Cristobal, B. Escalante-Ramirez, Mutual information improves image fusion quality
        assessments, SPIE Newsroom, 2007): the "TE" of the MFIF-GAN paper, on colours
        `planes.side_by_side`. "cvejic": T(A, F) + T(B, F), q = 1.85 (N. Cvejic, C. N.
        Canagarajah, D. R. Bull, Image fusion metric based on mutual information and Tsallis
        entropy, Electronics Letters 42, 2006).

        The published program of both multiplies with the two marginals exchanged, which these
        variants keep, so that its numbers are met; "-corrected" ones follow the equation.

    Raises
    ------
    Undefined
        For "nava", when both sources are constant.
    """
    if variant not in ("nava", "nava-corrected", "cvejic", "cvejic-corrected"):
        raise unknown(variant, ("nava", "nava-corrected", "cvejic", "cvejic-corrected"))
    f, first, second = (stretched(plane) for plane in checked(fused, a, b))
    exchanged = not variant.endswith("-corrected")
    q = _NAVA if variant.startswith("nava") else _CVEJIC
    total = sum(_information(joint(source, f), q, exchanged) for source in (first, second))
    if q == _CVEJIC:
        return total
    both = joint(first, second)
    scale = entropy(both.first) ** q + entropy(both.second) ** q
    scale += _information(both, q, exchanged)
    if scale == 0.0:
        raise Undefined("TE: both sources are constant")
    return float(total / scale)


def _information(pair: Joint, q: float, exchanged: bool) -> float:
    """T of a joint histogram, over the cells whose marginals are not 0."""
    rows, columns = (pair.second, pair.first) if exchanged else (pair.first, pair.second)
    product = np.outer(rows, columns)
    counted = product > 0
    ratios = pair.both[counted] ** q / product[counted] ** (q - 1.0)
    return float((1.0 - ratios.sum()) / (1.0 - q))
