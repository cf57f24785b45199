"""What the benchmarks of the optimiser share: pictures, warming up, and lines with a verdict."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mfgui import _startup
from mfgui.core.arrays import ImageF32, ImageU8, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods import registry
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.methods.registry import Iterate

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
# A guarded step on all pixels of the full-size picture, without anything that saves steps.
PLAIN: dict[str, Any] = {"active": "full", "coarse": False, "accelerated": False}
ENDLESS: dict[str, Any] = {"tolerance": 0.0, "change": 0.0}


def options(doc: str | None) -> argparse.ArgumentParser:
    _startup.prepare_command_line()
    _startup.limit_opencv()
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder with pairs/ and stacks/")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller sets")
    parser.add_argument("--json", type=Path, help="where to write all lines, too")
    return parser


def machine() -> str:
    """Processor, cores, versions."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def load() -> str:
    """Load averages of 1 and 5 minutes."""
    return "{:.1f} {:.1f}".format(*os.getloadavg()[:2]) if hasattr(os, "getloadavg") else "-"


class Ledger:
    """Lines of figures, printed as they come: what, ours, rival, ratio, budget, verdict."""

    def __init__(self, chosen: argparse.Namespace, title: str) -> None:
        self._path: Path | None = chosen.json
        self._lines: list[dict[str, Any]] = []
        print(f"{title}\n{machine()}; load {load()}; {chosen.threads} threads")
        where = chosen.data if chosen.data.is_dir() else "none: generated pictures"
        print(f"pictures: {where}; quick: {chosen.quick}")

    def say(self, text: str) -> None:
        print(f"    {text}", flush=True)

    def enter(self, title: str) -> None:
        print(f"\n{title} (load {load()})", flush=True)

    def add(
        self,
        what: str,
        ours: float,
        unit: str,
        *,
        rival: float | None = None,
        factor: float | None = None,
        budget: float | None = None,
        at_least: bool = False,
        aim: float | None = None,
    ) -> None:
        """One line. The ratio is rival / ours, or `factor`; the budget is one of the ratio when
        `at_least`, otherwise of ours."""
        ratio = factor if factor is not None or rival is None else rival / ours
        text = f"  {what:58} {ours:10.4g} {unit:4}"
        text += f" rival {rival:9.4g} {unit}" if rival is not None else ""
        text += f" ratio {ratio:8.4g}" if ratio is not None else ""
        verdict = None
        if budget is not None:
            value, sign = (ratio, ">=") if at_least else (ours, "<=")
            assert value is not None
            verdict = value >= budget if at_least else value <= budget
            text += f"   {'met' if verdict else 'MISSED'} ({sign} {budget:g}"
            text += f", aim {aim:g})" if aim is not None else ")"
        print(text, flush=True)
        self._lines.append(
            {
                "what": what, "ours": ours, "unit": unit, "rival": rival, "ratio": ratio,
                "budget": budget, "at_least": at_least, "aim": aim, "met": verdict,
                "load": load(),
            }
        )  # fmt: skip
        if self._path is not None:
            told = {"machine": machine(), "lines": self._lines}
            self._path.write_text(json.dumps(told, indent=1), "utf-8")


def touch_memory(gigabytes: float = 3.0) -> None:
    """Write to fresh memory once and free it.

    Virtual machines hand out memory that was never used slowly; once touched, the pages stay
    with the machine, and what is timed afterwards is the program's own work.
    """
    space = np.empty(int(gigabytes * 2**30), np.uint8)
    space[::4096] = 1
    del space


def warm_up(threads: int = 2) -> None:
    """Compile, or load from the cache of the compiler, every loop that will be timed."""
    for side, window in ((192, 25), (192, 49)):
        frames = generated(side, side)
        labels = detect(frames, window, threads)
        for objective in ("box-joint", "gaussian"):
            for active in ("band", "full"):
                parameters = {"window": window, "objective": objective, "active": active}
                for _ in solve(frames, labels, threads, iterations=3, **parameters, **ENDLESS):
                    pass


def read(path: Path) -> PixelArray:
    """(H, W, C) as stored, RGB or grey."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SystemExit(f"{path}: cannot be read")
    if image.ndim == 2:
        return np.asarray(image[:, :, np.newaxis])
    return np.ascontiguousarray(image[:, :, 2::-1])


def generated(width: int, height: int, count: int = 2) -> list[ImageU8]:
    """Frames of one texture, each sharp in one of `count` columns, with noise."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), dtype=np.uint8)
    sharp = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4.0)
    frames = []
    for index in range(count):
        frame = soft.copy()
        column = slice(width * index // count, width * (index + 1) // count)
        frame[:, column] = sharp[:, column]
        frames.append(cv2.add(frame, rng.integers(0, 5, frame.shape, dtype=np.uint8)))
    return frames


def mffw(data: Path, name: str, size: tuple[int, int]) -> list[PixelArray]:
    """A pair of MFFW, or a generated one of that (width, height)."""
    folder = data / "pairs" / "mffw2" / name
    if not folder.is_dir():
        return list(generated(*size))
    return [read(folder / f"image{index}.tif") for index in (1, 2)]


def pair6(data: Path, times: int = 1) -> list[PixelArray]:
    """The coffee pair, 568 x 868, enlarged."""
    return [enlarged(x, times) for x in mffw(data, "6", (568, 868))]


def enlarged(image: PixelArray, times: int) -> PixelArray:
    if times == 1:
        return image
    bigger = cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    return np.asarray(bigger).reshape(*bigger.shape[:2], -1)


def circuit(data: Path, count: int = 10, times: int = 1) -> list[PixelArray]:
    """Frames of a stack of 2048 x 1536 pixels, enlarged."""
    paths = sorted((data / "stacks" / "pcb_switch").glob("*.jpg"))[:count]
    frames = [read(path) for path in paths] if len(paths) == count else generated(2048, 1536, count)
    return [enlarged(frame, times) for frame in frames]


def shared_sets(data: Path) -> Iterator[tuple[str, list[Path]]]:
    """Every pair and stack below `data`: name and files."""
    for folder in sorted((data / "pairs" / "mffw2").glob("*"), key=lambda p: p.name.zfill(3)):
        yield f"mffw2/{folder.name}", sorted(folder.glob("image*.tif"))
    for first in sorted((data / "pairs" / "lytro").glob("*-A.jpg")):
        yield f"lytro/{first.stem[:-2]}", [first, first.with_name(first.name.replace("-A", "-B"))]
    for kind in ("edmf", "edmf_misregistered"):
        for first in sorted((data / "pairs" / kind).glob("bg-A-*.jpg")):
            second = first.with_name(first.name.replace("-A-", "-B-"))
            yield f"{kind}/{first.stem[5:]}", [first, second]
    for folder in sorted((data / "stacks" / "mffw3").glob("*")):
        yield f"mffw3/{folder.name}", sorted(folder.glob("*.png"))
    for name in ("amber_flies", "pcb_switch", "microtubules_16bit"):
        paths = sorted(
            p for p in (data / "stacks" / name).glob("*") if p.suffix in (".jpg", ".tif")
        )
        if paths:
            yield name, paths


def detect(
    frames: Sequence[PixelArray], window: int | str = "released", threads: int = 2
) -> LabelArray:
    return laplacian(list(frames), window=window, compute=Compute(threads))


def solve(
    frames: Sequence[PixelArray],
    labels: LabelArray,
    threads: int,
    *,
    start_image: ImageF32 | None = None,
    **parameters: Any,
) -> Iterator[Iterate]:
    """The registered method with its own defaults but for `parameters`."""
    values = registry.load().get("ms-lap").resolve(parameters)
    compute = Compute(threads)
    return ms_lap(list(frames), labels, compute=compute, start_image=start_image, **values)


@dataclass(frozen=True)
class Solved:
    """What a solve took, and its last state."""

    seconds: float
    steps: int
    state: Iterate


def solved(
    frames: Sequence[PixelArray], labels: LabelArray, threads: int, **parameters: Any
) -> Solved:
    began, steps = time.perf_counter(), -1
    for state in solve(frames, labels, threads, **parameters):  # noqa: B007
        steps += 1
    return Solved(time.perf_counter() - began, steps, state)


def by_turns(repeats: int, *works: Callable[[], object]) -> list[tuple[float, float]]:
    """Least and median time of each of `works`, called by turns so that all meet the same load."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, taken in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return [(min(taken), statistics.median(taken)) for taken in times]


def slope(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The exponent of a power law through the points."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def in_fresh_process(script: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """What ``script --child REQUEST`` prints as its last line, as JSON."""
    command = [sys.executable, str(script), "--child", json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{request}: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def peak_memory() -> float:
    """Largest resident set of this process so far, in GB (10^9 bytes).

    On Linux not by `getrusage`, which starts a child with the size of its parent.
    """
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024e-9 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        unit = 1e-9 if sys.platform == "darwin" else 1024e-9
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
