"""Q_C of Cvejic: local similarity to the sources, by how much they share with the fused picture."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics import boxes
from mfgui.methods.metrics.boxes import FLAT
from mfgui.methods.metrics.pixel_map import PixelMap, inner
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.structure import guarded_similarity


def q_c(fused: Plane, *sources: Plane) -> float:
    """Q_C = mean of sum sim_X q(X, F), -1 ... 1, higher is better.

    N. Cvejic, A. Loza, D. Bull, N. Canagarajah, A similarity metric for assessment of image
    fusion algorithms, International Journal of Signal Processing 2, 2005. q is the universal
    quality index in boxes of 8 x 8, and sim_A = cov(A, F) / (cov(A, F) + cov(B, F)), limited to
    0 ... 1; sim_B = 1 - sim_A. Of more sources, the shares in the sum of all covariances, those
    below 0 left out. Where the covariances are all 0 the sources count the same; two flat boxes
    have the same structure, and two black ones the same brightness.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When a box of 8 x 8 does not fit.
    """
    return q_c_map(fused, *sources).score()


def q_c_map(fused: Plane, *sources: Plane) -> PixelMap:
    """`q_c` box by box: all that fit count the same."""
    f, *others = checked(fused, *sources)
    found = boxes.moments(others, f)
    shares = _shares([moments.covariance for moments in found])
    similarity = np.zeros_like(shares[0])
    for moments, share in zip(found, shares, strict=True):
        similarity += share * guarded_similarity(moments, flat=FLAT)
    return inner(similarity, fused.shape)


def _shares(covariances: list[Values]) -> list[Values]:
    """Shares (h, w) in the sum, limited to 0 ... 1, with sum 1."""
    total = np.sum(covariances, axis=0)
    # A covariance that has not the sign of the sum has a share below 0.
    signs = np.where(total < 0.0, -1.0, 1.0)
    limited = [np.maximum(covariance * signs, 0.0) for covariance in covariances]
    whole = np.sum(limited, axis=0)
    flat = whole < FLAT
    whole[flat] = 1.0
    return [np.where(flat, 1.0 / len(limited), part / whole) for part in limited]
