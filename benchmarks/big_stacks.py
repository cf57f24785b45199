"""Time and memory of a stack of photographs fused by the command line, and a rival's.

    python -m benchmarks.big_stacks FOLDER [--method photo] [--memory GB] [--frames 100] [--rival]

FOLDER holds the frames (1.jpg, 2.jpg, ...) and perhaps truth.png, as `mfgui synth moving-stack`
writes them. The command runs in a fresh process, whose RssAnon + RssShmem is looked at every 5 ms.
--frames repeats the files under other names. --rival aligns the same files by align_image_stack,
with both sets of options that are usual for focus stacks, and fuses each by enfuse with all option
sets of `stacks.py`; the best of them all counts. Everything is scored by PSNR against truth.png
after registration: an affine map and a gain per channel are fitted to each result by the same code,
a border is cut off.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
from peak import resident
from stacks import ENFUSE

_POLL = 0.005  # s
_BORDER = 0.03  # of each side
_SHRINKS = (16, 4, 1)  # levels of the registration
_ALIGN = {
    "align_image_stack -m": ("-m", "-C", "--use-given-order"),
    "align_image_stack -m -d -i -x -y -z": (
        *("-m", "-d", "-i", "-x", "-y", "-z"),
        *("-C", "--use-given-order"),
    ),
}
Image = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Run:
    """What a command took: seconds by the clock and of the processor, and bytes at most."""

    code: int
    wall: float
    cpu: float
    peak: int

    def text(self) -> str:
        return f"{self.wall:.1f} s, {self.cpu:.1f} CPU s, {self.peak / 1e9:.2f} GB"


def measured(command: Sequence[str]) -> Run:
    """Run a command and look at its memory meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with subprocess.Popen(command) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(_POLL)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(process.returncode, wall, cpu, 1024 * peak)


def frames_of(folder: Path, count: int | None, into: Path) -> list[Path]:
    """The frames in order; repeated forwards and backwards up to `count`, as links in `into`."""
    found = [p for p in folder.iterdir() if p.stem.isdigit()]
    found.sort(key=lambda path: int(path.stem))
    if count is None:
        return found
    turns = [*found, *found[-2:0:-1]]
    links = []
    for number in range(count):
        source = turns[number % len(turns)]
        link = into / f"{number + 1:04}{source.suffix}"
        link.symlink_to(source.resolve())
        links.append(link)
    return links


def score(path: Path, truth_path: Path) -> float:
    """PSNR in dB after registration to the truth."""
    image, truth = _read(path), _read(truth_path)
    matrix = _registered(image, truth)
    size = (truth.shape[1], truth.shape[0])
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(image, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    shown = cv2.warpAffine(
        np.ones(image.shape[:2], np.uint8), matrix, size, flags=cv2.INTER_NEAREST | 16
    )
    height, width = truth.shape[:2]
    inner = np.zeros(shown.shape, bool)
    rows, columns = round(_BORDER * height), round(_BORDER * width)
    inner[rows:-rows, columns:-columns] = True
    inner &= cv2.erode(shown, np.ones((17, 17), np.uint8)) > 0
    seen, wanted = moved[inner], truth[inner]
    gains = (seen * wanted).sum(axis=0) / (seen**2).sum(axis=0)
    return float(-10 * np.log10(np.mean((seen * gains - wanted) ** 2)))


def _read(path: Path) -> Image:
    found = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if found is None:
        raise SystemExit(f"{path} cannot be read")
    return (found / np.float32(np.iinfo(found.dtype).max)).astype(np.float32)


def _registered(image: Image, truth: Image) -> npt.NDArray[np.float32]:
    """Affine map from places of the truth to those of the image, by ECC, coarse to fine."""
    grey = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (truth, image)]
    matrix = np.eye(3)
    matrix[:2, 2] = [(a - b) / 2 for a, b in zip(image.shape[1::-1], truth.shape[1::-1])]  # noqa: B905
    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-7)
    for n in _SHRINKS:
        small = [
            cv2.resize(g, (g.shape[1] // n, g.shape[0] // n), interpolation=cv2.INTER_AREA)
            for g in grey
        ]
        # Edges of the pictures correspond, not the centres of the first pixels.
        larger = np.array([[n, 0, (n - 1) / 2], [0, n, (n - 1) / 2], [0, 0, 1]])
        start = (np.linalg.inv(larger) @ matrix @ larger)[:2].astype(np.float32)
        _, found = cv2.findTransformECC(
            small[0], small[1], start, cv2.MOTION_AFFINE, enough, None, 5
        )
        matrix = larger @ np.vstack([found, [0, 0, 1]]) @ np.linalg.inv(larger)
    return np.asarray(matrix[:2])


def _ours(frames: Sequence[Path], output: Path, options: argparse.Namespace) -> Run:
    report = output.with_suffix(".json")
    command = [sys.executable, "-m", "mfgui", "fuse", *map(str, frames), "-o", str(output)]
    command += ["--method", options.method, "--align", options.align]
    command += ["--exposure", options.exposure, "--report", str(report)]
    if options.memory:
        command += ["--memory", str(options.memory)]
    if options.cache:
        command += ["--cache", str(options.cache)]
    run = measured(command)
    if run.code == 0:
        seconds = json.loads(report.read_text(encoding="utf-8"))["seconds"]
        print("  seconds by the clock:", ", ".join(f"{k} {v:.1f}" for k, v in seconds.items()))
    return run


def _rivals(frames: Sequence[Path], folder: Path, truth: Path) -> None:
    """Print what each set of options takes and gives, and the best of them."""
    best: dict[str, float] = {}
    for name, align in _ALIGN.items():
        prefix = folder / "a_"
        run = measured(["align_image_stack", *align, "-a", str(prefix), *map(str, frames)])
        print(f"{name}: {run.text()}, exit code {run.code}")
        moved = sorted(folder.glob("a_*.tif"))
        for way, options in ENFUSE.items():
            output = folder / "rival.tif"
            run = measured(["enfuse", *options, "-o", str(output), *map(str, moved)])
            print(f"  {way}: {run.text()}", end="", flush=True)
            if run.code == 0 and truth.exists():
                best[f"{name}, {way}"] = score(output, truth)
                print(f", PSNR {best[f'{name}, {way}']:.2f} dB", end="")
            print()
        for path in moved:
            path.unlink()
    if best:
        way = max(best, key=lambda name: best[name])
        print(f"best rival: {best[way]:.2f} dB, {way}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--method", default="photo")
    parser.add_argument("--align", default="auto")
    parser.add_argument("--exposure", default="auto")
    parser.add_argument("--memory", type=float)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--rival", action="store_true")
    parser.add_argument("--output", type=Path, help="keep the fused picture here")
    options = parser.parse_args()
    truth = options.folder / "truth.png"
    with tempfile.TemporaryDirectory(dir=options.folder.parent, prefix="bench-") as made:
        folder = Path(made)
        frames = frames_of(options.folder, options.frames, folder)
        output = options.output or folder / "fused.tif"
        print(f"{len(frames)} frames, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        run = _ours(frames, output, options)
        print(f"mfgui {options.method}: {run.text()}, exit code {run.code}")
        if run.code == 0 and truth.exists() and options.frames is None:
            print(f"  PSNR {score(output, truth):.2f} dB")
        if options.rival:
            if shutil.which("enfuse") is None or shutil.which("align_image_stack") is None:
                raise SystemExit("align_image_stack and enfuse are not installed")
            _rivals(frames, folder, truth)


if __name__ == "__main__":
    main()
