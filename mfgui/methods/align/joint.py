"""All links of a stack adjusted together: one map for each frame, and the links that do not fit.

With more links than frames every loop of links must close: a wrong one contradicts the others and
loses its weight (Geman and McClure's, narrowed step by step).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align.links import Link
from mfgui.methods.align.moves import (
    Numbers,
    fields_at,
    grid_of,
    inverted,
    joined,
    moved_by,
    parts_of,
)

_FLOOR = 0.05  # pixels of the proxy: what a link may be off beside its noise
_ROUNDS = 14
_NARROW = 4.0  # squared standard deviations of a field at which a link counts a quarter
_REJECTED = 25.0  # the same, at which it contradicts the others,
_APART = 0.7  # if it is as far off, pixels of the proxy
_RIDGE = 1e-9


@dataclass(frozen=True, eq=False)
class Adjustment:
    """Attributes
    ----------
    transforms : tuple of Transform or None
        Of the proxies, from the frame `origin` to each; None where no link leads.
    origin : int
    kept : (L,) bool
        The links that fit.
    spreads : (K,) float64
        Standard deviation of each frame's map, pixels of the proxy at the corners.
    """

    transforms: tuple[Transform | None, ...]
    origin: int
    kept: npt.NDArray[np.bool_]
    spreads: Numbers

    def between(self, first: int, second: int, size: Size) -> Transform:
        """From one frame's proxy to another's; both have a map."""
        one, other = self.transforms[first], self.transforms[second]
        if one is None or other is None:
            raise UsageError("a frame without links has no place among the others")
        return joined(inverted(one, size), other, size)


def adjusted(
    links: Sequence[Link], count: int, size: Size, fields: npt.NDArray[np.intp]
) -> Adjustment:
    """The maps of `count` frames that agree best with all links.

    Links that contradict the rest are found and left out; the largest group of frames that still
    hangs together gets maps.
    """
    dropped = np.zeros(len(links), np.bool_)
    while True:
        # A frame that hung on a wrong link alone is solved again without it.
        used = [link for link, out in zip(links, dropped, strict=True) if not out]
        group, origin = _largest_group(used, count)
        inner = np.array(
            [
                not out and link.first in group and link.second in group
                for link, out in zip(links, dropped, strict=True)
            ],
            np.bool_,
        )
        chosen = [link for link, take in zip(links, inner, strict=True) if take]
        transforms = _chained(chosen, count, origin, size)
        transforms, wrong, spreads = _solved(chosen, transforms, origin, size, fields)
        if not wrong.any():
            return Adjustment(tuple(transforms), origin, inner, spreads)
        dropped[np.flatnonzero(inner)[wrong]] = True


def _largest_group(links: Sequence[Link], count: int) -> tuple[set[int], int]:
    """Frames that hang together, and the one nearest to their middle."""
    groups = [{index} for index in range(count)]
    for link in links:
        one = next(group for group in groups if link.first in group)
        other = next(group for group in groups if link.second in group)
        if one is not other:
            one |= other
            groups.remove(other)
    largest = max(groups, key=len)
    return largest, sorted(largest)[(len(largest) - 1) // 2]


def _chained(links: Sequence[Link], count: int, origin: int, size: Size) -> list[Transform | None]:
    """Maps along the surest links alone."""
    found: list[Transform | None] = [None] * count
    found[origin] = Transform.identity()
    left = sorted(links, key=lambda link: float(np.trace(np.linalg.inv(link.information))))
    while True:
        for link in left:
            one, other = found[link.first], found[link.second]
            if one is not None and other is None:
                found[link.second] = joined(one, link.transform, size)
                break
            if one is None and other is not None:
                found[link.first] = joined(other, inverted(link.transform, size), size)
                break
        else:
            return found


def _solved(
    links: Sequence[Link],
    transforms: list[Transform | None],
    origin: int,
    size: Size,
    fields: npt.NDArray[np.intp],
) -> tuple[list[Transform | None], npt.NDArray[np.bool_], Numbers]:
    """Better maps, which links contradict them, and the spread of each map."""
    order = [i for i, found in enumerate(transforms) if found is not None and i != origin]
    place = {frame: index for index, frame in enumerate(order)}
    count = len(fields)
    trusts = [_trust(link, count) for link in links]
    widths, weights = math.inf, np.ones(len(links))
    covariance = np.zeros((len(order) * count, len(order) * count))
    misses = np.zeros((len(links), count))
    for _ in range(_ROUNDS):
        misses = np.array([_missed(link, transforms, size, fields) for link in links])
        misses = misses.reshape(len(links), count)
        squared = np.einsum("lf,lfg,lg->l", misses, np.reshape(trusts, (-1, count, count)), misses)
        squared /= count
        usual = max(1.0, float(np.median(squared)) if len(squared) else 1.0)
        widths = max(_NARROW * usual, min(widths / 4, float(squared.max(initial=1.0))))
        weights = 1 / (1 + squared / widths) ** 2
        covariance, steps = _step(links, trusts, weights, misses, place)
        for frame, index in place.items():
            parts = np.zeros(9)
            parts[fields] = steps[index * count : (index + 1) * count]
            transforms[frame] = moved_by(transforms[frame] or Transform.identity(), parts, size)
    # One wrong link at a time: it pulls at others, too.
    wrong = np.zeros(len(links), np.bool_)
    if len(links) > len(order):
        basis = fields_at(grid_of(size), size)[:, :, fields]
        apart = np.hypot(*np.einsum("nif,lf->iln", basis, misses)).max(axis=1)
        suspects = np.where((squared > _REJECTED * usual) & (apart > _APART), squared, 0)
        if suspects.any():
            wrong[int(np.argmax(suspects))] = True
    spreads = np.zeros(len(transforms))
    for frame, index in place.items():
        part = covariance[index * count : (index + 1) * count, index * count : (index + 1) * count]
        spreads[frame] = math.sqrt(max(0.0, float(np.trace(part))))
    return transforms, wrong, spreads


def _trust(link: Link, count: int) -> Numbers:
    """Information of a link, which may be off a little beside its noise."""
    covariance = np.linalg.inv(link.information) + np.eye(count) * _FLOOR**2
    return np.asarray(np.linalg.inv(covariance), np.float64)


def _missed(
    link: Link,
    transforms: Sequence[Transform | None],
    size: Size,
    fields: npt.NDArray[np.intp],
) -> Numbers:
    """By how much the maps of both frames differ from the link, as parts of the fields."""
    one, other = transforms[link.first], transforms[link.second]
    if one is None or other is None:
        raise UsageError("a link of frames without maps")
    places = grid_of(size)
    try:
        away = other.apply(one.apply_inverse(places)) - link.transform.apply(places)
    except UsageError:
        return np.full(len(fields), 1e3)
    return parts_of(away, places, fields, size)[fields]


def _step(
    links: Sequence[Link],
    trusts: Sequence[Numbers],
    weights: Numbers,
    misses: Numbers,
    place: dict[int, int],
) -> tuple[Numbers, Numbers]:
    """Covariance of all maps, and the step that takes back what the links miss."""
    count = misses.shape[1]
    normal = np.eye(len(place) * count) * _RIDGE
    right = np.zeros(len(place) * count)
    for link, trust, weight, missed in zip(links, trusts, weights, misses, strict=True):
        ends = [(place.get(link.second), 1.0), (place.get(link.first), -1.0)]
        for row, sign in ends:
            if row is None:
                continue
            rows = slice(row * count, (row + 1) * count)
            right[rows] -= sign * weight * (trust @ missed)
            for column, other in ends:
                if column is not None:
                    columns = slice(column * count, (column + 1) * count)
                    normal[rows, columns] += sign * other * weight * trust
    covariance = np.asarray(np.linalg.inv(normal), np.float64)
    return covariance, covariance @ right
