"""The objective of the released program without its rounding: SSIM per channel, Gaussian windows.

What reproduces the pictures of that program, its rounding included, is `released`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, read_only, white_of
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.optimise.mffssim import gaussian_kernels
from mfgui.methods.optimise.mffssim.objective import Rule
from mfgui.methods.optimise.mffssim.region import Region, Strip, find_region

_SIGMA = 1.5
_LARGEST_REACH = 8  # further out weights are below 5e-9
_UNIT = 2.0  # see `gaussian_kernels.terms`


def gaussian_taps(window: int) -> npt.NDArray[np.float64]:
    """Weights of `window` taps, sigma 1.5, sum 1, without those that vanish in a float32 sum.

    >>> [len(gaussian_taps(window)) for window in (3, 13, 25, 601)]
    [3, 13, 17, 17]
    """
    reach = min(window // 2, _LARGEST_REACH)
    taps = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2.0 * _SIGMA**2))
    return np.asarray(taps / taps.sum(), np.float64)


class Gaussian:
    """Q = mean over pixels and channels of max(SSIM, 0), SSIM in Gaussian windows per channel.

    The released program minimises the mean of ``sum_k m_k clamp(1 - SSIM_k, 0, 1) / 2`` and
    prints Q = 1 - 2 loss. Its windows have sigma 1.5 whatever their size, which sets the number
    of taps only; borders are mirrored without repeating the edge; where SSIM is negative there
    is no gradient (algorithm notes 1.5 and 9.1). The upper bound of the clamp has no effect
    but for rounding: SSIM is at most 1, and has no gradient where it is 1. Pixels that are
    *ignore* (or unassigned) are left out.

    With a `half_width` only pixels near label boundaries are free, and windows that touch none
    of them are taken to have an SSIM of 1, as they have when the pixels that are not free show
    their own source (`region`).

    Time O(free pixels) with at most 17 weights per direction, plus O(pixels where its label
    occurs) for each source. Per channel of a pixel that is computed 24 bytes are kept beside the
    images, and per thread some rows.

    Parameters as of `BoxJoint`; rules get a curvature per channel. A half-width of twice the
    reach of the windows, 16 for windows of 17 and more, loses less than 1e-5 of Q.
    """

    name = "gaussian"

    def __init__(
        self,
        images: Sequence[PixelArray],
        labels: LabelArray,
        *,
        window: int,
        workers: RowWorkers,
        half_width: int | None = None,
        region: Region | None = None,
    ) -> None:
        self.window, self.workers = window, workers
        self._images, self._labels = tuple(map(read_only, images)), read_only(labels)
        height, self._width, self._channels = images[0].shape
        self._white = white_of(images[0])
        taps = gaussian_taps(window)
        self._reach = reach = len(taps) // 2
        self._exact_taps = np.ascontiguousarray(taps[reach:])
        self._taps = self._exact_taps.astype(np.float32)
        if region is None:
            region = find_region(
                labels,
                len(images),
                reach=reach,
                margin=0,
                half_width=half_width,
                workers=workers,
            )
        self.region = region
        # Pages of a plane that no window touches are never taken from the system.
        shape = (height, self._width * self._channels)
        self._mean_x, self._variance_x = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._alpha, self._beta, self._epsilon, self._delta = (
            np.zeros(shape, np.float32) for _ in range(4)
        )
        counted = int(np.count_nonzero((labels >= 1) & (labels <= len(images))))
        self.terms = self._channels * counted
        workers.run_parts(self._prepare, region.patches)

    def widened(self, region: Region) -> Gaussian:
        """The same objective with another region; it takes over the memory of this one."""
        wider = copy.copy(self)
        wider.region = region
        self.workers.run_parts(wider._prepare, region.patches)
        return wider

    def evaluate(self, image: ImageF32) -> float:
        """Q of `image` in [0, 1], (H, W, C); keeps what `update` needs. 0 without a pixel."""
        work = partial(self._evaluate, read_only(image))
        losses = self.workers.run_parts(work, self.region.patches)
        return 1.0 - _sum(losses) / self.terms if self.terms else 0.0

    def update(self, image: ImageF32, out: ImageF32, rule: Rule) -> float:
        """Run `rule` over the free pixels of `image`, which was evaluated last, into `out`.

        The rule gets the sum gradient (`terms` times the gradient of Q) and the curvature of
        algorithm notes 1.5 per channel, both float32 and without their factor 2. `out` may be
        `image`.

        Returns
        -------
        float
            Euclidean norm of the sum gradient.
        """
        work = partial(self._update, image, out, rule)
        return math.sqrt(_sum(self.workers.run_parts(work, self.region.pixels)))

    def _space(
        self, scratch: Scratch, dtype: type[np.floating[Any]]
    ) -> tuple[npt.NDArray[Any], ...]:
        """Work arrays of a thread: lines, a row with its margins, rows, flags."""
        columns = min(gaussian_kernels.BLOCK, self._width) + 2 * self._reach
        values, rows = columns * self._channels, self.region.rows + 2 * self._reach
        at_once = max(values, gaussian_kernels.CHUNK)
        return (
            scratch.take("lines", (3, rows * values), dtype),
            scratch.take("across", (at_once,), dtype),
            scratch.take("flat", (4, at_once), dtype),
            scratch.take("flags", (values,), np.uint8),
        )

    def _prepare(self, scratch: Scratch, strips: Sequence[Strip]) -> None:
        """Mean and variance of each window of its source."""
        space, kept = self._space(scratch, np.float64), (self._mean_x, self._variance_x)
        for strip in strips:
            self.workers.compute.checkpoint()
            for k, source in enumerate(self._images):
                if len(strip.of_source[k]):
                    place = (k + 1, self._exact_taps, strip.low, strip.high, strip.of_source[k])
                    gaussian_kernels.own_moments(
                        source, self._white, self._labels, *place, *space, *kept
                    )

    def _evaluate(self, image: ImageF32, scratch: Scratch, strips: Sequence[Strip]) -> list[float]:
        """Sums of 1 - max(SSIM, 0)."""
        space, moments = self._space(scratch, np.float32), (self._mean_x, self._variance_x)
        kept = (self._alpha, self._beta, self._epsilon, self._delta)
        losses = []
        for strip in strips:
            self.workers.compute.checkpoint()
            for k, source in enumerate(self._images):
                if len(strip.of_source[k]):
                    named = (self._labels, k + 1, self._taps, *moments)
                    place = (strip.low, strip.high, strip.of_source[k])
                    losses.append(
                        gaussian_kernels.terms(
                            source, self._white, image, *named, *place, *space, *kept
                        )
                    )
        return losses

    def _update(
        self,
        image: ImageF32,
        out: ImageF32,
        rule: Rule,
        scratch: Scratch,
        strips: Sequence[Strip],
    ) -> list[float]:
        space = self._space(scratch, np.float32)
        shape = (self.region.rows, self._width, self._channels)
        g, d = scratch.take("g", shape, np.float32), scratch.take("d", shape, np.float32)
        planes = (self._alpha, self._epsilon, self._delta)
        squares = []
        for strip in strips:
            self.workers.compute.checkpoint()
            rows = (self._taps, strip.low, strip.high)
            gaussian_kernels.gather(image, *planes, *rows, strip.any, *space[:3], g, d)
            for k, source in enumerate(self._images):
                if len(strip.of_source[k]):
                    named = (self._beta, self._labels, k + 1, *rows, strip.of_source[k])
                    gaussian_kernels.spread(source, self._white, image, *named, *space, g)
            squares.append(rule(strip.low, strip.high, strip.any, image, out, g, d, _UNIT))
        return squares


def _sum(parts: Sequence[Sequence[float]]) -> float:
    """The exact sum, rounded once, which is why it does not depend on the number of threads."""
    return math.fsum(value for part in parts for value in part)
