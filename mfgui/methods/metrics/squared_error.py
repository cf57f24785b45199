"""Mean squared error, MSE, and its root, RMSE."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from mfgui.core.errors import UsageError
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import WHITE, Planes, Values, checked, unknown

Variant = Literal["levels", "lft"]
RootVariant = Literal["levels", "vifb"]


def mse(fused: Planes, *others: Planes, variant: Variant = "levels") -> float:
    """Mean squared error of F towards a ground truth, or the mean of those towards the sources;
    0 or more, lower is better. Towards two sources, a blur of both has the least.

    Parameters
    ----------
    fused, *others : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
    variant : str
        "levels": in squares of 0 ... 255. "lft": of values 0 ... 1.
    """
    return mse_map(fused, *others, variant=variant).score()


def mse_map(fused: Planes, *others: Planes, variant: Variant = "levels") -> PixelMap:
    """Squared error (H, W) of each pixel: mean over the others and the channels."""
    if variant not in ("levels", "lft"):
        raise unknown(variant, ("levels", "lft"))
    errors = np.mean(_squares(fused, *others), axis=0)
    return PixelMap(errors / WHITE**2 if variant == "lft" else errors)


def rmse(fused: Planes, *others: Planes, variant: RootVariant = "levels") -> float:
    """Root of the mean squared error `mse`, in levels of 0 ... 255, lower is better.

    Parameters
    ----------
    fused, *others : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
    variant : str
        "levels": as above. "vifb": sqrt(sum of squares) / (H W), mean over the others, less by
        sqrt(H W); the square of a pixel is the mean over its channels. VIFB itself takes the mean
        of RMSE over the channels (`planes.by_channel`).
    """
    if variant != "vifb":
        return rmse_map(fused, *others, variant=variant).score()
    sums = [float(square.sum()) for square in _squares(fused, *others)]
    height, width = fused.shape[:2]
    return sum(math.sqrt(total) for total in sums) / len(sums) / float(height * width)


def rmse_map(fused: Planes, *others: Planes, variant: RootVariant = "levels") -> PixelMap:
    """Squared error (H, W) of each pixel as in `mse_map`, and the root of its mean.

    Raises
    ------
    UsageError
        For "vifb", which is no function of one mean.
    """
    if variant == "vifb":
        raise UsageError("RMSE has no value for a single pixel in its variant vifb")
    if variant != "levels":
        raise unknown(variant, ("levels", "vifb"))
    return PixelMap(mse_map(fused, *others).values, finish=math.sqrt)


def _squares(fused: Planes, *others: Planes) -> list[Values]:
    """Squared differences (H, W) to each of the others, mean over the channels."""
    f, *pictures = checked(fused, *others, channels=True)
    return [((picture - f) ** 2).mean(axis=2) for picture in pictures]
