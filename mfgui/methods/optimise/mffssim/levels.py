"""Coarse to fine: a first image for large windows, from a solution of the reduced picture.

At the optimum every pixel is the weighted vote of the patches that cover it,

    Y = (S[alpha] + sum_k S[beta_k] X_k) / -S[gamma]

with the terms of `ssim.py`. The sums S over windows change slowly across the picture, so they
may be taken from a smaller one, enlarged, and applied to the sources in full size: unlike an
enlarged image this loses no detail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, read_only, white_of
from mfgui.core.compose import compose
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.optimise.mffssim import level_kernels, solvers
from mfgui.methods.optimise.mffssim.objective import BoxJoint
from mfgui.methods.optimise.mffssim.region import Strip

SMALLEST = 12  # pixels of a reduced window; smaller ones say less about the large one
START = 6  # the same for the start of a reduced solution, which need not be as good
_MOST_BYTES = 1 << 29  # that sums and votes may take
_STEPS = 6  # times the reduction: what a step in the reduced picture costs falls with its square

_Planes = npt.NDArray[np.float32]  # (2 + K, h, w): constant, then one weight per source


def reduction(window: int, smallest: int = SMALLEST) -> int:
    """How many times smaller the reduced picture is, a power of two; 1 for small windows.

    >>> [reduction(window) for window in (13, 25, 49, 175)]
    [1, 2, 4, 8]
    """
    return int(2 ** max(0, (window // smallest).bit_length() - 1))


def limits_of(factor: int) -> solvers.Limits:
    """When the solution of a picture reduced by `factor` ends."""
    return solvers.Limits(_STEPS * factor, tolerance=1e-5)


def jump(
    score: BoxJoint,
    images: Sequence[PixelArray],
    labels: LabelArray,
    smallest: int = SMALLEST,
) -> Callable[[ImageF32], None] | None:
    """`coarse_image` as a first step; None where the window is too small for it, or the sums of
    many sources too large."""
    factor = reduction(score.window, smallest)
    if factor == 1 or 8 * len(images) * labels.size > _MOST_BYTES * factor * factor:
        return None
    return partial(coarse_image, score, images, labels, factor)


def coarse_image(
    score: BoxJoint,
    images: Sequence[PixelArray],
    labels: LabelArray,
    factor: int,
    out: ImageF32,
) -> None:
    """Write the enlarged solution to the free pixels of `out`, (H, W, C).

    Time O(H W C K / factor^2) for the solution and O(free pixels K) for its enlargement. Where
    the votes do not add up to more than nothing, the pixel takes its own source.
    """
    votes = _reduced_votes(images, labels, factor, score.window, score.workers)
    work = partial(
        _enlarge, votes, [read_only(image) for image in images], out, factor, score.region.rows
    )
    score.workers.run_parts(work, score.region.pixels)


def _reduced_votes(
    images: Sequence[PixelArray],
    labels: LabelArray,
    factor: int,
    window: int,
    workers: RowWorkers,
) -> _Planes:
    height, width = labels.shape
    size = (-(-width // factor), -(-height // factor))
    small = []
    for image in images:
        workers.compute.checkpoint()
        reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        small.append(np.asarray(reduced).reshape(size[1], size[0], -1))
    names = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    side = min(2 * (window // factor // 2) + 1, min(size) - 1 + min(size) % 2)
    # Half as much again as the band in full size, so that its whole width has neighbours.
    score = BoxJoint(small, names, window=side, workers=workers, half_width=3 * side // 2)
    start = compose(small, names, compute=workers.compute)
    first = jump(score, small, names, START)
    for state in solvers.preconditioned(score, start, limits=limits_of(factor), jump=first):
        image = state.image
    score.evaluate(image)
    sums = score.window_sums()
    total = sums[1]
    useful = total < 0.0
    votes = sums[[0, *range(2, len(sums))]]
    for k, vote in enumerate(votes, start=0):
        np.divide(vote, -total, out=vote, where=useful)
        np.copyto(vote, (names == k) if k else 0.0, where=~useful)
    return np.asarray(votes, np.float32)


def _enlarge(
    votes: _Planes,
    images: Sequence[PixelArray],
    out: ImageF32,
    factor: int,
    rows: int,
    scratch: Scratch,
    strips: Sequence[Strip],
) -> None:
    width, channels = out.shape[1:]
    g = scratch.take("g", (rows, width, channels), np.float32)
    for strip in strips:
        low, high, runs = strip.low, strip.high, strip.any
        level_kernels.stretch(votes[0], factor, low, high, runs, g)
        for weights, image in zip(votes[1:], images, strict=True):
            level_kernels.mix(image, white_of(image), weights, factor, low, high, runs, g)
        level_kernels.take_clamped(low, high, runs, g, out)
