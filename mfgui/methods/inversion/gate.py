"""How far the recovered picture is to be trusted, pixel by pixel."""

from __future__ import annotations

import numpy as np

from mfgui.core.arrays import ImageF32
from mfgui.methods.inversion import layers
from mfgui.methods.inversion.layers import Layers, Settings
from mfgui.methods.inversion.views import View, mean
from mfgui.methods.planes import Plane

_MOST = np.float32(0.2)
_MIDDLE = 0.8  # k with the slider in the middle


def strictness(halo: float) -> float:
    """k of `confidence` for the slider: none at 1, more and more towards 0.

    >>> strictness(0.5)
    0.8
    """
    return _MIDDLE * (1 - halo) / max(halo, 1e-6)


def confidence(
    view: View,
    found: Layers,
    settings: Settings,
    recovered: ImageF32,
    usual: ImageF32,
    *,
    strictness: float,
) -> Plane:
    """Step 9: a change is taken that is much larger than what the layers leave unexplained.

    Parameters
    ----------
    recovered, usual : (H, W, 3) float32
        sRGB-encoded.
    strictness : float
        k: factor of the unexplained part.

    Returns
    -------
    (H, W) float32 in [0, 1]
        0: the usual fusion.
    """
    first, second = layers.unexplained(view, found, settings)
    clear: Plane = np.maximum(1 - found.spill, np.float32(0.15))
    sigma = max(1.5, settings.spreads[0].radius / 4)
    unexplained = np.minimum(first, _MOST) + np.minimum(second, _MOST) / clear
    left = mean(unexplained.astype(np.float32), sigma)
    away = recovered - usual
    change = mean(np.einsum("hwc,hwc->hw", away, away), sigma)
    noise = np.float32(0.5 * view.noise)
    ratio = (change + noise) / (np.float32(strictness) * left + noise)
    sure: Plane = np.clip((ratio - np.float32(0.7)) / np.float32(1.6), 0, 1)
    return sure
