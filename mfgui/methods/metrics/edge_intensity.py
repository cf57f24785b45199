"""Edge intensity, EI."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.gradients import sobel
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Planes, checked


def edge_intensity(fused: Planes) -> float:
    """Mean edge strength of the fused picture, 0 or more, higher is better.

    B. Rajalingam, R. Priya, Hybrid multimodality medical image fusion technique for feature
    enhancement in medical diagnosis, International Journal of Engineering Science Invention,
    2018: strengths by Sobel's filters, with weights 1 2 1 that are not divided by their sum, the
    border repeated. Noise raises it.

    Parameters
    ----------
    fused : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
        Of several channels the mean, as VIFB has it.
    """
    return edge_intensity_map(fused).score()


def edge_intensity_map(fused: Planes) -> PixelMap:
    """Edge strength (H, W) of each pixel; of several channels the mean."""
    (values,) = checked(fused, channels=True)
    strengths = [np.hypot(*sobel(plane, border="edge")) for plane in np.moveaxis(values, 2, 0)]
    return PixelMap(np.mean(strengths, axis=0))
