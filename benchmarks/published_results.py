"""Hold the maps and the `released` variant against the authors' published results.

    python benchmarks/published_results.py --shared ../shared [--iterations 1000] [--threads 1]

Prints one line per pair: agreement of the Laplacian map with the published one, Q, and the
distance of the fused image, rounded to 8 bits, from the published image.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, from_float
from mfgui.core.compute import Compute
from mfgui.files.images import read_image
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap

MFFW = (2, 4, 5, 6, 8, 9, 12)
LYTRO = (1, 2, 4, 6, 8, 11, 15, 17)


@dataclass(frozen=True)
class Pair:
    """Two sources and what the authors' program made of them."""

    name: str
    sources: tuple[Path, Path]
    fused: Path
    map: Path


def pairs(data: Path, sets: list[str]) -> Iterator[Pair]:
    if "mffw" in sets:
        published = data / "results" / "mffw2" / "MS_LAP"
        for number in MFFW:
            folder = data / "pairs" / "mffw2" / str(number)
            sources = (folder / "image1.tif", folder / "image2.tif")
            files = (published / f"{number}.png", published / f"{number}_map.png")
            yield Pair(f"mffw {number}", sources, *files)
    if "lytro" in sets:
        published = data / "results" / "lytro" / "MS_LAP"
        folder = data / "pairs" / "lytro"
        for number in LYTRO:
            sources = (folder / f"lytro-{number:02}-A.jpg", folder / f"lytro-{number:02}-B.jpg")
            files = (published / f"{number}.png", published / f"{number}_map.png")
            yield Pair(f"lytro {number}", sources, *files)


def psnr(a: ImageF32, b: ImageF32) -> float:
    """Of two 8-bit images given in [0, 1], in dB."""
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return math.inf if error == 0.0 else -10.0 * math.log10(error)


def rounded(image: ImageF32) -> ImageF32:
    return from_float(image, "uint8") / np.float32(255.0)


def fuse(
    images: list[ImageF32], labels: LabelArray, iterations: int, compute: Compute
) -> tuple[float, float, ImageF32]:
    """Q of the start, Q of the end and the final image of the released variant."""
    values = ms_lap.method.resolve({"variant": "released", "iterations": iterations})  # type: ignore[attr-defined]
    first, *_, last = (
        (state.q, state.image) for state in ms_lap(images, labels, compute=compute, **values)
    )
    return first[0], *last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--sets", nargs="+", default=["mffw", "lytro"], choices=["mffw", "lytro"])
    parser.add_argument("--only", type=int, nargs="+", help="numbers of pairs (default: all)")
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    compute = Compute(threads=options.threads)
    print("pair       size        map %     Q start    Q end      PSNR dB   PSNR 8-bit  seconds")
    for pair in pairs(options.shared / "data", options.sets):
        if options.only and int(pair.name.split()[1]) not in options.only:
            continue
        images = [read_image(path) for path in pair.sources]
        labels = laplacian(images, compute=compute)
        white = read_image(pair.map)[:, :, 0] > 0.5
        agreement = 100.0 * float(np.mean(white == (labels == 1)))
        began = time.perf_counter()
        q_start, q_end, fused = fuse(images, labels, options.iterations, compute)
        seconds = time.perf_counter() - began
        published = read_image(pair.fused)
        height, width, _ = fused.shape
        print(
            f"{pair.name:10} {width:4}x{height:<4} {agreement:9.4f}  {q_start:.6f}   {q_end:.6f}"
            f"   {psnr(fused, published):7.2f}   {psnr(rounded(fused), published):7.2f}"
            f"  {seconds:9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
