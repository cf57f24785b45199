"""MFF-SSIM, Q: similarity to the source that a focus map names."""

from __future__ import annotations

import numpy as np

from mfgui.core.arrays import LabelArray, PixelArray, Size, to_float
from mfgui.core.compute import Compute
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.undefined import Undefined
from mfgui.methods.optimise.mffssim.local_q import local_q
from mfgui.methods.optimise.mffssim.window import window_size

WINDOW = "released"  # the rule of its side length


def q(fused: PixelArray, labels: LabelArray, *sources: PixelArray) -> float:
    """Mean SSIM of the windows that fit, -1 ... 1, higher is better.

    S. Xu, L. Ji, Z. Wang, P. Li, K. Sun, C. Zhang, J. Zhang, Towards Reducing Severe Defocus
    Spread Effects for Multi-Focus Image Fusion via an Optimization Based Strategy, IEEE Trans.
    Computational Imaging 6, 2020: all channels of a window jointly and evenly weighted, with the
    source that the label at its centre names. The window is that of the released program.

    Parameters
    ----------
    fused, *sources : (H, W, C) uint8, uint16 or float32
        As stored; the sources of one type.
    labels : (H, W)
        1 ... K. Windows around other pixels (unassigned, *ignore*) are left out.

    Raises
    ------
    Undefined
        When no window is left.
    UsageError
        When the picture is smaller than the least window.
    """
    return q_map(fused, labels, *sources).score()


def q_map(fused: PixelArray, labels: LabelArray, *sources: PixelArray) -> PixelMap:
    """SSIM of the window around every pixel; see `q`."""
    height, width = labels.shape
    window = window_size(WINDOW, Size(width, height))
    values = local_q(sources, labels, to_float(fused), window=window, compute=Compute())
    known = np.isfinite(values)
    if not known.any():
        raise Undefined("the focus map names no source where a window fits")
    return PixelMap(np.where(known, values, 0.0).astype(np.float64), known.astype(np.float64))
