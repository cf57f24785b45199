"""Grey-level difference, GLD, of the MFIF-GAN paper."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.gradients import forward
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Planes, checked


def gld(fused: Planes) -> float:
    """GLD = mean(|dx| + |dy|), 0 or more, higher is better.

    As in the table of that paper: of forward differences, to 0 beyond the border.

    Parameters
    ----------
    fused : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
        Channels are pooled.
    """
    return gld_map(fused).score()


def gld_map(fused: Planes) -> PixelMap:
    """|dx| + |dy| of every pixel, mean over the channels."""
    (values,) = checked(fused, channels=True)
    across, down = forward(values)
    return PixelMap((np.abs(across) + np.abs(down)).mean(axis=2))
