"""What is lost by computing only near label boundaries, and after a dab of the brush only there.

    python benchmarks/active.py [--data DIR] [--threads 2] [--quick] [--json FILE]
        [--parts full dabs] [--steps 30] [--dabs 100]

    full  the active solve against the one of all pixels, same start and number of steps, on every
          pair and stack: difference of Q, and the largest fall of Q from one state to the next
    dabs  the local solution after discs of 64 pixels were given to the other source, half of them
          at label boundaries and half anywhere, on 24 megapixels (pair 6 enlarged 7 times):
          time, and distance from the converged local solution in the square of the dab and in the
          whole rectangle

Without --data pictures are generated. Q of both is measured over all patches. The rival's time is
that of the solve of all pixels. Compiled loops are warm, memory has been touched, and the local
solution has run once for each window before anything is timed.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ledger import (
    ENDLESS,
    Ledger,
    detect,
    generated,
    options,
    pair6,
    read,
    shared_sets,
    solve,
    solved,
    touch_memory,
    warm_up,
)

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.local import LocalSolution, solve_again
from mfgui.methods.optimise.mffssim.objective import q_box

DAB = 64
CONVERGED = solvers.Limits(150)
FALL = 1e-7  # rounding of Q that the guard lets pass
QUICK_SETS = 6


def sets(data: Path, quick: bool) -> Iterator[tuple[str, list[PixelArray], LabelArray]]:
    """Name, frames and map of everything there is."""
    found = list(shared_sets(data))
    if not found:
        for count in (2, 3, 8):
            frames: list[PixelArray] = list(generated(600, 400, count))
            yield f"generated, K = {count}", frames, detect(frames)
    for name, paths in found[:: max(1, len(found) // QUICK_SETS)] if quick else found:
        frames = [read(path) for path in paths]
        yield f"{name}, K = {len(frames)}", frames, detect(frames)
        drawn = paths[0].with_name("label.png")
        if drawn.exists():
            labels = np.where(read(drawn)[:, :, 0] > 0, 1, 2).astype(np.uint8)
            yield f"{name}, drawn map", frames, labels
        if frames[0].dtype == np.uint16:
            white = max(int(frame.max()) for frame in frames)
            stretched = [(frame.astype(np.uint64) * 65535 // white).astype(np.uint16)
                         for frame in frames]  # fmt: skip
            yield f"{name}, stretched to white", stretched, detect(stretched)


def measure_full(chosen: argparse.Namespace, ledger: Ledger) -> None:
    for objective in chosen.objectives:
        ledger.enter(f"Active against full, {chosen.steps} steps each, objective {objective}")
        fixed: dict[str, Any] = {"objective": objective, "coarse": False, **ENDLESS}
        fixed["iterations"] = chosen.steps
        worst = fall = 0.0
        for name, frames, labels in sets(chosen.data, chosen.quick):
            values, took, falls = [], [], []
            for active in ("band", "full"):
                began, qs = time.perf_counter(), []
                for state in solve(frames, labels, chosen.threads, active=active, **fixed):
                    qs.append(state.q)
                took.append(time.perf_counter() - began)
                falls.append(max((a - b for a, b in itertools.pairwise(qs)), default=0.0))
                values.append(measured(objective, frames, labels, state.image, chosen))
            difference = values[1] - values[0]
            worst, fall = max(worst, abs(difference)), max(fall, *falls)
            ledger.say(
                f"{name:34} Q {values[1]:.6f}, active less by {difference:9.2e}; "
                f"largest fall {max(falls):9.2e}; {took[0]:.2f} s against {took[1]:.2f} s"
            )
        ledger.add(f"{objective}: largest |dQ|", worst, "", budget=1e-5)
        ledger.add(f"{objective}: largest fall of Q", fall, "", budget=FALL)


def measured(
    objective: str,
    frames: list[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    chosen: argparse.Namespace,
) -> float:
    """Q over all patches."""
    if objective != "box-joint":
        more: dict[str, Any] = {"objective": objective, "active": "full", "iterations": 1}
        return next(solve(frames, labels, chosen.threads, start_image=image, **more)).q
    window = told_window(frames, labels, chosen.threads)
    return q_box(frames, labels, image, window=window, compute=Compute(chosen.threads))


def told_window(frames: list[PixelArray], labels: LabelArray, threads: int) -> int:
    """The window that the method takes by default."""
    return next(solve(frames, labels, threads, iterations=1)).window


@dataclass
class Dabs:
    """What was found over the dabs at one kind of place."""

    times: list[float] = field(default_factory=list)
    in_dab: list[float] = field(default_factory=list)
    in_rect: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    fall: float = 0.0


def place(rng: np.random.Generator, labels: LabelArray, at_boundary: bool) -> Rect:
    """A square of the dab's size inside the picture, at a boundary if one is asked for."""
    height, width = labels.shape
    for _ in range(10_000):
        x, y = int(rng.integers(0, width - DAB)), int(rng.integers(0, height - DAB))
        rect = Rect(x, y, DAB, DAB)
        inside = labels[rect.slices]
        if not at_boundary or inside.min() != inside.max():
            return rect
    return rect


def dab(labels: LabelArray, rect: Rect) -> LabelArray:
    """The map after a disc was given to the other source than the one at its middle."""
    after = labels.copy()
    y, x = np.mgrid[:DAB, :DAB] - (DAB - 1) / 2
    part = after[rect.slices]
    part[x**2 + y**2 < (DAB / 2) ** 2] = 3 - part[DAB // 2, DAB // 2]
    return after


def grey_levels(difference: ImageF32) -> float:
    return 255.0 * float(np.sqrt(np.mean(difference.astype(np.float64) ** 2)))


def compare(to: Dabs, quick: LocalSolution, converged: LocalSolution, rect: Rect) -> None:
    difference = quick.pixels - converged.pixels
    inside = Rect(rect.x - quick.rect.x, rect.y - quick.rect.y, rect.width, rect.height)
    to.in_rect.append(grey_levels(difference))
    to.in_dab.append(grey_levels(difference[inside.slices]))


def measure_dabs(chosen: argparse.Namespace, ledger: Ledger) -> None:
    frames, threads = pair6(chosen.data, 3 if chosen.quick else 7), chosen.threads
    height, width, _ = frames[0].shape
    count, compute = 20 if chosen.quick else chosen.dabs, Compute(threads)
    for window in (25, 175):
        ledger.enter(f"After a dab of {DAB} pixels, {width} x {height}, W = {window}")
        labels = detect(frames, window, threads)
        done = solved(frames, labels, threads, window=window)
        optimum = done.state.image
        rng = np.random.default_rng(0)
        found = {"at boundaries": Dabs(), "anywhere": Dabs()}
        fixed: dict[str, Any] = {"window": window, "compute": compute}
        for index in range(count + 1):
            kind = ("at boundaries", "anywhere")[index % 2]
            rect = place(rng, labels, at_boundary=kind == "at boundaries")
            arguments = (frames, dab(labels, rect), optimum, rect)
            fixed["before"] = labels[rect.slices]
            began = time.perf_counter()
            solution = solve_again(*arguments, **fixed)
            took = time.perf_counter() - began
            if index == 0:  # warms up
                continue
            to = found[kind]
            to.times.append(1e3 * took)
            to.steps.append(len(solution.q) - 1)
            falls = (a - b for a, b in itertools.pairwise(solution.q))
            to.fall = max(to.fall, *falls, 0.0)
            if index <= count // 5:
                compare(to, solution, solve_again(*arguments, **fixed, limits=CONVERGED), rect)
        for kind, to in found.items():
            report(ledger, f"W = {window}, {kind}", to, 1e3 * done.seconds)


def report(ledger: Ledger, name: str, to: Dabs, whole: float) -> None:
    middle, late, latest = (float(v) for v in np.percentile(to.times, (50, 95, 100)))
    ledger.say(
        f"{name}: {len(to.times)} dabs, {np.mean(to.steps):.1f} steps in the mean, largest fall "
        f"of Q {to.fall:.1e}; the rival solves the whole picture again"
    )
    ledger.add(f"{name}: p50", middle, "ms", rival=whole)
    ledger.add(f"{name}: p95", late, "ms", rival=whole, budget=60)
    ledger.add(f"{name}: longest", latest, "ms")
    ledger.add(f"{name}: worst rms in the dab, grey levels", max(to.in_dab), "", budget=1)
    ledger.add(f"{name}: worst rms in the rectangle", max(to.in_rect), "", budget=1)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--parts", nargs="+", choices=("full", "dabs"), default=["full", "dabs"])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--dabs", type=int, default=100)
    parser.add_argument(
        "--objectives", nargs="+", choices=("gaussian", "box-joint"),
        default=["box-joint", "gaussian"],
    )  # fmt: skip
    chosen = parser.parse_args()
    ledger = Ledger(chosen, "MFF-SSIM near label boundaries only")
    touch_memory()
    warm_up(chosen.threads)
    if "full" in chosen.parts:
        measure_full(chosen, ledger)
    if "dabs" in chosen.parts:
        measure_dabs(chosen, ledger)


if __name__ == "__main__":
    main()
