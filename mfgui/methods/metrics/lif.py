"""Linear index of fuzziness, LIF."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import WHITE, Planes, checked


def lif(fused: Planes) -> float:
    """LIF = 2 mean min(p, 1 - p) with p = sin(pi / 2 (1 - F / 255)), 0 ... 1, lower is better.

    As in the table of the MFIF-GAN paper: 255 stands for the largest value.

    Parameters
    ----------
    fused : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
        Channels are pooled.
    """
    return lif_map(fused).score()


def lif_map(fused: Planes) -> PixelMap:
    """2 min(p, 1 - p) of every pixel, mean over the channels."""
    (values,) = checked(fused, channels=True)
    share = np.sin(np.pi / 2.0 * (1.0 - values / WHITE))
    return PixelMap(2.0 * np.minimum(share, 1.0 - share).mean(axis=2))
