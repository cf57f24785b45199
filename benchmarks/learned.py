"""The learned methods against the Laplacian map, on scenes whose truth is known.

    python -m benchmarks.learned [--seeds 48] [--first 0] [--size 256] [--photographs KODAK]
        [--scenes layered layered-wide alpha alpha-wide] [--jobs 2] [--markdown learned.md]

None of the pictures was used in training: the layered scenes have scikit-image's photographs
`coffee`, `chelsea` and `gravel`; the alpha-matte pairs (paper's equations, foreground and
background from different pictures) those and, with the folder of the Kodak suite, the three of it
that are kept out. Layers and pairs are blurred by disks of radius 1-6 pixels, pairs half of the
time by a Gaussian of sigma 0.5-5, as in the training; in the scenes called "wide" by disks of
radius 8-16 and Gaussians of sigma 6-12. Frames are stored in 8 bits; every other seed has its
sources exchanged.

Columns, means over the seeds: share of the pixels with the true label, F-score of the boundary
within 2 pixels, PSNR of the whole picture, and of the band of max(2 r, 4) pixels on either side
of the true boundary (r the disk's radius, twice a Gaussian's sigma), in dB; "better": in how many
seeds accuracy, or band PSNR, is above that of the Laplacian map.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.quality import boundary_band, psnr
from mfgui.core.agreement import agreement
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size, from_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.methods import registry
from mfgui.methods.decision import decide
from mfgui.synth import alpha_matte, layered
from mfgui.synth.material import HELD_OUT_PHOTOGRAPHS, Material
from mfgui.synth.mattes import random_matte

SCENES = ("layered", "layered-wide", "alpha", "alpha-wide")
MAPS = ("laplacian", "ms-resnet-map", "mfif-gan")
FUSERS = ("mff-gan", "edmf", "average")
BASE = "laplacian"


@dataclass(frozen=True, eq=False)
class Scene:
    """Two frames of 8 bits, and what is true of them."""

    frames: Sequence[PixelArray]
    truth: ImageF32
    labels: LabelArray
    radius: float


@dataclass(frozen=True)
class Score:
    """What one way gives on one scene; accuracy and F only where there is a map."""

    accuracy: float
    boundary: float
    psnr: float
    band: float


def scene_of(kind: str, seed: int, side: int, material: Material) -> Scene:
    """The scene of a seed."""
    made = layered_scene if kind.startswith("layered") else alpha_scene
    scene = made(seed, side, material, wide=kind.endswith("wide"))
    if seed % 2 == 0:
        return scene
    near, far = scene.frames
    exchanged = np.asarray(3 - scene.labels, np.uint8)
    return Scene([far, near], scene.truth, exchanged, scene.radius)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def layered_scene(seed: int, side: int, _material: Material, *, wide: bool) -> Scene:
    rng = np.random.default_rng((seed, 1))
    radius = round(log_uniform(rng, *((8.0, 16.0) if wide else (1.0, 6.0))), 3)
    photos = [str(name) for name in rng.permutation(HELD_OUT_PHOTOGRAPHS)]
    scene = layered.random_scene(
        Size(side, side), layers=2, radius=radius, seed=seed, photos=photos
    )
    made = layered.render(scene)
    frames = [from_float(frame, "uint8") for frame in made.frames]
    return Scene(frames, made.truth, made.labels, radius)


def alpha_scene(seed: int, side: int, material: Material, *, wide: bool) -> Scene:
    rng = np.random.default_rng((seed, 2))
    front, name = material.draw(rng, side)
    behind, _ = material.draw(rng, side, other_than=name)
    matte = random_matte(rng, side)
    if rng.random() < 0.5:
        radius = log_uniform(rng, *((8.0, 16.0) if wide else (1.0, 6.0)))
        kernel = layered.disk(radius)
    else:
        sigma = log_uniform(rng, *((6.0, 12.0) if wide else (0.5, 5.0)))
        radius, kernel = 2 * sigma, alpha_matte.gaussian(sigma)
    near, far = (np.asarray(x, np.float32) / np.float32(255) for x in (front, behind))
    a, b = alpha_matte.pair(near, far, matte, kernel=kernel)
    truth = matte[:, :, None] * near + (1 - matte[:, :, None]) * far
    labels = np.where(matte > 0.5, 1, 2).astype(np.uint8)
    return Scene([from_float(a, "uint8"), from_float(b, "uint8")], truth, labels, radius)


@cache
def methods() -> registry.Registry:
    return registry.load()


def ways(frames: Sequence[PixelArray]) -> Mapping[str, tuple[LabelArray | None, ImageF32]]:
    """Map and image of each way to fuse."""
    compute, found = Compute(), methods()
    made: dict[str, tuple[LabelArray | None, ImageF32]] = {}
    ascent = found.get("ms-lap")
    for name in [name for name in MAPS if name in found.methods]:
        maker = found.get(name)
        labels = decide(maker, frames, compute=compute, **maker.defaults()).labels
        made[name] = labels, compose(frames, labels)
        *_, end = ascent.function(frames, labels, compute=compute, **ascent.defaults())
        made[f"{name}, MFF-SSIM"] = labels, np.array(end.image)
    for name in [name for name in FUSERS if name in found.methods]:
        fuser = found.get(name)
        made[name] = None, fuser.function(frames, None, compute=compute, **fuser.defaults())
    return made


def scored(scene: Scene, labels: LabelArray | None, image: ImageF32) -> Score:
    band = boundary_band(scene.labels, scene.radius)
    quality = psnr(image, scene.truth), psnr(image, scene.truth, band)
    if labels is None:
        return Score(math.nan, math.nan, *quality)
    found = agreement(labels, scene.labels, k=2)
    return Score(found.accuracy or 0.0, found.mean_boundary_f or 0.0, *quality)


def one_seed(kind: str, side: int, folder: Path | None, seed: int) -> dict[str, Score]:
    """Scores of all ways on the scene of a seed."""
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    scene = scene_of(kind, seed, side, kept_out(folder))
    return {
        name: scored(scene, labels, image) for name, (labels, image) in ways(scene.frames).items()
    }


@cache
def kept_out(folder: Path | None) -> Material:
    return Material.of_folders(folder, None, held_out=True)


def table(scores: Sequence[Mapping[str, Score]]) -> list[str]:
    """Markdown rows, one per way."""
    columns = ("way", "map accuracy", "better", "boundary F", "PSNR", "band PSNR", "better")
    rows = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    base = [of[BASE] for of in scores]

    def mean(read: Callable[[Score], float], name: str, digits: int) -> str:
        value = float(np.mean([read(of[name]) for of in scores]))
        return "" if math.isnan(value) else f"{value:.{digits}f}"

    for name in scores[0]:
        ours = [of[name] for of in scores]
        pairs = list(zip(ours, base, strict=True))
        better = sum(score.accuracy > other.accuracy for score, other in pairs)
        higher = sum(score.band > other.band for score, other in pairs)
        accuracy = mean(lambda s: 100 * s.accuracy, name, 2)
        cells = [
            name,
            accuracy and f"{accuracy} %",
            f"{better}/{len(scores)}" if accuracy and name != BASE else "",
            mean(lambda s: s.boundary, name, 4),
            mean(lambda s: s.psnr, name, 2),
            mean(lambda s: s.band, name, 2),
            "" if name == BASE else f"{higher}/{len(scores)}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=48)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--size", type=int, default=256, help="side of the scenes in pixels")
    parser.add_argument("--photographs", type=Path, metavar="KODAK")
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    done: list[str] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for kind in options.scenes:
            work = partial(one_seed, kind, options.size, options.photographs)
            title = f"### {kind}, {options.size} x {options.size}, seeds {seeds[0]} to {seeds[-1]}"
            lines = [title, "", *table(list(pool.map(work, seeds))), ""]
            print("\n".join(lines), flush=True)
            done += lines
    if options.markdown is not None:
        options.markdown.write_text("\n".join(done), encoding="utf-8")


if __name__ == "__main__":
    main()
