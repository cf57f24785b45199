"""How much frames of a stack are blurred against each other, and what that says at borders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute
from mfgui.methods.planes import Plane, grey

_CELL = 96  # pixels: side of the places where the blur is measured
_CELLS = 6  # of them for each label
_SHARE = 0.8  # of a cell that must have its label
_SIGMAS = tuple(float(sigma) for sigma in np.geomspace(0.4, 12.8, 16))  # pixels
_APART = 3  # frames between two that are compared, at most
_SECOND = 0.3  # weight of what cells of the farther frame tell of the blur of near things
_WEAK = 0.02  # weight of the usual step where nothing is known
_EXPLAINED = 0.4  # of the difference must stay at most, for a blur to be believed
_WINDOW = 1.5  # pixels, sigma of the mean of re-blur errors
_REBLUR = 0.8  # of the blur between two frames: near borders a little less tells best
_MARGIN = 4.0  # pixels that borders may move beyond the blur
MAX_REACH = 96  # pixels
_Apart: TypeAlias = tuple[int, int, float, float]  # two frames, pixels of blur, weight


def within(rect: Rect, outer: Rect) -> Rect:
    """`rect` in the coordinates of `outer`."""
    return Rect(rect.x - outer.x, rect.y - outer.y, rect.width, rect.height)


def positions(
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    nearest_first: bool = False,
    compute: Compute,
) -> tuple[float, ...]:
    """Places of the frames on a line, in pixels of blur.

    The blur of frame f where frame n is in focus is a Gaussian of sigma ``abs(p_f - p_n)``: as
    with a thin lens, whose blur is proportional to the difference of 1 / distance. Frames at most
    three apart are compared in cells of 96 x 96 pixels that have the label of one of them: the
    sigma is that of the smallest squared difference between it, blurred, and the other. The
    places have the least sum of absolute differences from these sigmas, so that a frame which is
    blurred otherwise, shaken for example, does not move the others apart; steps that nothing
    tells are like most others. All places are 0 when no blur explains any frame.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        K, in order of focus distance, either way.
    labels : (H, W) uint8 or uint16
    nearest_first : bool
        What near things spill over what lies behind is wanted: cells of the nearer frame of two
        count more than those of the other one.

    Returns
    -------
    tuple of K float
        Rising, from 0. Time: independent of the size but for a count of the labels.
    """
    count = len(images)
    cells = [_cells(labels, name + 1) for name in range(count)]
    found: list[_Apart] = []
    for n, f in itertools.combinations(range(count), 2):
        if f - n > _APART:
            continue
        compute.checkpoint()
        for sharp, soft in ((n, f), (f, n)):
            sigma = _spread(images[sharp], images[soft], cells[sharp], compute)
            if sigma is not None:
                found.append((n, f, sigma, _SECOND if nearest_first and sharp == f else 1.0))
    return _placed(found, count)


def _placed(found: Sequence[_Apart], count: int) -> tuple[float, ...]:
    """Places as far apart as is known of pairs of frames, in least absolute differences."""
    from scipy.optimize import linprog

    if not found:
        return (0.0,) * count
    spans = np.zeros((len(found), count - 1))
    for row, (n, f, *_) in zip(spans, found, strict=True):
        row[n:f] = 1.0
    apart, trust = np.array([entry[2:] for entry in found]).T
    usual = np.full(count - 1, np.median(apart / spans.sum(axis=1)))
    spans = np.concatenate((spans, np.eye(count - 1)))
    apart, trust = np.concatenate((apart, usual)), np.concatenate((trust, usual * 0 + _WEAK))
    # Steps, and how far each sum of them lies off, none of them below 0.
    off = np.eye(len(apart))
    made = linprog(
        np.concatenate((np.zeros(count - 1), trust)),
        A_ub=np.block([[spans, -off], [-spans, -off]]),
        b_ub=np.concatenate((apart, -apart)),
    )
    return (0.0, *(float(place) for place in np.cumsum(made.x[: count - 1])))


def _cells(labels: LabelArray, name: int) -> list[Rect]:
    """The cells that have the most of a label."""
    height, width = labels.shape
    side = min(_CELL, height, width)
    down, across = height // side, width // side
    part = labels[: down * side, : across * side] == name
    shares = part.reshape(down, side, across, side).mean(axis=(1, 3))
    order = np.argsort(-shares, axis=None, kind="stable")[:_CELLS]
    chosen = [divmod(int(index), across) for index in order if shares.flat[index] >= _SHARE]
    return [Rect(x * side, y * side, side, side) for y, x in chosen]


def _spread(
    sharp: PixelArray, soft: PixelArray, cells: Sequence[Rect], compute: Compute
) -> float | None:
    """The sigma that makes the first most like the second in the cells; None: none does."""
    errors = np.zeros(len(_SIGMAS) + 1)
    for cell in cells:
        compute.checkpoint()
        one, other = grey(sharp[cell.slices]), grey(soft[cell.slices])
        for index, sigma in enumerate((0.0, *_SIGMAS)):
            errors[index] += float(np.square(smooth(one, sigma) - other).sum(dtype=np.float64))
    best = int(np.argmin(errors))
    if best == 0 or errors[best] > _EXPLAINED * errors[0]:
        return None
    if best == len(_SIGMAS):
        return _SIGMAS[-1]
    # The top of the parabola through the three best, on the logarithmic scale of the sigmas.
    before, here, after = errors[best - 1 : best + 2]
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend > 0 and best > 1 else 0.0
    return float(_SIGMAS[best - 1] * (_SIGMAS[1] / _SIGMAS[0]) ** shift)


def smooth(plane: Plane, sigma: float) -> Plane:
    """Gaussian mean of (H, W) or (H, W, C); wide ones of a smaller picture."""
    if sigma <= 0.0:
        return plane
    factor = 1
    while sigma / factor > 3.0 and min(plane.shape[:2]) // (2 * factor) >= 16:
        factor *= 2
    height, width = plane.shape[:2]
    small: cv2.typing.MatLike = plane
    if factor > 1:
        size = (-(-width // factor), -(-height // factor))
        small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    side = 2 * int(np.ceil(3.0 * sigma / factor)) + 1
    border = cv2.BORDER_REPLICATE
    small = cv2.GaussianBlur(small, (side, side), sigma / factor, borderType=border)
    if factor > 1:
        small = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(small, np.float32)


def _zone(places: Sequence[float], n: int, f: int) -> float:
    """Pixels from a border of two labels within which it may move: two sigmas of a disk."""
    return min(2.0 * abs(places[f] - places[n]) + _MARGIN, float(MAX_REACH))


def reach_of(places: Sequence[float]) -> int:
    """Pixels around a pixel on which `explained` depends, for the most part of it."""
    return min(MAX_REACH, int(np.ceil(_zone(places, 0, len(places) - 1))) + 8)


def explained(
    images: Sequence[PixelArray],
    labels: LabelArray,
    rect: Rect,
    places: Sequence[float],
    *,
    compute: Compute,
) -> LabelArray | None:
    """Labels of a rectangle, near borders those of the frames that explain the other one.

    Near a border of labels n and f, n is taken where G(1.5) * (G(s) * Y_n - Y_f)^2 is at most
    G(1.5) * (G(s) * Y_f - Y_n)^2, s 0.8 of the blur between both.
    Where several borders are near, the nearest one counts.

    Returns
    -------
    (h, w) or None
        None when nothing is to be changed.
    """
    own = labels[rect.slices]
    names = [int(name) for name in np.unique(own)]
    if len(names) < 2:
        return None
    moved: LabelArray = own.copy()
    nearest: Plane = np.full(own.shape, np.inf, np.float32)
    away = {name: distance_to(own == name) for name in names}
    planes: dict[int, Plane] = {}
    for one, other in itertools.combinations(names, 2):
        compute.checkpoint()
        sigma = _REBLUR * abs(places[other - 1] - places[one - 1])
        at_one, at_other = own == one, own == other
        if sigma <= 0.0 or not _touch(at_one, away[other]):
            continue
        distance = np.where(at_one, away[other], away[one])
        zone = (at_one | at_other) & (distance < nearest)
        zone &= distance <= _zone(places, one - 1, other - 1)
        box = box_of(zone, int(np.ceil(2.0 * sigma)) + 6)
        if box is None:
            continue
        for name in (one, other):
            if name not in planes:
                planes[name] = grey(images[name - 1][rect.slices])
        first, second = planes[one][box.slices], planes[other][box.slices]
        compute.checkpoint()
        choice = np.where(_error(first, second, sigma) <= _error(second, first, sigma), one, other)
        inside = zone[box.slices]
        moved[box.slices][inside] = choice[inside]
        nearest[box.slices][inside] = distance[box.slices][inside]
    return moved


def distance_to(mask: npt.NDArray[np.bool_]) -> Plane:
    """Pixels to the next pixel of a mask."""
    outside = np.asarray(~mask, np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), np.float32)


def _touch(mask: npt.NDArray[np.bool_], away: Plane) -> bool:
    return bool((away[mask] <= 2.0).any())


def box_of(mask: npt.NDArray[np.bool_], margin: int) -> Rect | None:
    """The smallest rectangle around a mask, grown; None for an empty mask."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    if width == 0:
        return None
    frame = Rect(0, 0, mask.shape[1], mask.shape[0])
    return Rect(x, y, width, height).grown(margin).intersected(frame)


def _error(sharp: Plane, soft: Plane, sigma: float) -> Plane:
    """How badly `sharp`, blurred, explains `soft`: windowed squared difference."""
    difference = smooth(sharp, sigma) - soft
    return smooth(np.multiply(difference, difference, out=difference), _WINDOW)
