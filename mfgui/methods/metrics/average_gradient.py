"""Average gradient, AG."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mfgui.methods.metrics.gradients import forward
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Planes, Values, checked, unknown
from mfgui.methods.metrics.undefined import Undefined

Variant = Literal["central", "forward", "mfif-gan"]


def average_gradient(fused: Planes, *, variant: Variant = "central") -> float:
    """Mean length of the gradient of the fused picture, 0 or more, higher is better.

    G. Cui, H. Feng, Z. Xu, Q. Li, Y. Chen, Detail preserved fusion of visible and infrared images
    using regional saliency extraction and multi-scale image decomposition, Optics
    Communications 341, 2015. The definitions differ by factors:

    Parameters
    ----------
    fused : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
        Of several channels the mean.
    variant : str
        "central": sum sqrt((dx^2 + dy^2) / 2) / ((H - 1) (W - 1)) of central differences, one-sided
        at the border; as in EDMF's table, and of VIFB. "forward" (yliu): mean of the same with
        forward differences, 0 at the border. "mfif-gan": mean sqrt(dx^2 + dy^2) / 4 of forward
        differences to 0 beyond the border.

    Raises
    ------
    Undefined
        For "central", below 2 x 2 pixels.
    """
    return average_gradient_map(fused, variant=variant).score()


def average_gradient_map(fused: Planes, *, variant: Variant = "central") -> PixelMap:
    """Length of the gradient at every pixel, mean over the channels."""
    rules = {"central": _central, "forward": _forward, "mfif-gan": _zero_beyond}
    if variant not in rules:
        raise unknown(variant, tuple(rules))
    (values,) = checked(fused, channels=True)
    return PixelMap(rules[variant](values).mean(axis=2))


def _central(values: Values) -> Values:
    height, width, _ = values.shape
    if min(height, width) < 2:
        raise Undefined("AG needs at least 2 x 2 pixels")
    down, across = np.gradient(values, axis=(0, 1))
    # The sum of all pixels is divided by fewer.
    share = height * width / ((height - 1) * (width - 1))
    found: Values = np.sqrt((across**2 + down**2) / 2.0) * share
    return found


def _forward(values: Values) -> Values:
    across = np.diff(values, axis=1, append=values[:, -1:])
    down = np.diff(values, axis=0, append=values[-1:])
    found: Values = np.sqrt((across**2 + down**2) / 2.0)
    return found


def _zero_beyond(values: Values) -> Values:
    across, down = forward(values)
    found: Values = np.hypot(across, down) / 4.0
    return found
