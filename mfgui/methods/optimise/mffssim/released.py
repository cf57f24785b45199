"""The objective of the released program with its rounding, for pictures equal to its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, to_float
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.optimise.mffssim.gaussian import gaussian_taps
from mfgui.methods.optimise.mffssim.objective import Planes, Rule
from mfgui.methods.optimise.mffssim.region import Region, find_region
from mfgui.methods.optimise.mffssim.ssim import Moments, RowLabels, ssim_terms

_SMALLEST = 1e-8  # weight of a pixel below which it does not change a float32 sum
_UNIT = 2.0  # see `Terms`


class Filter:
    """Gaussian filter of row stripes with mirrored borders, and its adjoint, in float32.

    Borders are mirrored without repeating the edge ("reflect" in PyTorch).

    The filter adds the weighted pixels of the square one by one, as the convolution of the
    released program does: in flat bright areas the rounding of these sums lifts many SSIM above
    1, where the program's clamp stops the gradient. Its published pictures show that; with a
    more accurate sum they are missed by up to 10 dB.
    """

    def __init__(self, window: int, *, height: int) -> None:
        self._taps = gaussian_taps(window).astype(np.float32)
        self._one = np.ones(1, np.float32)
        self.reach = reach = len(self._taps) // 2
        self._height = height
        square = np.outer(self._taps, self._taps)
        self._square = [
            (row, column, float(square[row, column]))
            for row, column in np.ndindex(square.shape)
            if square[row, column] > _SMALLEST
        ]
        # Row p of the result takes from row i what the mirrored row -p would have taken.
        side = np.arange(reach)
        distance = 1 + side[:, np.newaxis] + side
        inside = distance <= reach
        self._fold = np.where(inside, self._taps[reach - distance * inside], 0).astype(np.float32)

    def rows(self, low: int, high: int) -> tuple[int, int]:
        """The rows that result rows low ... high - 1 are made from."""
        return max(0, low - self.reach), min(self._height, high + self.reach)

    def apply(self, plane: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[Any]:
        """Rows low ... high - 1 of the filtered picture from `rows(low, high)` of it."""
        first, last = self.rows(low, high)
        top, bottom = self.reach - low + first, self.reach - last + high
        borders = (top, bottom, self.reach, self.reach)
        padded = cv2.copyMakeBorder(plane, *borders, cv2.BORDER_REFLECT_101)
        height, width = high - low, plane.shape[1]
        total = np.zeros((height, width), np.float32)
        for row, column, weight in self._square:
            cut = padded[row : row + height, column : column + width]
            cv2.scaleAdd(cut, weight, total, total)
        return total

    def adjoint(self, plane: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[Any]:
        """Rows low ... high - 1 of the adjoint applied to a picture, from `rows(low, high)`."""
        reach, fold, taps, one = self.reach, self._fold, self._taps, self._one
        across: npt.NDArray[Any] = cv2.sepFilter2D(
            plane, -1, taps, one, borderType=cv2.BORDER_CONSTANT
        )
        across[:, 1 : reach + 1] += plane[:, :reach] @ fold.T
        across[:, -reach - 1 : -1] += plane[:, -reach:] @ fold[::-1, ::-1].T
        result: npt.NDArray[Any] = cv2.sepFilter2D(
            across, -1, one, taps, borderType=cv2.BORDER_CONSTANT
        )
        first, last = self.rows(low, high)
        if first == 0:
            result[1 : reach + 1] += fold @ across[:reach]
        if last == self._height:
            result[-reach - 1 : -1] += fold[::-1, ::-1] @ across[-reach:]
        return result[low - first : low - first + high - low]


class ReleasedGaussian:
    """`Gaussian` with the float32 arithmetic of the released program; see `Filter`.

    Where rounding lifts SSIM above 1 it counts as 1 and there is no gradient. All pixels are
    free, and there is no curvature: rules get an empty array for it.

    Time O(H W C (K + 1)) per evaluation and update together, with at most 221 weights per pixel.
    Five planes per channel are kept, 20 bytes per pixel and channel, and per thread a few stripes.
    """

    name = "gaussian"

    def __init__(
        self,
        images: Sequence[PixelArray],
        labels: LabelArray,
        *,
        window: int,
        workers: RowWorkers,
    ) -> None:
        self.window, self.workers = window, workers
        self._images, self._labels = tuple(images), labels
        self._height, self._width, self._channels = images[0].shape
        self._row_labels = RowLabels(labels, len(images), workers.compute.checkpoint)
        self._filter = Filter(window, height=self._height)
        reach = self._filter.reach
        self.region: Region = find_region(
            labels, len(images), reach=reach, margin=0, half_width=None, workers=workers
        )
        self._stripe = max(stripe_rows(self._width), 4 * reach)
        shape = (self._channels, self._height, self._width)
        self._mean_x, self._variance_x = (np.zeros(shape, np.float32) for _ in range(2))
        self._alpha, self._beta, self._gamma = (np.empty(shape, np.float32) for _ in range(3))
        self.terms = self._channels * sum(workers.run(self._prepare_rows, self._height))

    def evaluate(self, image: ImageF32) -> float:
        """Q of `image` in [0, 1], (H, W, C); keeps what `update` needs. 0 without a pixel."""
        totals = self.workers.run(partial(self._evaluate_rows, image), self._height)
        return math.fsum(totals) / self.terms if self.terms else 0.0

    def update(self, image: ImageF32, out: ImageF32, rule: Rule) -> float:
        """Run `rule` over the rows of `image`, which was evaluated last, into `out`.

        The rule gets the sum gradient, float64 and without its factor 2. Returns the Euclidean
        norm of the sum gradient.
        """
        work = partial(self._update_rows, image, out, rule)
        return math.sqrt(math.fsum(self.workers.run(work, self._height)))

    def _prepare_rows(self, _scratch: Scratch, start: int, stop: int) -> int:
        """Local mean and variance of each pixel's source; returns the number of pixels."""
        counted = 0
        for low, high in stripes(start, stop, self._stripe):
            first, last = self._filter.rows(low, high)
            for k in self._row_labels.present(low, high):
                self.workers.compute.checkpoint()
                mask = self._labels[low:high] == k + 1
                counted += int(np.count_nonzero(mask))
                for channel in range(self._channels):
                    x = self._plane(k, channel, first, last)
                    mean = self._filter.apply(x, low, high)
                    variance = self._filter.apply(x * x, low, high) - mean * mean
                    np.copyto(self._mean_x[channel, low:high], mean, where=mask)
                    np.copyto(self._variance_x[channel, low:high], variance, where=mask)
        return counted

    def _plane(self, k: int, channel: int, first: int, last: int) -> npt.NDArray[np.float32]:
        """Rows of a channel of a source, as floats."""
        return np.ascontiguousarray(to_float(self._images[k][first:last, :, channel]))

    def _evaluate_rows(self, image: ImageF32, scratch: Scratch, start: int, stop: int) -> float:
        totals = []
        for low, high in stripes(start, stop, self._stripe):
            present = self._row_labels.present(low, high)
            for channel in range(self._channels):
                self.workers.compute.checkpoint()
                moments = self._moments(image, channel, present, scratch, low, high)
                totals.append(self._keep_terms(moments, channel, scratch, low, high))
        return math.fsum(totals)

    def _moments(
        self,
        image: ImageF32,
        channel: int,
        present: list[int],
        scratch: Scratch,
        low: int,
        high: int,
    ) -> Moments:
        first, last = self._filter.rows(low, high)
        y = scratch.take("y", (last - first, self._width), np.float32)
        t = scratch.take("product", y.shape, np.float32)
        np.copyto(y, image[first:last, :, channel])
        mean_x = self._mean_x[channel, low:high]
        mean_y = self._filter.apply(y, low, high)
        variance_y = self._filter.apply(np.multiply(y, y, out=t), low, high)
        variance_y -= mean_y * mean_y
        covariance = np.zeros_like(mean_y)
        for k in present:
            np.multiply(self._plane(k, channel, first, last), y, out=t)
            mask = self._labels[low:high] == k + 1
            np.copyto(covariance, self._filter.apply(t, low, high), where=mask)
        covariance -= mean_x * mean_y
        variance_x = self._variance_x[channel, low:high]
        return Moments(mean_x, variance_x, mean_y, variance_y, covariance)

    def _keep_terms(
        self, moments: Moments, channel: int, scratch: Scratch, low: int, high: int
    ) -> float:
        """Gradient terms of a channel of a stripe; returns the sum of SSIM clamped to [0, 1]."""
        terms = ssim_terms(moments, scratch)
        labels = self._labels[low:high]
        uncounted = (labels < 1) | (labels > len(self._images))
        silent = uncounted | (terms.ssim < 0.0) | (terms.ssim > 1.0)
        for plane in (terms.alpha, terms.beta, terms.gamma):
            np.copyto(plane, 0.0, where=silent)
        np.clip(terms.ssim, 0.0, 1.0, out=terms.ssim)
        np.copyto(terms.ssim, 0.0, where=uncounted)
        self._alpha[channel, low:high] = terms.alpha
        self._beta[channel, low:high] = terms.beta
        self._gamma[channel, low:high] = terms.gamma
        return float(terms.ssim.sum())

    def _update_rows(
        self,
        image: ImageF32,
        out: ImageF32,
        rule: Rule,
        scratch: Scratch,
        start: int,
        stop: int,
    ) -> float:
        squares = []
        runs = np.array([[0, self._width, 0, 0]], np.int64)
        no_curvature = np.empty((0, self._width, self._channels))
        for low, high in stripes(start, stop, self._stripe):
            g = scratch.take("g", (high - low, self._width, self._channels))
            present = self._row_labels.present(*self._filter.rows(low, high))
            for channel in range(self._channels):
                self.workers.compute.checkpoint()
                g[:, :, channel] = self._combine(image, channel, present, scratch, low, high)
            squares.append(rule(low, high, runs, image, out, g, no_curvature, _UNIT))
        return math.fsum(squares)

    def _combine(
        self,
        image: ImageF32,
        channel: int,
        present: list[int],
        scratch: Scratch,
        low: int,
        high: int,
    ) -> Planes:
        """Half the sum gradient of one channel of a stripe, (R, W) float64."""
        first, last = self._filter.rows(low, high)
        labels = self._labels[first:last]
        total = scratch.take("total", (high - low, self._width))
        np.multiply(
            self._spread(self._gamma, channel, low, high), image[low:high, :, channel], out=total,
            dtype=np.float64,
        )  # fmt: skip
        total += self._spread(self._alpha, channel, low, high)
        masked = scratch.take("masked", (last - first, self._width), np.float32)
        for k in present:
            np.multiply(self._beta[channel, first:last], labels == k + 1, out=masked)
            part = self._filter.adjoint(masked, low, high)
            part *= self._plane(k, channel, low, high)
            total += part
        return total

    def _spread(self, planes: Planes, channel: int, low: int, high: int) -> npt.NDArray[Any]:
        first, last = self._filter.rows(low, high)
        return self._filter.adjoint(planes[channel, first:last], low, high)
