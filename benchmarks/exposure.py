"""Exposure matching: brightness steps along label edges of real pairs, gains of generated stacks.

    python benchmarks/exposure.py [--pairs FOLDER] [--stacks FOLDER ...] [--pictures DIR]
        [--json FILE]

Four ways to equalise run on the same frames: "none"; "mean ratio", the second frame's linear light
times one factor, the ratio of the means of both frames' light (all channels); "histogram",
`skimage.exposure.match_histograms` of every channel of the 8-bit codes; and "ours",
`mfgui.methods.exposure.match_exposure` with mode "auto".

Pairs
-----
FOLDER holds NAME-A-N.* and NAME-B-N.*; A is the reference, and the frames are taken as they lie.
Every pair whose frames differ by more than 1.25 times in the median of their linear green light
is equalised in each way, and a label map is made from the equalised frames, stored in 8 bits, by
each of the methods named. The fused picture is the hard composite of the frames (equalised,
float32) by that map. "chequer" is a map of squares of 32 pixels instead, which samples the whole
picture, wherever methods put their edges.

A pixel is smooth when, in both frames as they were given, the gradient of the grey codes (central
differences, length of the vector) is below 2/255 everywhere in the square of 17 x 17 pixels
around it. An edge is a pair of neighbours p, q in a row or a column that have different labels
and are both smooth. Its step is the mean over the channels of |fused(p) - fused(q)| in units of
1/255 of the code values. The step 4 pixels away is that of the same two neighbours moved by 4
pixels along the line through both, the mean of either side; a side where these two have different
labels is left out, and an edge without either has none. The figure is the mean step of all edges
less the mean of all steps 4 pixels away. "-" stands for fewer than 20 edges.

Stacks
------
FOLDER is what `mfgui synth moving-stack` wrote. Frames are aligned by the true transforms; the
figure is the largest and the median error of the gain in percent, |found / true - 1|, of the
frames but the first. "histogram" has no gain: of its answer the ratio of the means of the linear
light is taken. CPU is that of this process per frame, with small pictures made from decoded frames.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import ImageF32, ImageU8, LabelArray, Rect, Size, from_float, to_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.exposure import StackExposure, equalise
from mfgui.core.light import encoded, to_linear
from mfgui.core.transforms import Transform
from mfgui.methods import registry
from mfgui.methods.exposure import match_exposure, match_proxies, proxy_of
from mfgui.methods.registry import Kind

METHODS = ("stack", "quadtree", "laplacian")
DIFFERS = 1.25
SMOOTH = 2.0  # of 255
AROUND = 17  # pixels
AWAY = 4  # pixels
SQUARE = 32  # pixels
FEWEST = 20
WAYS = ("none", "mean ratio", "histogram", "ours")


@dataclass(frozen=True)
class PairScore:
    """One pair, one label map; steps in grey levels, before and after each way."""

    pair: str
    map: str
    edges: int
    steps: dict[str, float | None]


@dataclass(frozen=True)
class StackScore:
    """One generated stack; errors of the gain in percent."""

    stack: str
    frames: int
    worst: dict[str, float]
    median: dict[str, float]
    cpu: float


def read(path: Path) -> ImageU8:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path}: not readable")
    return np.ascontiguousarray(pixels[:, :, ::-1]).astype(np.uint8)


def light_of(frame: ImageU8) -> ImageF32:
    return to_linear(to_float(frame))


def still(size: Size, frames: int) -> StackAlignment:
    fit = FrameFit(Transform.identity())
    return StackAlignment(size, 0, "off", (fit,) * frames, Rect(0, 0, size.width, size.height))


def by_mean(first: ImageU8, second: ImageU8) -> ImageF32:
    light = light_of(second)
    return encoded(light * np.float32(light_of(first).mean() / light.mean()))


def by_histogram(first: ImageU8, second: ImageU8) -> ImageF32:
    from skimage.exposure import match_histograms

    return np.asarray(match_histograms(second, first, channel_axis=2) / 255, np.float32)


def ours(first: ImageU8, second: ImageU8) -> ImageF32:
    size = Size(first.shape[1], first.shape[0])
    found = match_exposure([first, second], still(size, 2))
    light = light_of(second)
    equalise(light, found.frames[1], size=size)
    return encoded(light)


EQUALISE: dict[str, Callable[[ImageU8, ImageU8], ImageF32]] = {
    "none": lambda _first, second: to_float(second),
    "mean ratio": by_mean,
    "histogram": by_histogram,
    "ours": ours,
}


def label_map(name: str, frames: Sequence[ImageU8]) -> LabelArray:
    if name == "chequer":
        y, x = np.ogrid[: frames[0].shape[0], : frames[0].shape[1]]
        return np.asarray(1 + (y // SQUARE + x // SQUARE) % 2, np.uint8)
    method = registry.load().get(name)
    answer = method.function(list(frames), compute=Compute(), **method.defaults())
    return np.asarray(answer if method.kind is Kind.DETECTOR else answer.labels)


def smooth(frames: Sequence[ImageU8]) -> npt.NDArray[np.bool_]:
    """Pixels with no contour around in either frame."""
    square = np.ones((AROUND, AROUND), np.uint8)
    found = np.ones(frames[0].shape[:2], np.bool_)
    for frame in frames:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        down, right = np.gradient(grey)
        found &= cv2.dilate(np.hypot(down, right), square) < SMOOTH
    return found


def edge_steps(
    fused: ImageF32, labels: LabelArray, mask: npt.NDArray[np.bool_]
) -> tuple[int, float | None]:
    """How many edges there are, and the figure."""
    at: list[npt.NDArray[np.floating]] = []
    beside: list[npt.NDArray[np.floating]] = []
    planes = ((fused, labels, mask), (fused.swapaxes(0, 1), labels.T, mask.T))
    for picture, marks, inner in planes:
        step = np.abs(np.diff(picture, axis=0)).mean(axis=2) * 255
        changes = marks[1:] != marks[:-1]
        edges = changes & inner[1:] & inner[:-1]
        total, sides = np.zeros(step.shape), np.zeros(step.shape)
        for move in (-AWAY, AWAY):
            to = slice(max(0, -move), step.shape[0] - max(0, move))
            taken = slice(max(0, move), step.shape[0] - max(0, -move))
            total[to] += np.where(changes[taken], 0, step[taken])
            sides[to] += ~changes[taken]
        at.append(step[edges])
        known = edges & (sides > 0)
        beside.append(total[known] / sides[known])
    steps, away = np.concatenate(at), np.concatenate(beside)
    if len(steps) < FEWEST or not len(away):
        return len(steps), None
    return len(steps), float(steps.mean() - away.mean())


def pairs_of(folder: Path) -> Iterator[tuple[str, ImageU8, ImageU8]]:
    """Pairs that differ in exposure."""
    for path in sorted(folder.glob("*-A-*")):
        frames = [read(path), read(path.with_name(path.name.replace("-A-", "-B-")))]
        medians = [np.median(light_of(frame)[:, :, 1]) for frame in frames]
        if abs(np.log(medians[0] / medians[1])) > np.log(DIFFERS):
            yield path.stem.rpartition("-")[2], frames[0], frames[1]


def score_pairs(folder: Path, pictures: Path | None) -> Iterator[PairScore]:
    for name, first, second in pairs_of(folder):
        mask = smooth([first, second])
        found = {way: EQUALISE[way](first, second) for way in WAYS}
        for kind in (*METHODS, "chequer"):
            steps: dict[str, float | None] = {}
            for way, changed in found.items():
                stored = np.asarray(from_float(changed, "uint8"), np.uint8)
                labels = label_map(kind, [first, stored])
                fused = compose([to_float(first), changed], labels)
                edges, steps[way] = edge_steps(fused, labels, mask)
                if pictures is not None and way in ("none", "ours"):
                    path = pictures / f"{name}-{kind}-{way}.png"
                    cv2.imwrite(str(path), from_float(fused, "uint8")[:, :, ::-1])
            yield PairScore(name, kind, edges, steps)


def score_stack(folder: Path) -> StackScore:
    known = json.loads((folder / "transforms.json").read_text())
    entries = known["frames"]
    true = np.array([1 / entry["gain"] for entry in entries])
    first = read(folder / entries[0]["file"])
    mean = light_of(first[::4, ::4]).mean()
    proxies, seconds = [], 0.0
    gains: dict[str, list[float]] = {way: [] for way in WAYS[:3]}
    for entry in entries:
        frame = read(folder / entry["file"])
        start = time.process_time()
        proxies.append(proxy_of(frame))
        seconds += time.process_time() - start
        # Every fourth row and column is enough for means and histograms.
        small = np.ascontiguousarray(frame[::4, ::4])
        changed = by_histogram(np.ascontiguousarray(first[::4, ::4]), small)
        own = light_of(small).mean()
        gains["none"].append(1.0)
        gains["mean ratio"].append(float(mean / own))
        gains["histogram"].append(float(to_linear(changed).mean() / own))
    size = Size(*known["size"])
    fits = tuple(FrameFit(Transform.from_json(entry["transform"])) for entry in entries)
    whole = Rect(0, 0, size.width, size.height)
    start = time.process_time()
    found = match_proxies(proxies, StackAlignment(size, 0, "similarity", fits, whole))
    seconds += time.process_time() - start
    gains["ours"] = _means(found)
    away = {way: 100 * np.abs(np.array(one) / true - 1)[1:] for way, one in gains.items()}
    return StackScore(
        folder.name,
        len(entries),
        {way: float(one.max()) for way, one in away.items()},
        {way: float(np.median(one)) for way, one in away.items()},
        seconds / len(entries),
    )


def _means(found: StackExposure) -> list[float]:
    return [float(2**frame.stops) for frame in found.frames]


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Exposure matching, measured.")
    parser.add_argument("--pairs", type=Path, help="folder of NAME-A-N and NAME-B-N")
    parser.add_argument("--stacks", type=Path, nargs="*", default=[], help="generated stacks")
    parser.add_argument("--pictures", type=Path, help="where fused pictures are written")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.pictures is not None:
        given.pictures.mkdir(parents=True, exist_ok=True)
    pairs: list[PairScore] = []
    if given.pairs is not None:
        print("| pair | map | edges | " + " | ".join(WAYS) + " |")
        print("|---" * (3 + len(WAYS)) + "|")
        for pair in score_pairs(given.pairs, given.pictures):
            pairs.append(pair)
            steps = " | ".join(shown(pair.steps[way]) for way in WAYS)
            print(f"| {pair.pair} | {pair.map} | {pair.edges} | {steps} |", flush=True)
    stacks: list[StackScore] = []
    for folder in given.stacks:
        stacks.append(score_stack(folder))
        score = stacks[-1]
        errors = ", ".join(f"{w} {score.worst[w]:.2f} / {score.median[w]:.2f}" for w in WAYS)
        print(f"{score.stack}: worst / median error in %: {errors}; CPU {score.cpu:.3f} s a frame")
    if given.json is not None:
        scores = {"pairs": pairs, "stacks": stacks}
        data = {name: [asdict(one) for one in part] for name, part in scores.items()}
        given.json.write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
