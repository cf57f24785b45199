"""The recursive filter on the domain transform: smoothing that stops at the edges of a guide."""

from __future__ import annotations

import math

import numpy as np

from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.planes import Plane

_BAND = 256  # columns of one part: a row of them is two pages


class DomainTransform:
    """The recursive filter of planes by one grey guide.

    E. Gastal, M. Oliveira, Domain transform for edge-aware image and video processing, ACM
    Trans. Graphics 30, 2011: equation 11 (the transform), 21 (the recursion) and 14 (the
    standard deviations of the iterations).

    Parameters
    ----------
    guide : (H, W) float32 in [0, 1]
    sigma_space : float
        Standard deviation where the guide is flat, in pixels.
    sigma_range : float
        What difference of the guide counts as an edge, in its units.
    iterations : int
        Passes along rows and columns; each has half the deviation of the one before.

    Notes
    -----
    Keeps two planes of float32. Each call takes O(H W iterations).
    """

    def __init__(
        self,
        guide: Plane,
        *,
        sigma_space: float,
        sigma_range: float,
        compute: Compute,
        iterations: int = 3,
    ) -> None:
        self._compute = compute
        self._iterations = iterations
        # The deviation of the first pass; later feedbacks are squares of its.
        sigma = sigma_space * math.sqrt(3) * 2 ** (iterations - 1) / math.sqrt(4**iterations - 1)
        self._rate = math.sqrt(2) / sigma
        self._slope = sigma_space / sigma_range
        height, width = guide.shape
        self._right: Plane = np.empty((height, width - 1), np.float32)
        self._down: Plane = np.empty((height - 1, width), np.float32)
        for low, high in stripes(0, height, stripe_rows(width)):
            compute.checkpoint()
            np.subtract(guide[low:high, 1:], guide[low:high, :-1], out=self._right[low:high])
            self._feedback(self._right[low:high])
            last = min(high, height - 1)
            np.subtract(guide[low + 1 : last + 1], guide[low:last], out=self._down[low:last])
            self._feedback(self._down[low:last])

    def __call__(self, plane: Plane) -> None:
        """Filter (H, W) float32 in place."""
        from mfgui.methods.filters import domain_transform_kernels as kernels

        height, width = plane.shape
        checkpoint = self._compute.checkpoint
        with RowWorkers(self._compute) as workers:
            for squarings in range(self._iterations):

                def rows(_: Scratch, start: int, stop: int, power: int = squarings) -> None:
                    for low, high in stripes(start, stop, stripe_rows(width)):
                        checkpoint()
                        kernels.along_rows(plane, self._right, power, low, high)

                def columns(_: Scratch, start: int, stop: int, power: int = squarings) -> None:
                    for left, right in stripes(start, stop, _BAND):
                        checkpoint()
                        kernels.along_columns(plane, self._down, power, left, right)

                workers.run(rows, height)
                workers.run(columns, width)

    def _feedback(self, differences: Plane) -> None:
        """Differences of neighbours to the feedback between them in the first pass, in place."""
        np.abs(differences, out=differences)
        differences *= np.float32(self._slope)
        differences += np.float32(1)
        differences *= np.float32(-self._rate)
        np.exp(differences, out=differences)
