"""PSNR of fused images on layered scenes whose truth is known.

    python benchmarks/quality.py [--seeds 24] [--first 0] [--size 480x360] [--jobs 2]
        [--parts windows objectives variants] [--maps true lap] [--sweep 3 5 ...]
        [--iterations 1000] [--json quality.json] [--markdown quality.md]

Every seed gives one scene (`mfgui synth layered`): two layers, every fourth seed three, blur
radius between neighbouring layers from 2 to 12 pixels, frames stored in 8 bits. Each row of a
table is one way to fuse all of them. PSNR is that of the whole picture, and of the band of
max(2 r, 4) pixels on either side of a true boundary of labels (r the blur radius), in dB of the
encoded values; the columns show the mean over the seeds, the change against the composite by
the same map, the worst such change, and the number of seeds where it is a gain.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Size, from_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.synth.layered import random_scene, render

RADII = (2.0, 12.0)
SWEEP = (3, 5, 7, 9, 11, 13, 15, 17, 21, 25, 33, 41)
PARTS = ("windows", "objectives", "variants")
MAPS = {"true": "true map", "lap": "MS-Lap map"}


@dataclass(frozen=True)
class Way:
    """One way to fuse: parameters of `ms_lap`, or the composite alone."""

    name: str
    values: tuple[tuple[str, object], ...] | None = None


@dataclass(frozen=True)
class Score:
    """What one way gives on one scene."""

    psnr: float
    band: float
    window: int
    iterations: int
    seconds: float


def radius_of(seed: int, seeds: int) -> float:
    """Blur radius of a seed, spread evenly over `RADII`."""
    low, high = RADII
    return round(low + (high - low) * seed / max(1, seeds - 1), 2)


def layers_of(seed: int) -> int:
    return 3 if seed % 4 == 3 else 2


def boundary_band(labels: LabelArray, radius: float) -> npt.NDArray[np.bool_]:
    """Pixels at most max(2 radius, 4) away from a boundary of labels."""
    edge = np.ones(labels.shape, np.uint8)
    edge[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    edge[1:][labels[1:] != labels[:-1]] = 0
    return np.asarray(cv2.distanceTransform(edge, cv2.DIST_L2, 5) <= max(2 * radius, 4.0))


def psnr(image: ImageF32, truth: ImageF32, mask: npt.NDArray[np.bool_] | None = None) -> float:
    error = (image.astype(np.float64) - truth) ** 2
    mean = float(error.mean() if mask is None else error[mask].mean())
    return math.inf if mean == 0.0 else -10.0 * math.log10(mean)


def way(name: str, **values: object) -> Way:
    return Way(name, tuple(values.items()))


def window_ways(options: argparse.Namespace) -> Iterable[Way]:
    """The variant "ours" with each window rule, and with fixed windows."""
    yield Way("composite")
    for rule in ("paper", "released", "auto"):
        yield way(f"window={rule}", window=rule)
    for side in options.sweep:
        yield way(f"window={side}", window=side)


def objective_ways(_options: argparse.Namespace) -> Iterable[Way]:
    """Each objective, in encoded values and in linear light."""
    yield Way("composite")
    for light, remark in (("encoded", ""), ("linear", " (linear light)")):
        for rule in ("released", "auto"):
            yield way(f"box-joint, window={rule}{remark}", light=light, window=rule)
        yield way(f"gaussian{remark}", light=light, objective="gaussian", window=11)


def variant_ways(options: argparse.Namespace) -> Iterable[Way]:
    """Each variant as it is defined, apart from the number of iterations."""
    yield Way("composite")
    steps = options.iterations
    yield way(f"paper, {steps} iterations", variant="paper", iterations=steps)
    yield way(f"released, {steps} iterations", variant="released", iterations=steps)
    yield way("ours, window=released", variant="ours", window="released")
    yield way("ours, window=auto", variant="ours", window="auto")


WAYS: dict[str, Callable[[argparse.Namespace], Iterable[Way]]] = {
    "windows": window_ways,
    "objectives": objective_ways,
    "variants": variant_ways,
}


def fuse(
    frames: Sequence[PixelArray], labels: LabelArray, chosen: Way
) -> tuple[ImageF32, int, int]:
    """Fused image, window, and number of iterations."""
    if chosen.values is None:
        return compose(frames, labels), 0, 0
    values = ms_lap.method.resolve(dict(chosen.values))  # type: ignore[attr-defined]
    for state in ms_lap(frames, labels, compute=Compute(), **values):
        side, count = state.window, state.iteration
    return state.image, side, count


def one_seed(options: argparse.Namespace, seed: int) -> dict[str, dict[str, dict[str, Score]]]:
    """Scores by part, map and way."""
    cv2.setNumThreads(1)
    radius, number = radius_of(seed, options.seeds), options.first + seed
    scene = random_scene(options.size, layers=layers_of(seed), radius=radius, seed=number)
    rendering = render(scene)
    frames = [from_float(frame, "uint8") for frame in rendering.frames]
    band = boundary_band(rendering.labels, radius)
    maps = {"true": rendering.labels, "lap": laplacian(frames, compute=Compute())}
    result: dict[str, dict[str, dict[str, Score]]] = {}
    for part in options.parts:
        result[part] = {name: {} for name in options.maps}
        for name in options.maps:
            for chosen in WAYS[part](options):
                began = time.perf_counter()
                image, side, count = fuse(frames, maps[name], chosen)
                seconds = time.perf_counter() - began
                whole, near = psnr(image, rendering.truth), psnr(image, rendering.truth, band)
                result[part][name][chosen.name] = Score(whole, near, side, count, seconds)
    return result


def table(scores: dict[int, dict[str, Score]]) -> list[str]:
    """Markdown rows; the way "composite" is what the changes refer to."""
    field = "{} | change | worst | gains"
    head = f"| way | window | iterations | {field.format('PSNR')} | {field.format('band PSNR')} |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|---|---|"]
    seeds = sorted(scores)
    for name in scores[seeds[0]]:
        ours = [scores[seed][name] for seed in seeds]
        base = [scores[seed]["composite"] for seed in seeds]
        sides = sorted({score.window for score in ours})
        steps = round(float(np.mean([score.iterations for score in ours])))
        cells = [name, f"{sides[0]}-{sides[-1]}" if len(sides) > 1 else f"{sides[0] or ''}"]
        cells.append(str(steps or ""))
        for field in ("psnr", "band"):
            values = np.array([getattr(score, field) for score in ours])
            change = values - [getattr(score, field) for score in base]
            gains = int((change > 0).sum())
            cells += [f"{values.mean():.2f}", f"{change.mean():+.2f}", f"{change.min():+.2f}"]
            cells.append(f"{gains}/{len(seeds)}")
        if name == "composite":
            for place in (4, 5, 6, 8, 9, 10):
                cells[place] = ""
        rows.append("| " + " | ".join(cells) + " |")
    sweep = [name for name in scores[seeds[0]] if name[7:].isdigit()]
    if sweep:
        rows.append(_oracle(scores, sweep))
    return rows


def _oracle(scores: dict[int, dict[str, Score]], sweep: Sequence[str]) -> str:
    cells = ["best fixed window of each seed", "", ""]
    for field in ("psnr", "band"):
        best = [max(getattr(of[name], field) for name in sweep) for of in scores.values()]
        base = [getattr(of["composite"], field) for of in scores.values()]
        change = np.subtract(best, base)
        gains = int((change > 0).sum())
        cells += [f"{np.mean(best):.2f}", f"{change.mean():+.2f}", f"{change.min():+.2f}"]
        cells.append(f"{gains}/{len(scores)}")
    return "| " + " | ".join(cells) + " |"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=0, help="number of the first scene")
    parser.add_argument("--size", type=_size, default=Size(480, 360), metavar="WxH")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["windows", "objectives"])
    parser.add_argument("--maps", nargs="+", choices=list(MAPS), default=list(MAPS))
    parser.add_argument("--sweep", type=int, nargs="*", default=SWEEP, help="fixed windows")
    parser.add_argument("--iterations", type=int, default=1000, help="of paper and released")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


def _size(text: str) -> Size:
    width, height = (int(number) for number in text.split("x"))
    return Size(width, height)


def main() -> None:
    options = parse()
    with ProcessPoolExecutor(options.jobs) as pool:
        results = list(pool.map(partial(one_seed, options), range(options.seeds)))
    lines = []
    for part in options.parts:
        for name in options.maps:
            scores = {seed: of[part][name] for seed, of in enumerate(results)}
            last = options.first + options.seeds - 1
            title = f"{part}, {MAPS[name]}, {options.size}, seeds {options.first} to {last}"
            lines += [f"### {title[0].upper()}{title[1:]}", "", *table(scores), ""]
    print("\n".join(lines))
    if options.markdown is not None:
        options.markdown.write_text("\n".join(lines), encoding="utf-8")
    if options.json is not None:
        plain = [
            {
                "seed": options.first + seed,
                "radius": radius_of(seed, options.seeds),
                "layers": layers_of(seed),
            }
            | {part: _plain(maps) for part, maps in of.items()}
            for seed, of in enumerate(results)
        ]
        options.json.write_text(json.dumps(plain, indent=1), encoding="utf-8")


def _plain(maps: dict[str, dict[str, Score]]) -> dict[str, dict[str, dict[str, float]]]:
    return {m: {name: vars(score) for name, score in ways.items()} for m, ways in maps.items()}


if __name__ == "__main__":
    main()
