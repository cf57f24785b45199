"""Peak signal-to-noise ratio, PSNR."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from mfgui.core.errors import UsageError
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import WHITE, Planes, unknown
from mfgui.methods.metrics.squared_error import mse_map, rmse

Variant = Literal["mean-error", "lft", "vifb"]


def psnr(fused: Planes, *others: Planes, variant: Variant = "mean-error") -> float:
    """10 log10(255^2 / MSE) in dB, higher is better; MSE is that of F towards a ground truth, or
    the mean of those towards the sources.

    It is infinite when all are equal.

    Parameters
    ----------
    fused, *others : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
    variant : str
        "mean-error": as above. "lft": MSE of values 0 ... 1 with a peak of 255, 48.13 dB too
        much, as in EDMF's table. "vifb": RMSE in its variant of that name in the place of the
        MSE, some 57 dB; VIFB takes the mean over the channels (`planes.by_channel`).
    """
    if variant != "vifb":
        return psnr_map(fused, *others, variant=variant).score()
    return _decibel(rmse(fused, *others, variant=variant))


def psnr_map(fused: Planes, *others: Planes, variant: Variant = "mean-error") -> PixelMap:
    """Squared error of every pixel, mean over channels and others, and PSNR of its mean.

    Raises
    ------
    UsageError
        For "vifb", which is no function of one mean.
    """
    finish = {"mean-error": _decibel, "lft": _decibel_of_units}
    if variant == "vifb":
        raise UsageError("PSNR has no value for a single pixel in its variant vifb")
    if variant not in finish:
        raise unknown(variant, (*finish, "vifb"))
    return replace(mse_map(fused, *others), finish=finish[variant])


def _decibel(error: float) -> float:
    return 10.0 * math.log10(WHITE**2 / error) if error > 0.0 else math.inf


def _decibel_of_units(error: float) -> float:
    return _decibel(error) + 20.0 * math.log10(WHITE)
