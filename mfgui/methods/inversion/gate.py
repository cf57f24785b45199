"""How far the recovered picture is to be trusted, pixel by pixel."""

from __future__ import annotations

import numpy as np

from mfgui.core.arrays import ImageF32, Rect, Size
from mfgui.methods.inversion import layers
from mfgui.methods.inversion.layers import Layers, Settings
from mfgui.methods.inversion.views import View, mean
from mfgui.methods.planes import Plane

_MOST = np.float32(0.2)
_UNSEEN = 0.7  # radii from the border
_MIDDLE = 1.2  # k with the slider in the middle


def strictness(halo: float) -> float:
    """k of `confidence` for the slider: none at 1, more and more towards 0.

    >>> strictness(0.5)
    1.2
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


def seen(rect: Rect, size: Size, radius: float) -> Plane:
    """Factor of the confidence near the borders of the picture, (h, w) float32 in [0, 1].

    Light that came from beyond the border is not known: nothing is trusted at the border itself,
    all from 0.7 radii on.
    """
    x, y = np.arange(rect.x, rect.right), np.arange(rect.y, rect.bottom)
    across, down = np.minimum(x, size.width - 1 - x), np.minimum(y, size.height - 1 - y)
    away = np.minimum(across[None, :], down[:, None])
    return np.clip(away / (_UNSEEN * radius), 0, 1).astype(np.float32)
