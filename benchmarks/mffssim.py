"""Time and memory of MFF-SSIM from loaded pictures, with the rival in the same run.

    python benchmarks/mffssim.py [--data DIR] [--threads 2] [--quick] [--json FILE]
        [--parts pair9 large stack memory window exponents]

The rival is the ascent without anything that saves steps or pixels: guarded preconditioned steps
on all pixels of the full-size picture. (The authors' formulation is the rival of `rival.py`.)

    pair9      detection and solve of MFFW pair 9 to within 1e-4 of the Q of 500 such steps
    large      24 megapixels: pair 6 enlarged 7 times, W = 175 and 25, against 30 such steps
    stack      10 frames of 12.6 megapixels: a stack enlarged twice
    memory     peak of detection and solve as a formula of megapixels and K
    window     a step on all pixels of 4 megapixels, W = 201 against W = 7
    exponents  the solve against picture size at a fixed length of boundary, and against the
               length at a fixed size

Without --data pictures are generated. Large solves run in fresh processes, which measure their
peak of resident memory with everything in it: interpreter, compiler, sources and result. Compiled
loops are warm (loaded from the compiler's cache) and memory has been touched once, by the parent
for its children, before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from ledger import (
    ENDLESS,
    PLAIN,
    Ledger,
    by_turns,
    circuit,
    detect,
    enlarged,
    generated,
    in_fresh_process,
    mffw,
    options,
    pair6,
    peak_memory,
    slope,
    solve,
    solved,
    touch_memory,
    warm_up,
)

from mfgui.core.arrays import LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim.objective import q_box

PARTS = ("pair9", "large", "stack", "memory", "window", "exponents")


def measure_pair9(chosen: argparse.Namespace, ledger: Ledger) -> None:
    frames, threads = mffw(chosen.data, "9", (584, 448)), chosen.threads
    height, width, _ = frames[0].shape
    ledger.enter(f"Pair 9, {width} x {height}, to within 1e-4 of the Q of 500 plain steps")
    labels = detect(frames, threads=threads)
    plain = [s.q for s in solve(frames, labels, threads, iterations=500, **PLAIN, **ENDLESS)]
    fast = [s.q for s in solve(frames, labels, threads, iterations=500)]
    wanted = plain[-1] - 1e-4
    if fast[-1] < wanted:
        ledger.say(f"ours ends at {fast[-1]:.6f}, plain at {plain[-1]:.6f}")
        return
    ours, theirs = (next(i for i, q in enumerate(qs) if q >= wanted) for qs in (fast, plain))
    ledger.say(
        f"Q {plain[-1]:.6f} after {len(plain) - 1} plain steps; {theirs} reach it, ours {ours}"
    )

    def until(count: int, **parameters: Any) -> None:
        found = detect(frames, threads=threads)
        for state in solve(frames, found, threads, iterations=500, **parameters):
            if state.iteration >= count:
                return

    repeats = 5 if chosen.quick else 25
    (least, median), (rival, _), (ended, _), (found, _) = by_turns(
        repeats,
        lambda: until(ours),
        lambda: until(theirs, **PLAIN, **ENDLESS),
        lambda: until(500),
        lambda: detect(frames, threads=threads),
    )
    wishes = {"budget": 300, "aim": 100}
    ledger.add("detect + solve, least", 1e3 * least, "ms", rival=1e3 * rival, **wishes)
    ledger.add("detect + solve, median", 1e3 * median, "ms", **wishes)
    ledger.add("of it detection, least", 1e3 * found, "ms")
    ledger.add(f"detect + solve to its own end, {len(fast) - 1} steps, least", 1e3 * ended, "ms")


def large(request: dict[str, Any]) -> list[PixelArray]:
    """The pictures of a child process."""
    data, count = Path(request["data"]), request["count"]
    if request["picture"] == "pair 6":
        return pair6(data, request["times"])
    frames = circuit(data, count, 1)
    if request["times"] >= 1:
        return [enlarged(frame, request["times"]) for frame in frames]
    return [np.ascontiguousarray(frame[: frame.shape[0] // 2]) for frame in frames]


def run_child(request: dict[str, Any]) -> dict[str, Any]:
    """Detection and solve, repeated; then the Q of both, which needs memory of its own."""
    threads, window = request["threads"], request["window"]
    warm_up(threads)
    frames = large(request)
    before, detections, solves, peak = peak_memory(), [], [], 0.0
    for _ in range(request["repeats"]):
        done = None  # frees the result of the run before
        began = time.perf_counter()
        labels = detect(frames, window, threads)
        detections.append(time.perf_counter() - began)
        done = solved(frames, labels, threads, window=window, **request["parameters"])
        solves.append(done.seconds)
        peak = peak or peak_memory()
    assert done is not None
    answer = {
        "before": before, "peak": peak, "detect": detections, "solve": solves,
        "megapixels": labels.size * 1e-6, "steps": done.steps,
    }  # fmt: skip
    if request["plain_steps"]:
        answer["q"] = q_box(
            frames, labels, done.state.image, window=window, compute=Compute(threads)
        )
        del done
        plain = {**PLAIN, **ENDLESS, "iterations": request["plain_steps"], "window": window}
        rival = solved(frames, labels, threads, **plain)
        answer["rival"], answer["rival_q"] = rival.seconds, rival.state.q
    return answer


def child(chosen: argparse.Namespace, picture: str, times: float, **more: Any) -> dict[str, Any]:
    request = {
        "picture": picture, "times": times, "data": str(chosen.data), "threads": chosen.threads,
        "count": 2, "window": 25, "repeats": 1 if chosen.quick else 3, "plain_steps": 0,
        "parameters": {},
    }  # fmt: skip
    return in_fresh_process(Path(__file__).resolve(), request | more)


def report_large(
    ledger: Ledger, told: dict[str, Any], name: str, budgets: dict[str, dict[str, float]]
) -> None:
    totals = [a + b for a, b in zip(told["detect"], told["solve"], strict=True)]
    rival = {"rival": told["rival"] + min(told["detect"])} if "rival" in told else {}
    ledger.add(f"{name}: detect + solve, least", min(totals), "s", **rival, **budgets["time"])
    ledger.add(f"{name}: detect + solve, the first of the process", totals[0], "s")
    ledger.add(f"{name}: of it detection, least", min(told["detect"]), "s")
    ledger.add(f"{name}: peak of the process", told["peak"], "GB", **budgets["memory"])
    ledger.say(
        f"{told['steps']} steps; {told['before']:.2f} GB with the sources and before the solve"
    )
    if "rival" in told:
        ledger.say(f"Q {told['q']:.6f}; plain steps {told['rival_q']:.6f} in {told['rival']:.1f} s")
        short = told["rival_q"] - told["q"]
        ledger.add(f"{name}: short of the Q of plain steps", short, "", budget=5e-4)


def measure_large(chosen: argparse.Namespace, ledger: Ledger) -> None:
    ledger.enter("24 megapixels: pair 6 enlarged 7 times")
    steps = 10 if chosen.quick else 30
    budgets = {"time": {"budget": 6, "aim": 2}, "memory": {"budget": 2.5}}
    for window in (175, 25):
        told = child(chosen, "pair 6", 7, window=window, plain_steps=steps)
        report_large(ledger, told, f"W = {window}, {steps} plain", budgets)


def measure_stack(chosen: argparse.Namespace, ledger: Ledger) -> None:
    ledger.enter("Stack: 10 frames of 12.6 megapixels")
    told = child(chosen, "circuit", 2, count=10)
    budgets = {"time": {"budget": 15, "aim": 6}, "memory": {"budget": 3}}
    report_large(ledger, told, "W = 25", budgets)


def measure_memory(chosen: argparse.Namespace, ledger: Ledger) -> None:
    """Fits peak = a + megapixels (b + c K); 8-bit colour, so that c holds the sources' 3 bytes."""
    ledger.enter("Peak memory of detection and solve, W = 25, 8-bit colour")
    cases = [(0.5, 2), (1, 2), (2, 2), (1, 10)]
    if not chosen.quick:
        cases += [(1, 5), (2, 5), (0.5, 10), (3, 2)]
    for active in ("band", "full"):
        rows, peaks = [], []
        for times, count in cases:
            parameters = {"active": active, "iterations": 3, **ENDLESS}
            told = child(chosen, "circuit", times, count=count, repeats=1, parameters=parameters)
            rows.append([1.0, told["megapixels"], told["megapixels"] * count])
            peaks.append(told["peak"] * 1e3)
        fit = np.linalg.lstsq(np.array(rows), np.array(peaks), rcond=None)[0]
        worst = float(np.abs(np.array(rows) @ fit - peaks).max())
        ledger.say(
            f"active={active}: MB = {fit[0]:.0f} + megapixels ({fit[1]:.1f} + {fit[2]:.2f} K), "
            f"off by at most {worst:.0f} MB over {len(cases)} solves of up to {max(peaks):.0f} MB"
        )
        ledger.add(f"active={active}: bytes per pixel, K = 2", fit[1] + 2 * fit[2], "B")
        ledger.add(f"active={active}: bytes per pixel and further source", fit[2], "B")


def measure_window(chosen: argparse.Namespace, ledger: Ledger) -> None:
    """Steps of both windows by turns, so that both meet the same disturbances."""
    frames, threads = pair6(chosen.data, 3), chosen.threads
    height, width, _ = frames[0].shape
    ledger.enter(f"A guarded step on all pixels of {width} x {height}")
    labels = detect(frames, 25, threads)
    fixed = {"active": "full", "coarse": False, "iterations": 1000, **ENDLESS}
    windows = (7, 201)
    runs = {w: solve(frames, labels, threads, window=w, **fixed) for w in windows}
    evaluations = {w: next(run).evaluations for w, run in runs.items()}
    times: dict[int, list[float]] = {w: [] for w in windows}
    while min(map(len, times.values())) < (8 if chosen.quick else 25):
        for w, run in runs.items():
            began = time.perf_counter()
            state = next(run)
            took = time.perf_counter() - began
            if state.evaluations == evaluations[w] + 1:  # a step that the guard let pass at once
                times[w].append(took)
            evaluations[w] = state.evaluations
    least, median = ({w: f(times[w]) for w in windows} for f in (min, statistics.median))
    for name, took in (("least", least), ("median", median)):
        ledger.add(f"W = 7, {name}", 1e3 * took[7], "ms")
        ledger.add(f"W = 201, {name}", 1e3 * took[201], "ms")
        ledger.add(f"W = 201 over W = 7, {name}", took[201] / took[7], "", budget=1.2)


def with_square(width: int, height: int, side: int) -> LabelArray:
    """A map of two labels whose boundary is that of one square."""
    labels = np.ones((height, width), np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    labels[top : top + side, left : left + side] = 2
    return labels


def with_stripes(width: int, height: int, boundaries: int) -> LabelArray:
    """A map of two labels with that many straight boundaries from top to bottom."""
    column = np.arange(width) * (boundaries + 1) // width % 2
    return np.tile((1 + column).astype(np.uint8), (height, 1))


def measure_exponents(chosen: argparse.Namespace, ledger: Ledger) -> None:
    ledger.enter("Exponents of the active solve, W = 25, detection excluded")
    heights = (820, 1160, 1640, 2320) if chosen.quick else (820, 1160, 1640, 2320, 3280, 4000)
    ways: dict[str, dict[str, Any]] = {
        "10 steps, not coarse first": {"coarse": False, "iterations": 10, **ENDLESS},
        "default": {},
    }
    repeats, threads = 3 if chosen.quick else 7, chosen.threads
    for name, parameters in ways.items():
        sizes, times = [], []
        for height in heights:
            frames = generated(height * 3 // 2, height)
            labels = with_square(height * 3 // 2, height, 512)
            taken = [
                solved(frames, labels, threads, window=25, **parameters).seconds
                for _ in range(repeats)
            ]
            sizes.append(labels.size * 1e-6)
            times.append(min(taken))
        pairs = ", ".join(f"{s:.1f}: {1e3 * t:.0f}" for s, t in zip(sizes, times, strict=True))
        ledger.say(f"{name}: ms by megapixels, boundary of 2048 pixels: {pairs}")
        share, base = np.polyfit(sizes, times, 1)
        ledger.say(f"straight line: {1e3 * base:.1f} ms + {1e3 * share:.2f} ms per megapixel")
        ledger.add(f"exponent of picture size, {name}", slope(sizes, times), "")
    height = 1640 if chosen.quick else 3280
    frames = generated(height * 3 // 2, height)
    counts = (1, 2, 4, 8, 16)
    for name, parameters in ways.items():
        times = []
        for count in counts:
            labels = with_stripes(height * 3 // 2, height, count)
            taken = [
                solved(frames, labels, threads, window=25, **parameters).seconds
                for _ in range(repeats)
            ]
            times.append(min(taken))
        lengths = [count * height for count in counts]
        pairs = ", ".join(f"{n}: {1e3 * t:.0f}" for n, t in zip(lengths, times, strict=True))
        ledger.say(f"{name}: ms by pixels of boundary, {labels.size * 1e-6:.1f} MP: {pairs}")
        share, base = np.polyfit(lengths, times, 1)
        ledger.say(f"straight line: {1e3 * base:.1f} ms + {1e6 * share:.1f} ms per 1000 pixels")
        ledger.add(f"exponent of boundary length, {name}", slope(lengths, times), "")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(run_child(json.loads(sys.argv[2]))))
        return
    parser = options(__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    chosen = parser.parse_args()
    ledger = Ledger(chosen, "MFF-SSIM: time and memory")
    touch_memory()
    warm_up(chosen.threads)
    measures = {
        "pair9": measure_pair9,
        "large": measure_large,
        "stack": measure_stack,
        "memory": measure_memory,
        "window": measure_window,
        "exponents": measure_exponents,
    }
    for part in chosen.parts:
        measures[part](chosen, ledger)


if __name__ == "__main__":
    main()
