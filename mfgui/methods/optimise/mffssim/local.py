"""The optimum after a change of the map, found again where the change has an effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.labels import ignore_label
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.objective import BoxJoint
from mfgui.methods.optimise.mffssim.region import CELL, find_region

# Strips and cells make the region a little larger than it must be.
_SPARE = 5 * CELL
_BAND = 64
_STEPS = 400  # times pixels of the window: the smaller it is, the less of a change one step sees


@dataclass(frozen=True, eq=False)
class LocalSolution:
    """New pixels for a rectangle of the optimum.

    Attributes
    ----------
    rect : Rect
        Where they belong; the whole effect of the change lies inside.
    pixels : (h, w, C) float32
    q : tuple of float
        Q over the patches around the rectangle, at the warm start and after each step.
    """

    rect: Rect
    pixels: ImageF32 = field(repr=False)
    q: tuple[float, ...]


def solve_again(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    changed: Rect,
    *,
    before: LabelArray,
    window: int,
    compute: Compute,
    half_width: int | None = None,
    limits: solvers.Limits | None = None,
) -> LocalSolution:
    """The optimum near `changed`, starting from the optimum of the map before.

    Free are the pixels of the active region within a half-width of the change; all others are
    held. The start is the old optimum, moved by the difference of the two sources where the
    label has changed.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored.
    labels : (H, W)
        The new map, without unassigned pixels near the change.
    image : (H, W, C) float32
        The optimum of the old map; not changed.
    changed : Rect
        Contains all pixels whose label differs; inside the picture.
    before : (changed.height, changed.width)
        The old labels of that rectangle.
    window : int
        Side length W of the box objective.
    half_width : int, optional
        Of the active region; by default W - 1, but for windows above 65 pixels less, at least
        their reach: what a dab changes farther out is a tenth of a grey level.
    limits : Limits
        When to end; by default when a step changes the free pixels by less than a twentieth of
        a grey level (rms), at latest after 400 / W steps, at least four.

    Notes
    -----
    Time and memory O((size of the change + 6 W)^2), whatever the size of the picture.
    """
    reach = window // 2
    band = max(reach, min(window - 1, _BAND)) if half_width is None else half_width
    height, width = labels.shape
    frame = Rect(0, 0, width, height)
    inside = changed.grown(band).intersected(frame)
    crop = inside.grown(max(band, 2 * reach) + _SPARE).intersected(frame)
    names, used = _renamed(labels[crop.slices], len(images))
    limits = limits or solvers.Limits(max(4, _STEPS // window), change=2e-4)
    sources = [np.ascontiguousarray(images[k][crop.slices]) for k in used]
    start = np.array(image[crop.slices])
    _move(start, images, labels, changed, before, crop)
    here = _relative(inside, crop)
    with RowWorkers(compute) as workers:
        region = find_region(
            names,
            len(sources),
            reach=reach,
            margin=reach,
            half_width=band,
            workers=workers,
            inside=here,
        )
        still = ~region.free[here.slices]
        if still.any():
            composite = compose([x[here.slices] for x in sources], names[here.slices])
            cv2.copyTo(composite, still.view(np.uint8), start[here.slices])
        score = BoxJoint(sources, names, window=window, workers=workers, region=region)
        states = [
            (state.q, state.image) for state in solvers.preconditioned(score, start, limits=limits)
        ]
    rect = _bounds(region.cells, here).intersected(Rect(0, 0, crop.width, crop.height))
    pixels = np.array(states[-1][1][rect.slices])
    rect = Rect(rect.x + crop.x, rect.y + crop.y, rect.width, rect.height)
    return LocalSolution(rect, pixels, tuple(q for q, _ in states))


def _renamed(labels: LabelArray, count: int) -> tuple[LabelArray, list[int]]:
    """Labels 1 ... n of the sources that occur, and which these are, from 0.

    Other sources then cost nothing. At least one source is named.
    """
    present = np.bincount(labels.ravel(), minlength=count + 1)[1 : count + 1]
    if present.all():
        return np.ascontiguousarray(labels), list(range(count))
    used = [int(k) for k in np.flatnonzero(present)] or [0]
    names = np.full(int(np.iinfo(labels.dtype).max) + 1, ignore_label(labels), labels.dtype)
    for name, k in enumerate(used, start=1):
        names[k + 1] = name
    return np.take(names, labels), used


def _move(
    start: ImageF32,
    images: Sequence[PixelArray],
    labels: LabelArray,
    changed: Rect,
    before: LabelArray,
    crop: Rect,
) -> None:
    """Where another source is named now, move the start by the difference of the two."""
    after = labels[changed.slices]
    part = start[_relative(changed, crop).slices]
    for k, image in enumerate(images):
        new, old = _differing(after, before, k + 1)
        if new.any() or old.any():
            values = to_float(np.ascontiguousarray(image[changed.slices]))
            part[new] += values[new]
            part[old] -= values[old]
    np.clip(part, 0.0, 1.0, out=part)


def _differing(after: LabelArray, before: LabelArray, label: int) -> tuple[BoolMask, BoolMask]:
    different = after != before
    return different & (after == label), different & (before == label)


def _relative(rect: Rect, crop: Rect) -> Rect:
    return Rect(rect.x - crop.x, rect.y - crop.y, rect.width, rect.height)


def _bounds(cells: BoolMask, inside: Rect) -> Rect:
    """The smallest rectangle that holds `inside` and the cells that are set."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    if not len(rows):
        return inside
    top, left = CELL * int(rows[0]), CELL * int(columns[0])
    bottom, right = CELL * int(rows[-1] + 1), CELL * int(columns[-1] + 1)
    return inside.united(Rect(left, top, right - left, bottom - top))
