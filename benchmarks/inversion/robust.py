"""What a camera does to the frames, at one radius: gains over the pyramid of the aligned pair."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.inversion.scores import (
    band_of,
    blind,
    both_psnr,
    mean,
    number,
    photographed,
    pyramid,
    signed,
    table,
)
from mfgui.core.compute import Compute
from mfgui.synth.capture import Capture
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.psf import Psf

RADIUS = 6.0


@dataclass(frozen=True)
class Condition:
    """Attributes
    ----------
    required : (whole, band) or None
        Gain in dB of the prototype over the pyramid of the pair that it aligned.
    """

    name: str
    camera: Capture = field(default_factory=Capture)
    psf: Psf = field(default_factory=Psf)
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
    Condition("Gaussian blur", psf=Psf("gaussian"), required=(5.62, 5.44)),
    Condition("S curve", Capture(tone=0.5), required=(4.45, 4.03)),
)
COLUMNS = ("pyramid as is", "pyramid, aligned", "ours")


def one(condition: Condition, seed: int, compute: Compute) -> dict[str, object]:
    pair = constant_depth(radius=RADIUS, seed=seed, psf=condition.psf)
    near = seed % 2
    frames, pair = photographed(pair, condition.camera, seed=seed, swapped=bool(near))
    ours = blind(frames, compute=compute)
    band = band_of(pair, RADIUS)
    pictures = (pyramid(frames, compute=compute), ours.usual, ours.found[0].image)
    row: dict[str, object] = {"condition": condition.name, "seed": seed}
    for name, image in zip(COLUMNS, pictures, strict=True):
        row[f"{name}, whole"], row[f"{name}, band"] = both_psnr(image, pair.truth, band)
    return row | {
        "right": int(ours.known.near == near),
        "fallen back": int(bool(ours.known.why_not)),
        "margin": ours.known.margin,
        "radius": ours.known.spreads[0].radius,
    }


def summary(rows: Sequence[dict[str, object]]) -> list[str]:
    head = ["condition", *COLUMNS, "gain", "required", "of the clean gain", "required"]
    head += ["order right", "left", "radius"]
    lines = []
    clean: list[float] = []
    for condition in CONDITIONS:
        mine = [row for row in rows if row["condition"] == condition.name]
        if not mine:
            continue
        cells: list[str] = [condition.name]
        means = {
            (name, part): mean(float(str(row[f"{name}, {part}"])) for row in mine)
            for name in COLUMNS
            for part in ("whole", "band")
        }
        cells += [f"{means[n, 'whole']:.2f} / {means[n, 'band']:.2f}" for n in COLUMNS]
        away = [means[COLUMNS[2], part] - means[COLUMNS[1], part] for part in ("whole", "band")]
        cells.append(" / ".join(signed(value) for value in away))
        asked = condition.required
        cells.append("" if asked is None else " / ".join(signed(value) for value in asked))
        clean = clean or away
        cells.append(" / ".join(number(a / b) for a, b in zip(away, clean, strict=True)))
        usual = CONDITIONS[0].required
        kept = zip(asked, usual, strict=True) if asked and usual else ()
        cells.append(" / ".join(number(a / b) for a, b in kept))
        for fact in ("right", "fallen back"):
            cells.append(f"{sum(int(str(row[fact])) for row in mine)} of {len(mine)}")
        cells.append(number(mean(float(str(row["radius"])) for row in mine)))
        lines.append(cells)
    return table(head, lines)


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    compute = Compute(threads=options.threads)
    rows = []
    for condition in CONDITIONS:
        for seed in range(options.first, options.first + options.seeds):
            rows.append(one(condition, seed, compute))
            whole = [float(str(rows[-1][f"{name}, whole"])) for name in COLUMNS]
            print(condition.name, seed, [round(value, 2) for value in whole], flush=True)
    last = options.first + options.seeds - 1
    title = f"### Robustness, r = {RADIUS:g}, seeds {options.first} to {last}, PSNR whole / band"
    return [title, "", *summary(rows), ""], rows
