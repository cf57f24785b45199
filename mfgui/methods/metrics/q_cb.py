"""Q_CB: how well contrasts that people see are kept."""

from __future__ import annotations

import numpy as np

from mfgui.methods.metrics.histograms import stretched
from mfgui.methods.metrics.pixel_map import PixelMap
from mfgui.methods.metrics.planes import Plane, Values, checked
from mfgui.methods.metrics.windows import same

_VISUAL_ANGLE = 30.0  # the picture's sides count as that many degrees
_CENTRE, _SURROUND, _SURROUND_SHARE = 15.3870, 1.3456, 0.7622
_REACH = 15  # pixels of the Gaussian windows
_SEMI_SATURATION = 1e-4
_BLACK = 1e-9  # of 255


def q_cb(fused: Plane, *sources: Plane) -> float:
    """Q_CB, 0 ... 1, higher is better.

    Y. Chen, R. S. Blum, A new automated quality assessment algorithm for image fusion, Image and
    Vision Computing 27, 2009. Each plane is stretched over the whole range and weighted in the
    Fourier domain by the contrast sensitivity S(r) = exp(-(r / 15.387)^2) - 0.7622 exp(-(r /
    1.3456)^2). Its contrast is |(G2 * I) / (G4 * I) - 1|, masked C' = C^3 / (C^2 + 1e-4). Of a
    source, min(C'_X, C'_F) / max(C'_X, C'_F) is kept; sources, two or more, are weighted by C'^2.
    Gaussians have 31 x 31 weights and take 0 beyond the border, so that the border shows. Of the
    MFIF-GAN paper on `planes.luma`, which is not rounded; VIFB takes the mean over the channels.

    Where both contrasts are 0, all is kept, and there the sources count the same; constant
    pictures, and areas that are black far around, have no contrast. Time O(H W (log(H W) + 31)).

    Parameters
    ----------
    fused, *sources : (H, W) uint8 or float64 in 0 ... 255
    """
    return q_cb_map(fused, *sources).score()


def q_cb_map(fused: Plane, *sources: Plane) -> PixelMap:
    """What is kept of the contrasts at every pixel, the source with more of them counting more."""
    f, *contrasts = (_contrast(plane) for plane in checked(fused, *sources))
    whole = np.sum([contrast**2 for contrast in contrasts], axis=0)
    found = np.zeros_like(f)
    for contrast in contrasts:
        kept = _share(np.minimum(contrast, f), np.maximum(contrast, f), 1.0)
        found += _share(contrast**2, whole, 1.0 / len(contrasts)) * kept
    return PixelMap(found)


def _contrast(plane: Values) -> Values:
    """Masked contrast (H, W) of a plane."""
    seen = _weighted_by_sensitivity(stretched(plane))
    near, far = (same(seen, _weights(sigma)) for sigma in (2.0, 4.0))
    # What is left of black areas is rounding.
    lit = np.abs(far) > _BLACK
    contrast = np.abs(np.divide(near, far, out=np.ones_like(near), where=lit) - 1.0)
    found: Values = contrast**3 / (contrast**2 + _SEMI_SATURATION)
    return found


def _weighted_by_sensitivity(plane: Values) -> Values:
    height, width = plane.shape
    across = width / _VISUAL_ANGLE * 2.0 * np.fft.rfftfreq(width)
    down = height / _VISUAL_ANGLE * 2.0 * np.fft.fftfreq(height)
    squared = across[np.newaxis, :] ** 2 + down[:, np.newaxis] ** 2
    sensitivity = np.exp(-squared / _CENTRE**2)
    sensitivity -= _SURROUND_SHARE * np.exp(-squared / _SURROUND**2)
    return np.fft.irfft2(np.fft.rfft2(plane) * sensitivity, s=plane.shape)


def _weights(sigma: float) -> Values:
    """Of one axis of a Gaussian as it is sampled, with a sum just below 1."""
    places = np.arange(-_REACH, _REACH + 1)
    found: Values = np.exp(-(places**2) / (2.0 * sigma**2)) / (np.sqrt(2.0 * np.pi) * sigma)
    return found


def _share(part: Values, whole: Values, otherwise: float) -> Values:
    """part / whole, and `otherwise` where the whole is 0."""
    return np.divide(part, whole, out=np.full_like(part, otherwise), where=whole != 0.0)
