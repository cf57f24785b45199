"""Q_SF: how far the spatial frequency is from what the sources allow."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mfgui.methods.metrics.planes import Planes, Values, checked, side_by_side
from mfgui.methods.metrics.undefined import Undefined

_DIAGONAL = math.sqrt(2.0) / 2.0


def q_sf(fused: Planes, *sources: Planes) -> float:
    """(SF_F - SF_R) / SF_R, above -1; 0 is best, below it detail was lost.

    Y. Zheng, E. A. Essock, B. C. Hansen, A. M. Haun, A new metric based on extended spatial
    frequency and its application to DWT based fusion algorithms, Information Fusion 8, 2007.
    SF^2 is the sum of the squared differences to the neighbours along rows, columns and, weighted
    by sqrt(2) / 2, both diagonals, over the number of pixels; for SF_R the largest of the
    differences of the sources is taken everywhere. The "SF" of the MFIF-GAN paper.

    Parameters
    ----------
    fused, *sources : (H, W) or (H, W, C) uint8 or float64 in 0 ... 255
        Of colours, as of the published program: differences along rows and columns run around
        the border within a channel, but for the last column of the last channel and the last
        row; those along diagonals run over the channels side by side.

    Raises
    ------
    Undefined
        When no neighbours differ in any source.
    """
    f, *others = checked(fused, *sources, channels=True)
    own = most = 0.0
    for difference, weight in _DIFFERENCES:
        own += weight * float((difference(f) ** 2).sum())
        squares = [difference(other) ** 2 for other in others]
        most += weight * float(np.max(squares, axis=0).sum())
    if most == 0.0:
        raise Undefined("Q_SF: all sources are constant")
    reached, possible = math.sqrt(own / f.size), math.sqrt(most / f.size)
    return (reached - possible) / possible


def _across(values: Values) -> Values:
    around = np.roll(values, -1, axis=1) - values
    return side_by_side(around)[:, :-1]


def _down(values: Values) -> Values:
    return np.diff(values, axis=0)


def _falling(values: Values) -> Values:
    plane = side_by_side(values)
    found: Values = plane[1:, 1:] - plane[:-1, :-1]
    return found


def _rising(values: Values) -> Values:
    plane = side_by_side(values)
    found: Values = plane[1:, :-1] - plane[:-1, 1:]
    return found


_DIFFERENCES: tuple[tuple[Callable[[Values], Values], float], ...] = (
    (_across, 1.0),
    (_down, 1.0),
    (_falling, _DIAGONAL),
    (_rising, _DIAGONAL),
)
