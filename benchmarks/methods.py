"""Seconds and memory of every method on a pair, at 520 x 520 and 24 megapixels.

    python benchmarks/methods.py [--sizes 520x520 6000x4000] [--methods gff dsift ...]
        [--threads 2] [--limit 600] [--markdown FILE] [--json FILE]

Pairs are generated, 8-bit colour, each source sharp in one half, with noise. Every method runs in
a fresh process with its default parameters: once on a pair of 96 x 96, which compiles its loops,
then on the pair itself (twice below a megapixel, of which the second counts). Detectors are
timed alone, fusers that need a map with that of `laplacian`, decisions with their image. "ratio"
is against the rival `enfuse`, called as for focus stacks (contrast alone, hard masks), reading and
writing of the pair included on its side alone; without enfuse, against our composite by the
`laplacian` map. "MB" is the highest RssAnon + RssShmem above that before the call: beside the
sources, with the result. A method that takes longer than --limit is stopped and shown as such.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import tifffile
from ledger import touch_memory
from peak import Peak
from stacks import ENFUSE, watched

from mfgui import _startup
from mfgui.core.arrays import ImageU8, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.methods import registry
from mfgui.methods.decision import decide
from mfgui.methods.registry import FUSING, MAPPING, Kind, Method

RIVAL = "enfuse"
_SMALL = Size(96, 96)
_ONCE = 1_000_000  # pixels from which a method runs once


@dataclass(frozen=True)
class Cost:
    """What one method costs; a reason where it did not come to an end."""

    name: str
    size: str
    seconds: float
    megabytes: float
    reason: str = ""


def pair(size: Size) -> list[ImageU8]:
    """Two sources, sharp in the left and in the right half."""
    rng = np.random.default_rng(0)
    shape = (size.height // 6 + 1, size.width // 6 + 1, 3)
    coarse = rng.integers(0, 256, shape, dtype=np.uint8)
    sharp = cv2.resize(coarse, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4.0)
    half = size.width // 2
    sources = [np.hstack([sharp[:, :half], soft[:, half:]])]
    sources.append(np.hstack([soft[:, :half], sharp[:, half:]]))
    return [cv2.add(s, rng.integers(0, 5, s.shape, dtype=np.uint8)) for s in sources]


def carry_out(method: Method, images: list[ImageU8], *, threads: int) -> None:
    """What the table is about."""
    compute, values = Compute(threads=threads), method.defaults()
    if method.makes_map:
        decision = decide(method, images, compute=compute, **values)
        if method.kind is Kind.DECISION:
            decision.fuse()
        return
    labels = None
    if method.needs_map:
        labels = registry.load().get("laplacian").function(images, compute=compute)
    made = method.function(images, labels, compute=compute, **values)
    if method.kind is Kind.OPTIMISER:
        for _state in made:
            pass


def child(name: str, size: Size, threads: int) -> None:
    """Time one method and print what it costs as JSON."""
    _startup.prepare_command_line()
    _startup.limit_opencv()
    method = registry.load().get(name)
    small, images = pair(_SMALL), pair(size)
    try:
        method.check_size(size)
        carry_out(method, small, threads=threads)
        touch_memory()
        if size.pixels < _ONCE:
            carry_out(method, images, threads=threads)
        with Peak() as peak:
            start = time.perf_counter()
            carry_out(method, images, threads=threads)
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "megabytes": peak.megabytes}))
    except UsageError as error:
        print(json.dumps({"reason": str(error)}))


def cost(name: str, size: Size, *, threads: int, limit: float) -> Cost:
    """Run `child` in a fresh process."""
    text = f"{size.width}x{size.height}"
    command = [sys.executable, __file__, "--child", name, text, "--threads", str(threads)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return Cost(name, text, np.inf, np.nan, f"stopped after {limit:g} s")
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or f"ended with {error.returncode}").splitlines()[-1]
        return Cost(name, text, np.nan, np.nan, last)
    said = json.loads(done.stdout.splitlines()[-1])
    seconds, megabytes = said.get("seconds", np.nan), said.get("megabytes", np.nan)
    return Cost(name, text, seconds, megabytes, said.get("reason", ""))


def rival(size: Size) -> Cost:
    """enfuse on the same pair, twice; the second time counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"{index}.tif" for index in range(2)]
        for path, image in zip(paths, pair(size), strict=True):
            tifffile.imwrite(path, image)
        out = folder / "out.tif"
        command = ["enfuse", *ENFUSE["enfuse l-star"], "--compression=none", f"--output={out}"]
        command += [str(path) for path in paths]
        for _ in range(2):
            used = watched(command, folder / "log.txt")
    return Cost(RIVAL, f"{size.width}x{size.height}", used.total, used.megabytes)


def table(costs: list[Cost], sizes: list[str]) -> list[str]:
    """Markdown, the methods in the order of the registry."""
    found = {(cost.name, cost.size): cost for cost in costs}
    names = list(dict.fromkeys(cost.name for cost in costs))
    reference = RIVAL if RIVAL in names else "composite"
    heads = [f"{size}: s | ratio | MB" for size in sizes]
    lines = [f"| method | {' | '.join(heads)} |", f"|---|{'---:|' * 3 * len(sizes)}"]
    for name in names:
        cells = []
        for size in sizes:
            one, other = found.get((name, size)), found.get((reference, size))
            if one is None or one.reason:
                cells.append(f"{one.reason if one else ''} | |")
            else:
                ratio = f"{one.seconds / other.seconds:.2f}" if other else ""
                cells.append(f"{one.seconds:.2f} | {ratio} | {one.megabytes:.0f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def size_of(text: str) -> Size:
    width, height = (int(part) for part in text.lower().split("x"))
    return Size(width, height)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = registry.load()
    names = [m.name for m in known.of_kind(*FUSING, *MAPPING)]
    parser.add_argument(
        "--sizes", nargs="+", type=size_of, default=[Size(520, 520), Size(6000, 4000)]
    )
    parser.add_argument("--methods", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600.0)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=2, metavar=("NAME", "WxH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], size_of(options.child[1]), options.threads)
        return
    costs = []
    for size in options.sizes:
        if shutil.which("enfuse"):
            costs.append(rival(size))
        for name in options.methods:
            costs.append(cost(name, size, threads=options.threads, limit=options.limit))
            print(costs[-1], flush=True)
    lines = table(costs, [f"{size.width}x{size.height}" for size in options.sizes])
    print("\n".join(lines))
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1))


if __name__ == "__main__":
    main()
