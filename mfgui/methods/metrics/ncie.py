"""Nonlinear correlation information entropy, NCIE."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.histograms import LEVELS, information, joint, stretched
from mfgui.methods.metrics.planes import Plane, checked


def ncie(fused: Plane, a: Plane, b: Plane) -> float:
    """NCIE = 1 + sum_k (l_k / 3) log256 (l_k / 3), about 0.8 ... 1, higher is better.

    l_k are the eigenvalues of the 3 x 3 matrix of the nonlinear correlations of A, B and F, which
    are their mutual information in units of 8 bits. Q. Wang, Y. Shen, J. Jin, Performance
    evaluation of image fusion techniques, in: Image Fusion, 2008. Of the MFIF-GAN paper on
    colours `planes.side_by_side`. Constant pictures correlate with nothing.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255
        Each is first stretched over the whole range.
    """
    planes = [stretched(plane) for plane in checked(fused, a, b)]
    correlations = np.eye(3)
    for row in range(3):
        for column in range(row):
            found = information(joint(planes[row], planes[column])) / np.log2(LEVELS)
            correlations[row, column] = correlations[column, row] = found
    parts = np.linalg.eigvalsh(correlations) / 3.0
    # Of equal planes of 8 bits two are 0, or beside it by rounding; 0 log 0 is 0.
    parts = parts[parts > 0.0]
    return float(1.0 + (parts * np.log2(parts)).sum() / np.log2(LEVELS))
