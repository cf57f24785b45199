"""The preset for photographs against enfuse on the same aligned frames: PSNR, CPU seconds, memory.

    python benchmarks/photo.py [--seeds 11 12] [--size 4096x3072] [--frames 10] [--threads 2]
        [--methods photo stack] [--without-noise] [--keep DIR] [--no-enfuse] [--json FILE]

Every seed is a stack of `mfgui synth moving-stack`: breathing 2 %, shifts up to 3 pixels, turns up
to 0.2 degrees, light within 3 %, noise of 2/255 and JPEG of quality 95 (with --without-noise none
of both). Frames are brought to the geometry and light of the first one by the *true* transforms
and gains (Lanczos), cropped to what all of them show and stored in 8 bits, so that fusion alone is
compared; every way to fuse is given these files and runs in a fresh process, ours on memory maps
as a prepared stack has them.

PSNR in dB of the encoded values against the truth, over the whole picture, over the pixels at most
24 pixels away from a depth edge ("edges"), and over those beyond whose detail is weaker than
the noise ("smooth"). "CPU" are the processor seconds of the whole process, for ours without the
start of the interpreter and the writing; "MB" is its peak of RssAnon + RssShmem, polled every
10 ms. Compiled loops are in their cache.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from stacks import ENFUSE, edge_band, kept, psnr, size_of, watched

from mfgui import _startup
from mfgui.core.arrays import Rect, Size, from_float, to_float
from mfgui.core.compute import Compute
from mfgui.core.light import encoded, to_linear
from mfgui.methods import registry
from mfgui.synth.moving_stack import MovingFrame, MovingStack, Rendered, rendered

_DETAIL = (1.0 / 255) ** 2  # mean square of what is finer than a pixel: below, noise hides it
_BORDER = 4  # pixels that Lanczos' weights reach
_WARM = 3  # frames


@dataclass(frozen=True)
class Score:
    """One way on one stack."""

    seed: int
    way: str
    whole: float
    edges: float
    smooth: float
    cpu: float
    megabytes: float


def stack_of(options: argparse.Namespace, seed: int) -> MovingStack:
    moves = {"breathing": 2.0, "shift": 3.0, "rotation": 0.2, "gain": 3.0}
    faults = {} if options.without_noise else {"noise": 2.0, "jpeg": 95}
    return MovingStack(options.size, frames=options.frames, seed=seed, **moves, **faults)


def shared_part(stack: MovingStack) -> Rect:
    """What all frames show."""
    width, height = stack.size.width - 1, stack.size.height - 1
    corners = [[0, 0], [width, 0], [width, height], [0, height]]
    seen = np.array([pose.inverse().apply(corners) for pose in stack.transforms()])
    left, top = (math.ceil(seen[:, [0, 3], 0].max()), math.ceil(seen[:, :2, 1].max()))
    right, bottom = (math.floor(seen[:, 1:3, 0].min()), math.floor(seen[:, 2:, 1].min()))
    part = Rect(max(left, 0), max(top, 0), 0, 0)
    return Rect(part.x, part.y, right - part.x, bottom - part.y).grown(-_BORDER)


def aligned(frame: MovingFrame, part: Rect) -> npt.NDArray[np.uint8]:
    """A frame in the geometry and light of the first one."""
    light = to_linear(to_float(frame.pixels)) / np.float32(frame.gain)
    size = frame.pixels.shape[1::-1]
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    code = encoded(np.clip(light, 0.0, 1.0))
    moved = cv2.warpAffine(
        code, frame.transform.matrix[:2], size, flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(from_float(np.asarray(moved, np.float32), "uint8")[part.slices])


def true_labels(made: Rendered, size: Size) -> npt.NDArray[np.uint8]:
    """The frame in which each pixel is sharp; the scene tells it to nobody but benchmarks."""
    canvas, margin = made._canvas, made._margin
    labels = np.zeros((canvas.height, canvas.width), np.uint8)
    for thing in reversed(made._things):
        place = thing.place.intersected(Rect(0, 0, canvas.width, canvas.height))
        own = Rect(place.x - thing.place.x, place.y - thing.place.y, place.width, place.height)
        labels[place.slices][thing.matte[own.slices] > 127] = thing.focus + 1
    return labels[Rect(margin, margin, size.width, size.height).slices]


def write_stack(folder: Path, stack: MovingStack) -> None:
    """Aligned frames as arrays and as TIFF, truth and labels."""
    folder.mkdir(parents=True, exist_ok=True)
    made, part = rendered(stack), shared_part(stack)
    for index, frame in enumerate(made.frames()):
        pixels = aligned(frame, part)
        np.save(folder / f"frame_{index:02d}.npy", pixels)
        tifffile.imwrite(folder / f"frame_{index:02d}.tif", pixels)
    np.save(folder / "labels.npy", true_labels(made, stack.size)[part.slices])
    np.save(folder / "truth.npy", made.truth()[part.slices])


def fuse(folder: Path, name: str, out: Path, *, threads: int) -> None:
    """One of our methods on the memory maps of a folder; prints the CPU seconds as JSON."""
    method = registry.load().get(name)
    images = [np.load(path, mmap_mode="r") for path in sorted(folder.glob("frame_*.npy"))]
    start = time.process_time()
    decision = method.function(images, compute=Compute(threads=threads), **method.defaults())
    fused = decision.fuse()
    seconds = time.process_time() - start
    tifffile.imwrite(out, from_float(fused, "uint8"))
    print(json.dumps({"cpu": seconds}))


def quality(folder: Path, fused: Path) -> tuple[float, float, float]:
    """PSNR of the whole, along depth edges, and where there is no detail."""
    truth = np.load(folder / "truth.npy").astype(np.float32) / np.float32(255)
    image = np.asarray(tifffile.imread(fused))[:, :, :3].astype(np.float32) / np.float32(255)
    error = np.square(image - truth).mean(axis=2)
    grey = truth.mean(axis=2)
    detail = np.square(grey - cv2.GaussianBlur(grey, (0, 0), 1.0))
    edges = edge_band(np.load(folder / "labels.npy"))
    smooth = (cv2.GaussianBlur(detail, (0, 0), 3.0) < _DETAIL) & ~edges
    along, beyond = (psnr(error[m]) if m.any() else math.nan for m in (edges, smooth))
    return psnr(error), along, beyond


def score(folder: Path, seed: int, way: str, work: Path, threads: int) -> Score:
    """Run one way in a fresh process and compare its result with the truth."""
    out, log = work / "fused.tif", work / "log.txt"
    if way in ENFUSE:
        frames = [str(path) for path in sorted(folder.glob("frame_*.tif"))]
        command = ["enfuse", *ENFUSE[way], "--compression=none", f"--output={out}", *frames]
    else:
        child = ["--child", way, str(folder), str(out), "--threads", str(threads)]
        command = [sys.executable, str(Path(__file__).resolve()), *child]
    used = watched(command, log)
    cpu = used.cpu
    if way not in ENFUSE:
        cpu = float(json.loads(log.read_text().splitlines()[-1])["cpu"])
    found = Score(seed, way, *quality(folder, out), cpu, used.megabytes)
    out.unlink()
    return found


def table(scores: Sequence[Score]) -> Iterator[str]:
    """Lines of the table of one stack; differences are to the best of enfuse in each column."""
    columns = ("whole", "edges", "smooth")
    yield (
        f"{'way':<26}"
        + "".join(f"{name:>8}{'diff':>7}" for name in columns)
        + f"{'CPU':>8}{'MB':>8}"
    )
    best: dict[str, Any] = {
        name: max((getattr(s, name) for s in scores if s.way in ENFUSE), default=math.nan)
        for name in columns
    }
    for entry in scores:
        values = [(getattr(entry, name), getattr(entry, name) - best[name]) for name in columns]
        cells = "".join(f"{value:8.2f}{difference:+7.2f}" for value, difference in values)
        yield f"{entry.way:<26}{cells}{entry.cpu:8.1f}{entry.megabytes:8.0f}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12])
    parser.add_argument("--size", type=size_of, default=Size(4096, 3072))
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--methods", nargs="*", default=["photo", "stack"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without-noise", action="store_true", help="neither noise nor JPEG")
    parser.add_argument("--keep", type=Path, help="folder of aligned frames, used again")
    parser.add_argument("--no-enfuse", action="store_true", help="our methods only")
    parser.add_argument("--json", type=Path, help="where to write all scores, too")
    parser.add_argument("--render", nargs=2, metavar=("SEED", "DIR"), help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def folder_of(root: Path, seed: int, options: argparse.Namespace) -> Path:
    """Where aligned frames lie; made first, in a process of its own, when they are not there."""
    name = f"{seed}_{options.size.width}x{options.size.height}_{options.frames}"
    folder: Path = root / (name + "_clean" * options.without_noise)
    if not (folder / "truth.npy").exists():
        size = f"{options.size.width}x{options.size.height}"
        drawn = ["--render", str(seed), str(folder), "--size", size]
        drawn += ["--frames", str(options.frames), *["--without-noise"] * options.without_noise]
        subprocess.run([sys.executable, str(Path(__file__).resolve()), *drawn], check=True)
    return folder


def main() -> None:
    options = arguments()
    _startup.prepare_command_line()
    _startup.limit_opencv()
    if options.child:
        name, folder, out = options.child
        fuse(Path(folder), name, Path(out), threads=options.threads)
        return
    if options.render:
        seed, folder = options.render
        write_stack(Path(folder), stack_of(options, int(seed)))
        return
    scores: list[Score] = []
    with kept(options.keep) as root, tempfile.TemporaryDirectory() as work:
        small = argparse.Namespace(**{**vars(options), "size": Size(320, 240), "frames": _WARM})
        for way in options.methods:
            score(folder_of(root, 0, small), 0, way, Path(work), options.threads)
        for seed in options.seeds:
            folder = folder_of(root, seed, options)
            ways = [*([] if options.no_enfuse else ENFUSE), *options.methods]
            load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
            print(f"\nseed {seed}, {options.frames} frames of {options.size}, load {load}")
            found = [score(folder, seed, way, Path(work), options.threads) for way in ways]
            scores += found
            print("\n".join(table(found)), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(entry) for entry in scores], indent=1))


if __name__ == "__main__":
    main()
