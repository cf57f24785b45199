"""Entropy of the fused picture, EN."""

from __future__ import annotations

from mfgui.methods.metrics import histograms
from mfgui.methods.metrics.planes import Plane, checked


def entropy(fused: Plane) -> float:
    """EN = -sum p log2 p over the shares p of the 256 levels, in bits, 0 ... 8, higher is better.

    As the papers of MFF-GAN and EDMF have it; VIFB takes the mean over the channels
    (`planes.by_channel`).

    Parameters
    ----------
    fused : (H, W) uint8 or float64 in 0 ... 255
    """
    (plane,) = checked(fused)
    return histograms.entropy(histograms.shares(plane))
