"""Two flat layers: PSNR of every way to fuse, and the share of what the physics could give."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from benchmarks.inversion.scores import (
    HALO,
    band_of,
    blind,
    both_psnr,
    mean,
    number,
    oracle,
    photographed,
    signed,
    table,
)
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.synth.capture import Capture
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.focus_pair import FocusPair

RADII = (2.0, 4.0, 8.0, 12.0)
CONVENTIONAL = (
    "Laplacian-map composite",
    "truth-map composite",
    "MFF-SSIM, Laplacian map",
    "Laplacian pyramid",
)
PYRAMID, GATED, UNGATED, ORACLE = CONVENTIONAL[-1], "ours, gated", "ours, ungated", "oracle"
# Share of the gap from the pyramid to the oracle that the prototype closed: whole, band.
REQUIRED = {2.0: (0.47, 0.35), 4.0: (0.54, 0.50), 8.0: (0.49, 0.48), 12.0: (0.38, 0.40)}
Scores = dict[str, tuple[float, float]]


def conventional(
    frames: Sequence[PixelArray], truth_labels: LabelArray, compute: Compute
) -> dict[str, ImageF32]:
    """By name; without the pyramid."""
    labels = laplacian(frames, compute=compute)
    values = ms_lap.method.resolve({})  # type: ignore[attr-defined]
    *_, end = ms_lap(frames, labels, compute=compute, **values)
    made = (compose(frames, labels), compose(frames, truth_labels), end.image)
    return dict(zip(CONVENTIONAL, made, strict=False))


def labels_of(pair: FocusPair, *, near: int) -> LabelArray:
    """The source that is sharp by the truth, 1 or 2."""
    front = pair.matte >= 0.5
    return (1 + (front if near == 1 else ~front)).astype("uint8")


def one_scene(radius: float, seed: int, compute: Compute) -> tuple[Scores, dict[str, float]]:
    """PSNR of every way, and what the method found out."""
    pair = constant_depth(radius=radius, seed=seed)
    near = seed % 2
    frames, pair = photographed(pair, Capture(), seed=seed, swapped=bool(near))
    ours = blind(frames, compute=compute, halos=(HALO, 1.0))
    pictures = conventional(ours.frames, labels_of(pair, near=near), compute)
    pictures |= {PYRAMID: ours.usual, GATED: ours.found[0].image, UNGATED: ours.found[1].image}
    pictures[ORACLE] = oracle(frames, pair, radius, near=near)
    band = band_of(pair, radius)
    scores = {name: both_psnr(image, pair.truth, band) for name, image in pictures.items()}
    facts = {
        "right": float(ours.known.near == near),
        "fallen back": float(bool(ours.known.why_not)),
        "aligned": float(ours.aligned),
        "margin": ours.known.margin,
        "radius found": ours.known.spreads[0].radius,
    }
    return scores, facts


def gains(scenes: Sequence[Scores], way: str) -> tuple[float, float]:
    """Whole picture, over the best conventional result of each scene: mean and smallest."""
    away = [one[way][0] - max(one[name][0] for name in CONVENTIONAL) for one in scenes]
    return mean(away), min(away)


def summary(results: Mapping[float, Sequence[tuple[Scores, dict[str, float]]]]) -> list[str]:
    radii = list(results)
    scores = {radius: [one for one, _ in results[radius]] for radius in radii}
    names = (*CONVENTIONAL, GATED, UNGATED, ORACLE)
    means = {
        (name, radius, part): mean(one[name][part] for one in scores[radius])
        for name in names
        for radius in radii
        for part in (0, 1)
    }
    head = ["PSNR in dB, whole / band", *(f"r = {radius:g}" for radius in radii)]
    rows = [
        [name, *(f"{means[name, r, 0]:.1f} / {means[name, r, 1]:.1f}" for r in radii)]
        for name in names
    ]
    lines = [*table(head, rows), ""]
    rows = []
    for way in (GATED, UNGATED):
        for part, place in enumerate(("whole", "band")):
            shares = [share(means, way, radius, part) for radius in radii]
            rows.append([f"{way}, {place}", *(number(value) for value in shares)])
    for part, place in enumerate(("whole", "band")):
        asked = [number(REQUIRED[r][part]) if r in REQUIRED else "" for r in radii]
        rows.append([f"required, {place}", *asked])
    lines += [*table(["share of the gap from pyramid to oracle", *head[1:]], rows), ""]
    rows = []
    for way in (GATED, UNGATED):
        told = [gains(scores[radius], way) for radius in radii]
        rows.append([way, *(f"{signed(m)} / {signed(low)}" for m, low in told)])
    lines += [*table(["over the best conventional, mean / smallest", *head[1:]], rows), ""]
    rows = []
    for fact in ("right", "fallen back", "aligned"):
        facts = [[f[fact] for _, f in results[radius]] for radius in radii]
        rows.append([FACTS[fact], *(f"{sum(f):.0f} of {len(f)}" for f in facts)])
    told_radii = [
        mean(f["radius found"] for _, f in results[radius] if not f["fallen back"])
        for radius in radii
    ]
    rows.append(["mean radius found", *(number(value) for value in told_radii)])
    return [*lines, *table(["found out", *head[1:]], rows), ""]


FACTS = {
    "right": "order right",
    "fallen back": "left to the pyramid",
    "aligned": "frame 2 changed by the alignment",
}


def share(
    means: Mapping[tuple[str, float, int], float], way: str, radius: float, part: int
) -> float:
    low, high = means[PYRAMID, radius, part], means[ORACLE, radius, part]
    return (means[way, radius, part] - low) / (high - low)


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    compute = Compute(threads=options.threads)
    results: dict[float, list[tuple[Scores, dict[str, float]]]] = {}
    rows: list[dict[str, object]] = []
    for radius in options.radii:
        results[radius] = []
        for seed in range(options.first, options.first + options.seeds):
            scores, facts = one_scene(radius, seed, compute)
            results[radius].append((scores, facts))
            for name, (whole, band) in scores.items():
                rows.append(
                    {"radius": radius, "seed": seed, "way": name, "whole": whole, "band": band}
                    | facts
                )
            told = f"{scores[PYRAMID][0]:.2f} -> {scores[GATED][0]:.2f} dB"
            print(f"r = {radius:g}, seed {seed}: {told}", flush=True)
    last = options.first + options.seeds - 1
    title = f"### Constant depth, 640 x 480, 8 bit, seeds {options.first} to {last}"
    return [title, "", *summary(results)], rows
