"""Blur kernels of lenses: what a point out of focus looks like."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Shape: TypeAlias = Literal["disk", "gaussian", "polygon"]
_Kernel: TypeAlias = npt.NDArray[np.float32]
_SUBPIXELS = 8
_SHARP = 0.5  # a disk of this radius lies within a pixel


@dataclass(frozen=True)
class Psf:
    """Shape of the blur.

    Attributes
    ----------
    shape : "disk", "gaussian" or "polygon"
    blades : int
        Corners of a polygon.
    angle : float
        Turn of a polygon in radians.
    """

    shape: Shape = "disk"
    blades: int = 6
    angle: float = 0.0

    def kernel(self, radius: float) -> _Kernel:
        """Odd square array of sum 1.

        Parameters
        ----------
        radius : float
            Radius in pixels of the disk, or of the disk of the same variance (Gaussian) or the
            same area (polygon). Below 0 the light comes from behind the focus: the kernel is
            turned by half a circle.
        """
        size = abs(radius)
        if self.shape == "gaussian":
            return _gaussian(size / 2)
        if size <= _SHARP:
            return np.ones((1, 1), np.float32)
        if self.shape == "disk":
            x, y = _places(size)
            return _averaged(x**2 + y**2 <= size**2)
        kernel = self._polygon(size)
        return kernel if radius > 0 else np.ascontiguousarray(kernel[::-1, ::-1])

    def _polygon(self, radius: float) -> _Kernel:
        turn = 2 * math.pi / self.blades
        outer = radius * math.sqrt(turn / math.sin(turn))  # same area
        inner = outer * math.cos(turn / 2)
        x, y = _places(outer)
        inside = np.ones(np.broadcast_shapes(x.shape, y.shape), np.bool_)
        for side in range(self.blades):
            normal = self.angle + side * turn
            inside &= x * math.cos(normal) + y * math.sin(normal) <= inner
        return _averaged(inside)


def _places(radius: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Places of subpixels, in pixels from the centre, in an array that holds the radius."""
    reach = math.ceil(radius - 0.5)
    steps = (np.arange((2 * reach + 1) * _SUBPIXELS) + 0.5) / _SUBPIXELS - 0.5 - reach
    return steps[None, :], steps[:, None]


def _averaged(inside: npt.NDArray[np.bool_]) -> _Kernel:
    side = inside.shape[0] // _SUBPIXELS
    weights = inside.reshape(side, _SUBPIXELS, side, _SUBPIXELS).sum(axis=(1, 3), dtype=np.float64)
    return np.asarray(weights / weights.sum(), np.float32)


def _gaussian(sigma: float) -> _Kernel:
    """A Gaussian averaged over each pixel, cut off at three standard deviations."""
    if sigma < 0.05:
        return np.ones((1, 1), np.float32)
    reach = math.ceil(3 * sigma)
    edges = np.arange(-reach, reach + 2) - 0.5
    below = np.array([math.erf(edge / (sigma * math.sqrt(2))) for edge in edges])
    row = np.diff(below)
    row /= row.sum()
    return np.outer(row, row).astype(np.float32)
