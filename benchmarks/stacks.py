"""Focus stacks of ten frames against enfuse, in the same run: PSNR, seconds, memory.

    python benchmarks/stacks.py [--seeds 701 702 703] [--size 4096x3072] [--layers 10]
        [--methods stack composite ...] [--threads 2] [--keep DIR] [--no-enfuse] [--json FILE]

Every seed gives one scene of flat layers (`mfgui.synth.layered`), one frame focused on each, stored
in 8 bits. The seeds 701, 702 and 703, with blur radii of 2, 3 and 4 pixels between neighbouring
layers, were fixed before any method was tuned and are used for nothing else; any other seed takes
the radius 2 + (seed mod 5) / 2. Scenes are rendered once, by a process of their own, into the
folder --keep (else a temporary one, removed at the end).

Every way to fuse runs in a fresh process: each method of ours by its name, and enfuse with each of
its usual option sets for focus stacks. All results are stored in 8 bits and compared with the
truth, everything in focus: PSNR in dB of the encoded values, over the whole picture ("whole") and
over the pixels at most 24 pixels away from a change of the true labels ("edges"). The differences
are to the best option set of enfuse, taken for each scene and column separately.

"fuse" are the seconds from frames in memory to the fused image in memory, "all" those of the whole
process, reading, writing and the start of the interpreter included, "CPU" its processor seconds;
enfuse has no "fuse". "MB" is the peak of RssAnon + RssShmem of the process, polled every 10 ms.
Compiled loops are in their cache: each of our methods is run on a small scene before.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from peak import resident

from mfgui import _startup
from mfgui.core.arrays import Size, from_float
from mfgui.core.compute import Compute
from mfgui.methods import registry
from mfgui.methods.registry import Kind
from mfgui.synth.layered import random_scene, render

TEST_RADII = {701: 2.0, 702: 3.0, 703: 4.0}  # pixels; fixed, not for tuning
BAND = 24  # pixels on either side of a depth edge
_USUAL = (
    "--exposure-weight=0",
    "--saturation-weight=0",
    "--contrast-weight=1",
    "--hard-mask",
)
_PROJECTOR = "--gray-projector=l-star"
ENFUSE = {
    "enfuse": _USUAL,
    "enfuse l-star": (*_USUAL, _PROJECTOR),
    "enfuse window 3": (*_USUAL, "--contrast-window-size=3"),
    "enfuse window 9, l-star": (*_USUAL, "--contrast-window-size=9", _PROJECTOR),
    "enfuse edge 0.3": (*_USUAL, "--contrast-edge-scale=0.3"),
}
_WARM = Size(256, 192)
_POLL = 0.01  # s


@dataclass(frozen=True)
class Score:
    """One way on one scene; `fuse` is NaN where it cannot be told apart."""

    seed: int
    way: str
    whole: float
    edges: float
    fuse: float
    total: float
    cpu: float
    megabytes: float


@dataclass(frozen=True)
class Used:
    """What one process used."""

    total: float
    cpu: float
    megabytes: float


def radius_of(seed: int) -> float:
    """Blur radius between neighbouring layers in pixels."""
    return TEST_RADII.get(seed, 2.0 + (seed % 5) / 2)


def size_of(text: str) -> Size:
    width, height = (int(part) for part in text.lower().split("x"))
    return Size(width, height)


def frames_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("frame_*.tif"))


def write_scene(folder: Path, *, seed: int, size: Size, layers: int) -> None:
    """Frames, truth and labels of a scene as files; about 500 bytes per pixel of memory."""
    folder.mkdir(parents=True, exist_ok=True)
    made = render(random_scene(size, layers=layers, radius=radius_of(seed), seed=seed))
    for index, frame in enumerate(made.frames):
        tifffile.imwrite(folder / f"frame_{index:02d}.tif", from_float(frame, "uint8"))
    np.save(folder / "labels.npy", made.labels)
    np.save(folder / "truth.npy", made.truth)


def fuse_scene(folder: Path, name: str, out: Path, *, threads: int) -> None:
    """One method on the frames of a folder; prints the seconds of fusing as JSON."""
    method = registry.load().get(name)
    images = [tifffile.imread(path) for path in frames_of(folder)]
    compute = Compute(threads=threads)
    start = time.perf_counter()
    if method.kind is Kind.DETECTOR:
        labels = method.function(images, compute=compute, **method.defaults())
        fused = registry.load().get("composite").function(images, labels, compute=compute)
    elif method.needs_map:
        labels = registry.load().get("laplacian").function(images, compute=compute)
        fused = method.function(images, labels, compute=compute, **method.defaults())
    else:
        answer = method.function(images, compute=compute, **method.defaults())
        fused = answer.fuse() if hasattr(answer, "fuse") else answer
    seconds = time.perf_counter() - start
    tifffile.imwrite(out, from_float(fused, "uint8"))
    print(json.dumps({"fuse": seconds}))


def watched(command: Sequence[str], log: Path) -> Used:
    """Run a command to its end, its output into `log`; RuntimeError when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    peak = 0
    with (
        log.open("wb") as text,
        subprocess.Popen(command, stdout=text, stderr=subprocess.STDOUT) as process,
    ):
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(_POLL)
    total = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} ... failed:\n{log.read_text()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(total, cpu, peak / 1000)


def psnr(error: npt.NDArray[Any]) -> float:
    mean = float(error.mean(dtype=np.float64))
    return math.inf if mean == 0.0 else -10.0 * math.log10(mean)


def edge_band(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Pixels at most `BAND` pixels away from a change of labels."""
    away = np.ones(labels.shape, np.uint8)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    away[:, 1:][across] = away[:, :-1][across] = 0
    away[1:][down] = away[:-1][down] = 0
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, 5) <= BAND)


def quality(folder: Path, fused: Path) -> tuple[float, float]:
    """PSNR over the whole picture and along depth edges."""
    image = np.asarray(tifffile.imread(fused))[:, :, :3]
    truth = np.load(folder / "truth.npy", mmap_mode="r")
    error = np.empty(image.shape[:2], np.float32)
    for row in range(0, len(image), 256):
        part = slice(row, row + 256)
        difference = image[part].astype(np.float32) / np.float32(255) - truth[part]
        error[part] = np.square(difference).mean(axis=2)
    band = edge_band(np.load(folder / "labels.npy"))
    return psnr(error), psnr(error[band]) if band.any() else math.nan


def ours(folder: Path, name: str, out: Path, threads: int) -> list[str]:
    child = ["--child", name, str(folder), str(out), "--threads", str(threads)]
    return [sys.executable, str(Path(__file__).resolve()), *child]


def rival(folder: Path, name: str, out: Path) -> list[str]:
    frames = [str(path) for path in frames_of(folder)]
    return ["enfuse", *ENFUSE[name], "--compression=none", f"--output={out}", *frames]


def score(folder: Path, seed: int, way: str, work: Path, threads: int) -> Score:
    """Run one way in a fresh process and compare its result with the truth."""
    out, log = work / "fused.tif", work / "log.txt"
    command = rival(folder, way, out) if way in ENFUSE else ours(folder, way, out, threads)
    used = watched(command, log)
    fuse = math.nan
    if way not in ENFUSE:
        fuse = float(json.loads(log.read_text().splitlines()[-1])["fuse"])
    whole, edges = quality(folder, out)
    out.unlink()
    return Score(seed, way, whole, edges, fuse, used.total, used.cpu, used.megabytes)


def scene_folder(root: Path, seed: int, size: Size, layers: int) -> Path:
    """Where a scene lies; rendered first, in a process of its own, when it is not there."""
    folder = root / f"{seed}_{size.width}x{size.height}_{layers}"
    if not (folder / "truth.npy").exists():
        drawn = ["--render", str(seed), str(folder), "--size", f"{size.width}x{size.height}"]
        script = [sys.executable, str(Path(__file__).resolve())]
        subprocess.run([*script, *drawn, "--layers", str(layers)], check=True)
    return folder


@contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """The folder for scenes: the given one, or one that is removed afterwards."""
    root = folder or Path(tempfile.mkdtemp(prefix="stacks-"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        yield root
    finally:
        if folder is None:
            shutil.rmtree(root, ignore_errors=True)


def table(scores: Sequence[Score]) -> Iterator[str]:
    """Lines of the table of one scene."""
    rivals = [entry for entry in scores if entry.way in ENFUSE]
    whole = max((entry.whole for entry in rivals), default=math.nan)
    edges = max((entry.edges for entry in rivals), default=math.nan)
    heads = [f"{name:>8}" for name in ("fuse", "all", "CPU", "MB")]
    yield f"{'way':<26}{'whole':>8}{'diff':>7}{'edges':>8}{'diff':>7}" + "".join(heads)
    for entry in scores:
        yield (
            f"{entry.way:<26}{entry.whole:8.2f}{entry.whole - whole:+7.2f}"
            f"{entry.edges:8.2f}{entry.edges - edges:+7.2f}"
            f"{entry.fuse:8.1f}{entry.total:8.1f}{entry.cpu:8.1f}{entry.megabytes:8.0f}"
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(TEST_RADII))
    parser.add_argument("--size", type=size_of, default=Size(4096, 3072))
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--methods", nargs="*", default=["stack"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder of rendered scenes, used again")
    parser.add_argument("--no-enfuse", action="store_true", help="our methods only")
    parser.add_argument("--json", type=Path, help="where to write all scores, too")
    parser.add_argument("--render", nargs=2, metavar=("SEED", "DIR"), help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    _startup.prepare_command_line()
    _startup.limit_opencv()
    if options.child:
        name, folder, out = options.child
        fuse_scene(Path(folder), name, Path(out), threads=options.threads)
        return
    if options.render:
        seed, folder = options.render
        write_scene(Path(folder), seed=int(seed), size=options.size, layers=options.layers)
        return
    ways = [*([] if options.no_enfuse else ENFUSE), *options.methods]
    scores: list[Score] = []
    with kept(options.keep) as root, tempfile.TemporaryDirectory() as work:
        warm = scene_folder(root, 0, _WARM, options.layers)
        for way in options.methods:
            score(warm, 0, way, Path(work), options.threads)
        for seed in options.seeds:
            folder = scene_folder(root, seed, options.size, options.layers)
            load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
            print(f"\nseed {seed}, {options.size}, radius {radius_of(seed):g} px, load {load}")
            found = [score(folder, seed, way, Path(work), options.threads) for way in ways]
            scores += found
            print("\n".join(table(found)), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(entry) for entry in scores], indent=1))


if __name__ == "__main__":
    main()
