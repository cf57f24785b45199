"""Many random scenes: how often, and by how much, the result is better or worse than the pyramid.

Every seed gives two scenes: flat layers with a radius of 1.2 to 14 pixels, perfect in 8 bits, and
a scene of `mfgui.synth.depth_scene` with its random camera. Either frame comes first. Rows are
added to a CSV file, keyed by generator, seed, forced order and the code that is measured, so that
a run that was stopped goes on; a scene that fails is a row, too, and is tried again next time.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks.inversion.scores import (
    Blind,
    blind,
    mean,
    number,
    photographed,
    psnr,
    signed,
    table,
    version,
)
from mfgui.bench import plot_raster
from mfgui.bench.plots import Figure, Panel, Series
from mfgui.core.arrays import PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.methods.inversion.recover import Near
from mfgui.synth import depth_scene
from mfgui.synth.capture import Capture
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.focus_pair import FocusPair

GENERATORS = ("constant", "depth")
RADII = (1.2, 14.0)
LOSS = -0.1  # dB from which on a scene counts as worse
EDGES = (-math.inf, -3, -1, -0.5, LOSS, 0.1, 0.5, 1, 2, 4, 8, math.inf)
_BAR = 60  # characters of the longest bar
_SIDE = 0.5  # dB of a bar of the picture


@dataclass(frozen=True)
class Row:
    """What one scene gave.

    Attributes
    ----------
    near, found : 0 or 1
        Which frame has the front, and which was taken for it.
    before, after : float
        PSNR of the pyramid of the aligned frames and of the result, dB.
    radii : "first / second"
        As they were found, of the light of the frame taken for the near one and of the other.
    """

    version: str
    generator: str
    seed: int
    order: str
    size: str
    kind: str
    radius: float
    near: int
    found: int
    margin: float
    left: int
    aligned: int
    before: float
    after: float
    seconds: float
    radii: str
    description: str
    error: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return (self.version, self.generator, str(self.seed), self.order, self.size)

    @property
    def gain(self) -> float:
        return self.after - self.before

    @property
    def decided(self) -> bool:
        return not self.left


def scene_of(
    generator: str, seed: int, size: Size
) -> tuple[list[PixelArray], FocusPair, int, float, str]:
    """Frames, the pair with its truth, which frame has the front, radius, description."""
    rng = np.random.default_rng((seed, 7))
    near = int(rng.random() < 0.5)
    if generator == "constant":
        low, high = np.log(RADII)
        radius = float(np.exp(rng.uniform(low, high)))
        pair, camera = constant_depth(size, radius=radius, seed=seed), Capture()
    else:
        pair, camera = depth_scene.drawn(size, seed=seed)
        found = re.search(r"r=([\d.]+)", pair.description)
        radius = float(found.group(1)) if found else math.nan
    frames, shot = photographed(pair, camera, seed=seed, swapped=bool(near))
    told = "; ".join(part for part in (pair.description, faults(camera)) if part)
    return frames, shot, near, radius, told


def faults(camera: Capture) -> str:
    """What differs from a perfect camera, in a few words."""
    usual = asdict(Capture())
    parts = []
    for name, value in asdict(camera).items():
        if value == usual[name] or name == "moved":
            continue
        if isinstance(value, tuple):
            told = ", ".join(f"{part:.2f}" for part in value)
        else:
            told = f"{value:.3g}" if name != "breathing" else f"{value:.4f}"
        parts.append(f"{name} {told}")
    return ", ".join(parts)


def measured(generator: str, seed: int, options: argparse.Namespace) -> tuple[Row, Blind | None]:
    """One scene; a failure is told in its row."""
    size: Size = options.size
    order = "wrong" if options.wrong_order else "found"
    start = time.perf_counter()
    blank = (version(), generator, seed, order, f"{size.width}x{size.height}")
    try:
        frames, pair, near, radius, told = scene_of(generator, seed, size)
        forced: Near = "auto" if not options.wrong_order else ("2" if near == 0 else "1")
        ours = blind(frames, compute=Compute(threads=options.threads), near=forced)
        known = ours.known
        row = Row(
            *blank,
            kind=generator if generator == "constant" else told.split(",")[0],
            radius=radius,
            near=near,
            found=known.near,
            margin=known.margin,
            left=int(bool(known.why_not)),
            aligned=int(ours.aligned),
            before=psnr(ours.usual, pair.truth),
            after=psnr(ours.found[0].image, pair.truth),
            seconds=time.perf_counter() - start,
            radii=" / ".join(f"{one.radius:.2f}" for one in known.spreads),
            description=told,
        )
        return row, ours
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        nothing = (math.nan, 0, 0, math.nan, 0, 0, math.nan, math.nan)
        spent = time.perf_counter() - start
        return Row(*blank, "failed", *nothing, spent, "", "", reason), None


def read(path: Path) -> dict[tuple[str, ...], Row]:
    """Rows of earlier runs by key, without the failures."""
    if not path.exists():
        return {}
    makers: Mapping[str, Callable[[str], object]] = {"float": float, "int": int, "str": str}
    found = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != [f.name for f in fields(Row)]:
            raise SystemExit(f"{path}: other columns, choose another file for --rows")
        for line in reader:
            row = Row(**{f.name: makers[str(f.type)](line[f.name]) for f in fields(Row)})
            if not row.error:
                found[row.key] = row
    return found


def rows_of(options: argparse.Namespace) -> Iterator[Row]:
    """Those of the file, and those that are missing there, which are added to it."""
    path: Path = options.rows
    known = read(path)
    names = [f.name for f in fields(Row)]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    order = "wrong" if options.wrong_order else "found"
    size = f"{options.size.width}x{options.size.height}"
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        if fresh:
            writer.writeheader()
        for seed in range(options.first, options.last + 1):
            for generator in options.generators:
                row = known.get((version(), generator, str(seed), order, size))
                if row is None:
                    row, _ = measured(generator, seed, options)
                    writer.writerow({name: getattr(row, name) for name in names})
                    file.flush()
                    told = row.error or f"{signed(row.gain)} dB, {row.seconds:.1f} s"
                    print(f"{generator} {seed}: {told}", flush=True)
                yield row


def line_of(name: str, rows: Sequence[Row]) -> list[str]:
    gains = [row.gain for row in rows]
    decided = [row for row in rows if row.decided]
    wide = [row for row in decided if row.radius >= 4]
    right = [sum(row.found == row.near for row in group) for group in (decided, wide)]
    worse = sum(gain < LOSS for gain in gains)
    return [
        name,
        str(len(rows)),
        number(mean(row.before for row in rows)),
        signed(mean(gains)),
        signed(float(np.median(gains))),
        f"{worse} ({100 * worse / len(rows):.0f} %)",
        signed(min(gains)),
        str(sum(row.left for row in rows)),
        f"{right[0]} of {len(decided)}",
        f"{right[1]} of {len(wide)}",
    ]


HEAD = (
    "scenes",
    "number",
    "pyramid, dB",
    "mean gain",
    "median",
    "worse by > 0.1 dB",
    "smallest",
    "left to the pyramid",
    "order right",
    "order right, r >= 4",
)


def summary(rows: Sequence[Row]) -> list[str]:
    good = [row for row in rows if not row.error]
    groups: list[tuple[str, list[Row]]] = [("all", good)]
    groups += [(name, [r for r in good if r.generator == name]) for name in GENERATORS]
    kinds = sorted({row.kind for row in good if row.generator == "depth"})
    groups += [(f"depth: {kind}", [r for r in good if r.kind == kind]) for kind in kinds]
    for low, high in ((0.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, math.inf)):
        name = f"r from {low:g}" if math.isinf(high) else f"r {low:g} to {high:g}"
        groups.append((name, [row for row in good if low <= row.radius < high]))
    lines = [*table(HEAD, [line_of(name, group) for name, group in groups if group]), ""]
    lines += ["```", *histogram([row.gain for row in good]), "```", ""]
    if failed := [row for row in rows if row.error]:
        lines += ["Failed:", *(f"- {r.generator} {r.seed}: {r.error}" for r in failed), ""]
    return lines


def worst(rows: Sequence[Row], count: int) -> list[str]:
    good = sorted((row for row in rows if not row.error), key=lambda row: row.gain)
    head = ["scene", "gain, dB", "pyramid, dB", "order", "margin", "radii found", "what it is"]
    cells = []
    for row in good[:count]:
        order = "left" if row.left else ("right" if row.near == row.found else "wrong")
        cells.append(
            [
                f"{row.generator} {row.seed}",
                signed(row.gain),
                number(row.before),
                order,
                number(row.margin, 3),
                row.radii,
                row.description,
            ]
        )
    return [*table(head, cells), ""]


def histogram(gains: Sequence[float]) -> list[str]:
    """Numbers of scenes by gain in dB, as bars of text."""
    counts = Counter(int(np.searchsorted(EDGES, gain, side="right")) for gain in gains)
    most = max(counts.values(), default=1)
    lines = []
    for index in range(1, len(EDGES)):
        low, high = EDGES[index - 1], EDGES[index]
        if math.isinf(low):
            name = f"below {high:g}"
        else:
            name = f"from {low:g}" if math.isinf(high) else f"{low:g} to {high:g}"
        bar = "#" * math.ceil(_BAR * counts[index] / most)
        lines.append(f"{name:>12} dB {counts[index]:4d} {bar}".rstrip())
    return lines


def picture(groups: Mapping[str, Sequence[float]], title: str) -> bytes:
    """The same as a PNG, a stepped line for each group, in shares of its scenes."""
    every = [gain for gains in groups.values() for gain in gains]
    low = _SIDE * math.floor(min(every) / _SIDE)
    high = _SIDE * math.ceil(max(every) / _SIDE + 1e-9)
    edges = np.arange(low, high + _SIDE / 2, _SIDE)
    series = []
    for name, gains in groups.items():
        counts, _ = np.histogram(gains, edges)
        shares = 100 * counts / max(1, len(gains))
        points = [(float(edges[0]), 0.0)]
        for left, right, share in zip(edges[:-1], edges[1:], shares, strict=True):
            points += [(float(left), float(share)), (float(right), float(share))]
        points.append((float(edges[-1]), 0.0))
        series.append(Series(f"{name} ({len(gains)})", points))
    panel = Panel(title, "gain over the pyramid, dB", "share of the scenes, %", series)
    return plot_raster.png(Figure("", [panel], width=640.0), scale=1)


def run(options: argparse.Namespace) -> tuple[list[str], list[dict[str, object]]]:
    rows = list(rows_of(options))
    order = ", wrong order forced" if options.wrong_order else ""
    title = f"### Random scenes, seeds {options.first} to {options.last}{order}"
    spent = sum(row.seconds for row in rows)
    lines = [title, "", *summary(rows), f"{spent:.0f} s on {options.threads} thread(s).", ""]
    if options.worst:
        lines += [f"The {options.worst} smallest gains:", "", *worst(rows, options.worst)]
    if options.histogram:
        groups = {
            name: [row.gain for row in rows if row.generator == name and not row.error]
            for name in options.generators
        }
        shown = {name: gains for name, gains in groups.items() if gains}
        heading = "Wrong order forced" if options.wrong_order else "Random scenes"
        options.histogram.write_bytes(picture(shown, heading))
    return lines, [asdict(row) | {"gain": row.gain} for row in rows]
