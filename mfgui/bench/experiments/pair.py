"""The Gaussian objective of MFF-SSIM for many maps of one pair of sources.

A map of which every pixel may be wrong asks both sources in every window. What depends on the
sources alone is then computed once for all maps, and what is filtered is shared by the sources
(`pair_kernels`). The values are those of `mfgui.methods.optimise.mffssim.gaussian.Gaussian` but
for rounding; a test compares them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, to_float
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.optimise.mffssim.gaussian import gaussian_taps
from mfgui.methods.optimise.mffssim.objective import Rule
from mfgui.methods.optimise.mffssim.region import Region, Strip, find_region

_UNIT = 2.0  # see `mfgui.methods.optimise.mffssim.gaussian_kernels.terms`
Planes = npt.NDArray[np.float32]


def fits(images: Sequence[PixelArray], window: int) -> bool:
    """Whether the loops are made for these sources and this window."""
    from mfgui.bench.experiments import pair_kernels

    reach = gaussian_taps(window).size // 2
    return len(images) == 2 and reach == pair_kernels.REACH and min(images[0].shape[:2]) > reach


class Pair:
    """What the objective needs of two sources, whatever the map is.

    Parameters
    ----------
    images : two (H, W, C) uint8, uint16 or float32
    window : int
        Side length for which `fits` holds.
    workers : RowWorkers
        Whose threads all objectives of this pair run on.
    """

    def __init__(self, images: Sequence[PixelArray], *, window: int, workers: RowWorkers) -> None:
        self.window, self.workers, self.shape = window, workers, images[0].shape
        taps = gaussian_taps(window)
        first, second = (to_float(image).astype(np.float64) for image in images)
        mean, half = (first + second) / 2.0, (first - second) / 2.0

        def filtered(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            found = cv2.sepFilter2D(plane, -1, taps, taps, borderType=cv2.BORDER_REFLECT_101)
            return np.asarray(found, np.float64).reshape(plane.shape)

        em, eh = filtered(mean), filtered(half)
        fixed = (
            em,
            eh,
            filtered(mean * mean) - em * em,
            filtered(half * half) - eh * eh,
            filtered(mean * half) - em * eh,
        )
        self.mean, self.half = self._flat(mean), self._flat(half)
        self.fixed: Planes = np.stack([self._flat(plane) for plane in fixed])
        self.taps = np.ascontiguousarray(taps[len(taps) // 2 :], np.float32)
        self.planes: Planes = np.zeros_like(self.fixed)
        labels = np.ones(self.shape[:2], np.uint8)
        self.region: Region = find_region(
            labels, 2, reach=len(taps) // 2, margin=0, half_width=None, workers=workers
        )

    def _flat(self, plane: npt.NDArray[np.float64]) -> Planes:
        return np.ascontiguousarray(plane.reshape(plane.shape[0], -1), np.float32)


class PairGaussian:
    """The objective for one map of a `Pair`: all pixels free, all labels 1 or 2.

    It follows `mfgui.methods.optimise.mffssim.objective.Objective`. Only one objective of a pair
    can be used at a time: they share their memory.
    """

    name = "gaussian"

    def __init__(self, pair: Pair, labels: LabelArray) -> None:
        self.window, self.workers, self.region = pair.window, pair.workers, pair.region
        self._pair = pair
        self.terms = int(np.prod(pair.shape))
        sign = np.where(labels == 1, np.int8(1), np.int8(-1))
        self._sign = np.repeat(sign, pair.shape[2], axis=1)

    def evaluate(self, image: ImageF32) -> float:
        """Q of `image` in [0, 1], (H, W, C); keeps what `update` needs."""

        def work(scratch: Scratch, strips: Sequence[Strip]) -> list[float]:
            from mfgui.bench.experiments import pair_kernels

            pair, losses = self._pair, []
            flat = image.reshape(image.shape[0], -1)
            for strip in strips:
                self.workers.compute.checkpoint()
                place = (pair.taps, strip.low, strip.high, image.shape[2])
                given = (flat, pair.mean, pair.half, self._sign, pair.fixed)
                space = self._space(scratch)
                losses.append(pair_kernels.terms(*given, *place, *space, pair.planes))
            return losses

        parts = self.workers.run_parts(work, self.region.patches)
        return 1.0 - math.fsum(loss for part in parts for loss in part) / self.terms

    def update(self, image: ImageF32, out: ImageF32, rule: Rule) -> float:
        """Run `rule` over the pixels of `image`, which was evaluated last, into `out`.

        Returns the Euclidean norm of the sum gradient.
        """

        def work(scratch: Scratch, strips: Sequence[Strip]) -> list[float]:
            from mfgui.bench.experiments import pair_kernels

            pair, squares = self._pair, []
            flat = image.reshape(image.shape[0], -1)
            shape = (self.region.rows, *image.shape[1:])
            g, d = (scratch.take(name, shape, np.float32) for name in "gd")
            for strip in strips:
                self.workers.compute.checkpoint()
                place = (pair.taps, strip.low, strip.high, image.shape[2])
                given = (flat, pair.mean, pair.half, pair.planes)
                rows = (len(g), -1)
                into = (*self._space(scratch), g.reshape(rows), d.reshape(rows))
                pair_kernels.gather(*given, *place, *into)
                squares.append(rule(strip.low, strip.high, strip.any, image, out, g, d, _UNIT))
            return squares

        parts = self.workers.run_parts(work, self.region.pixels)
        return math.sqrt(math.fsum(square for part in parts for square in part))

    def _space(self, scratch: Scratch) -> tuple[npt.NDArray[Any], ...]:
        """Work arrays of a thread: lines, a row with its margins, rows."""
        from mfgui.bench.experiments import pair_kernels

        _, width, channels = self._pair.shape
        values = (min(pair_kernels.BLOCK, width) + 2 * pair_kernels.REACH) * channels
        rows, at_once = self.region.rows + 2 * pair_kernels.REACH, max(values, pair_kernels.CHUNK)
        return (
            scratch.take("lines", (5, rows * values), np.float32),
            scratch.take("across", (at_once,), np.float32),
            scratch.take("flat", (5, at_once), np.float32),
        )
