"""Weighted windows of the structural metrics."""

from __future__ import annotations

import cv2
import numpy as np

from mfgui.methods.metrics.planes import Values
from mfgui.methods.metrics.undefined import Undefined


def gaussian(side: int, sigma: float) -> Values:
    """Weights of one axis of a `side` x `side` Gaussian window, with sum 1."""
    places = np.arange(side) - (side - 1) / 2.0
    weights = np.exp(-(places**2) / (2.0 * sigma**2))
    found: Values = weights / weights.sum()
    return found


def same(plane: Values, weights: Values) -> Values:
    """Weighted sums over odd windows around each pixel, (H, W); 0 beyond the border."""
    return np.asarray(
        cv2.sepFilter2D(plane, cv2.CV_64F, weights, weights, borderType=cv2.BORDER_CONSTANT),
        np.float64,
    )


def valid(plane: Values, weights: Values) -> Values:
    """As `same`, only where the whole window lies in the plane.

    Raises
    ------
    Undefined
        When it does so nowhere.
    """
    side = len(weights)
    height, width = plane.shape
    if min(height, width) < side:
        raise Undefined(f"a window of {side} x {side} does not fit into {width} x {height} pixels")
    margin = side // 2
    inner = slice(margin, height - margin), slice(margin, width - margin)
    return np.ascontiguousarray(same(plane, weights)[inner])
