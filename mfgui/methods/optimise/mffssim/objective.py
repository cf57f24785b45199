"""The published objective: mean SSIM over joint-channel W x W patches, with its gradient.

Of Xu et al., "Towards Reducing Severe Defocus Spread Effects for Multi-Focus Image Fusion via
an Optimization Based Strategy", IEEE Trans. Computational Imaging 6, 2020.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray
from mfgui.core.boxsum import WindowSums
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.optimise.mffssim.ssim import Moments, RowLabels, Terms, ssim_terms

Image = npt.NDArray[Any]  # (H, W, C) float32 or float64
Planes = npt.NDArray[Any]  # (C, rows, W) float64
# step(low, high, y, gradient, curvature) changes rows low ... high - 1 of the image, y, in place.
Step = Callable[[int, int, Planes, Planes, Planes], None]


class Objective(Protocol):
    """A score of an image, its gradient, and what a step needs of both.

    `terms` is the number that Q averages over, so that ``gradient of Q = sum gradient / terms``.
    """

    name: str
    window: int
    terms: int
    compute: Compute

    def evaluate(self, image: Image) -> float:
        """Q of `image`; keeps what `update` needs."""
        ...

    def update(self, image: Image, out: Image, step: Step, *, curvature: bool = False) -> float:
        """Run `step` over the rows of `image`, which was evaluated last, and write to `out`.

        Returns the Euclidean norm of the sum gradient.
        """
        ...


def gradient(objective: Objective, image: Image) -> tuple[float, Image]:
    """Q of `image` and the gradient of Q by its pixels, of the same shape and type.

    >>> from mfgui.core.compute import Compute
    >>> x = np.random.default_rng(0).random((9, 9, 1))
    >>> with RowWorkers(Compute()) as workers:
    ...     box = BoxJoint([x, x], np.ones((9, 9), np.uint8), window=3, workers=workers)
    ...     q, slope = gradient(box, x)
    >>> round(q, 9), bool(abs(slope).max() < 1e-9)
    (1.0, True)
    """

    def take_gradient(low: int, high: int, y: Planes, g: Planes, d: Planes) -> None:
        np.divide(g, max(1, objective.terms), out=y)

    q = objective.evaluate(image)
    out = np.empty_like(image)
    objective.update(image, out, take_gradient)
    return q, out


def q_box(
    images: Sequence[Image], labels: LabelArray, image: Image, *, window: int, compute: Compute
) -> float:
    """Joint-channel box Q of `image` (equation 1.1): one evaluation, no gradient.

    Parameters
    ----------
    images : sequence of (H, W, C)
        Sources, [0, 1].
    labels : (H, W)
        Focus map; patches whose centre is *ignore* or unassigned are left out of the mean.
    image : (H, W, C)
        The image that is scored.
    window : int
        Side length in pixels, at most the shorter side.
    """
    with RowWorkers(compute) as workers:
        return BoxJoint(images, labels, window=window, workers=workers).evaluate(image)


class BoxJoint:
    """Q = mean over patches of SSIM(source of the patch, image), in closed form.

    A patch is a W x W window with all channels jointly, stride 1, inside the picture. Its source
    is named by the label at its centre pixel; patches whose centre is *ignore* (or unassigned)
    have m = 0 for every source and are left out of the mean, too.

    Time O(H W C (K + 1)) per evaluation and update together, whatever W; sources whose label
    does not occur cost nothing. Per pixel 32 bytes are kept beside images (36 for float64), and
    per thread a few stripes. Products, sums and differences are float64 for float32 images,
    too: the variance of a bright flat area is a difference of nearly equal numbers.

    Parameters
    ----------
    images : sequence of (H, W, C) float32 or float64
        Sources, [0, 1], all of one type.
    labels : (H, W) uint8 or uint16
        Focus map, 1 ... K.
    window : int
        Odd side length W, at most the shorter side.
    workers : RowWorkers
        Threads, scratch and the stop flag.
    """

    name = "box-joint"

    def __init__(
        self, images: Sequence[Image], labels: LabelArray, *, window: int, workers: RowWorkers
    ) -> None:
        self.window, self.compute = window, workers.compute
        self._images, self._workers = tuple(images), workers
        self._height, self._width, self._channels = images[0].shape
        self._rows, self._columns = self._height - window + 1, self._width - window + 1
        half = window // 2
        self._labels = labels[half : half + self._rows, half : half + self._columns]
        self._row_labels = RowLabels(self._labels, len(images), self.compute.checkpoint)
        self._dtype = images[0].dtype
        self._stripe = stripe_rows(self._width)
        self._scale = 1.0 / (self._channels * window * window)
        shape = (self._rows, self._columns)
        self._mean_x = np.zeros(shape)
        self._variance_x = np.zeros(shape, self._dtype)
        self._alpha = np.empty(shape)
        self._beta, self._gamma, self._delta = (np.empty(shape, self._dtype) for _ in range(3))
        self.terms = sum(workers.run(self._prepare_rows, self._rows))

    def evaluate(self, image: Image) -> float:
        """Q of `image` in [-1, 1], (H, W, C); keeps what `update` needs. 0 without a patch."""
        totals = self._workers.run(partial(self._evaluate_rows, image), self._rows)
        return math.fsum(totals) / self.terms if self.terms else 0.0

    def update(self, image: Image, out: Image, step: Step, *, curvature: bool = False) -> float:
        """Run `step` over the rows of `image`, which was evaluated last, and write to `out`.

        `step` gets y, (C, R, W), to change in place, the sum gradient (P times the gradient of
        Q, algorithm notes 1.2) of the same shape, and the curvature D of notes 1.5, (1, R, W)
        on request, else (0, R, W); all float64. `out` may be `image`.

        Returns
        -------
        float
            Euclidean norm of the sum gradient.
        """
        work = partial(self._update_rows, image, out, step, curvature)
        squares = self._workers.run(work, self._height)
        return math.sqrt(math.fsum(squares))

    def _prepare_rows(self, scratch: Scratch, start: int, stop: int) -> int:
        """Mean and variance of each patch of its source; returns the number of patches."""
        counted = 0
        for k in self._row_labels.present(start, stop):
            fetch = partial(self._fetch_source, scratch, k)
            sums = self._sums(2, scratch, adjoint=False)
            sums.start(start, fetch, self.compute.checkpoint)
            for low, high in stripes(start, stop, self._stripe):
                self.compute.checkpoint()
                mean, variance = sums.advance(low, high, fetch) * self._scale
                variance -= mean * mean
                mask = self._labels[low:high] == k + 1
                np.copyto(self._mean_x[low:high], mean, where=mask)
                np.copyto(self._variance_x[low:high], variance, where=mask, casting="same_kind")
                counted += int(np.count_nonzero(mask))
        return counted

    def _evaluate_rows(self, image: Image, scratch: Scratch, start: int, stop: int) -> float:
        present = self._row_labels.present(start, stop)
        fetch = partial(self._fetch_products, image, present, scratch)
        sums = self._sums(2 + len(present), scratch, adjoint=False)
        sums.start(start, fetch, self.compute.checkpoint)
        totals = []
        for low, high in stripes(start, stop, self._stripe):
            self.compute.checkpoint()
            moments = sums.advance(low, high, fetch)
            moments *= self._scale
            totals.append(self._keep_terms(moments, present, scratch, low, high))
        return math.fsum(totals)

    def _keep_terms(
        self, moments: Planes, present: list[int], scratch: Scratch, low: int, high: int
    ) -> float:
        """Gradient terms of the patches of a stripe; returns the sum of their SSIM."""
        labels = self._labels[low:high]
        mean_x, mean_y = self._mean_x[low:high], moments[0]
        variance_y = moments[1]
        variance_y -= np.multiply(mean_y, mean_y, out=scratch.take("square", mean_y.shape))
        covariance = moments[2] if present else np.zeros_like(mean_y)
        for index, k in enumerate(present[1:], start=3):
            np.copyto(covariance, moments[index], where=labels == k + 1)
        covariance -= np.multiply(mean_x, mean_y, out=scratch.take("square", mean_y.shape))
        seen = Moments(mean_x, self._variance_x[low:high], mean_y, variance_y, covariance)
        terms = ssim_terms(seen, scratch, dtype=self._dtype)
        self._clear_ignored(labels, terms)
        self._alpha[low:high] = terms.alpha
        self._beta[low:high] = terms.beta
        self._gamma[low:high] = terms.gamma
        self._delta[low:high] = terms.delta
        return float(terms.ssim.sum())

    def _clear_ignored(self, labels: LabelArray, terms: Terms) -> None:
        if self.terms == self._rows * self._columns:
            return
        ignored = (labels < 1) | (labels > len(self._images))
        for plane in (terms.ssim, terms.alpha, terms.beta, terms.gamma, terms.delta):
            plane[ignored] = 0.0

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
        first = max(0, min(start - self.window + 1, self._rows - 1))
        present = self._row_labels.present(first, min(stop, self._rows))
        head = (self._alpha, self._gamma, self._delta)[: 3 if curvature else 2]
        fetch = partial(self._fetch_terms, head, present)
        sums = self._sums(len(head) + len(present), scratch, adjoint=True)
        sums.start(start, fetch, self.compute.checkpoint)
        squares = []
        for low, high in stripes(start, stop, self._stripe):
            self.compute.checkpoint()
            parts = sums.advance(low, high, fetch)
            parts *= 2.0 * self._scale
            y = self._split(image, low, high, scratch)
            g = self._combine(parts, len(head), present, y, scratch, low, high)
            squares.append(cv2.norm(g.reshape(-1, self._width), cv2.NORM_L2SQR))
            step(low, high, y, g, parts[2 : len(head)])
            for channel in range(self._channels):
                np.copyto(out[low:high, :, channel], y[channel], casting="same_kind")
        return math.fsum(squares)

    def _combine(
        self,
        parts: Planes,
        head: int,
        present: list[int],
        y: Planes,
        scratch: Scratch,
        low: int,
        high: int,
    ) -> Planes:
        """Sum gradient S[alpha] + S[gamma] y + sum_k S[beta_k] x_k of a stripe, (C, R, W)."""
        g = scratch.take("g", y.shape)
        t = scratch.take("product", y.shape[1:])
        np.multiply(y, parts[1], out=g)
        g += parts[0]
        for index, k in enumerate(present, start=head):
            for channel in range(self._channels):
                np.multiply(self._images[k][low:high, :, channel], parts[index], out=t)
                g[channel] += t
        return g

    def _sums(self, count: int, scratch: Scratch, *, adjoint: bool) -> WindowSums:
        rows, width = (self._height, self._width)
        if adjoint:
            rows, width = (self._rows, self._columns)
        return WindowSums(
            count, rows=rows, width=width, window=self.window, adjoint=adjoint, scratch=scratch
        )

    def _split(self, image: Image, low: int, high: int, scratch: Scratch) -> Planes:
        """Rows of an image as float64 planes, (C, R, W)."""
        planes = scratch.take("planes", (self._channels, high - low, self._width))
        for channel in range(self._channels):
            np.copyto(planes[channel], image[low:high, :, channel])
        return planes

    def _fetch_source(self, scratch: Scratch, k: int, low: int, high: int, out: Planes) -> None:
        """Sums over the channels of x_k and x_k^2."""
        x = self._split(self._images[k], low, high, scratch)
        np.sum(x, axis=0, out=out[0])
        np.sum(np.multiply(x, x, out=x), axis=0, out=out[1])

    def _fetch_products(
        self, image: Image, present: list[int], scratch: Scratch, low: int, high: int, out: Planes
    ) -> None:
        """Sums over the channels of y, y^2 and x_k y."""
        y = self._split(image, low, high, scratch)
        t = scratch.take("product", y.shape[1:])
        out[0] = y[0]
        np.multiply(y[0], y[0], out=out[1])
        for channel in range(1, self._channels):
            out[0] += y[channel]
            out[1] += np.multiply(y[channel], y[channel], out=t)
        for index, k in enumerate(present, start=2):
            x = self._images[k][low:high]
            np.multiply(x[:, :, 0], y[0], out=out[index])
            for channel in range(1, self._channels):
                out[index] += np.multiply(x[:, :, channel], y[channel], out=t)

    def _fetch_terms(
        self, head: tuple[Planes, ...], present: list[int], low: int, high: int, out: Planes
    ) -> None:
        """The planes of `head` and beta_k = m_k beta of patch rows."""
        for index, plane in enumerate(head):
            out[index] = plane[low:high]
        labels = self._labels[low:high]
        for index, k in enumerate(present, start=len(head)):
            np.multiply(self._beta[low:high], labels == k + 1, out=out[index])
