"""Local means, variances and the index of structural similarity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mfgui.methods.metrics.planes import Values
from mfgui.methods.metrics.windows import valid


class Moments(NamedTuple):
    """Weighted local moments of two planes, over the positions where the window fits.

    Variances are E[x^2] - E[x]^2: rounding leaves some 1e-11 of grey levels squared, which
    may lie below 0.
    """

    mean_x: Values
    mean_y: Values
    variance_x: Values
    variance_y: Values
    covariance: Values


def moments(x: Values, y: Values, weights: Values) -> Moments:
    """Moments of planes (H, W) in windows of `len(weights)` x `len(weights)`."""
    mean_x, mean_y = valid(x, weights), valid(y, weights)
    return Moments(
        mean_x,
        mean_y,
        valid(x * x, weights) - mean_x * mean_x,
        valid(y * y, weights) - mean_y * mean_y,
        valid(x * y, weights) - mean_x * mean_y,
    )


def similarity(found: Moments, c1: float, c2: float) -> Values:
    """(2 mx my + C1) (2 cov + C2) / ((mx^2 + my^2 + C1) (vx + vy + C2)), for C1, C2 > 0."""
    over = (2.0 * found.mean_x * found.mean_y + c1) * (2.0 * found.covariance + c2)
    under = (found.mean_x**2 + found.mean_y**2 + c1) * (found.variance_x + found.variance_y + c2)
    index: Values = over / under
    return index


def guarded_similarity(found: Moments, *, flat: float) -> Values:
    """`similarity` without constants; a factor is 1 where its denominator is below `flat`.

    So two flat windows agree in structure, and two black ones in brightness.
    """
    brightness = found.mean_x**2 + found.mean_y**2
    spread = found.variance_x + found.variance_y
    one = np.ones_like(spread)
    index: Values = np.divide(
        2.0 * found.mean_x * found.mean_y, brightness, out=one.copy(), where=brightness >= flat
    )
    index *= np.divide(2.0 * found.covariance, spread, out=one, where=spread >= flat)
    return index
