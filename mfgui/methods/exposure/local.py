"""What no single gain explains: gains that depend on the light itself, and slowly on the place.

Cameras bend the light of every picture by a curve of its own, and some by another one in every
part of it. A short curve for all channels and a smooth field are fitted in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.methods.exposure.links import robust
from mfgui.methods.exposure.places import CELL, mean_of
from mfgui.methods.planes import Plane

KNOTS = 17
_ROUNDS = 5
_STIFF = 10.0  # places that hold two neighbouring knots together
_FIELD_STIFF = 0.4  # places that hold two neighbouring cells together
_COLOUR_STIFF = 2.0  # the same of what the channels differ by
_LARGEST_TONE = 2.0
_LARGEST_FIELD = 1.4  # two stops
_STEEPEST = 0.9  # share of the light's own slope that tones may take away: they never turn it


@dataclass(frozen=True, eq=False)
class Bent:
    """Logarithms of gains that add up.

    Attributes
    ----------
    offsets : (C,) float64
    tones : (KNOTS,) float64 or None
    field : (h, w, C) float32 or None
        One value for each cell.
    """

    offsets: npt.NDArray[np.float64]
    tones: npt.NDArray[np.float64] | None = None
    field: npt.NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def varies(self) -> bool:
        """Whether there is more than gains."""
        return self.tones is not None or self.field is not None

    def at(self, logs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The gains of places whose frame has the light `logs`, (h, w, C), logarithms."""
        total = np.broadcast_to(np.asarray(self.offsets, np.float32), logs.shape).copy()
        if self.tones is not None:
            total += _toned(logs, self.tones)
        if self.field is not None:
            total += _enlarged(self.field)
        return total


def bent(
    logs: npt.NDArray[np.float32],
    target: npt.NDArray[np.float32],
    weight: Plane,
    start: npt.NDArray[np.float64],
    *,
    tones: bool = True,
    smooth: bool = True,
) -> Bent:
    """The gains that bring a frame's light to another's, by reweighted least squares.

    Parameters
    ----------
    logs, target : (h, w, C) float32
        Logarithms of the light of the frame, and of what it shall be.
    weight : (h, w) float32
    start : (C,) float64
        First guess of the logarithm of the gains.
    tones, smooth : bool
        What there is beside gains of the channels.
    """
    apart = target - logs
    found = Bent(np.asarray(start, np.float64))
    at = _places(logs) if tones else None
    curve, slow = None, None
    by_tone, by_place = np.zeros_like(apart), np.zeros_like(apart)
    for _ in range(_ROUNDS):
        counts = robust(apart, weight, found.at(logs))
        rest = counts[:, :, None] * (apart - by_tone - by_place)
        offsets = rest.sum(axis=(0, 1), dtype=np.float64) / (float(counts.sum()) + 1e-9)
        left = apart - offsets.astype(np.float32)
        if at is not None:
            curve = _curve(*at, left - by_place, counts)
            by_tone = _bend(*at, curve, logs.shape)
        if smooth:
            slow = _slow(left - by_tone, counts)
            by_place = _enlarged(slow)
        found = Bent(offsets, curve, slow)
    return _centred(found, logs, counts)


def _codes(logs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of light, where on the knots it lies."""
    return np.asarray(np.minimum(np.exp(0.5 * logs), 1) * np.float32(KNOTS - 1), np.float32)


def _places(
    logs: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    codes = _codes(logs).ravel()
    index = np.minimum(codes.astype(np.int64), KNOTS - 2)
    return index, codes - index.astype(np.float32)


def _toned(
    logs: npt.NDArray[np.float32], curve: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    return _bend(*_places(logs), curve, logs.shape)


def _bend(
    index: npt.NDArray[np.int64],
    share: npt.NDArray[np.float32],
    curve: npt.NDArray[np.float64],
    shape: tuple[int, ...],
) -> npt.NDArray[np.float32]:
    small = curve.astype(np.float32)
    return np.asarray(small[index] * (1 - share) + small[index + 1] * share).reshape(shape)


def _curve(
    index: npt.NDArray[np.int64],
    share: npt.NDArray[np.float32],
    rest: npt.NDArray[np.float32],
    counts: Plane,
) -> npt.NDArray[np.float64]:
    """Knots by penalised least squares, kept from turning the light's order around."""
    weight = np.repeat(counts.ravel(), rest.shape[2])
    values = rest.ravel()
    ahead = 1 - share

    def sums(terms: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        return np.asarray(np.bincount(index, terms, KNOTS - 1), np.float64)

    normal, right = np.zeros((KNOTS, KNOTS)), np.zeros(KNOTS)
    knots = np.arange(KNOTS - 1)
    normal[knots, knots] += sums(weight * ahead * ahead)
    normal[knots + 1, knots + 1] += sums(weight * share * share)
    beside = sums(weight * ahead * share)
    normal[knots, knots + 1] += beside
    normal[knots + 1, knots] += beside
    right[:-1] += sums(weight * ahead * values)
    right[1:] += sums(weight * share * values)
    steps = np.diff(np.eye(KNOTS), axis=0)
    normal += _STIFF * steps.T @ steps + 1e-3 * np.eye(KNOTS)
    curve = np.clip(np.linalg.solve(normal, right), -_LARGEST_TONE, _LARGEST_TONE)
    for knot in range(2, KNOTS):
        least = curve[knot - 1] - _STEEPEST * 2 * np.log(knot / (knot - 1))
        curve[knot] = max(curve[knot], least)
    return np.asarray(curve, np.float64)


def _slow(rest: npt.NDArray[np.float32], counts: Plane) -> npt.NDArray[np.float32]:
    """A smooth field by penalised least squares of the means of cells, (h, w, C).

    What the channels have in common may change faster than what they differ by.
    """
    height, width, channels = rest.shape
    cut = (height // CELL, CELL, width // CELL, CELL)
    mass = counts.reshape(cut).sum(axis=(1, 3), dtype=np.float64)
    held = (counts[:, :, None] * rest).reshape(*cut, channels)
    right = held.sum(axis=(1, 3), dtype=np.float64)
    middle = right.mean(axis=2, keepdims=True)
    found = _solved(mass, middle, _FIELD_STIFF)
    if channels > 1:
        found = found + _solved(mass, right - middle, _COLOUR_STIFF)
    found = np.clip(found, -_LARGEST_FIELD, _LARGEST_FIELD)
    return np.ascontiguousarray(found, np.float32)


def _solved(
    mass: npt.NDArray[np.float64], right: npt.NDArray[np.float64], stiff: float
) -> npt.NDArray[np.float64]:
    """The field whose neighbours are held together: (h, w, N) for right sides of that shape."""
    from scipy.linalg import solveh_banded

    # Cells in columns, where the rows are the longer side, make the narrower band.
    if mass.shape[1] > mass.shape[0]:
        return _solved(mass.T, right.swapaxes(0, 1), stiff).swapaxes(0, 1)
    rows, across = mass.shape
    diagonal = mass + 1e-3
    diagonal[1:] += stiff
    diagonal[:-1] += stiff
    diagonal[:, 1:] += stiff
    diagonal[:, :-1] += stiff
    band = np.zeros((across + 1, rows * across))
    band[0] = diagonal.ravel()
    beside = np.full((rows, across), -stiff)
    beside[:, -1] = 0
    band[1] = beside.ravel()
    band[across] = -stiff
    found = solveh_banded(band, right.reshape(rows * across, -1), lower=True)
    return np.asarray(found, np.float64).reshape(right.shape)


def _enlarged(grid: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A value for each place, between those of the cells; as the field is applied."""
    to = (CELL * grid.shape[1], CELL * grid.shape[0])
    found = cv2.resize(grid, to, interpolation=cv2.INTER_LINEAR)
    return np.asarray(found, np.float32).reshape(to[1], to[0], -1)


def _centred(found: Bent, logs: npt.NDArray[np.float32], counts: Plane) -> Bent:
    """The same gains, with tones and field whose mean is 0."""
    total = float(counts.sum()) + 1e-9
    offsets, tones, slow = found.offsets, found.tones, found.field
    if tones is not None:
        at = mean_of(_toned(logs, tones))
        middle = float((counts * at).sum()) / total
        offsets, tones = offsets + middle, tones - middle
    if slow is not None:
        means = (counts[:, :, None] * _enlarged(slow)).sum(axis=(0, 1)) / np.float32(total)
        offsets, slow = offsets + means, slow - means
    return Bent(offsets, tones, slow)
