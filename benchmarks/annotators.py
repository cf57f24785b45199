"""Are Snap and the smart brush worth having? Simulated annotators on scenes of known labels.

    python benchmarks/annotators.py [--scenes 10] [--size 640x480] [--hands 2]
        [--parts snap smart] [--json annotators.json]

Scene s is `random_scene(size, seed=s)`: two layers, every fourth three, blur radius between
neighbouring layers from 3 to 10 pixels, frames stored in 8 bits. Nothing was chosen: the seeds
are 0, 1, 2 ... Constants of the tools were set by scenes 0 ... 19; 20 ... 29 were run once, with
all of them set. The tools see the frames only, the hand sees the true labels through its noise.

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

Smart brush. From an empty map, stroke by stroke. The annotator thinks of several: for each
label, through the largest piece that still has to get it, along the longest way on which the
brush fits, with the largest of the brushes of 8, 16, 32, 64, 128, 256 pixels that fits, the next
smaller and the next larger one; and 24 pixels wide along the true border, nearest to that piece,
on the inside. A stroke is at most 320 pixels long. Of these it draws the one that will gain most,
with the hand's noise, so this is a better annotator than people are, and never makes a
stroke in vain if another one helps. Plain brush and smart brush (reach 100 %, sensitivity
50 %) do exactly the same; what counts is the number of strokes until 99 % of the pixels are
right, at most 200.
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from collections.abc import Iterator, Sequence
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
LONGEST = 320.0  # pixels of a stroke
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
            home: float | None = None  # side that the stroke began on, as `ui/tools/strokes.py`
            for x, y in line.tolist():
                rect, mask = dab((x, y), BRUSH, size)
                if rect.empty or not mask.any():
                    continue
                if guide is not None:
                    side = side_at(guide, (x, y), diameter=BRUSH, held=home)
                    home = side if home is None else home
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


def strokes_needed(task: Task, *, hand: int, guide: SharpnessGuide | None) -> tuple[int, float]:
    """Strokes until `GOAL` is reached, at most `MOST`, and the accuracy then."""
    drawn = np.zeros_like(task.labels)
    rng = np.random.default_rng([hand, 99])
    outlines = {label: _outlines(task.labels == label) for label in range(1, task.k + 1)}
    for count in range(MOST + 1):
        right = float((drawn == task.labels).mean())
        if right >= GOAL or count == MOST:
            return count, right
        best: tuple[int, Rect, BoolMask, int] | None = None
        for label, covered, brush in _ideas(drawn, task.labels, outlines, rng):
            x, y, width, height = cv2.boundingRect(covered)
            rect = Rect(x, y, width, height)
            if rect.empty:
                continue
            mask = covered[rect.slices] > 0
            if guide is not None:
                reach = round(brush * REACH / 100)
                rect, mask = grow(guide, rect, mask, reach=reach, sensitivity=SENSITIVITY)
            before, truth = drawn[rect.slices][mask], task.labels[rect.slices][mask]
            gain = int((truth == label).sum()) - int((truth == before).sum())
            if best is None or gain > best[0]:
                best = gain, rect, mask, label
        if best is not None and best[0] > 0:
            drawn[best[1].slices][best[2]] = best[3]
    raise AssertionError


def _ideas(
    drawn: LabelArray,
    labels: LabelArray,
    outlines: dict[int, list[Line]],
    rng: np.random.Generator,
) -> Iterator[tuple[int, npt.NDArray[np.uint8], int]]:
    """Strokes that an annotator may think of: label, covered pixels, brush."""
    size = Size(labels.shape[1], labels.shape[0])
    for label in np.unique(labels).tolist():
        wrong = np.asarray((labels == label) & (drawn != label), np.uint8)
        _, pieces, facts, _ = cv2.connectedComponentsWithStats(wrong, connectivity=4)
        if len(facts) < 2:
            continue
        piece = pieces == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA]))
        deep = depth(padded(piece))[_PAD:-_PAD, _PAD:-_PAD]
        place = np.unravel_index(int(np.argmax(deep)), deep.shape)
        fits = max([one for one in BRUSHES if one <= 2 * float(deep.max())], default=BRUSHES[0])
        for brush in {max(fits // 2, BRUSHES[0]), fits, min(fits * 2, BRUSHES[-1])}:
            room = deep >= min(min(brush, fits) / 2, float(deep.max()))
            way = _longest(room, max(1, brush // 8), place)
            yield label, _covered(_noisy(_cut(way), rng), brush, size), brush
        line = _arc(outlines[label], (float(place[1]), float(place[0])))
        if line is not None:
            yield label, _covered(_noisy(line, rng), BRUSH, size), BRUSH


def _outlines(mask: BoolMask) -> list[Line]:
    """Lines `AIM` pixels inside the borders of a region, a point every pixel or so."""
    inner = np.asarray(depth(padded(mask)) > AIM, np.uint8)
    found, _ = cv2.findContours(inner, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [one[:, 0] + 0.5 - _PAD for one in found if len(one) > 8]


def _arc(lines: list[Line], place: tuple[float, float]) -> Line | None:
    """The piece of a border line nearest to a place, as long as a stroke."""
    if not lines:
        return None
    away = [((line - place) ** 2).sum(axis=1) for line in lines]
    which = int(np.argmin([float(one.min()) for one in away]))
    line, middle = lines[which], int(np.argmin(away[which]))
    turned = np.roll(line, len(line) // 2 - middle, axis=0)
    half = min(len(line), int(LONGEST / 1.1)) // 2
    return turned[len(line) // 2 - half : len(line) // 2 + half + 1 : 4]


def _cut(way: Line) -> Line:
    """The middle of a way that is longer than a stroke."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    spare = max(0.0, float(along[-1]) - LONGEST) / 2
    return way[(along >= spare) & (along <= along[-1] - spare)]


def _noisy(way: Line, rng: np.random.Generator) -> Line:
    """Where the hand really goes."""
    if len(way) < 2:
        return way + rng.normal(0, NOISE / np.sqrt(2), way.shape)
    ahead = np.gradient(way, axis=0)
    aside = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True) + 1e-9
    along = np.cumsum(np.linalg.norm(ahead, axis=1)).astype(int)
    return way + aside * off(rng, max(int(along[-1]) + 1, 64))[along, None]


def _covered(way: Line, brush: int, size: Size) -> npt.NDArray[np.uint8]:
    covered = np.zeros((size.height, size.width), np.uint8)
    corners = np.rint(way * 16 - 8).astype(np.int32)
    cv2.polylines(covered, [corners[:, None]], False, 1, brush, cv2.LINE_8, 4)
    for x, y in (way[0], way[-1]):
        rect, mask = dab((float(x), float(y)), brush, size)
        covered[rect.slices][mask] = 1
    return covered


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
