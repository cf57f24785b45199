"""Q_Y: structural similarity to the source that matters locally."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mfgui.methods.metrics.pixel_map import PixelMap, inner
from mfgui.methods.metrics.planes import Plane, checked, unknown
from mfgui.methods.metrics.structure import guarded_similarity, moments
from mfgui.methods.metrics.windows import gaussian

Variant = Literal["guarded", "bounded"]

_FLAT = 1e-8  # far above rounding (1e-11), far below the variance of one pixel of one level (1e-3)
_ALIKE = 0.75


def q_y(fused: Plane, a: Plane, b: Plane, *, variant: Variant = "guarded") -> float:
    """Q_Y, about 0 ... 1, higher is better.

    C. Yang, J.-Q. Zhang, X.-R. Wang, X. Liu, A novel similarity based quality metric for image
    fusion, Information Fusion 9, 2008. In 7 x 7 Gaussian windows (sigma 1.5): where the sources
    are alike, SSIM(A, B) >= 0.75, their similarities to F are weighted by their variances;
    elsewhere the larger one counts. For pairs only: three may be alike in part.

    The published programs have constants of 2e-16 in the place of 0, so that in flat areas they
    divide rounding by rounding, and give NaN or values far above 1; they agree with this where
    no area is flat. Here two flat windows have the same structure, and sources that are both
    flat count the same.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255
    variant : str
        "bounded": every local value is limited to 0 ... 1.

    Raises
    ------
    Undefined
        When the window does not fit.
    """
    return q_y_map(fused, a, b, variant=variant).score()


def q_y_map(fused: Plane, a: Plane, b: Plane, *, variant: Variant = "guarded") -> PixelMap:
    """The value of the window around every pixel, where it fits."""
    if variant not in ("guarded", "bounded"):
        raise unknown(variant, ("guarded", "bounded"))
    f, first, second = checked(fused, a, b)
    weights = gaussian(7, 1.5)
    both = moments(first, second, weights)
    kept = [guarded_similarity(moments(x, f, weights), flat=_FLAT) for x in (first, second)]
    spread = both.variance_x + both.variance_y
    share = np.divide(both.variance_x, spread, out=np.full_like(spread, 0.5), where=spread >= _FLAT)
    share = np.clip(share, 0.0, 1.0)
    alike = guarded_similarity(both, flat=_FLAT) >= _ALIKE
    found = np.where(alike, share * kept[0] + (1.0 - share) * kept[1], np.maximum(*kept))
    return inner(np.clip(found, 0.0, 1.0) if variant == "bounded" else found, fused.shape)
