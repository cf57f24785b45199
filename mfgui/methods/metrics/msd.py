"""Mean square deviation, MSD, of the MFIF-GAN paper."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.planes import Planes, checked


def msd(fused: Planes) -> float:
    """MSD = sqrt(sum (F - mean F)^2) / n over all n values, 0 or more, higher is better.

    As in the table of that paper. It is the standard deviation
    divided by sqrt(n): pictures of different sizes cannot be compared.

    Parameters
    ----------
    fused : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
        Channels are pooled, around one mean.
    """
    (values,) = checked(fused, channels=True)
    return float(np.std(values) / np.sqrt(values.size))
