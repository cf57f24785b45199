"""Q_M: how well the fused picture keeps the Haar coefficients of the sources."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined

_POWERS = (2.0 / 3.0, 1.0 / 3.0)  # of the finer and of the coarser level


def q_m(fused: Plane, *sources: Plane) -> float:
    """Q_M = Q_1^(2/3) Q_2^(1/3), 0 ... 3, higher is better.

    P.-W. Wang, B. Liu, A novel image fusion metric based on multi-scale analysis, ICSP 2008. Of
    the three detail bands of level l of an orthonormal Haar transform,
    Q_l = sum (EP_A W_A + EP_B W_B) / sum (W_A + W_B) with EP_X = sum over the bands of
    exp(-|X - F|) and W_X = sum over the bands of X^2; more sources give more terms. Coefficients
    are compared in grey levels: the same pictures with less contrast score higher. Of the MFIF-GAN
    paper on colours `planes.side_by_side`. A last odd row or column is left out at each level.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When no source has detail, or below 4 x 4 pixels.
    """
    parts = list(checked(fused, *sources))
    if min(parts[0].shape) < 4:
        raise Undefined("Q_M needs at least 4 x 4 pixels")
    score = 1.0
    for level, power in enumerate(_POWERS, start=1):
        (f, *details), parts = _details(parts), [_approximation(part) for part in parts]
        kept = weights = 0.0
        for detail in details:
            weight = (detail**2).sum(axis=0)
            kept += float((np.exp(-np.abs(detail - f)).sum(axis=0) * weight).sum())
            weights += float(weight.sum())
        if weights == 0.0:
            raise Undefined(f"Q_M: no source has detail at level {level}")
        score *= (kept / weights) ** power
    return score


def _quarters(plane: Values) -> tuple[Values, Values, Values, Values]:
    """Pixels of the blocks p q / r s, each (H // 2, W // 2)."""
    even = plane[: plane.shape[0] // 2 * 2, : plane.shape[1] // 2 * 2]
    return even[::2, ::2], even[::2, 1::2], even[1::2, ::2], even[1::2, 1::2]


def _approximation(plane: Values) -> Values:
    p, q, r, s = _quarters(plane)
    found: Values = (p + q + r + s) / 2.0
    return found


def _details(planes: list[Values]) -> list[Values]:
    """The three detail bands of each plane, (3, H // 2, W // 2)."""
    found = []
    for plane in planes:
        p, q, r, s = _quarters(plane)
        bands = (r + s) - (p + q), (q + s) - (p + r), (p + s) - (q + r)
        found.append(np.stack(bands) / 2.0)
    return found
