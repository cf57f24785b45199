"""Time and memory of focus detection and of the composite against plain OpenCV and NumPy.

    python benchmarks/detect.py [--megapixels 24] [--sources 2] [--window 175] [--threads 2]
        [--clean 0.001] [--repeats 3] [--json FILE]

The rival is the map as one writes it down: frames as floats, `cv2.filter2D`, squares, means with
`cv2.boxFilter`, the largest by comparison; and for the composite `numpy.where`, once per further
source. OpenCV uses as many threads as ours. Frames are 8-bit colour with noise, generated, sharp
in one of as many columns as there are sources. Cleaning is timed on the map of a window of 3,
which is full of specks. Compilation is done before anything is timed. Both run in
this process, one after the other; memory is what each allocates beside the frames.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, ImageU8, LabelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.detect.regions import remove_small_regions
from mfgui.methods.detect.variance import variance

KERNEL = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float32) / 16


def generated(megapixels: float, count: int) -> list[ImageU8]:
    """Frames of 3 : 2, each sharp in one of `count` columns."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(height * 1.5)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    sharp = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4.0)
    frames = []
    for index in range(count):
        column = slice(width * index // count, width * (index + 1) // count)
        frame = soft.copy()
        frame[:, column] = sharp[:, column]
        frames.append(cv2.add(frame, rng.integers(0, 5, frame.shape, dtype=np.uint8)))
    return frames


def plain_map(frames: list[ImageU8], window: int) -> LabelArray:
    labels = np.ones(frames[0].shape[:2], np.uint8)
    best = np.zeros(0)
    for label, frame in enumerate(frames, start=1):
        image = frame.astype(np.float32) / 255
        response = cv2.filter2D(image, cv2.CV_32F, KERNEL, borderType=cv2.BORDER_REFLECT_101)
        energy = (response * response).sum(axis=2)
        mean = cv2.boxFilter(energy, -1, (window, window), borderType=cv2.BORDER_REPLICATE)
        if label == 1:
            best = mean
            continue
        labels[mean > best] = label
        np.maximum(best, mean, out=best)
    return labels


def plain_composite(frames: list[ImageU8], labels: LabelArray) -> ImageF32:
    fused = frames[0].astype(np.float32) / 255
    for label, frame in enumerate(frames[1:], start=2):
        fused = np.where(labels[..., None] == label, frame.astype(np.float32) / 255, fused)
    return fused


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return times


def peak(work: Callable[[], object]) -> float:
    """Largest amount of NumPy memory that `work` holds at a time, in MB."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--sources", type=int, default=2)
    parser.add_argument("--window", type=int, default=175)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clean", type=float, default=0.001)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    compute = Compute(threads=options.threads)
    window = options.window
    frames = generated(options.megapixels, options.sources)
    for detector in (laplacian, variance):
        detector([f[:9, :9] for f in frames], compute=compute, window=3, clean=0.1)
    labels = laplacian(frames, compute=compute, window=window)
    noisy = laplacian(frames, compute=compute, window=3)

    def clean() -> None:
        remove_small_regions(noisy.copy(), share=options.clean, compute=compute)

    works: dict[str, Callable[[], object]] = {
        "laplacian": lambda: laplacian(frames, compute=compute, window=window),
        "variance": lambda: variance(frames, compute=compute, window=window),
        "rival: laplacian": lambda: plain_map(frames, window),
        "composite": lambda: compose(frames, labels, compute=compute),
        "rival: composite": lambda: plain_composite(frames, labels),
        "cleaning the map of window 3": clean,
    }
    height, width, channels = frames[0].shape
    print(f"{width} x {height} x {channels}, K = {len(frames)}, window {window}, ", end="")
    print(f"{options.threads} threads; seconds: median (best) of {options.repeats}, peak MB")
    figures: dict[str, dict[str, float]] = {}
    for name, work in works.items():
        times = seconds(work, options.repeats)
        figures[name] = {"median": statistics.median(times), "best": min(times), "mb": peak(work)}
        one = figures[name]
        print(f"  {name:30} {one['median']:8.3f} ({one['best']:.3f}) {one['mb']:8.1f}")
    for name in ("laplacian", "composite"):
        ours, rival = figures[name], figures[f"rival: {name}"]
        ratios = [rival[key] / ours[key] for key in ("median", "best", "mb")]
        print(f"  rival / {name}: {ratios[0]:.1f} (best of each: {ratios[1]:.1f}),", end=" ")
        print(f"memory {ratios[2]:.1f}")
    agreement = float(np.mean(labels == plain_map(frames, window)))
    print(f"  the maps agree on {100 * agreement:.3f} % of the pixels")
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "agreement": agreement}, indent=1))


if __name__ == "__main__":
    main()
