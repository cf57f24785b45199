"""Time of one guarded step of MFF-SSIM against automatic differentiation and Adam in PyTorch.

    python benchmarks/mffssim_step.py [--images A B ...] [--window 25] [--threads 2] [--steps 15]

The rival computes the same objective (joint-channel box windows) with summed-area tables, so
that its cost does not grow with the window either, and steps with torch.optim.Adam. Without
--images a picture of 868 x 568 pixels is generated. Both run in this process, one after the other.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from mfgui.core.arrays import ImageF32, LabelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.files.images import read_image
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.objective import BoxJoint


def generated() -> list[ImageF32]:
    """Two views of one texture, 868 x 568, sharp on either side."""
    rng = np.random.default_rng(0)
    sharp = cv2.GaussianBlur(rng.random((868, 568, 3), dtype=np.float32), (0, 0), 1.0)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3.0)
    left = np.arange(568)[:, np.newaxis] < 284
    return [np.where(left, sharp, soft), np.where(left, soft, sharp)]


def milliseconds(work: Callable[[], object], repeats: int) -> list[float]:
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return times


def ours(
    images: list[ImageF32], labels: LabelArray, window: int, threads: int, steps: int
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {}
    with RowWorkers(Compute(threads=threads)) as workers:
        score = BoxJoint(images, labels, window=window, workers=workers)
        image = compose(images, labels)
        trial = np.empty_like(image)

        def keep(_low: int, _high: int, y: Any, g: Any, _d: Any) -> None:
            np.copyto(y, g)

        taken["evaluation of Q"] = milliseconds(lambda: score.evaluate(image), steps)
        taken["gradient"] = milliseconds(lambda: score.update(image, trial, keep), steps)
        limits = solvers.Limits(steps + 1)
        states = solvers.preconditioned(score, image, limits=limits)
        next(states)
        taken["guarded step"] = milliseconds(lambda: next(states), steps)
    return taken


def rival(
    images: list[ImageF32], labels: LabelArray, window: int, threads: int, steps: int
) -> list[float]:
    torch.set_num_threads(threads)
    channels = images[0].shape[2]
    half = window // 2
    inner = labels[half : labels.shape[0] - half, half : labels.shape[1] - half]
    masks = [torch.from_numpy(inner == k + 1) for k in range(len(images))]
    sources = [torch.from_numpy(x.transpose(2, 0, 1).copy()) for x in images]

    def mean(planes: torch.Tensor) -> torch.Tensor:
        table = torch.nn.functional.pad(planes.sum(0), (1, 0, 1, 0)).cumsum(0)
        rows = (table[window:] - table[:-window]).cumsum(1)
        return (rows[:, window:] - rows[:, :-window]) / (channels * window * window)

    means = [mean(x) for x in sources]
    variances = [mean(x * x) - m * m for x, m in zip(sources, means, strict=True)]
    y = torch.from_numpy(compose(images, labels).transpose(2, 0, 1).copy()).requires_grad_()
    optimiser = torch.optim.Adam([y], lr=1e-3)

    def step() -> float:
        optimiser.zero_grad()
        m = mean(y)
        v = mean(y * y) - m * m
        total = torch.zeros(())
        for x, mx, vx, mask in zip(sources, means, variances, masks, strict=True):
            covariance = mean(x * y) - mx * m
            ssim = (2 * mx * m + 1e-4) * (2 * covariance + 9e-4)
            ssim = ssim / ((mx * mx + m * m + 1e-4) * (vx + v + 9e-4))
            total = total + (ssim * mask).sum()
        loss = -total / inner.size
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            y.clamp_(0, 1)
        return loss.item()

    return milliseconds(step, steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", nargs="+", type=Path)
    parser.add_argument("--window", type=int, default=25)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=15)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    images = [read_image(path) for path in options.images] if options.images else generated()
    labels = laplacian(images, window=options.window, compute=Compute(options.threads))
    arguments = (images, labels, options.window, options.threads, options.steps)
    height, width, channels = images[0].shape
    print(f"{width} x {height} x {channels}, K = {len(images)}, window {options.window}, ", end="")
    print(f"{options.threads} threads; milliseconds: median (best) of {options.steps}")
    taken = ours(*arguments)
    taken["rival: autograd + Adam step"] = rival(*arguments)
    for name, times in taken.items():
        print(f"  {name:28} {statistics.median(times):8.1f} ({min(times):.1f})")
    times = [taken[name] for name in ("rival: autograd + Adam step", "guarded step")]
    median, best = (f(times[0]) / f(times[1]) for f in (statistics.median, min))
    print(f"  rival / guarded step: {median:.2f} (best of each: {best:.2f})")


if __name__ == "__main__":
    main()
