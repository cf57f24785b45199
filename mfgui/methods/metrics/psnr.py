"""Peak signal-to-noise ratio, PSNR."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from mfgui.methods.metrics.planes import WHITE, Plane, checked, unknown

Variant = Literal["mean-error", "lft", "vifb"]


def psnr(fused: Plane, a: Plane, b: Plane, *, variant: Variant = "mean-error") -> float:
    """10 log10(255^2 / MSE) in dB with the mean MSE of F towards both sources, higher is better.

    It is infinite when all three are equal.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "mean-error": as above. "lft": MSE of values 0 ... 1 with a peak of 255, 48.13 dB too
        much, as in EDMF's table. "vifb": sqrt(sum of squares) / (H W) in the place of the MSE,
        some 57 dB; VIFB takes the mean over the channels (`planes.by_channel`).
    """
    if variant not in ("mean-error", "lft", "vifb"):
        raise unknown(variant, ("mean-error", "lft", "vifb"))
    f, *sources = checked(fused, a, b)
    squares = [float(((source - f) ** 2).mean()) for source in sources]
    if variant == "vifb":
        return _decibel(sum(math.sqrt(square / f.size) for square in squares) / 2.0)
    found = _decibel(sum(squares) / 2.0)
    return found + 20.0 * math.log10(WHITE) if variant == "lft" else found


def between(picture: Plane, other: Plane) -> float:
    """PSNR of two pictures, such as the fused one and a ground truth, in dB."""
    x, y = checked(picture, other)
    return _decibel(float(np.mean((x - y) ** 2)))


def _decibel(error: float) -> float:
    return 10.0 * math.log10(WHITE**2 / error) if error > 0.0 else math.inf
