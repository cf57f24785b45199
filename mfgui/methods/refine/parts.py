"""Refining a rectangle of a picture, cut into parts that fit the cache and the threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mfgui.core.arrays import BoolMask, LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.registry import Method, Value

_SIDE = 256  # pixels of a part; few labels meet in one


def refined(
    refiner: Method,
    images: Sequence[PixelArray],
    labels: LabelArray,
    rect: Rect,
    *,
    values: Mapping[str, Value],
    compute: Compute,
) -> LabelArray:
    """The labels of `rect` after `refiner`.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    labels : (H, W) uint8 or uint16
        The whole map, not changed.
    rect : Rect
        Inside the picture.
    values : mapping
        Values of all parameters, as `Method.resolve` gives them.

    Returns
    -------
    (rect.height, rect.width)
        A new array. A refiner with a reach works on parts of 256 pixels or more with so many
        pixels around them, on several threads; one without works on the whole picture.
    """
    if refiner.reach is None:
        whole: LabelArray = refiner.function(images, labels, compute=compute, **values)
        return whole[rect.slices].copy()
    margin = refiner.reach(values)
    side = max(_SIDE, 2 * margin)
    height, width = labels.shape
    frame = Rect(0, 0, width, height)
    found: LabelArray = np.empty((rect.height, rect.width), labels.dtype)
    parts = [
        Rect(x, y, side, side).intersected(rect)
        for y in range(rect.y, rect.bottom, side)
        for x in range(rect.x, rect.right, side)
    ]

    def work(_scratch: Scratch, start: int, stop: int) -> None:
        for part in parts[start:stop]:
            compute.checkpoint()
            window = part.grown(margin).intersected(frame)
            answer = refiner.function(
                [image[window.slices] for image in images],
                labels[window.slices],
                compute=compute,
                **values,
            )
            inner = Rect(part.x - window.x, part.y - window.y, part.width, part.height)
            outer = Rect(part.x - rect.x, part.y - rect.y, part.width, part.height)
            found[outer.slices] = answer[inner.slices]

    with RowWorkers(compute) as workers:
        workers.run(work, len(parts))
    return found


def present(labels: LabelArray) -> list[int]:
    """The sources that are named in `labels`, ascending."""
    names = np.flatnonzero(np.bincount(labels.ravel()))
    return [int(name) for name in names if name not in (UNASSIGNED, ignore_label(labels))]


def assigned(labels: LabelArray) -> BoolMask:
    """Where a source is named, (H, W) bool."""
    named: BoolMask = (labels != UNASSIGNED) & (labels != ignore_label(labels))
    return named
