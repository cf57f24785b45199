"""SSIM of one patch and the terms of its gradient, for many patches at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray
from mfgui.core.stripes import Scratch, stripe_rows, stripes

C1 = 0.01**2
C2 = 0.03**2

Plane = npt.NDArray[Any]


class RowLabels:
    """Which sources the rows of a focus map name, so that the others cost nothing."""

    def __init__(self, labels: LabelArray, count: int, checkpoint: Callable[[], None]) -> None:
        height, width = labels.shape
        self._seen = np.zeros((count, height), np.bool_)
        for low, high in stripes(0, height, stripe_rows(width)):
            checkpoint()
            for k in range(count):
                self._seen[k, low:high] = (labels[low:high] == k + 1).any(axis=1)

    def present(self, low: int, high: int) -> list[int]:
        """Sources, from 0, that rows low ... high - 1 name."""
        return [int(k) for k in np.flatnonzero(self._seen[:, low:high].any(axis=1))]


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted means and (co)variances over each patch of a source x and the image y."""

    mean_x: Plane
    variance_x: Plane
    mean_y: Plane
    variance_y: Plane
    covariance: Plane


@dataclass(frozen=True, eq=False)
class Terms:
    """What the adjoint needs of each patch.

    With the patch weights w (they sum to 1), the gradient of SSIM(x, y) by pixel p of y is
    ``2 w_p (alpha + beta x_p + gamma y_p)``.
    """

    ssim: Plane
    alpha: Plane
    beta: Plane
    gamma: Plane


def ssim_terms(moments: Moments, scratch: Scratch) -> Terms:
    """SSIM and gradient terms of every patch (algorithm notes 1.1 and 1.2).

    a1 = 2 mx my + C1, b1 = mx^2 + my^2 + C1, a2 = 2 sxy + C2, b2 = sx + sy + C2;
    beta = a1 / (b1 b2), SSIM = beta a2, gamma = -SSIM / b2,
    alpha = a2 mx / (b1 b2) - SSIM my / b1 - beta mx - gamma my.

    Parameters
    ----------
    moments : Moments
        They stay as they are.

    Returns
    -------
    Terms
        Arrays of `scratch`, valid until its next use; alpha and ssim float64. beta and gamma are
        rounded to float32 before alpha is formed from them, so that alpha + beta x + gamma y
        does not lose the cancellation of its large parts.
    """
    mx, my, shape = moments.mean_x, moments.mean_y, moments.mean_y.shape
    names = ("t", "a1", "b1", "a2", "b2", "lum")
    t, a1, b1, a2, b2, lum = (scratch.take(f"ssim.{name}", shape) for name in names)
    np.multiply(mx, mx, out=b1, dtype=np.float64)
    b1 += np.multiply(my, my, out=t, dtype=np.float64)
    b1 += C1
    np.multiply(mx, my, out=a1, dtype=np.float64)
    a1 *= 2.0
    a1 += C1
    np.multiply(moments.covariance, 2.0, out=a2, dtype=np.float64)
    a2 += C2
    np.add(moments.variance_x, moments.variance_y, out=b2, dtype=np.float64)
    b2 += C2
    np.multiply(b1, b2, out=t)
    inverse = np.divide(1.0, t, out=t)
    beta, gamma = (scratch.take(f"ssim.{n}", shape, np.float32) for n in ("beta", "gamma"))
    a1 *= inverse
    np.copyto(beta, a1, casting="same_kind")
    np.multiply(a2, inverse, out=lum)
    lum *= mx
    ssim = np.multiply(a1, a2, out=a2)
    scaled = np.multiply(ssim, inverse, out=a1)
    np.multiply(np.negative(scaled, out=scaled), b1, out=gamma, casting="same_kind")
    scaled *= b2
    scaled *= my
    lum += scaled
    lum -= np.multiply(beta, mx, out=t)
    lum -= np.multiply(gamma, my, out=t)
    return Terms(ssim, lum, beta, gamma)
