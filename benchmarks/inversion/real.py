"""Photographed pairs, which have no truth: what was found out, and crops to look at."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.inversion import sheets
from benchmarks.inversion.scores import blind, number, table
from mfgui.core.compute import Compute
from mfgui.files.images import read_image
from mfgui.methods.inversion.views import colours

_CROP = 96
_CHANGED = 2 / 255


@dataclass(frozen=True)
class Files:
    name: str
    first: Path
    second: Path


def pairs(folder: Path) -> Iterator[Files]:
    """`NAME-A.jpg` and `NAME-B.jpg`, `bg-A-NAME.jpg` and `bg-B-NAME.jpg`, or folders with two
    pictures `image1` and `image2`."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            two = [sorted(path.glob(f"image{n}.*")) for n in (1, 2)]
            if all(two):
                yield Files(f"{folder.name} {path.name}", two[0][0], two[1][0])
        for mark in ("-A.", "-A-"):
            other = path.with_name(path.name.replace(mark, mark.replace("A", "B")))
            if mark in path.name and other != path and other.exists():
                yield Files(path.name.replace(mark, mark[-1]).split(".")[0], path, other)


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    compute = Compute(threads=options.threads)
    rows: list[dict[str, object]] = []
    for folder in options.folders:
        for files in pairs(folder):
            frames = [read_image(path) for path in (files.first, files.second)]
            start = time.perf_counter()
            ours = blind(frames, compute=compute)
            seconds = time.perf_counter() - start
            known, found = ours.known, ours.found[0]
            changed = np.abs(found.image - ours.usual).max(axis=2) > _CHANGED
            rows.append(
                {
                    "pair": files.name,
                    "near": "AB"[known.near],
                    "margin": known.margin,
                    "radius": known.spreads[0].radius,
                    "other radius": known.spreads[1].radius,
                    "floor": 255 * math.sqrt(known.floor / 3),
                    "why": known.why_not,
                    "changed": float(changed.mean()),
                    "aligned": ours.aligned,
                    "seconds": seconds,
                }
            )
            print(rows[-1], flush=True)
            if options.pictures:
                near, far = (colours(ours.frames[i]) for i in (known.near, 1 - known.near))
                shown = {
                    "near frame": near,
                    "far frame": far,
                    "pyramid": ours.usual,
                    "ours": found.image,
                    "matte": sheets.shown(found.matte),
                    "confidence": sheets.shown(found.confidence),
                }
                crops = sheets.largest_changes(found.image, ours.usual, side=_CROP, count=4)
                whole = {name: shown[name] for name in ("near frame", "ours", "matte")}
                page = sheets.stacked(
                    sheets.overview(whole, width=520), sheets.sheet(shown, crops, scale=3)
                )
                sheets.write(page, options.pictures / f"{files.name.replace(' ', '-')}.png")
    head = ["pair", "near", "margin", "radius", "other radius", "floor/255", "aligned"]
    head += ["changed", "s", "left to the pyramid"]
    lines = [
        [
            str(row["pair"]),
            str(row["near"]) if float(str(row["margin"])) > 0 else "",
            number(float(str(row["margin"])), 3),
            number(float(str(row["radius"])), 1),
            number(float(str(row["other radius"])), 1),
            number(float(str(row["floor"])), 1),
            "yes" if row["aligned"] else "",
            f"{100 * float(str(row['changed'])):.1f} %",
            number(float(str(row["seconds"])), 1),
            str(row["why"]),
        ]
        for row in rows
    ]
    return ["### Photographed pairs", "", *table(head, lines), ""], rows
