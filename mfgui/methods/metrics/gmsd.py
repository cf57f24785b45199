"""Gradient magnitude similarity deviation, GMSD."""

from __future__ import annotations

import cv2
import numpy as np

from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.undefined import Undefined

_STEADY = 170.0
_PREWITT = np.array([[1.0, 0.0, -1.0]] * 3) / 3.0


def gmsd(fused: Plane, *others: Plane) -> float:
    """GMSD of F towards a ground truth, or the mean towards the sources, 0 or more, lower is
    better.

    W. Xue, L. Zhang, X. Mou, A. C. Bovik, Gradient magnitude similarity deviation: a highly
    efficient perceptual image quality index, IEEE TIP 23, 2014. Pictures are averaged over 2 x 2
    pixels; with the lengths g of their Prewitt gradients, GMSD is the standard deviation of
    (2 g_F g_X + 170) / (g_F^2 + g_X^2 + 170) over the picture: of the sample, as in the published
    program; the paper divides by the number of pixels. Beyond the border pictures are 0. It is 0
    for equal pictures, and low wherever all pixels are equally worse. As a deviation from the mean
    of the whole picture it has no value for a single pixel.

    Parameters
    ----------
    fused, *others : (H, W) uint8 or float64 in 0 ... 255

    Raises
    ------
    Undefined
        When there are less than two blocks of 2 x 2 pixels.
    """
    f, *slopes = (_slope(_halved(plane)) for plane in checked(fused, *others))
    if f.size < 2:
        raise Undefined("GMSD: the picture is too small for a deviation")
    return sum(_deviation(f, slope) for slope in slopes) / len(slopes)


def _deviation(x: Values, y: Values) -> float:
    similarity = (2.0 * x * y + _STEADY) / (x * x + y * y + _STEADY)
    return float(similarity.std(ddof=1))


def _halved(plane: Values) -> Values:
    """Means of blocks of 2 x 2 pixels; odd sides are filled up with 0."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)))
    found: Values = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).mean(axis=(1, 3))
    return found


def _slope(plane: Values) -> Values:
    across, down = (
        cv2.filter2D(plane, cv2.CV_64F, kernel, borderType=cv2.BORDER_CONSTANT)
        for kernel in (_PREWITT, np.ascontiguousarray(_PREWITT.T))
    )
    found: Values = np.hypot(across, down)
    return found
