"""Joint histograms of two planes, and the entropies and information in them.

Probabilities below are shares of the pixels; 0 log 0 counts as 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mfgui.methods.metrics.planes import WHITE, Values

LEVELS = 256


class Joint(NamedTuple):
    """Shares of the pixels by their levels in two planes.

    Attributes
    ----------
    both : (256, 256)
        By the level in the first plane (row) and in the second (column).
    first, second : (256,)
        By the level in one plane alone.
    """

    both: Values
    first: Values
    second: Values


def stretched(plane: Values) -> Values:
    """The plane's values spread over 0 ... 255 and rounded, halves up.

    A constant plane becomes 0: it carries no information at any level. (The reference divides
    0 by 0 unless the constant is 0.)
    """
    low = plane.min()
    extent = plane.max() - low
    if extent == 0.0:
        return np.zeros_like(plane)
    found: Values = np.floor((plane - low) / extent * WHITE + 0.5)
    return found


def whole(plane: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Levels 0 ... 255 of the values, halves up."""
    found: npt.NDArray[np.int64] = np.floor(plane + 0.5).astype(np.int64)
    return found


def shares(plane: Values) -> Values:
    """Share of the pixels of each level, (256,)."""
    return np.bincount(whole(plane).ravel(), minlength=LEVELS) / plane.size


def joint(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Joint:
    """Shares by the levels of two planes (H, W) of 0 ... 255. Time O(H W + 256^2)."""
    index = whole(first) * LEVELS + whole(second)
    counts = np.bincount(index.ravel(), minlength=LEVELS * LEVELS).reshape(LEVELS, LEVELS)
    size = float(first.size)
    return Joint(counts / size, counts.sum(axis=1) / size, counts.sum(axis=0) / size)


def entropy(shares: Values) -> float:
    """-sum p log2 p, in bits."""
    present = shares[shares > 0]
    # Not -0.0 for a single level.
    return float(-(present * np.log2(present)).sum()) + 0.0


def information(pair: Joint) -> float:
    """Mutual information in bits, H(X) + H(Y) - H(X, Y); not below 0 by rounding."""
    return max(0.0, entropy(pair.first) + entropy(pair.second) - entropy(pair.both))
