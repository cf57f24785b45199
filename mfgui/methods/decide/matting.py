"""Closed-form matting on box sums: how much of the foreground an unknown pixel has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32
from mfgui.core.stripes import stripe_rows, stripes

Plane: TypeAlias = npt.NDArray[np.float64]  # (H, W)
Mask: TypeAlias = npt.NDArray[np.bool_]

_WINDOW = 9  # pixels


class MattingLaplacian:
    """The product of a plane with the matting Laplacian of an image, without the matrix.

    In every 3 x 3 window that lies in the image alpha is fitted by an affine function of the
    colours; the Laplacian gives, in each pixel, the sum of what these fits leave over. A. Levin,
    D. Lischinski, Y. Weiss, A closed-form solution to natural image matting, IEEE TPAMI 30,
    2008, equations 10 to 12, with the sums over windows as K. He, J. Sun, X. Tang, Fast matting
    using large kernel matting Laplacian matrices, CVPR 2010, equations 8 to 11.

    Parameters
    ----------
    image : (H, W, C) float32
        In [0, 1], C in {1, 3}.
    epsilon : float
        Variance of a colour that counts as none.
    checkpoint : callable
        Called between rows of what is set up.
    """

    def __init__(
        self, image: ImageF32, *, epsilon: float, checkpoint: Callable[[], None] = lambda: None
    ) -> None:
        # About the mean of all: sums of squares lose less.
        centred = image.astype(np.float64) - image.mean(axis=(0, 1), dtype=np.float64)
        self._colours = list(np.ascontiguousarray(np.moveaxis(centred, 2, 0)))
        inside = np.zeros(image.shape[:2])
        inside[1:-1, 1:-1] = 1.0
        self._inside: Plane = inside
        self._count = _sum(inside)
        self._means = [_sum(colour) / _WINDOW for colour in self._colours]
        # A grey image gives what it gives as a colour image of equal channels.
        self._inverse = self._inverted(epsilon / _WINDOW * image.shape[2] / 3, checkpoint)
        self.diagonal = self._diagonal()

    def __call__(self, alpha: Plane) -> Plane:
        """L alpha, (H, W). Time O(H W C^2)."""
        mean = _sum(alpha) / _WINDOW
        spread = [
            _sum(colour * alpha) / _WINDOW - centre * mean
            for colour, centre in zip(self._colours, self._means, strict=True)
        ]
        left: Plane = self._count * alpha
        offset = mean
        for row, colour, centre in zip(self._inverse, self._colours, self._means, strict=True):
            slope = sum((a * b for a, b in zip(row, spread, strict=True)), np.float64(0.0))
            offset = offset - slope * centre
            left -= _sum(slope * self._inside) * colour
        left -= _sum(offset * self._inside)
        return left

    def _inverted(self, weight: float, checkpoint: Callable[[], None]) -> list[list[Plane]]:
        """Inverse of covariance + weight, entry by entry."""
        channels = range(len(self._colours))
        matrix = np.empty((*self._inside.shape, len(channels), len(channels)))
        for i in channels:
            checkpoint()
            for j in channels:
                product = _sum(self._colours[i] * self._colours[j]) / _WINDOW
                matrix[..., i, j] = product - self._means[i] * self._means[j]
            matrix[..., i, i] += weight
        inverse = np.empty_like(matrix)
        for low, high in stripes(0, len(matrix), stripe_rows(matrix.shape[1])):
            checkpoint()
            inverse[low:high] = np.linalg.inv(matrix[low:high])
        return [[np.ascontiguousarray(inverse[..., i, j]) for j in channels] for i in channels]

    def _diagonal(self) -> Plane:
        # 1 - (1 + (I - mu)^T S^-1 (I - mu)) / 9, summed over the windows of a pixel.
        total = self._count * (1.0 - 1.0 / _WINDOW)
        weighted = [
            sum((a * b for a, b in zip(row, self._means, strict=True)), np.float64(0.0))
            for row in self._inverse
        ]
        constant = sum((a * b for a, b in zip(weighted, self._means, strict=True)), np.float64(0.0))
        total -= _sum(constant * self._inside) / _WINDOW
        for i, colour in enumerate(self._colours):
            total += 2.0 * _sum(weighted[i] * self._inside) * colour / _WINDOW
            for j, other in enumerate(self._colours):
                total -= _sum(self._inverse[i][j] * self._inside) * colour * other / _WINDOW
        return np.asarray(total, np.float64)


def matte(
    image: ImageF32,
    known: Mask,
    alpha: npt.NDArray[Any],
    *,
    epsilon: float = 1e-7,
    tolerance: float = 1e-3,
    limit: int = 1000,
    checkpoint: Callable[[], None] = lambda: None,
) -> npt.NDArray[np.float32]:
    """Alpha in [0, 1] that minimises alpha^T L alpha where it is not `known`.

    Parameters
    ----------
    image : (H, W, C) float32
        At least 3 x 3 pixels.
    known : (H, W) bool
        Where `alpha` is kept.
    alpha : (H, W) float
        Elsewhere it is the start.
    tolerance : float
        Relative residual at which conjugate gradients end, after `limit` steps at the latest.

    Returns
    -------
    (H, W) float32
        Time O(H W) a step; memory about 40 planes of float64.
    """
    found: Plane = alpha.astype(np.float64)
    if known.all():
        return found.astype(np.float32)
    laplacian = MattingLaplacian(image, epsilon=epsilon, checkpoint=checkpoint)
    checkpoint()
    free = (~known).astype(np.float64)
    fixed = found * known
    scale = free / np.maximum(laplacian.diagonal, 1e-9)
    residual: Plane = -laplacian(found) * free
    checkpoint()
    least = tolerance * float(np.linalg.norm(laplacian(fixed) * free))
    direction: Plane = scale * residual
    energy = float(np.vdot(residual, direction))
    for _ in range(limit):
        checkpoint()
        if float(np.linalg.norm(residual)) <= least or energy <= 0.0:
            break
        image_of = laplacian(direction) * free
        step = energy / float(np.vdot(direction, image_of))
        found += step * direction
        residual -= step * image_of
        turned = scale * residual
        before, energy = energy, float(np.vdot(residual, turned))
        direction *= energy / before
        direction += turned
    return np.clip(found, 0.0, 1.0).astype(np.float32)


def _sum(plane: Plane) -> Plane:
    """Over 3 x 3 windows that end at the border."""
    total = cv2.boxFilter(
        plane, cv2.CV_64F, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(total, np.float64)
