"""Are Snap and the smart brush worth having? Simulated annotators on scenes of known labels.

    python benchmarks/annotators.py [--scenes 10] [--size 640x480] [--hands 2]
        [--parts snap smart] [--json annotators.json]

Scene s is `random_scene(size, seed=s)`: two layers, every fourth three, blur radius between
neighbouring layers from 3 to 10 pixels, frames stored in 8 bits. Nothing was chosen: the seeds
are 0, 1, 2 ... The tools see the frames only, the hand sees the true labels through its noise.

The hand: it moves along a line that is off the one it means by a smooth random amount, 6 pixels
in standard deviation, with a correlation length of about 35 pixels. It never looks back.

Snap. The inside of every region, deeper than 12 pixels, is filled. Then a 24-pixel brush goes
once along the border of every region, near to far, on the inside of each, with that region's
label. Without Snap the hand means the border of the brush to lie on the true boundary, which is
the best it can do. With Snap, strength 100 %, it means the brush to lie a third (8 pixels of
radius 12 from the boundary to the centre) over the boundary, as one does when an edge holds
the paint. A stroke begins where the hand is deepest inside. The error is the mean
distance between true and painted boundaries, of both to each other, in pixels; the last column
is that of Snap aimed like the brush without.

Smart brush. From an empty map: the largest wrong piece of one true label is taken; the largest
brush of 8, 16, 32, 64, 128, 256 pixels is chosen that fits into its deepest place, and dragged
along the longest way through the piece on which it fits, with the hand's noise. Plain brush and
smart brush (reach 100 %, sensitivity 50 %) do exactly the same; what counts is the number of
strokes until 99 % of the pixels are right, at most 200.
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, LabelArray, PixelArray, Rect, Size, from_float
from mfgui.core.snapping import SharpnessGuide, grow, side_at, snapped
from mfgui.synth.layered import random_scene, render

NOISE = 6.0  # pixels, standard deviation
_CORRELATION = 15.0  # points of a line
BRUSH = 24
AIM, SNAP_AIM = 12.0, 8.0  # pixels from the true boundary to the centre the hand means
RADII = (3.0, 10.0)
BRUSHES = (8, 16, 32, 64, 128, 256)
GOAL, MOST = 0.99, 200
REACH, SENSITIVITY = 100, 50
_PAD = 64

Line = npt.NDArray[np.float64]  # (N, 2), x and y


@dataclass(frozen=True, eq=False)
class Task:
    """One scene to annotate."""

    name: str
    frames: list[PixelArray] = field(repr=False)
    labels: LabelArray = field(repr=False)

    @property
    def k(self) -> int:
        return len(self.frames)

    def guide(self) -> SharpnessGuide:
        return SharpnessGuide(self.frames)


def scene(seed: int, size: Size) -> Task:
    low, high = RADII
    radius = round(low + (high - low) * (seed % 10) / 9, 2)
    drawn = random_scene(size, layers=3 if seed % 4 == 3 else 2, radius=radius, seed=seed)
    rendering = render(drawn)
    name = f"{seed}: {'/'.join(layer.photo for layer in drawn.layers)}, r = {radius:g}"
    frames = [from_float(frame, "uint8") for frame in rendering.frames]
    return Task(name, frames, rendering.labels)


def off(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """How far the hand is off along a line of `count` points, smooth; ends fit together."""
    waves = np.fft.rfft(rng.standard_normal(count))
    waves *= np.exp(-2 * (np.pi * _CORRELATION * np.fft.rfftfreq(count)) ** 2)
    smooth = np.fft.irfft(waves, count)
    spread = smooth.std()
    return np.asarray(NOISE * smooth / spread if spread > 0 else smooth)


def depth(inside: BoolMask) -> npt.NDArray[np.float32]:
    """Distance to the border, negative outside."""
    within, beyond = (np.asarray(part, np.uint8) for part in (inside, ~inside))
    inner = cv2.distanceTransform(within, cv2.DIST_L2, 5)
    return np.asarray(inner - cv2.distanceTransform(beyond, cv2.DIST_L2, 5), np.float32)


def padded(mask: BoolMask) -> BoolMask:
    """Continued beyond the frame, so that the frame is no border."""
    wide = cv2.copyMakeBorder(
        np.asarray(mask, np.uint8), _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REPLICATE
    )
    return np.asarray(wide > 0)


def border_lines(mask: BoolMask, aim: float, rng: np.random.Generator) -> list[Line]:
    """Where the hand goes along the borders of a region, `aim` pixels inside but for its noise."""
    wide = padded(mask)
    deep = depth(wide)
    down, across = np.gradient(cv2.GaussianBlur(deep, (0, 0), 3))
    found, _ = cv2.findContours(np.asarray(wide, np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    lines = []
    for contour in (one[:, 0] for one in found if len(one) > 60):
        waves = np.fft.fft(contour[:, 0] + 0.5 + 1j * (contour[:, 1] + 0.5))
        frequency = np.fft.fftfreq(len(contour))
        places = np.fft.ifft(waves * np.exp(-2 * (np.pi * 4 * frequency) ** 2))
        columns = np.clip(places.real.astype(int), 0, deep.shape[1] - 1)
        rows = np.clip(places.imag.astype(int), 0, deep.shape[0] - 1)
        inward = across[rows, columns] + 1j * down[rows, columns]
        inward /= np.abs(inward) + 1e-6
        line = places + inward * (aim + off(rng, len(contour)))
        points = np.stack([line.real, line.imag], axis=1)[::4]
        lines.append(np.roll(points, -_deepest(points, deep), axis=0) - _PAD)
    return lines


def _deepest(points: Line, deep: npt.NDArray[np.float32]) -> int:
    """Index of the point deepest inside, within the frame."""
    height, width = deep.shape
    columns = np.clip(points[:, 0].astype(int), 0, width - 1)
    rows = np.clip(points[:, 1].astype(int), 0, height - 1)
    rim = _PAD + BRUSH / 2
    shown = (columns > rim) & (columns < width - rim) & (rows > rim) & (rows < height - rim)
    return int(np.argmax(np.where(shown, deep[rows, columns], -np.inf)))


def dab(centre: tuple[float, float], diameter: float, size: Size) -> tuple[Rect, BoolMask]:
    x, y = centre
    reach = int(np.ceil(diameter / 2)) + 1
    around = Rect(int(np.floor(x)), int(np.floor(y)), 1, 1).grown(reach)
    rect = around.intersected(Rect(0, 0, size.width, size.height))
    across = np.arange(rect.x, rect.right) + 0.5 - x
    down = np.arange(rect.y, rect.bottom) + 0.5 - y
    return rect, across[None, :] ** 2 + down[:, None] ** 2 <= diameter * diameter / 4


def traced(task: Task, *, hand: int, aim: float, guide: SharpnessGuide | None) -> LabelArray:
    """The map after one stroke along every border, with Snap if there is a guide."""
    size = Size(task.labels.shape[1], task.labels.shape[0])
    drawn = np.full_like(task.labels, task.k)
    for label in range(1, task.k + 1):
        drawn[depth(padded(task.labels == label))[_PAD:-_PAD, _PAD:-_PAD] > AIM] = label
    for label in range(1, task.k + 1):
        rng = np.random.default_rng([hand, label])
        for line in border_lines(task.labels == label, aim, rng):
            side: float | None = None
            for x, y in line.tolist():
                rect, mask = dab((x, y), BRUSH, size)
                if rect.empty or not mask.any():
                    continue
                if guide is not None:
                    side = side_at(guide, (x, y), diameter=BRUSH, held=side)
                    mask = snapped(guide, rect, mask, (x, y), strength=100, side=side)
                drawn[rect.slices][mask] = label
    return drawn


def boundary_error(drawn: LabelArray, labels: LabelArray) -> float:
    """Mean distance between two sets of boundaries, of both to each other, in pixels."""
    sets = [_boundary(labels), _boundary(drawn)]
    away = [cv2.distanceTransform(np.asarray(~one, np.uint8), cv2.DIST_L2, 5) for one in sets]
    return float(away[0][sets[1]].mean() + away[1][sets[0]].mean()) / 2


def _boundary(labels: LabelArray) -> BoolMask:
    edge = np.zeros(labels.shape, np.bool_)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    return edge


Painted = Callable[[Rect, BoolMask, int], tuple[Rect, BoolMask]]


def strokes_needed(task: Task, *, hand: int, guide: SharpnessGuide | None) -> tuple[int, float]:
    """Strokes until `GOAL` is reached, at most `MOST`, and the accuracy then."""
    drawn = np.zeros_like(task.labels)
    rng = np.random.default_rng([hand, 99])
    size = Size(task.labels.shape[1], task.labels.shape[0])
    for count in range(MOST + 1):
        right = float((drawn == task.labels).mean())
        if right >= GOAL or count == MOST:
            return count, right
        piece, label = _largest_wrong(drawn, task.labels)
        rect, mask, brush = _stroke(piece, size, rng)
        if guide is not None:
            reach = round(brush * REACH / 100)
            rect, mask = grow(guide, rect, mask, reach=reach, sensitivity=SENSITIVITY)
        drawn[rect.slices][mask] = label
    raise AssertionError


def _largest_wrong(drawn: LabelArray, labels: LabelArray) -> tuple[BoolMask, int]:
    best: tuple[int, BoolMask, int] | None = None
    for label in np.unique(labels).tolist():
        wrong = np.asarray((labels == label) & (drawn != label), np.uint8)
        _, pieces, facts, _ = cv2.connectedComponentsWithStats(wrong, connectivity=4)
        if len(facts) < 2:
            continue
        index = 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA]))
        area = int(facts[index, cv2.CC_STAT_AREA])
        if best is None or area > best[0]:
            best = area, pieces == index, label
    assert best is not None
    return best[1], best[2]


def _stroke(piece: BoolMask, size: Size, rng: np.random.Generator) -> tuple[Rect, BoolMask, int]:
    """The largest brush that fits into a piece, dragged along the longest way on which it does."""
    deep = depth(padded(piece))[_PAD:-_PAD, _PAD:-_PAD]
    deepest = float(deep.max())
    brush = max([one for one in BRUSHES if one <= 2 * deepest], default=BRUSHES[0])
    room = deep >= min(brush / 2, deepest)
    step = max(1, brush // 8)
    way = _longest(room, step, np.unravel_index(int(np.argmax(deep)), deep.shape))
    if len(way) > 1:
        steps = np.diff(way, axis=0, append=way[-1:] + (way[-1:] - way[-2:-1]))
        aside = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
        aside /= np.linalg.norm(aside, axis=1, keepdims=True) + 1e-9
        way = way + aside * off(rng, max(len(way), 64))[: len(way), None]
    else:
        way = way + rng.normal(0, NOISE / np.sqrt(2), (1, 2))
    covered = np.zeros((size.height, size.width), np.uint8)
    corners = np.rint(way * 16 - 8).astype(np.int32)
    cv2.polylines(covered, [corners[:, None]], False, 1, brush, cv2.LINE_8, 4)
    for x, y in (way[0], way[-1]):
        rect, mask = dab((float(x), float(y)), brush, size)
        covered[rect.slices][mask] = 1
    x, y, width, height = cv2.boundingRect(covered)
    rect = Rect(x, y, width, height)
    return rect, covered[rect.slices] > 0, brush


def _longest(room: BoolMask, step: int, start: Sequence[np.intp]) -> Line:
    """Centres of the longest of the shortest ways through the room of a place."""
    row, column = int(start[0]), int(start[1])
    coarse = room[row % step :: step, column % step :: step]
    first, _ = _farthest(coarse, (row // step, column // step))
    last, before = _farthest(coarse, first)
    way = [last]
    while way[-1] != first:
        way.append(before[way[-1]])
    places = np.asarray(way, np.float64)[:, ::-1] * step
    places += (column % step + 0.5, row % step + 0.5)
    if len(places) > 4:  # a hand does not follow the steps of a grid
        smooth = cv2.blur(places.reshape(-1, 1, 2), (1, 5), borderType=cv2.BORDER_REPLICATE)
        places = smooth.reshape(-1, 2)
    return np.asarray(places)


_Cell = tuple[int, int]


def _farthest(room: BoolMask, start: _Cell) -> tuple[_Cell, dict[_Cell, _Cell]]:
    height, width = room.shape
    before = {start: start}
    waiting, last = deque([start]), start
    while waiting:
        last = waiting.popleft()
        row, column = last
        for there in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            inside = 0 <= there[0] < height and 0 <= there[1] < width
            if inside and there not in before and room[there]:
                before[there] = last
                waiting.append(there)
    return last, before


def snap_table(tasks: Sequence[Task], hands: int) -> list[dict[str, object]]:
    print("Snap: boundary error in pixels")
    print(f"{'scene':44} {'plain':>7} {'snap':>7} {'ratio':>7} {'same aim':>9}")
    rows: list[dict[str, object]] = []
    sums = np.zeros(3)
    for task in tasks:
        guide = task.guide()
        ways = ((AIM, None), (SNAP_AIM, guide), (AIM, guide))
        errors = np.asarray(
            [
                np.mean(
                    [
                        boundary_error(traced(task, hand=h, aim=aim, guide=g), task.labels)
                        for h in range(hands)
                    ]
                )
                for aim, g in ways
            ]
        )
        plain, snap, same = errors.tolist()
        mark = "" if snap <= plain / 2 else "  more than half"
        print(f"{task.name:44} {plain:7.2f} {snap:7.2f} {snap / plain:7.2f} {same:9.2f}{mark}")
        rows.append({"scene": task.name, "plain": plain, "snap": snap, "snap, same aim": same})
        sums += errors
    plain, snap, same = (sums / len(tasks)).tolist()
    print(f"{'mean':44} {plain:7.2f} {snap:7.2f} {snap / plain:7.2f} {same:9.2f}")
    return rows


def smart_table(tasks: Sequence[Task], hands: int) -> list[dict[str, object]]:
    print(f"Smart brush: strokes to {GOAL:.0%} of the pixels")
    print(f"{'scene':44} {'plain':>7} {'smart':>7} {'ratio':>7}")
    rows: list[dict[str, object]] = []
    sums = np.zeros(2)
    for task in tasks:
        counts = np.zeros(2)
        missed = []
        for hand in range(hands):
            for which, guide in enumerate((None, task.guide())):
                count, right = strokes_needed(task, hand=hand, guide=guide)
                counts[which] += count / hands
                if right < GOAL:
                    missed.append(f"{('plain', 'smart')[which]} ends at {right:.2%}")
        plain, smart = counts.tolist()
        marks = missed + ([] if smart <= plain / 3 else ["more than a third"])
        tail = f"  {'; '.join(marks)}" if marks else ""
        print(f"{task.name:44} {plain:7.1f} {smart:7.1f} {smart / plain:7.2f}{tail}")
        rows.append({"scene": task.name, "plain": plain, "smart": smart, "missed": missed})
        sums += counts
    plain, smart = (sums / len(tasks)).tolist()
    print(f"{'mean':44} {plain:7.1f} {smart:7.1f} {smart / plain:7.2f}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--hands", type=int, default=2)
    parser.add_argument("--parts", nargs="+", default=["snap", "smart"], choices=["snap", "smart"])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    tasks = [scene(seed, Size(width, height)) for seed in range(given.scenes)]
    tables = {"snap": snap_table, "smart": smart_table}
    result = {part: tables[part](tasks, given.hands) for part in given.parts}
    if given.json is not None:
        given.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
