"""Metrics pixel by pixel, from which those of a band or a region come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mfgui.core.arrays import BoolMask
from mfgui.methods.metrics.planes import Values
from mfgui.methods.metrics.undefined import Undefined


def _as_it_is(mean: float) -> float:
    return mean


@dataclass(frozen=True, eq=False)
class PixelMap:
    """Where a metric comes from: it is `finish` of the weighted mean of `values`.

    Attributes
    ----------
    values : (H, W) float64
        Anything finite where the weight is 0.
    weights : (H, W) float64, optional
        0 or more; 0 where the metric looks at nothing, such as the border of windows that must
        fit. Without weights all pixels count the same.
    finish : callable
        From the mean to the metric: decibels from a squared error.
    """

    values: Values
    weights: Values | None = None
    finish: Callable[[float], float] = _as_it_is

    def score(self, where: BoolMask | None = None) -> float:
        """The metric of the pixels (H, W) that are True; of all without.

        Raises
        ------
        Undefined
            When none of them counts.

        >>> PixelMap(np.array([[1.0, 2.0, 6.0]]), np.array([[1.0, 1.0, 0.0]])).score()
        1.5
        """
        values = self.values if where is None else self.values[where]
        if self.weights is None:
            if not values.size:
                raise Undefined("no pixel of the area counts")
            return self.finish(float(values.mean()))
        weights = self.weights if where is None else self.weights[where]
        total = float(weights.sum())
        if total == 0.0:
            raise Undefined("no pixel of the area counts")
        return self.finish(float((values * weights).sum()) / total)


def inner(values: Values, shape: tuple[int, int]) -> PixelMap:
    """The map of values that windows give only where they fit: (h, w) in the middle of `shape`.

    A window with an even side lies above and left of the pixel that stands for it.
    """
    top, left = (shape[0] - values.shape[0]) // 2, (shape[1] - values.shape[1]) // 2
    place = slice(top, top + values.shape[0]), slice(left, left + values.shape[1])
    whole, weights = np.zeros(shape), np.zeros(shape)
    whole[place], weights[place] = values, 1.0
    return PixelMap(whole, weights)
