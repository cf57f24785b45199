"""Structural similarity, SSIM."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from mfgui.methods.metrics.pixel_map import PixelMap, inner
from mfgui.methods.metrics.planes import WHITE, Plane, Values, checked, unknown
from mfgui.methods.metrics.structure import moments, similarity
from mfgui.methods.metrics.windows import gaussian

Variant = Literal["wang", "toolbox", "lft"]

_K1, _K2 = 0.01, 0.03
_REACH = 5  # pixels


def ssim(fused: Plane, *others: Plane, variant: Variant = "wang") -> float:
    """Mean SSIM of F towards the sources, or towards a ground truth, -1 ... 1, higher is better.

    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, Image quality assessment: from error
    visibility to structural similarity, IEEE TIP 13, 2004: 11 x 11 Gaussian windows, sigma 1.5,
    K = 0.01 and 0.03. VIFB has twice this, per channel.

    Parameters
    ----------
    fused, *others : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "wang": over the windows that fit. "toolbox": over all pixels, the border repeated, as
        MATLAB's function does. "lft": the same with the constants of a range of 1 on values of
        0 ... 255, which is how the numbers in EDMF's table come about: some 0.15 less.

    Raises
    ------
    Undefined
        For "wang", when the window does not fit.
    """
    return ssim_map(fused, *others, variant=variant).score()


def ssim_map(fused: Plane, *others: Plane, variant: Variant = "wang") -> PixelMap:
    """Similarity in the window around every pixel; of "wang" without the border."""
    if variant not in ("wang", "toolbox", "lft"):
        raise unknown(variant, ("wang", "toolbox", "lft"))
    f, *pictures = checked(fused, *others)
    shape = f.shape
    if variant != "wang":
        f, *pictures = (_repeated(plane) for plane in (f, *pictures))
    extent = 1.0 if variant == "lft" else WHITE
    c1, c2 = (_K1 * extent) ** 2, (_K2 * extent) ** 2
    weights = gaussian(2 * _REACH + 1, 1.5)
    indices = [similarity(moments(picture, f, weights), c1, c2) for picture in pictures]
    return inner(np.mean(indices, axis=0), shape)


def _repeated(plane: Values) -> Values:
    sides = (_REACH,) * 4
    return np.asarray(cv2.copyMakeBorder(plane, *sides, cv2.BORDER_REPLICATE), np.float64)
