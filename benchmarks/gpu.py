"""MFF-SSIM on a torch device: time of a solve, memory traffic of a step, and the CPU beside it.

    python benchmarks/gpu.py [--device cuda] [--images A B ... [--enlarge 7]] [--window 175]
                             [--active] [--repeats 5] [--no-cpu] [--threads 2]

Without --images a pair of --megapixels (24) is generated. A solve is everything after the
transfer of sources, focus map and start image: moments of the sources, solution of the reduced
picture, ascent to the default limits. The bytes of a step are counted operation by operation
(every tensor that is read or written), the bandwidth of the device is that of a copy in the same
run. With --device cpu, torch computes on the processor: a check that the script works.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.files.images import read_image
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.mffssim import torch_solvers
from mfgui.methods.optimise.mffssim.region import find_region
from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_box import TorchBoxJoint
from mfgui.methods.optimise.mffssim.torch_device import (
    DeviceMemory,
    StoredFrame,
    upload_frame,
    upload_image,
    upload_labels,
)
from mfgui.methods.optimise.mffssim.torch_levels import coarse_image, reduction
from mfgui.methods.optimise.ms_lap import ms_lap

_LIMITS = Limits(60, tolerance=1e-6, change=1e-3)


class Traffic(TorchDispatchMode):
    """Counts the bytes that operations read and write, and the operations."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes, self.operations = 0, 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        arguments = func._schema.arguments
        given = {a.name: value for a, value in zip(arguments, args, strict=False)}
        given |= kwargs or {}
        written, read, views = [], [], False
        for argument in arguments:
            tensors = [t for t in tree_leaves(given.get(argument.name)) if torch.is_tensor(t)]
            changed = argument.alias_info is not None and argument.alias_info.is_write
            views |= argument.alias_info is not None and not changed
            (written if changed else read).extend(tensors)
            # In place, old values are read too, except where they are replaced.
            replaced = argument.is_out or func.overloadpacket.__name__ in (
                "copy_",
                "zero_",
                "fill_",
            )
            if changed and not replaced:
                read.extend(tensors)
        if views:
            return result
        if not written:
            written = [t for t in tree_leaves(result) if torch.is_tensor(t)]
        self.bytes += sum(map(_size, (*read, *written)))
        self.operations += 1
        return result


def _size(tensor: torch.Tensor) -> int:
    count = 1
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        count *= length if stride else 1
    return count * tensor.element_size()


def generated(megapixels: float) -> list[PixelArray]:
    """Two 8-bit views of one texture, sharp inside and outside of a wavy circle."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(1.5 * height)
    noise = np.random.default_rng(0).random((height, width, 3), np.float32)
    sharp = np.clip(0.5 + 3.0 * (cv2.GaussianBlur(noise, (0, 0), 1.5) - 0.5), 0.0, 1.0)
    sharp = np.rint(255 * sharp).astype(np.uint8)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4.0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y / height - 0.5, (x - width / 2) / height
    inside = np.hypot(x, y) < 0.3 + 0.05 * np.sin(9 * np.arctan2(y, x))
    inside = inside[:, :, np.newaxis]
    return [np.where(inside, sharp, soft), np.where(inside, soft, sharp)]


def enlarged(image: PixelArray, factor: int) -> PixelArray:
    size = (image.shape[1] * factor, image.shape[0] * factor)
    return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC).reshape(*size[::-1], -1)


class Clock:
    """Seconds of work on a device, by its own events where it has them."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def seconds(self, work: Callable[[], object]) -> float:
        if self.device.type == "cuda":
            began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            began.record()
            work()
            ended.record()
            torch.cuda.synchronize(self.device)
            return float(began.elapsed_time(ended)) / 1e3
        self._wait()
        start = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - start

    def best(self, work: Callable[[], object], repeats: int) -> float:
        return min(self.seconds(work) for _ in range(repeats))

    def _wait(self) -> None:
        if self.device.type == "mps":
            torch.mps.synchronize()


def copy_bandwidth(clock: Clock) -> float:
    """Bytes read and written per second by a copy on the device."""
    count = 1 << (28 if clock.device.type != "cpu" else 25)
    a, b = (torch.ones(count, device=clock.device) for _ in range(2))
    return 8 * count / clock.best(lambda: a.copy_(b), 20)


class OnDevice:
    """What was transferred, and what is timed."""

    def __init__(
        self,
        images: Sequence[PixelArray],
        labels: LabelArray,
        start: ImageF32,
        free: BoolMask | None,
        window: int,
        device: torch.device,
    ) -> None:
        self.memory, self.compute = DeviceMemory(device), Compute(device=str(device))
        self.window, self.free = window, free
        self.frames: list[StoredFrame] = [
            upload_frame(image, self.memory, self.compute) for image in images
        ]
        self.labels = upload_labels(labels, len(images), self.memory, self.compute)
        self.start = upload_image(start, self.memory, torch.float32, self.compute)

    def prepared(self) -> TorchBoxJoint:
        return TorchBoxJoint(
            self.frames,
            self.labels,
            window=self.window,
            memory=self.memory,
            compute=self.compute,
            free=self.free,
        )

    def solve(self) -> list[float]:
        """Q of every state."""
        score = self.prepared()
        jump = partial(coarse_image, score, self.memory) if reduction(self.window) > 1 else None
        at = torch_solvers.Standing(self.start.clone())
        states = torch_solvers.preconditioned(score, at, limits=_LIMITS, jump=jump)
        return [state.q for state in states]

    def steps(self) -> Callable[[], object]:
        """The next full step, again and again."""
        at = torch_solvers.Standing(self.start.clone())
        states = torch_solvers.preconditioned(self.prepared(), at, limits=Limits(10_000))
        next(states)
        return lambda: next(states)


def on_cpu(
    images: Sequence[PixelArray], labels: LabelArray, options: argparse.Namespace
) -> tuple[float, float]:
    """Seconds and Q of the engine of the processor."""
    compute = Compute(threads=options.threads)
    active = "band" if options.active else "full"
    solve = partial(ms_lap, images, labels, compute=compute, window=options.window, active=active)
    list(solve())  # compiles
    began = time.perf_counter()
    *_, last = solve()
    return time.perf_counter() - began, last.q


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--images", nargs="+", type=Path)
    parser.add_argument("--enlarge", type=int, default=1)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--window", type=int, default=175)
    parser.add_argument("--active", action="store_true", help="free pixels near boundaries only")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-cpu", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    if options.images:
        images = [enlarged(read_image(path), options.enlarge) for path in options.images]
    else:
        images = generated(options.megapixels)
    compute = Compute(threads=options.threads)
    labels = laplacian(images, window=options.window, compute=compute)
    report(images, labels, options, compute)


def report(
    images: Sequence[PixelArray],
    labels: LabelArray,
    options: argparse.Namespace,
    compute: Compute,
) -> None:
    device = torch.device(options.device)
    clock = Clock(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    height, width, channels = images[0].shape
    size = f"{width} x {height} x {channels} ({height * width / 1e6:.1f} MP), K = {len(images)}"
    print(f"{name}: {size}, window {options.window}; best of {options.repeats}")
    free = band(labels, len(images), options.window, compute) if options.active else None
    if free is not None:
        print(f"  free pixels                {100 * free.mean():9.1f} %")
    start = compose(images, labels, compute=compute)
    began = time.perf_counter()
    work = OnDevice(images, labels, start, free, options.window, device)
    print(f"  transfer                   {1e3 * (time.perf_counter() - began):9.1f} ms")
    solve = clock.best(work.solve, options.repeats)
    q = work.solve()
    print(f"  solve ({len(q) - 1:2} steps)           {1e3 * solve:9.1f} ms   Q {q[-1]:.7f}")
    step = work.steps()
    step()
    seconds = clock.best(step, options.repeats)
    with Traffic() as traffic:
        step()
    copied = copy_bandwidth(clock)
    print(f"  full step                  {1e3 * seconds:9.1f} ms   {traffic.operations} operations")
    print(f"  bytes of a step            {traffic.bytes / 1e9:9.2f} GB")
    print(f"  achieved                   {traffic.bytes / seconds / 1e9:9.1f} GB/s")
    share = traffic.bytes / seconds / copied
    print(f"  copy on this device        {copied / 1e9:9.1f} GB/s   achieved: {100 * share:.0f} %")
    if not options.no_cpu:
        taken, q_cpu = on_cpu(images, labels, options)
        print(f"  processor, {options.threads} threads       {1e3 * taken:9.1f} ms   Q {q_cpu:.7f}")
        print(f"  processor / {name}: {taken / solve:.1f}")


def band(labels: LabelArray, count: int, window: int, compute: Compute) -> BoolMask:
    reach = window // 2
    with RowWorkers(compute) as workers:
        region = find_region(
            labels, count, reach=reach, margin=reach, half_width=window - 1, workers=workers
        )
    return region.free


if __name__ == "__main__":
    main()
