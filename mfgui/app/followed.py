"""The result that follows the focus map, and the tasks that bring it along."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mfgui.app import tasks
from mfgui.core.arrays import BoolMask, ImageF32, ImageU8, LabelArray, PixelArray, Rect, from_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.labels import UNASSIGNED
from mfgui.core.pyramid import StoredReader
from mfgui.core.result import Result
from mfgui.core.session import Session
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task
from mfgui.jobs.runner import versions

FOLLOWING = ", following the map"
_CELL = 32  # pixels; changes are told apart on a grid of these
_MOST_BOXES = 8


class Entry:
    """The result that follows: working arrays behind read-only views.

    `labels` and `image` belong together and are written by the job in progress while it holds
    `guard`. `shown` is the map that the picture on the canvas belongs to, written on the
    interface thread. The image is copied from that of the base by the first job.
    """

    def __init__(self, number: int, base: Result, origin: int) -> None:
        assert base.labels is not None
        self.number = number
        self.base = base
        self.origin = origin
        self.labels: LabelArray = base.labels.copy()
        self.shown: LabelArray = base.labels.copy()
        self.image: ImageF32 | None = None
        self.guard = threading.Lock()
        self.published = False
        self.solved = False
        self._versions = versions()  # asked for once: it reads files

    @contextmanager
    def changing(
        self, area: Rect, labels: LabelArray
    ) -> Iterator[Callable[[Rect, ImageF32], None]]:
        """Takes new labels, and new pixels through the function it gives; all or none, and
        nobody reads them between."""
        assert self.image is not None
        image, before = self.image, self.labels[area.slices].copy()
        replaced: list[tuple[Rect, ImageF32]] = []

        def write(rect: Rect, pixels: ImageF32) -> None:
            replaced.append((rect, image[rect.slices].copy()))
            image[rect.slices] = pixels

        with self.guard:
            self.labels[area.slices] = labels
            try:
                yield write
            except BaseException:
                self.labels[area.slices] = before
                for rect, pixels in reversed(replaced):
                    image[rect.slices] = pixels
                raise

    def result(self, *, revision: int, seconds: float) -> Result:
        """The entry as a result; Q is not known yet."""
        image = _locked(self.base.image if self.image is None else self.image)
        provenance = self.base.provenance
        followed = self.origin if provenance.follows is None else provenance.follows
        return replace(
            self.base,
            name=self.base.name.removesuffix(FOLLOWING) + FOLLOWING,
            image=image,
            labels=_locked(self.labels),
            map_revision=revision,
            provenance=replace(
                provenance,
                device="cpu",
                versions=self._versions,
                follows=followed,
                map_from="the map as it was edited",
            ),
            state="done",
            seconds={"map": 0.0, "fuse": seconds},
            start=image,
            best=image,
            curve=None,
            evaluations=0,
            q=None,
            q_box=None,
            guard=self.guard,
        )


@dataclass(frozen=True, eq=False)
class Solved:
    """New display pixels of the entry, and how long the solution took."""

    patches: tuple[tuple[Rect, ImageU8], ...]
    seconds: float
    revision: int


def can_follow(result: Result) -> bool:
    """Whether it is an optimum that can be solved again: of the box objective, of code values."""
    given: Mapping[str, object] = result.provenance.parameters
    return (
        given.get("objective") == "box-joint"
        and given.get("solver", "preconditioned") == "preconditioned"
        and given.get("light", "encoded") == "encoded"
        and result.labels is not None
        and result.window is not None
    )


def changed_boxes(before: LabelArray, after: LabelArray, area: Rect, *, apart: int) -> list[Rect]:
    """Rectangles that hold all pixels whose labels differ.

    Parameters
    ----------
    before, after : (area.height, area.width)
        Labels of the rectangle `area` of the picture.

    Changes that are at least `apart` pixels from each other (to the grid of 32 pixels) lie in
    rectangles of their own, none of which overlap; of more than eight there is one for all.
    """
    different = (before != after).view(np.uint8)
    if not different.any():
        return []
    rows, columns = (np.arange(0, size, _CELL) for size in different.shape)
    cells = np.maximum.reduceat(np.maximum.reduceat(different, rows, axis=0), columns, axis=1)
    reach = -(-apart // (2 * _CELL))
    near = cv2.dilate(cells, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, names = cv2.connectedComponents(near, connectivity=8)
    names[cells == 0] = 0
    if count - 1 <= _MOST_BOXES:
        boxes = [_bounds(different, names == name, area) for name in range(1, count)]
        if not _touching(boxes, apart):
            return boxes
    return [_bounds(different, cells, area)]


def _bounds(different: PixelArray, cells: PixelArray, area: Rect) -> Rect:
    """The smallest rectangle, in the picture, that holds the pixels set in these cells."""
    tall, wide = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    top, left = _CELL * int(tall[0]), _CELL * int(wide[0])
    part = different[top : _CELL * int(tall[-1] + 1), left : _CELL * int(wide[-1] + 1)]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return Rect(
        area.x + left + int(columns[0]),
        area.y + top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )


def _touching(boxes: Sequence[Rect], apart: int) -> bool:
    pairs = ((a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    return any(not a.grown(apart).intersected(b).empty for a, b in pairs)


def solving(
    stack: SourceStack,
    entry: Entry,
    after: LabelArray,
    area: Rect,
    *,
    compute: Compute,
    revision: int,
) -> Task:
    """The entry brought along to the labels `after` of `area`; None when they are its own or
    unassigned where they differ, and when the task was stopped."""
    assert entry.base.window is not None
    window = entry.base.window

    def solve() -> Solved | None:
        # Imported here: the compiler of the loops takes half a second to load.
        from mfgui.methods.optimise.mffssim.local import solve_again

        began = time.perf_counter()
        before = entry.labels[area.slices].copy()
        boxes = changed_boxes(before, after, area, apart=4 * window)
        parts = [_within(box, area) for box in boxes]
        if not boxes or any((after[part.slices] == UNASSIGNED).any() for part in parts):
            return None
        images = [stack.pixels(index) for index in range(stack.k)]
        image = entry.image = entry.base.image.copy() if entry.image is None else entry.image
        patches = []
        with entry.changing(area, after) as write:
            for box, part in zip(boxes, parts, strict=True):
                found = solve_again(
                    images,
                    entry.labels,
                    image,
                    box,
                    before=before[part.slices],
                    window=window,
                    compute=compute,
                    half_width=_half_width(entry.base),
                )
                write(found.rect, found.pixels)
                shown = tasks.display(stack, from_float(found.pixels, stack.depth))
                patches.append((found.rect, shown))
        return Solved(tuple(patches), time.perf_counter() - began, revision)

    def task(_report: Report) -> Solved | None:
        try:
            return solve()
        except StopRequested:
            return None

    return task


def _within(rect: Rect, area: Rect) -> Rect:
    return Rect(rect.x - area.x, rect.y - area.y, rect.width, rect.height)


def _locked(array: PixelArray) -> PixelArray:
    view = array.view()
    view.flags.writeable = False
    return view


def named(before: LabelArray, after: LabelArray, k: int) -> BoolMask:
    """Where the labels differ and both name a source."""
    named: BoolMask = (before != after) & (before != UNASSIGNED) & (after != UNASSIGNED)
    return named & (before <= k) & (after <= k)


def reader(entry: Entry, session: Session) -> StoredReader:
    """The true pixels of the entry, in the depth of the sources."""

    def read(rect: Rect) -> PixelArray | None:
        if entry.image is None or session.stack is None:
            return None
        return from_float(entry.image[rect.slices], session.stack.depth)

    return read


def _half_width(result: Result) -> int | None:
    """Half-width of the active region that the run was given, None for the usual one."""
    given = result.provenance.parameters.get("half_width")
    return given if isinstance(given, int) else None


def scoring(stack: SourceStack, result: Result, compute: Compute) -> Task:
    """Q of the result; None when the task was stopped."""
    assert result.labels is not None
    assert result.window is not None
    labels, window = result.labels, result.window

    def task(_report: Report) -> float | None:
        from mfgui.methods.optimise.mffssim.objective import q_box

        images = [stack.pixels(index) for index in range(stack.k)]
        try:
            return q_box(images, labels, result.image, window=window, compute=compute)
        except StopRequested:
            return None

    return task
