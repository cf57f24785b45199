"""The published objective: mean SSIM over joint-channel W x W patches, with its gradient.

Of Xu et al., "Towards Reducing Severe Defocus Spread Effects for Multi-Focus Image Fusion via
an Optimization Based Strategy", IEEE Trans. Computational Imaging 6, 2020.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, read_only, white_of
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.optimise.mffssim import box_kernels, rule_kernels
from mfgui.methods.optimise.mffssim.region import Region, Runs, Strip, find_region

Planes = npt.NDArray[Any]
# rule(low, high, runs, image, out, g, d, unit) -> sum of squares; see `rule_kernels`.
Rule = Callable[[int, int, Runs, ImageF32, ImageF32, Planes, Planes, float], float]


class Objective(Protocol):
    """A score of an image, its gradient, and what a step needs of both.

    `terms` is the number that Q averages over, so that ``gradient of Q = sum gradient / terms``;
    `region` says which pixels a step changes.
    """

    name: str
    window: int
    terms: int
    region: Region
    workers: RowWorkers

    def evaluate(self, image: ImageF32) -> float:
        """Q of `image`; keeps what `update` needs."""
        ...

    def update(self, image: ImageF32, out: ImageF32, rule: Rule) -> float:
        """Run `rule` over the free pixels of `image`, which was evaluated last.

        `out` may be `image`. Returns the Euclidean norm of the sum gradient.
        """
        ...


def gradient(objective: Objective, image: ImageF32) -> tuple[float, ImageF32]:
    """Q of `image` and the gradient of Q by its pixels, of the same shape; 0 where not free.

    >>> from mfgui.core.compute import Compute
    >>> x = np.random.default_rng(0).random((9, 9, 1), np.float32)
    >>> with RowWorkers(Compute()) as workers:
    ...     box = BoxJoint([x, x], np.ones((9, 9), np.uint8), window=3, workers=workers)
    ...     q, slope = gradient(box, x)
    >>> round(q, 9), bool(abs(slope).max() < 1e-9)
    (1.0, True)
    """

    def take(
        low: int, high: int, runs: Runs, y: ImageF32, to: ImageF32, g: Planes, d: Planes, u: float
    ) -> float:
        return float(rule_kernels.take(low, high, runs, to, g, u / max(1, objective.terms)))

    q = objective.evaluate(image)
    slope = np.zeros_like(image)
    objective.update(image, slope, take)
    return q, slope


def q_box(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    *,
    window: int,
    compute: Compute,
) -> float:
    """Joint-channel box Q of `image` (equation 1.1): one evaluation, no gradient.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored.
    labels : (H, W)
        Focus map; patches whose centre is *ignore* or unassigned are left out of the mean.
    image : (H, W, C) float32
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

    With a `half_width` only pixels near label boundaries are free, and patches that touch none
    of them are taken to have an SSIM of 1, as they have when the pixels that are not free show
    their own source (`region`).

    Time O(free pixels), whatever W, plus O(pixels where its label occurs) for each source. Per
    patch that is computed 28 bytes are kept beside the images, and per thread some rows.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored, all of one type.
    labels : (H, W) uint8 or uint16
        Focus map, 1 ... K.
    window : int
        Odd side length W, at most the shorter side.
    workers : RowWorkers
        Threads, scratch and the stop flag.
    half_width : int, optional
        See `find_region`; None frees all pixels.
    region : Region, optional
        Instead of what `half_width` gives.
    """

    name = "box-joint"

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
        self._height, self._width, self._channels = images[0].shape
        self._reach = reach = window // 2
        self._white = white_of(images[0])
        if region is None:
            region = find_region(
                labels,
                len(images),
                reach=reach,
                margin=reach,
                half_width=half_width,
                workers=workers,
            )
        self.region = region
        shape = (self._height, self._width)
        # Zeros: memory that no patch touches is never taken from the system.
        self._mean_x = np.zeros(shape)
        self._variance_x, self._alpha, self._beta, self._gamma, self._delta = (
            np.zeros(shape, np.float32) for _ in range(5)
        )
        self._unit = 2.0 / (self._channels * window * window)
        centres = labels[reach : self._height - reach, reach : self._width - reach]
        self.terms = int(np.count_nonzero((centres >= 1) & (centres <= len(images))))
        self._still = self.terms - sum(workers.run_parts(self._prepare, region.patches))

    def widened(self, region: Region) -> BoxJoint:
        """The same objective with another region; it takes over the memory of this one."""
        wider = copy.copy(self)
        wider.region = region
        wider._still = self.terms - sum(self.workers.run_parts(self._prepare, region.patches))
        return wider

    def evaluate(self, image: ImageF32) -> float:
        """Q of `image` in [-1, 1], (H, W, C); keeps what `update` needs. 0 without a patch."""
        work = partial(self._evaluate, read_only(image))
        totals = self.workers.run_parts(work, self.region.patches)
        return (self._still + math.fsum(totals)) / self.terms if self.terms else 0.0

    def update(self, image: ImageF32, out: ImageF32, rule: Rule) -> float:
        """Run `rule` over the free pixels of `image`, which was evaluated last, into `out`.

        The rule gets the sum gradient (P times the gradient of Q, algorithm notes 1.2) and the
        curvature D of notes 1.5, both float32 and without their factor 2 / n. `out` may be
        `image`.

        Returns
        -------
        float
            Euclidean norm of the sum gradient.
        """
        work = partial(self._update, image, out, rule)
        return math.sqrt(math.fsum(self.workers.run_parts(work, self.region.pixels)))

    def window_sums(self) -> npt.NDArray[np.float32]:
        """S[alpha], S[gamma] and S[beta_k] of each source, (2 + K, H, W), of the image that was
        evaluated last; without meaning where pixels are not free."""
        reach, shape = self._reach, (2 + len(self._images), self._height, self._width)
        inner = (slice(reach, self._height - reach), slice(reach, self._width - reach))
        sums = np.zeros(shape, np.float32)
        sums[0][inner], sums[1][inner] = self._alpha[inner], self._gamma[inner]
        for k in range(len(self._images)):
            np.copyto(sums[2 + k][inner], self._beta[inner], where=self._labels[inner] == k + 1)
        side, border = (self.window, self.window), cv2.BORDER_CONSTANT
        for plane in sums:
            cv2.boxFilter(plane, -1, side, plane, normalize=False, borderType=border)
        return sums

    def _prepare(self, scratch: Scratch, strips: Sequence[Strip]) -> int:
        """Mean and variance of each patch of its source; returns the number of patches."""
        counted = 0
        sums = scratch.take("sums", (2, self._width + 2 * self._reach))
        for k, image in enumerate(self._images):
            for index, strip in enumerate(strips):
                self.workers.compute.checkpoint()
                counted += box_kernels.own_moments(
                    image,
                    self._white,
                    self._labels,
                    k + 1,
                    self._reach,
                    strip.low,
                    strip.high,
                    strip.of_source[k] if index else restarted(strip.of_source[k], self._reach),
                    sums,
                    self._mean_x,
                    self._variance_x,
                )
        return counted

    def _evaluate(self, image: ImageF32, scratch: Scratch, strips: Sequence[Strip]) -> float:
        reach, width = self._reach, self._width
        sums = scratch.take("sums", (2 + len(self._images), width + 2 * reach))
        windows = scratch.take("windows", (3, width))
        ssim = scratch.take("ssim", (width,), np.float32)
        products = scratch.take("products", (self.region.rows, width))
        products[:] = 0.0  # what is left of another use may be no number
        totals = []
        for index, strip in enumerate(strips):
            self.workers.compute.checkpoint()
            low, high = strip.low, strip.high
            for k, source in enumerate(self._images):
                runs = strip.of_source[k] if index else restarted(strip.of_source[k], reach)
                if len(runs):
                    arguments = (source, self._white, image, self._labels, k + 1, reach, low, high)
                    box_kernels.cross(*arguments, runs, sums[2 + k], windows[0], products)
            totals.append(
                box_kernels.terms(
                    image,
                    self._labels,
                    len(self._images),
                    self._mean_x,
                    self._variance_x,
                    products,
                    reach,
                    low,
                    high,
                    strip.any if index else restarted(strip.any, reach),
                    sums[:2],
                    windows,
                    ssim,
                    self._alpha,
                    self._beta,
                    self._gamma,
                    self._delta,
                )
            )
        return math.fsum(totals)

    def _update(
        self,
        image: ImageF32,
        out: ImageF32,
        rule: Rule,
        scratch: Scratch,
        strips: Sequence[Strip],
    ) -> float:
        reach, width = self._reach, self._width
        sums = scratch.take("sums", (3 + len(self._images), width + 2 * reach))
        windows = scratch.take("windows", (3, width))
        g = scratch.take("g", (self.region.rows, width, self._channels), np.float32)
        d = scratch.take("d", (self.region.rows, width, 1), np.float32)
        squares = []
        for index, strip in enumerate(strips):
            self.workers.compute.checkpoint()
            low, high = strip.low, strip.high
            g[: high - low, strip.any[0, 0] : strip.any[-1, 1]] = 0.0
            for k, source in enumerate(self._images):
                runs = strip.of_source[k] if index else restarted(strip.of_source[k], reach)
                if len(runs):
                    arguments = (source, self._white, self._beta, self._labels, k + 1, reach)
                    box_kernels.spread(*arguments, low, high, runs, sums[3 + k], windows[0], g)
            runs = strip.any if index else restarted(strip.any, reach)
            planes = (self._alpha, self._gamma, self._delta)
            box_kernels.gather(image, *planes, reach, low, high, runs, sums[:3], windows, g, d)
            squares.append(rule(low, high, strip.any, image, out, g, d, self._unit))
        return math.fsum(squares)


def restarted(runs: Runs, reach: int) -> Runs:
    """The same runs, for a strip above which this thread has computed nothing."""
    plan = runs.copy()
    plan[:, 2] = plan[:, 3] = plan[:, 0] - reach
    return plan
