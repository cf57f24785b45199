"""What a camera does to the frames, at one radius: gains over the pyramid of the aligned pair.

The oracle gets the aligned frames, too, with all that the camera did to them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from benchmarks.inversion.scores import (
    HALO,
    band_of,
    blind,
    both_psnr,
    mean,
    number,
    oracle,
    photographed,
    pyramid,
    signed,
    table,
)
from mfgui.core.compute import Compute
from mfgui.methods.inversion.spread import Shape
from mfgui.synth.capture import Capture
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.psf import Psf

RADIUS = 6.0
CONTRAST = 2.0  # where the pyramid is as good as on the scenes of the prototype, 35.5 / 28.4 dB


@dataclass(frozen=True)
class Condition:
    """Attributes
    ----------
    required : (whole, band) or None
        Gain in dB of the prototype over the pyramid of the pair that it aligned.
    """

    name: str
    camera: Capture = field(default_factory=Capture)
    shape: Shape = "disk"
    required: tuple[float, float] | None = None


CONDITIONS = (
    Condition("clean", required=(9.46, 8.14)),
    Condition("noise 2/255", Capture(noise=2.0), required=(4.60, 6.30)),
    Condition("JPEG 92", Capture(jpeg=92), required=(3.79, 4.95)),
    Condition("shift 1 px", Capture(shift=(1.0, -0.6)), required=(5.77, 6.95)),
    Condition("shift 2 px", Capture(shift=(2.0, -1.2)), required=(4.80, 6.95)),
    Condition("breathing 0.5 %", Capture(breathing=1.005), required=(4.22, 6.73)),
    Condition("gain 1/1.15", Capture(gain=1 / 1.15), required=(7.72, 7.54)),
    Condition("gain 1.15 (clips)", Capture(gain=1.15)),
    Condition("Gaussian blur", shape="gaussian", required=(5.62, 5.44)),
    Condition("S curve", Capture(tone=0.5), required=(4.45, 4.03)),
)
PYRAMID, OURS, UNGATED, ORACLE = "pyramid, aligned", "ours", "ours, ungated", "oracle"
COLUMNS = ("pyramid as is", PYRAMID, OURS, UNGATED, ORACLE)
PARTS = ("whole", "band")
_Pair: TypeAlias = tuple[float, float]  # whole picture, band


def one(condition: Condition, seed: int, contrast: float, compute: Compute) -> dict[str, object]:
    pair = constant_depth(radius=RADIUS, seed=seed, psf=Psf(condition.shape), contrast=contrast)
    near = seed % 2
    frames, pair = photographed(pair, condition.camera, seed=seed, swapped=bool(near))
    ours = blind(frames, compute=compute, halos=(HALO, 1.0))
    band = band_of(pair, RADIUS)
    gated, ungated = (one.image for one in ours.found)
    best = oracle(ours.frames, pair, RADIUS, near=near, shape=condition.shape)
    pictures = (pyramid(frames, compute=compute), ours.usual, gated, ungated, best)
    row: dict[str, object] = {"condition": condition.name, "contrast": contrast, "seed": seed}
    for name, image in zip(COLUMNS, pictures, strict=True):
        row[f"{name}, whole"], row[f"{name}, band"] = both_psnr(image, pair.truth, band)
    blur = ours.known.spreads[0]
    return row | {
        "right": int(ours.known.near == near),
        "fallen back": int(bool(ours.known.why_not)),
        "margin": ours.known.margin,
        "radius": blur.radius,
        "shape": int(blur.shape == condition.shape),
    }


def summary(rows: Sequence[dict[str, object]]) -> list[str]:
    """What every way reaches, and gains over the pyramid with what the oracle says of them."""
    head = ["condition", "gain", "required", "ungated", "oracle's", "share of the oracle's"]
    head += ["ungated", "of the clean gain", "required"]
    usual = CONDITIONS[0].required
    levels, gains, facts = [], [], []
    clean: _Pair | None = None
    for condition in CONDITIONS:
        mine = [row for row in rows if row["condition"] == condition.name]
        if not mine:
            continue
        means = {name: _means(mine, name) for name in COLUMNS}
        levels.append([condition.name, *(_level(means[name]) for name in COLUMNS)])
        gain, raw, most = (_less(means[n], means[PYRAMID]) for n in (OURS, UNGATED, ORACLE))
        clean = clean or gain
        asked = condition.required
        cells = [condition.name, _gain(gain), _gain(asked), _gain(raw), _gain(most)]
        cells += [_share(gain, most), _share(raw, most), _share(gain, clean)]
        gains.append([*cells, _share(asked, usual) if asked and usual else ""])
        cells = [condition.name]
        for fact in ("right", "fallen back", "shape"):
            cells.append(f"{sum(int(str(row[fact])) for row in mine)} of {len(mine)}")
        facts.append([*cells, number(mean(float(str(row["radius"])) for row in mine))])
    told = ["condition", "order right", "left to the pyramid", "shape right", "radius"]
    lines = [*table(["PSNR in dB", *COLUMNS], levels), "", *table(head, gains), ""]
    return [*lines, *table(told, facts)]


def _means(rows: Sequence[dict[str, object]], name: str) -> _Pair:
    whole, band = (mean(float(str(row[f"{name}, {part}"])) for row in rows) for part in PARTS)
    return whole, band


def _less(one: _Pair, other: _Pair) -> _Pair:
    return one[0] - other[0], one[1] - other[1]


def _level(values: _Pair) -> str:
    return " / ".join(f"{value:.2f}" for value in values)


def _gain(values: _Pair | None) -> str:
    return "" if values is None else " / ".join(signed(value) for value in values)


def _share(values: _Pair, whole: _Pair) -> str:
    return " / ".join(number(a / b) for a, b in zip(values, whole, strict=True))


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    compute = Compute(threads=options.threads)
    contrast = CONTRAST if options.contrasty else 1.0
    rows = []
    for condition in CONDITIONS:
        for seed in range(options.first, options.first + options.seeds):
            rows.append(one(condition, seed, contrast, compute))
            whole = [float(str(rows[-1][f"{name}, whole"])) for name in COLUMNS]
            print(condition.name, seed, [round(value, 2) for value in whole], flush=True)
    last = options.first + options.seeds - 1
    kind = f", contrast {contrast:g}" if options.contrasty else ""
    title = f"### Robustness, r = {RADIUS:g}{kind}, seeds {options.first} to {last}, whole / band"
    return [title, "", *summary(rows), ""], rows
