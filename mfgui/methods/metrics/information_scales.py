"""What VIF and VIFF share: Gaussian scales, and the visual information of a source in a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mfgui.methods.metrics.planes import Values
from mfgui.methods.metrics.structure import moments
from mfgui.methods.metrics.windows import gaussian, valid

SCALES = 4
_TINY = 1e-10


class Information(NamedTuple):
    """At every position of a scale, (h, w) each.

    Attributes
    ----------
    gain : g
        Of the picture as a blurred, scaled source: covariance / variance of the source.
    kept, whole : log10(1 + g^2 v / (v_r + n)), log10(1 + v / n)
        Information of the source in the picture, and of its own, for its variance v, the residual
        variance v_r, and noise n.
    """

    gain: Values
    kept: Values
    whole: Values


def scales(*planes: Values) -> Iterator[tuple[tuple[Values, ...], Values]]:
    """The planes at each scale, from the finest, and the weights of its windows.

    Windows have 17, 9, 5 and 3 pixels, sigma a fifth of that. Planes of the next scale are those
    of the one before, weighted in its own windows where they fit, every other pixel.

    Raises
    ------
    Undefined
        When the windows of a scale do not fit.
    """
    for scale in range(SCALES):
        side = 2 ** (SCALES - scale) + 1
        weights = gaussian(side, side / 5.0)
        if scale:
            planes = tuple(
                np.ascontiguousarray(valid(plane, weights)[::2, ::2]) for plane in planes
            )
        yield planes, weights


def information(source: Values, picture: Values, weights: Values, noise: float) -> Information:
    """Information of a source in a picture in the windows of one scale."""
    found = moments(source, picture, weights)
    variance = np.maximum(found.variance_x, 0.0)
    other = np.maximum(found.variance_y, 0.0)
    gain = found.covariance / (variance + _TINY)
    # Flat sources tell nothing, flat pictures keep nothing, inverted ones are noise.
    gain[(variance < _TINY) | (other < _TINY) | (gain < 0.0)] = 0.0
    variance[variance < _TINY] = 0.0
    residual = np.maximum(other - gain * found.covariance, _TINY)
    kept = np.log10(1.0 + gain**2 * variance / (residual + noise))
    return Information(gain, kept, np.log10(1.0 + variance / noise))
