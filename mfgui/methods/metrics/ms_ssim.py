"""Structural similarity on several scales, MS-SSIM."""

from __future__ import annotations

import math

import numpy as np

from mfgui.methods.metrics.planes import WHITE, Plane, Values, checked
from mfgui.methods.metrics.structure import Moments, moments
from mfgui.methods.metrics.undefined import Undefined
from mfgui.methods.metrics.windows import gaussian

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the finest scale
_C1, _C2 = (0.01 * WHITE) ** 2, (0.03 * WHITE) ** 2
_SIDE, _SIGMA = 11, 1.5
_LEAST = _SIDE * 2 ** (len(_WEIGHTS) - 1)


def ms_ssim(fused: Plane, *others: Plane) -> float:
    """MS-SSIM of F towards a ground truth, or the mean towards the sources, 0 ... 1, higher is
    better.

    Z. Wang, E. P. Simoncelli, A. C. Bovik, Multi-scale structural similarity for image quality
    assessment, Asilomar Conference on Signals, Systems and Computers, 2003. Each of five scales is
    the one before, averaged over 2 x 2 pixels. The similarities of contrast and structure, (2 cov
    + C2) / (v_F + v_X + C2), of all scales and of brightness, (2 m_F m_X + C1) / (m_F^2 + m_X^2 +
    C1), of the coarsest are means over the Gaussian windows of 11 x 11 pixels that fit, sigma 1.5,
    K = 0.01 and 0.03. MS-SSIM is the product of these means to the powers 0.0448, 0.2856, 0.3001,
    0.2363 and 0.1333 of the paper. A negative mean, of inverted structure, counts as 0: it has no
    such power.

    Of the coarsest scale, the mean is that of the product with brightness, as in the published
    program. The last row or column of an odd side is averaged with itself.

    Parameters
    ----------
    fused, *others : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When a side is below 176 pixels, for which the window would not fit into the fifth scale.
    """
    f, *pictures = checked(fused, *others)
    if min(f.shape) < _LEAST:
        raise Undefined(f"MS-SSIM takes pictures of {_LEAST} x {_LEAST} pixels or more")
    return sum(_between(f, picture) for picture in pictures) / len(pictures)


def _between(x: Values, y: Values) -> float:
    window = gaussian(_SIDE, _SIGMA)
    score = 1.0
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            x, y = _halved(x), _halved(y)
        found = moments(x, y, window)
        similarity = _structure(found)
        if scale == len(_WEIGHTS) - 1:
            similarity *= _brightness(found)
        score *= math.pow(max(float(similarity.mean()), 0.0), weight)
    return score


def _structure(found: Moments) -> Values:
    spread = found.variance_x + found.variance_y + _C2
    similarity: Values = (2.0 * found.covariance + _C2) / spread
    return similarity


def _brightness(found: Moments) -> Values:
    similarity: Values = (2.0 * found.mean_x * found.mean_y + _C1) / (
        found.mean_x**2 + found.mean_y**2 + _C1
    )
    return similarity


def _halved(plane: Values) -> Values:
    """Means of blocks of 2 x 2 pixels."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    found: Values = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).mean(axis=(1, 3))
    return found
