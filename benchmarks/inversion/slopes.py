"""Continuous surfaces, which have no depth edge: the result should stay the pyramid."""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.inversion.scores import blind, mean, number, photographed, psnr, signed, table
from mfgui.core.compute import Compute
from mfgui.synth.capture import Capture
from mfgui.synth.depth_scene import camera_of, random_depth_scene

NEAR_ENOUGH = 2 / 255


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    compute = Compute(threads=options.threads)
    rows: list[dict[str, object]] = []
    for seed in range(options.first, options.first + options.seeds):
        pair = random_depth_scene(seed=seed, kind="slope")
        for camera, name in ((Capture(), "perfect"), (camera_of(seed), "random")):
            frames, shot = photographed(pair, camera, seed=seed, swapped=bool(seed % 2))
            ours = blind(frames, compute=compute)
            image = ours.found[0].image
            away = np.abs(image - ours.usual).max(axis=2)
            rows.append(
                {
                    "seed": seed,
                    "camera": name,
                    "same": float((away <= NEAR_ENOUGH).mean()),
                    "left": int(bool(ours.known.why_not)),
                    "margin": ours.known.margin,
                    "gain": psnr(image, shot.truth) - psnr(ours.usual, shot.truth),
                    "description": shot.description,
                }
            )
            print(rows[-1], flush=True)
    head = ["camera", "scenes", "left to the pyramid", "pixels within 2/255: mean", "fewest"]
    head += ["gain, dB: mean", "smallest"]
    lines = []
    for name in ("perfect", "random"):
        mine = [row for row in rows if row["camera"] == name]
        same = [float(str(row["same"])) for row in mine]
        gains = [float(str(row["gain"])) for row in mine]
        left = sum(int(str(row["left"])) for row in mine)
        cells = [name, str(len(mine)), str(left), f"{100 * mean(same):.2f} %"]
        cells += [f"{100 * min(same):.2f} %", signed(mean(gains)), signed(min(gains))]
        lines.append(cells)
    table_lines = table(head, lines)
    lowest = sorted(rows, key=lambda row: float(str(row["same"])))[:3]
    told = [
        f"- seed {row['seed']}, {row['camera']} camera: {number(100 * float(str(row['same'])))} %, "
        f"margin {number(float(str(row['margin'])), 3)}: {row['description']}"
        for row in lowest
    ]
    last = options.first + options.seeds - 1
    title = f"### Slopes, seeds {options.first} to {last}"
    return [title, "", *table_lines, "", "Fewest:", *told, ""], rows
