"""Peak signal-to-noise ratio, PSNR."""

from __future__ import annotations

import math
from typing import Literal

from mfgui.methods.metrics.planes import WHITE, Planes, checked, unknown

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
        much, as in EDMF's table. "vifb": sqrt(sum of squares) / (H W) in the place of the MSE,
        some 57 dB; VIFB takes the mean over the channels (`planes.by_channel`).
    """
    if variant not in ("mean-error", "lft", "vifb"):
        raise unknown(variant, ("mean-error", "lft", "vifb"))
    f, *sources = checked(fused, *others, channels=True)
    squares = [float(((source - f) ** 2).mean()) for source in sources]
    if variant == "vifb":
        return _decibel(sum(math.sqrt(square / f.size) for square in squares) / len(squares))
    found = _decibel(sum(squares) / len(squares))
    return found + 20.0 * math.log10(WHITE) if variant == "lft" else found


def _decibel(error: float) -> float:
    return 10.0 * math.log10(WHITE**2 / error) if error > 0.0 else math.inf
