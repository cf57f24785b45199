"""Nonlinear correlation information entropy, NCIE."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.histograms import LEVELS, information, joint, stretched
from mfgui.methods.metrics.planes import Plane, checked


def ncie(fused: Plane, *sources: Plane) -> float:
    """NCIE = 1 + sum_k (l_k / N) log256 (l_k / N), 0.8 ... 1 for two sources, higher is better.

    l_k are the eigenvalues of the N x N matrix of the nonlinear correlations of the sources and F,
    N = 3 for A, B and F, which are their mutual information in units of 8 bits. Q. Wang, Y. Shen,
    J. Jin, Performance evaluation of image fusion techniques, in: Image Fusion, 2008. Of the
    MFIF-GAN paper on colours `planes.side_by_side`. Constant pictures correlate with nothing. The
    lowest value is 1 - log256 N: those of different numbers of sources cannot be compared.

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
        Each is first stretched over the whole range.
    """
    planes = [stretched(plane) for plane in checked(fused, *sources)]
    count = len(planes)
    correlations = np.eye(count)
    for row in range(count):
        for column in range(row):
            found = information(joint(planes[row], planes[column])) / np.log2(LEVELS)
            correlations[row, column] = correlations[column, row] = found
    parts = np.linalg.eigvalsh(correlations) / count
    # Of equal planes of 8 bits all but one are 0, or beside it by rounding; 0 log 0 is 0.
    parts = parts[parts > 0.0]
    return float(1.0 + (parts * np.log2(parts)).sum() / np.log2(LEVELS))
