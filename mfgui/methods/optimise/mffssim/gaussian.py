"""The objective of the released program: SSIM per channel in a Gaussian window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.optimise.mffssim.objective import Image, Planes, Step
from mfgui.methods.optimise.mffssim.ssim import Moments, RowLabels, ssim_terms

_SIGMA = 1.5
_SMALLEST = 1e-8  # weight of a pixel below which it does not change a float32 sum


def gaussian_taps(window: int, *, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """Weights of `window` taps, sigma 1.5, sum 1, without those that vanish in `dtype`.

    >>> [len(gaussian_taps(window)) for window in (3, 25, 601)]
    [3, 25, 29]
    """
    reach = min(window // 2, 14 if dtype == np.float64 else 8)
    distance = np.arange(-reach, reach + 1)
    taps = np.exp(-(distance**2) / (2.0 * _SIGMA**2))
    return np.asarray(taps / taps.sum(), dtype)


class Filter:
    """Gaussian filter of row stripes with mirrored borders, and its adjoint.

    Borders are mirrored without repeating the edge ("reflect" in PyTorch). Both work in `dtype`.

    In float64 the filter is separable. In float32 it adds the weighted pixels of the square one
    by one, as the convolution of the released program does: in flat bright areas the rounding
    of these sums lifts many SSIM above 1, where the program's clamp stops the gradient. Its
    published pictures show that; with a more accurate sum they are missed by up to 10 dB.
    """

    def __init__(self, window: int, *, height: int, dtype: npt.DTypeLike) -> None:
        self._taps = gaussian_taps(window, dtype=dtype)
        self._one = np.ones(1, dtype)
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
        self._fold = np.where(inside, self._taps[reach - distance * inside], 0).astype(dtype)

    def rows(self, low: int, high: int) -> tuple[int, int]:
        """The rows that result rows low ... high - 1 are made from."""
        return max(0, low - self.reach), min(self._height, high + self.reach)

    def apply(self, plane: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[Any]:
        """Rows low ... high - 1 of the filtered picture from `rows(low, high)` of it."""
        first, last = self.rows(low, high)
        top, bottom = self.reach - low + first, self.reach - last + high
        borders = (top, bottom, self.reach, self.reach)
        padded = cv2.copyMakeBorder(plane, *borders, cv2.BORDER_REFLECT_101)
        if plane.dtype == np.float32:
            return self._apply_square(padded, high - low, plane.shape[1])
        blurred: npt.NDArray[Any] = cv2.sepFilter2D(padded, -1, self._taps, self._taps)
        return blurred[self.reach : -self.reach, self.reach : -self.reach]

    def _apply_square(self, padded: npt.NDArray[Any], height: int, width: int) -> npt.NDArray[Any]:
        total = np.zeros((height, width), np.float32)
        for row, column, weight in self._square:
            cut = padded[row : row + height, column : column + width]
            cv2.scaleAdd(cut, weight, total, total)
        return total

    def adjoint(self, plane: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[Any]:
        """Rows low ... high - 1 of the adjoint applied to a picture, from `rows(low, high)`."""
        reach, fold, taps, one = self.reach, self._fold, self._taps, self._one
        across = cv2.sepFilter2D(plane, -1, taps, one, borderType=cv2.BORDER_CONSTANT)
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


class Gaussian:
    """Q = mean over pixels and channels of max(SSIM, 0), SSIM in Gaussian windows per channel.

    The released program minimises the mean of ``sum_k m_k clamp(1 - SSIM_k, 0, 1) / 2`` and
    prints Q = 1 - 2 loss. Its windows have sigma 1.5 whatever their size, which sets the number
    of taps only; borders are mirrored; where SSIM is negative there is no gradient (algorithm
    notes 1.5 and 9.1). Pixels that are *ignore* (or unassigned) are left out.

    All arithmetic of patches is in the type of the images: see `Filter` for why it matters.

    Time O(H W C (K + 1)) per evaluation and update together, with at most 221 weights per pixel
    (float32) or 29 per direction (float64). Six planes per channel are kept, 24 bytes per pixel
    and channel in float32, and per thread a few stripes.

    The interface is that of `BoxJoint`; `step` gets a curvature per channel, (C, R, W).
    """

    name = "gaussian"

    def __init__(
        self, images: Sequence[Image], labels: LabelArray, *, window: int, workers: RowWorkers
    ) -> None:
        self.window, self.compute = window, workers.compute
        self._images, self._labels, self._workers = tuple(images), labels, workers
        self._height, self._width, self._channels = images[0].shape
        self._row_labels = RowLabels(labels, len(images), self.compute.checkpoint)
        self._dtype = images[0].dtype
        self._filter = Filter(window, height=self._height, dtype=self._dtype)
        self._stripe = max(stripe_rows(self._width), 4 * self._filter.reach)
        shape = (self._channels, self._height, self._width)
        self._mean_x, self._variance_x = (np.zeros(shape, self._dtype) for _ in range(2))
        self._alpha, self._beta, self._gamma, self._delta = (
            np.empty(shape, self._dtype) for _ in range(4)
        )
        self.terms = self._channels * sum(workers.run(self._prepare_rows, self._height))

    def evaluate(self, image: Image) -> float:
        """Q of `image` in [0, 1], (H, W, C); keeps what `update` needs. 0 without a pixel."""
        totals = self._workers.run(partial(self._evaluate_rows, image), self._height)
        return math.fsum(totals) / self.terms if self.terms else 0.0

    def update(self, image: Image, out: Image, step: Step, *, curvature: bool = False) -> float:
        """Run `step` over the rows of `image`, which was evaluated last, and write to `out`.

        `step` gets y, its sum gradient and (on request) curvature, each (C, R, W) float64, and
        changes y in place. Returns the Euclidean norm of the sum gradient.
        """
        work = partial(self._update_rows, image, out, step, curvature)
        squares = self._workers.run(work, self._height)
        return math.sqrt(math.fsum(squares))

    def _prepare_rows(self, _scratch: Scratch, start: int, stop: int) -> int:
        """Local mean and variance of each pixel's source; returns the number of pixels."""
        counted = 0
        for low, high in stripes(start, stop, self._stripe):
            first, last = self._filter.rows(low, high)
            for k in self._row_labels.present(low, high):
                self.compute.checkpoint()
                mask = self._labels[low:high] == k + 1
                counted += int(np.count_nonzero(mask))
                for channel in range(self._channels):
                    x = np.ascontiguousarray(self._images[k][first:last, :, channel])
                    mean = self._filter.apply(x, low, high)
                    variance = self._filter.apply(x * x, low, high) - mean * mean
                    np.copyto(self._mean_x[channel, low:high], mean, where=mask)
                    np.copyto(self._variance_x[channel, low:high], variance, where=mask)
        return counted

    def _evaluate_rows(self, image: Image, scratch: Scratch, start: int, stop: int) -> float:
        totals = []
        for low, high in stripes(start, stop, self._stripe):
            present = self._row_labels.present(low, high)
            for channel in range(self._channels):
                self.compute.checkpoint()
                moments = self._moments(image, channel, present, scratch, low, high)
                totals.append(self._keep_terms(moments, channel, scratch, low, high))
        return math.fsum(totals)

    def _moments(
        self,
        image: Image,
        channel: int,
        present: list[int],
        scratch: Scratch,
        low: int,
        high: int,
    ) -> Moments:
        first, last = self._filter.rows(low, high)
        y = scratch.take("y", (last - first, self._width), self._dtype)
        t = scratch.take("product", y.shape, self._dtype)
        np.copyto(y, image[first:last, :, channel])
        mean_x = self._mean_x[channel, low:high]
        mean_y = self._filter.apply(y, low, high)
        variance_y = self._filter.apply(np.multiply(y, y, out=t), low, high)
        variance_y -= mean_y * mean_y
        covariance = np.zeros_like(mean_y)
        for k in present:
            np.multiply(self._images[k][first:last, :, channel], y, out=t)
            mask = self._labels[low:high] == k + 1
            np.copyto(covariance, self._filter.apply(t, low, high), where=mask)
        covariance -= mean_x * mean_y
        variance_x = self._variance_x[channel, low:high]
        return Moments(mean_x, variance_x, mean_y, variance_y, covariance)

    def _keep_terms(
        self, moments: Moments, channel: int, scratch: Scratch, low: int, high: int
    ) -> float:
        """Gradient terms of a channel of a stripe; returns the sum of SSIM clamped to [0, 1]."""
        terms = ssim_terms(moments, scratch, dtype=self._dtype)
        labels = self._labels[low:high]
        uncounted = (labels < 1) | (labels > len(self._images))
        silent = uncounted | (terms.ssim < 0.0) | (terms.ssim > 1.0)
        for plane in (terms.alpha, terms.beta, terms.gamma, terms.delta):
            np.copyto(plane, 0.0, where=silent)
        np.clip(terms.ssim, 0.0, 1.0, out=terms.ssim)
        np.copyto(terms.ssim, 0.0, where=uncounted)
        self._alpha[channel, low:high] = terms.alpha
        self._beta[channel, low:high] = terms.beta
        self._gamma[channel, low:high] = terms.gamma
        self._delta[channel, low:high] = terms.delta
        return float(terms.ssim.sum())

    def _update_rows(
        self,
        image: Image,
        out: Image,
        step: Step,
        curvature: bool,
        scratch: Scratch,
        start: int,
        stop: int,
    ) -> float:
        squares = []
        for low, high in stripes(start, stop, self._stripe):
            shape = (self._channels, high - low, self._width)
            y, g = (scratch.take(name, shape) for name in ("planes", "g"))
            d = scratch.take("d", shape if curvature else (0, *shape[1:]))
            present = self._row_labels.present(*self._filter.rows(low, high))
            for channel in range(self._channels):
                self.compute.checkpoint()
                np.copyto(y[channel], image[low:high, :, channel])
                self._combine(channel, present, y[channel], g[channel], scratch, low, high)
                if curvature:
                    spread = self._spread(self._delta, channel, low, high)
                    np.multiply(spread, 2.0, out=d[channel])
            squares.append(cv2.norm(g.reshape(-1, self._width), cv2.NORM_L2SQR))
            step(low, high, y, g, d)
            for channel in range(self._channels):
                np.copyto(out[low:high, :, channel], y[channel], casting="same_kind")
        return math.fsum(squares)

    def _combine(
        self,
        channel: int,
        present: list[int],
        y: Planes,
        total: Planes,
        scratch: Scratch,
        low: int,
        high: int,
    ) -> None:
        """Sum gradient of one channel of a stripe, (R, W), into `total`."""
        first, last = self._filter.rows(low, high)
        labels = self._labels[first:last]
        np.multiply(self._spread(self._gamma, channel, low, high), y, out=total)
        total += self._spread(self._alpha, channel, low, high)
        masked = scratch.take("masked", (last - first, self._width), self._dtype)
        for k in present:
            np.multiply(self._beta[channel, first:last], labels == k + 1, out=masked)
            part = self._filter.adjoint(masked, low, high)
            part *= self._images[k][low:high, :, channel]
            total += part
        total *= 2.0

    def _spread(self, planes: Planes, channel: int, low: int, high: int) -> npt.NDArray[np.float64]:
        first, last = self._filter.rows(low, high)
        return self._filter.adjoint(planes[channel, first:last], low, high)
