"""Sum of the correlations of differences, SCD."""

from __future__ import annotations

from mfgui.methods.metrics.correlation import correlation
from mfgui.methods.metrics.planes import Plane, checked


def scd(fused: Plane, a: Plane, b: Plane) -> float:
    """SCD = corr(F - B, A) + corr(F - A, B), -2 ... 2, higher is better.

    V. Aslantas, E. Bendes, A new image quality metric for image fusion: the sum of the
    correlations of differences, AEU 69, 2015. A term whose difference or source is constant, so
    also of a fused picture that equals a source, is 0.
    For pairs only: what is left of F without one of three sources is not what another gave.

    Parameters
    ----------
    fused, a, b : (H, W) uint8 or float64 in 0 ... 255
    """
    f, first, second = checked(fused, a, b)
    terms = (correlation(f - second, first), correlation(f - first, second))
    return sum(term or 0.0 for term in terms)
