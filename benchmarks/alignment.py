"""Alignment of generated focus stacks against align_image_stack and OpenCV, in the same run.

    python benchmarks/alignment.py [--seeds 1100 ... 1119] [--size 1536x1152] [--frames 6]
        [--ways ours align_image_stack ecc features] [--keep DIR] [--json FILE]

Every seed is one stack of `mfgui synth moving-stack`: 5 % breathing, shifts of up to 20 pixels,
0.5 degrees, 10 % gain, noise 2, JPEG 90, and a blur radius of 2, 4 or 6 pixels (2 + 2 (seed mod 3))
from frame to frame, so that the ends differ by up to 30 pixels. The seeds 1100 to 1119 are for
judgement only; nothing is tuned on them. Stacks are rendered into --keep (else a temporary folder)
unless they are there.

All ways are compared with the true transforms over 9 x 9 places of the frame, all frames against
the reference that the way chose (the first one for the rivals): distance in pixels, median and 95th
percentile over all places, frames and stacks; "lost" counts the frames that a way could not place,
which are left out of the distances. "CPU" are processor seconds of aligning per stack, without
decoding for ours, ecc and features.

ours                align_frames, model auto
align_image_stack   of hugin-tools, with the options for focus stacks: -m -d -i -x -y -z; its
                    transforms are read from the .pto file by pano_trafo
ecc                 cv2.findTransformECC (affine) from frame to frame on pictures half as large
features            SIFT and RANSAC (similarity) from frame to frame
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align import align_frames

Points: TypeAlias = npt.NDArray[np.float64]

JUDGED = tuple(range(1100, 1120))
GRID = 9
_OPTIONS = ("-m", "-d", "-i", "-x", "-y", "-z")


@dataclass(frozen=True)
class Placed:
    """Where a way put the places of its reference frame, frame by frame; None where it gave up."""

    reference: int
    places: list[Points | None]


@dataclass(frozen=True)
class Score:
    """One way on one stack."""

    seed: int
    way: str
    median: float
    high: float
    lost: int
    cpu: float


def grid(size: Size) -> Points:
    x, y = np.meshgrid(np.linspace(0, size.width - 1, GRID), np.linspace(0, size.height - 1, GRID))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def generate(folder: Path, seed: int, size: str, frames: int) -> None:
    options = ["--seed", seed, "--size", size, "--frames", frames, "--radius", 2 + 2 * (seed % 3)]
    options += ["--breathing", 5, "--shift", 20, "--rotation", 0.5]
    options += ["--gain", 10, "--noise", 2, "--jpeg", 90]
    command = [sys.executable, "-m", "mfgui", "synth", "moving-stack", "-o", str(folder)]
    subprocess.run([*command, *map(str, options)], check=True, capture_output=True)


def ours(_paths: Sequence[Path], frames: Sequence[PixelArray], size: Size) -> Placed:
    try:
        found = align_frames(frames, compute=Compute())
    except UsageError:
        return Placed(0, [None] * len(frames))
    places = [fit.transform.apply(grid(size)) if fit.used else None for fit in found.frames]
    return Placed(found.reference, places)


def align_image_stack(paths: Sequence[Path], _frames: Sequence[PixelArray], size: Size) -> Placed:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "stack.pto"
        command = ["align_image_stack", *_OPTIONS, "-p", str(project), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode or not project.exists():
            return Placed(0, [None] * len(paths))
        # Into the panorama from the first frame, and from there into each.
        middle = _through(project, 0, grid(size), back=False)
        return Placed(
            0, [_through(project, index, middle, back=True) for index in range(len(paths))]
        )


def _through(project: Path, index: int, points: Points, *, back: bool) -> Points:
    command = ["pano_trafo", *(["-r"] if back else []), str(project), str(index)]
    # Panotools count from the upper left corner of the first pixel.
    lines = "\n".join(f"{x + 0.5:.6f} {y + 0.5:.6f}" for x, y in points) + "\n"
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return np.array([line.split()[:2] for line in done.stdout.splitlines()], np.float64) - 0.5


def chained(
    frames: Sequence[PixelArray], size: Size, step: Callable[[Any, Any], Transform | None]
) -> Placed:
    """From frame to frame; what comes after a failure is lost."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    found: list[Transform | None] = [Transform.identity()]
    for one, other in pairwise(grey):
        before = found[-1]
        motion = None if before is None else step(one, other)
        found.append(None if before is None or motion is None else before.then(motion))
    return Placed(0, [None if t is None else t.apply(grid(size)) for t in found])


def ecc(_paths: Sequence[Path], frames: Sequence[PixelArray], size: Size) -> Placed:
    def step(one: Any, other: Any) -> Transform | None:
        half = [
            cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            for part in (one, other)
        ]
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-6)
        start = np.eye(2, 3, dtype=np.float32)
        try:
            _, matrix = cv2.findTransformECC(
                half[0], half[1], start, cv2.MOTION_AFFINE, criteria, None, 5
            )
        except cv2.error:
            return None
        return Transform.from_matrix(matrix).scaled(2.0)

    return chained(frames, size, step)


def features(_paths: Sequence[Path], frames: Sequence[PixelArray], size: Size) -> Placed:
    detector = cv2.SIFT_create(4000)
    matcher = cv2.BFMatcher(cv2.NORM_L2)

    def step(one: Any, other: Any) -> Transform | None:
        (p, a), (q, b) = (detector.detectAndCompute(part, None) for part in (one, other))
        if a is None or b is None or min(len(p), len(q)) < 4:
            return None
        pairs = [m for m in matcher.knnMatch(a, b, k=2) if len(m) == 2]
        good = [m for m, n in pairs if m.distance < 0.75 * n.distance]
        if len(good) < 4:
            return None
        there = (
            np.array([p[m.queryIdx].pt for m in good]),
            np.array([q[m.trainIdx].pt for m in good]),
        )
        cv2.setRNGSeed(0)
        matrix, _ = cv2.estimateAffinePartial2D(*there, ransacReprojThreshold=2.0)
        return None if matrix is None else Transform.from_matrix(matrix)

    return chained(frames, size, step)


WAYS: dict[str, Callable[[Sequence[Path], Sequence[PixelArray], Size], Placed]] = {
    "ours": ours,
    "align_image_stack": align_image_stack,
    "ecc": ecc,
    "features": features,
}


def distances(placed: Placed, truth: Sequence[Transform], size: Size) -> tuple[Points, int]:
    """Of all places of the frames that were placed, and the number of the others."""
    scene = truth[placed.reference].apply_inverse(grid(size))
    away = [
        np.hypot(*(places - exact.apply(scene)).T)
        for index, (places, exact) in enumerate(zip(placed.places, truth, strict=True))
        if places is not None and index != placed.reference
    ]
    lost = sum(places is None for places in placed.places)
    return (np.concatenate(away) if away else np.empty(0)), lost


def processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def measure(folder: Path, seed: int, ways: Sequence[str]) -> list[tuple[Score, Points]]:
    data = json.loads((folder / "transforms.json").read_text())
    paths = [folder / entry["file"] for entry in data["frames"]]
    truth = [Transform.from_json(entry["transform"]) for entry in data["frames"]]
    frames = [np.ascontiguousarray(np.asarray(cv2.imread(str(p)))[:, :, ::-1]) for p in paths]
    size = Size(frames[0].shape[1], frames[0].shape[0])
    rows = []
    for way in ways:
        before = processor_seconds()
        placed = WAYS[way](paths, frames, size)
        cpu = processor_seconds() - before
        away, lost = distances(placed, truth, size)
        median, high = np.percentile(away, (50, 95)) if len(away) else (np.nan, np.nan)
        rows.append((Score(seed, way, float(median), float(high), lost, cpu), away))
        print(f"{seed:>6} {way:<18} {median:8.3f} {high:8.3f} {lost:4d} {cpu:7.2f}", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(JUDGED))
    parser.add_argument("--size", default="1536x1152")
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    start = time.perf_counter()
    rows: list[tuple[Score, Points]] = []
    print(f"{'seed':>6} {'way':<18} {'median':>8} {'95 %':>8} {'lost':>4} {'CPU':>7}")
    with tempfile.TemporaryDirectory() as temporary:
        for seed in chosen.seeds:
            folder = (chosen.keep or Path(temporary)) / str(seed)
            if not (folder / "transforms.json").exists():
                generate(folder, seed, chosen.size, chosen.frames)
            rows += measure(folder, seed, chosen.ways)
    for way in chosen.ways:
        away = np.concatenate([part for score, part in rows if score.way == way])
        lost = sum(score.lost for score, _ in rows if score.way == way)
        cpu = np.mean([score.cpu for score, _ in rows if score.way == way])
        median, high = np.percentile(away, (50, 95)) if len(away) else (np.nan, np.nan)
        print(f"{'all':>6} {way:<18} {median:8.3f} {high:8.3f} {lost:4d} {cpu:7.2f}")
    print(f"{time.perf_counter() - start:.0f} s in all")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(score) for score, _ in rows], indent=1))


if __name__ == "__main__":
    main()
