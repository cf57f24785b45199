"""Pearson correlation of planes."""

from __future__ import annotations

import math

import numpy as np

from mfgui.methods.metrics.planes import Values


def correlation(x: Values, y: Values) -> float | None:
    """Pearson's correlation of all values, -1 ... 1; None when one of the planes is constant."""
    if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return None
    x, y = x - x.mean(), y - y.mean()
    found = float((x * y).sum()) / math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    return min(1.0, max(-1.0, found))
