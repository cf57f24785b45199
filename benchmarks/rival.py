"""The optimiser against the authors' formulation of it, written in torch, in the same run.

    python benchmarks/rival.py [--data DIR] [--threads 2] [--quick] [--iterations 1000]
        [--objectives gaussian box-joint] [--json FILE]

The rival lets automatic differentiation make the gradient and torch.optim.Adam (1e-3) the steps,
with a clamp to [0, 1] after each, from the average of the sources, 1000 times. Its loss is

    gaussian    mean over pixels and channels of sum_k m_k clamp(1 - SSIM_k, 0, 1) / 2, SSIM per
                channel in Gaussian windows (sigma 1.5, W taps, mirrored borders), filtered with
                two one-dimensional convolutions
    box-joint   (1 - Q) / 2 of the square windows over all channels, with summed-area tables, so
                that its cost does not grow with the window

Moments of the sources are computed once, before its clock starts, and of several memory layouts
for the convolutions the fastest is taken. Both are given the same map. Ours is stopped at the
first state whose Q, measured by the rival's own loss in float64, is not below what the rival has
at the end; if its active region is too narrow to get there, it gets a wider one, and that is said.
Its time runs from loaded pictures and map to that state, and with detection in a second line. The
pair is MFFW 6, or a generated one. Compiled loops are warm and memory has been touched before
anything is timed; ours is the least of several runs, the rival's the sum of its steps. With
--quick the rival's time is the median of 30 steps times 1000, and the Q that it has at the end is
found by making the same 1000 steps with our gradient.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from ledger import (
    ENDLESS,
    Ledger,
    by_turns,
    detect,
    options,
    pair6,
    solve,
    solved,
    touch_memory,
    warm_up,
)
from torch.nn.functional import conv2d, pad

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size, to_float
from mfgui.core.compose import mean_image
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.gaussian import Gaussian
from mfgui.methods.optimise.mffssim.objective import BoxJoint
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.registry import Iterate

C1, C2 = 1e-4, 9e-4
MOST = 200  # steps of ours
LAYOUTS = ("together", "channels last", "one by one")


def planes(image: PixelArray, dtype: torch.dtype) -> torch.Tensor:
    """(H, W, C) as stored to (C, H, W)."""
    return torch.from_numpy(to_float(image).transpose(2, 0, 1).copy()).to(dtype)


class GaussianLoss:
    """(1 - Q) / 2 of the released program; `layout` says how the convolutions are laid out."""

    def __init__(
        self,
        frames: list[PixelArray],
        labels: LabelArray,
        window: int,
        dtype: torch.dtype = torch.float32,
        layout: str = LAYOUTS[0],
    ) -> None:
        at = torch.arange(window, dtype=dtype) - window // 2
        taps = torch.exp(-(at**2) / 4.5)
        self._taps, self._reach, self._layout = taps / taps.sum(), window // 2, layout
        self._sources = [planes(x, dtype) for x in frames]
        self._masks = [torch.from_numpy(labels == k + 1).to(dtype) for k in range(len(frames))]
        with torch.no_grad():
            self._means = [self._blurred([x])[0] for x in self._sources]
            self._variances = [
                self._blurred([x * x])[0] - m * m
                for x, m in zip(self._sources, self._means, strict=True)
            ]

    def __call__(self, y: torch.Tensor) -> torch.Tensor:
        products = [x * y for x in self._sources]
        mean, square, *crossed = self._blurred([y, y * y, *products])
        variance = square - mean * mean
        total = torch.zeros_like(y)
        own = zip(self._means, self._variances, crossed, self._masks, strict=True)
        for m, v, cross, mask in own:
            ssim = (2 * m * mean + C1) * (2 * (cross - m * mean) + C2)
            ssim = ssim / ((m * m + mean * mean + C1) * (v + variance + C2))
            total = total + mask * torch.clamp(1 - ssim, 0, 1) / 2
        return total.mean()

    def q(self, y: torch.Tensor) -> float:
        return 1.0 - 2.0 * float(self(y))

    def _blurred(self, pictures: list[torch.Tensor]) -> torch.Tensor:
        z = torch.stack(pictures)
        if self._layout == "one by one":
            return torch.stack([self._convolved(x[None])[0] for x in z])
        if self._layout == "channels last":
            return self._convolved(z.contiguous(memory_format=torch.channels_last))
        return self._convolved(z.reshape(1, -1, *z.shape[2:])).reshape(z.shape)

    def _convolved(self, z: torch.Tensor) -> torch.Tensor:
        r, count, length = self._reach, z.shape[1], len(self._taps)
        z = pad(z, (r, r, r, r), mode="reflect")
        z = conv2d(z, self._taps.view(1, 1, 1, -1).expand(count, 1, 1, length), groups=count)
        return conv2d(z, self._taps.view(1, 1, -1, 1).expand(count, 1, length, 1), groups=count)


class BoxLoss:
    """(1 - Q) / 2 of joint-channel square windows, by summed-area tables."""

    def __init__(
        self,
        frames: list[PixelArray],
        labels: LabelArray,
        window: int,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        half, (height, width) = window // 2, labels.shape
        inner = labels[half : height - half, half : width - half]
        self._window, self._patches = window, inner.size
        self._masks = [torch.from_numpy(inner == k + 1) for k in range(len(frames))]
        self._sources = [planes(x, dtype) for x in frames]
        self._means = [self._mean(x) for x in self._sources]
        self._variances = [
            self._mean(x * x) - m * m for x, m in zip(self._sources, self._means, strict=True)
        ]

    def __call__(self, y: torch.Tensor) -> torch.Tensor:
        mean = self._mean(y)
        variance = self._mean(y * y) - mean * mean
        total = torch.zeros((), dtype=y.dtype)
        own = zip(self._sources, self._means, self._variances, self._masks, strict=True)
        for x, m, v, mask in own:
            ssim = (2 * m * mean + C1) * (2 * (self._mean(x * y) - m * mean) + C2)
            ssim = ssim / ((m * m + mean * mean + C1) * (v + variance + C2))
            total = total + (ssim * mask).sum()
        return (1 - total / self._patches) / 2

    def q(self, y: torch.Tensor) -> float:
        return 1.0 - 2.0 * float(self(y))

    def _mean(self, z: torch.Tensor) -> torch.Tensor:
        w = self._window
        table = pad(z.sum(0), (1, 0, 1, 0)).cumsum(0)
        rows = (table[w:] - table[:-w]).cumsum(1)
        return (rows[:, w:] - rows[:, :-w]) / (z.shape[0] * w * w)


Loss = GaussianLoss | BoxLoss


class Rival:
    """Adam on a loss. `times` holds the seconds of each step."""

    def __init__(self, loss: Loss, start: ImageF32) -> None:
        self._loss = loss
        self.image = torch.from_numpy(start.transpose(2, 0, 1).copy()).requires_grad_()
        self._optimiser = torch.optim.Adam([self.image], lr=1e-3)
        self.times: list[float] = []

    def step(self) -> None:
        began = time.perf_counter()
        self._optimiser.zero_grad()
        loss = self._loss(self.image)
        loss.backward()
        self._optimiser.step()
        with torch.no_grad():
            self.image.clamp_(0, 1)
        loss.item()
        self.times.append(time.perf_counter() - began)


def fastest_gaussian(
    frames: list[PixelArray], labels: LabelArray, window: int, start: ImageF32, ledger: Ledger
) -> GaussianLoss:
    """The loss in the layout whose steps take least."""
    took: dict[str, float] = {}
    losses = {}
    for layout in LAYOUTS:
        losses[layout] = GaussianLoss(frames, labels, window, layout=layout)
        rival = Rival(losses[layout], start)
        for _ in range(4):
            rival.step()
        took[layout] = min(rival.times)
    told = ", ".join(f"{layout} {1e3 * t:.0f}" for layout, t in took.items())
    best = min(took, key=lambda layout: took[layout])
    ledger.say(f"layouts of the rival's convolutions, ms per step: {told}; taken: {best}")
    return losses[best]


def adam_by_our_gradient(
    objective: str,
    frames: list[PixelArray],
    labels: LabelArray,
    window: int,
    start: ImageF32,
    iterations: int,
    threads: int,
) -> ImageF32:
    """What Adam has after `iterations` steps, when there is no time to wait for the rival."""
    kind = Gaussian if objective == "gaussian" else BoxJoint
    with RowWorkers(Compute(threads)) as workers:
        score = kind(frames, labels, window=window, workers=workers)
        for state in solvers.adam(score, start.copy(), limits=solvers.Limits(iterations), lr=1e-3):
            last = state
    return last.image


def first_at(
    q: float, measure: Callable[[ImageF32], float], states: Iterator[Iterate]
) -> tuple[int | None, float, float]:
    """Number of the first state not below `q`, if any; Q at state 0 and at the last one seen.

    The measure takes as long as many steps, so that only states which come near by our own Q,
    which is rounded otherwise, are measured.
    """
    first = None
    for index, state in enumerate(states):
        image, told = state.image, state.q
        if index == 0:
            first = measure(image)
        if told >= q - 2e-6 and (value := measure(image)) >= q:
            return index, first or 0.0, value
    return None, first or 0.0, measure(image)


def reach(
    q: float,
    measure: Callable[[ImageF32], float],
    frames: list[PixelArray],
    labels: LabelArray,
    threads: int,
    fixed: dict[str, Any],
    ledger: Ledger,
) -> tuple[int, dict[str, Any]]:
    """Steps that ours needs to `q`, in the narrowest region that gets there."""
    ways: dict[str, dict[str, Any]] = {
        "default half-width": {},
        "double half-width": {"half_width": 2 * (fixed["window"] - 1)},
        "all pixels": {"active": "full"},
    }
    for name, way in ways.items():
        index, first, last = first_at(q, measure, solve(frames, labels, threads, **fixed, **way))
        if index is not None:
            ledger.say(f"ours, {name}: Q {first:.6f} at first, {last:.6f} after {index} steps")
            return index, way
        ledger.say(f"ours, {name}: ends at {last:.6f}, below the rival")
    raise SystemExit("ours does not get there")


def compare(objective: str, chosen: Any, ledger: Ledger) -> None:
    frames = pair6(chosen.data)
    height, width, _ = frames[0].shape
    window, threads = window_size("released", Size(width, height)), chosen.threads
    ledger.enter(f"Objective {objective}, {width} x {height}, window {window}")
    labels = detect(frames, window, threads)
    start = mean_image(frames, compute=Compute(threads))
    exact: Loss
    if objective == "gaussian":
        loss: Loss = fastest_gaussian(frames, labels, window, start, ledger)
        exact = GaussianLoss(frames, labels, window, torch.float64)
    else:
        loss, exact = (BoxLoss(frames, labels, window, d) for d in (torch.float32, torch.float64))

    def measure(image: ImageF32) -> float:
        return exact.q(planes(image, torch.float64))

    rival = Rival(loss, start)
    steps = min(30, chosen.iterations) if chosen.quick else chosen.iterations
    for _ in range(steps):
        rival.step()
    times = rival.times[1:]  # the first one makes the optimiser's buffers
    each = statistics.median(times)
    total = each * chosen.iterations if chosen.quick else sum(rival.times)
    reached = exact.q(rival.image.detach().to(torch.float64))
    ledger.say(
        f"rival: {each:.4f} s per iteration (median; least {min(times):.4f}), "
        f"{total:.1f} s for {chosen.iterations}, Q = {reached:.6f} after {steps}"
    )
    if chosen.quick:
        arguments = (frames, labels, window, start, chosen.iterations, threads)
        reached = measure(adam_by_our_gradient(objective, *arguments))
        ledger.say(f"the same with our gradient: Q = {reached:.6f} after {chosen.iterations}")
    fixed = {"objective": objective, "window": window, "solver": "preconditioned"}
    by_default = dict(fixed)
    ended = solved(frames, labels, threads, **by_default)
    ledger.say(
        f"ours by default ends after {ended.steps} steps with Q = {measure(ended.state.image):.6f}"
    )
    fixed |= {"iterations": MOST, **ENDLESS}
    index, way = reach(reached, measure, frames, labels, threads, fixed, ledger)
    repeats = 5 if chosen.quick else 25

    def ours() -> None:
        for state in solve(frames, labels, threads, **fixed, **way):
            if state.iteration >= index:
                return

    (least, median), (found, found_median), (stopped, _) = by_turns(
        repeats,
        ours,
        lambda: detect(frames, window, threads),
        lambda: solved(frames, labels, threads, **by_default),
    )
    ledger.say(
        f"ours: {index} steps, solve {1e3 * least:.1f} ms (median {1e3 * median:.1f}), "
        f"detection {1e3 * found:.1f} ms (median {1e3 * found_median:.1f})"
    )
    name = f"{objective}: to the rival's Q"
    wanted: dict[str, Any] = {"budget": 100, "at_least": True, "aim": 300}
    ledger.add(f"{name}, map given to both", least, "s", rival=total, **wanted)
    ledger.add(f"{name}, detection in both", least + found, "s", rival=total + found, **wanted)
    ledger.add(f"{objective}: default solve to its own end", stopped, "s")


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument(
        "--objectives", nargs="+", choices=("gaussian", "box-joint"),
        default=["gaussian", "box-joint"],
    )  # fmt: skip
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    ledger = Ledger(chosen, "MFF-SSIM against automatic differentiation and Adam")
    touch_memory()
    warm_up(chosen.threads)
    for objective in chosen.objectives:
        compare(objective, chosen, ledger)


if __name__ == "__main__":
    main()
