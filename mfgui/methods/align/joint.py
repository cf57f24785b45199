"""All links of a stack adjusted together: one map for each frame, and the links that do not fit.

With more links than frames every loop of links must close: a wrong one contradicts the others and
loses its weight (Geman and McClure's, narrowed step by step).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Transform
from mfgui.methods.align.links import Link
from mfgui.methods.align.moves import (
    FIELDS,
    Numbers,
    fields_at,
    grid_of,
    inverted,
    joined,
    moved_by,
    parts_of,
)

_FLOOR = 0.03  # pixels of the level that tells most: what a link may be off beside its noise
_ROUNDS = 14
_NARROW = 4.0  # squared standard deviations of a field at which a link counts a quarter
_REJECTED = 16.0  # the same, at which it contradicts the others,
_APART = 0.7  # if it is as far off, pixels of the proxy,
_UNUSUAL = 6.0  # and so many times as far as links of distant frames usually are
_MOST = 80  # percent of the links that differ by what is usual
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
    doubtful : tuple of int
        Frames whose links are each of another part of them.
    """

    transforms: tuple[Transform | None, ...]
    origin: int
    kept: npt.NDArray[np.bool_]
    spreads: Numbers
    doubtful: tuple[int, ...] = ()

    def between(self, first: int, second: int, size: Size) -> Transform:
        """From one frame's proxy to another's; both have a map."""
        one, other = self.transforms[first], self.transforms[second]
        if one is None or other is None:
            raise UsageError("a frame without links has no place among the others")
        return joined(inverted(one, size), other, size)


def adjusted(
    links: Sequence[Link],
    count: int,
    size: Size,
    fields: npt.NDArray[np.intp],
    *,
    doubtful: Collection[int] = (),
) -> Adjustment:
    """The maps of `count` frames that agree best with all links.

    Links that contradict the rest are found and left out; the largest group of frames that still
    hangs together gets maps.

    Frames farther apart are sharp in other places, which perspective may have moved otherwise: how
    little links of each length are to be trusted is read off how far they are off themselves.

    Doubtful frames, whose links may each be of another part of them, are placed after all others
    and move none of them.
    """
    dropped = np.array([bool({link.first, link.second} & {*doubtful}) for link in links], np.bool_)
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
        solution = _Solution(chosen, transforms, origin, size, fields)
        solution.solve(dict.fromkeys(_lengths(chosen).tolist(), 0.0))
        solution.solve(solution.usual_misses())
        wrong = solution.worst()
        if wrong is None:
            found = Adjustment(solution.transforms, origin, inner, solution.spreads())
            return _with(found, doubtful, links, size)
        dropped[np.flatnonzero(inner)[wrong]] = True


def _with(
    found: Adjustment, frames: Collection[int], links: Sequence[Link], size: Size
) -> Adjustment:
    """Some more frames, each where its surest link to one that has a map puts it."""
    transforms, kept, spreads = list(found.transforms), found.kept.copy(), found.spreads.copy()
    for frame in frames:
        own = [
            (_variance(link), place, link.second if link.first == frame else link.first)
            for place, link in enumerate(links)
            if frame in (link.first, link.second)
        ]
        for variance, place, other in sorted(own):
            known, motion = found.transforms[other], links[place].transform
            if known is not None:
                motion = motion if other < frame else inverted(motion, size)
                transforms[frame] = joined(known, motion, size)
                kept[place] = True
                spreads[frame] = spreads[other] + math.sqrt(variance)
                break
    return Adjustment(tuple(transforms), found.origin, kept, spreads, tuple(frames))


def _variance(link: Link) -> float:
    return float(np.trace(np.linalg.inv(link.information)))


def _lengths(links: Sequence[Link]) -> npt.NDArray[np.intp]:
    """Frames from one end of each link to the other."""
    return np.array([abs(link.second - link.first) for link in links], np.intp)


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
    left = sorted(links, key=_variance)
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


class _Solution:
    """Maps of frames, made better step by step."""

    def __init__(
        self,
        links: Sequence[Link],
        transforms: Sequence[Transform | None],
        origin: int,
        size: Size,
        fields: npt.NDArray[np.intp],
    ) -> None:
        self._links = links
        self._first = tuple(transforms)
        self._transforms = list(transforms)
        self._size = size
        self._fields = fields
        order = [i for i, found in enumerate(transforms) if found is not None and i != origin]
        self._place = {frame: index for index, frame in enumerate(order)}
        self._misses = self._missed()
        self._squared = np.zeros(len(links))
        self._covariance = np.zeros((len(order) * len(fields), len(order) * len(fields)))

    @property
    def transforms(self) -> tuple[Transform | None, ...]:
        return tuple(self._transforms)

    def solve(self, floors: dict[int, float]) -> None:
        """Until all links fit as well as they can.

        Parameters
        ----------
        floors : dict
            Pixels that links of each length are usually off.
        """
        count = len(self._fields)
        trusts = [_trust(link, floors[abs(link.second - link.first)]) for link in self._links]
        stacked = np.reshape(trusts, (-1, count, count))
        width = math.inf
        self._transforms = list(self._first)
        for _ in range(_ROUNDS):
            self._misses = self._missed()
            squared = np.einsum("lf,lfg,lg->l", self._misses, stacked, self._misses) / count
            self._squared = squared / max(1.0, _high(squared))
            width = max(_NARROW, min(width / 4, float(self._squared.max(initial=1.0))))
            weights = 1 / (1 + self._squared / width) ** 2
            self._covariance, steps = _step(self._links, trusts, weights, self._misses, self._place)
            for frame, index in self._place.items():
                parts = np.zeros(FIELDS)
                parts[self._fields] = steps[index * count : (index + 1) * count]
                before = self._transforms[frame] or Transform.identity()
                self._transforms[frame] = moved_by(before, parts, self._size)

    def usual_misses(self) -> dict[int, float]:
        """Pixels that links of each length are usually off; neighbours are believed."""
        lengths = _lengths(self._links)
        off = np.sqrt((self._misses**2).mean(axis=1))
        return {
            length: float(np.median(off[lengths == length])) if length > 1 else 0.0
            for length in set(lengths.tolist())
        }

    def worst(self) -> int | None:
        """The link that contradicts the others most, if one does: it pulls at others, too."""
        if len(self._links) <= len(self._place):
            return None
        basis = fields_at(grid_of(self._size), self._size)[:, :, self._fields]
        apart = np.hypot(*np.einsum("nif,lf->iln", basis, self._misses)).max(axis=1)
        far = apart > max(_APART, _UNUSUAL * float(np.median(apart[_lengths(self._links) > 1])))
        suspects = np.where((self._squared > _REJECTED) & far, self._squared, 0)
        return int(np.argmax(suspects)) if suspects.any() else None

    def spreads(self) -> Numbers:
        """Standard deviations of the maps, pixels at the corners."""
        count = len(self._fields)
        found = np.zeros(len(self._transforms))
        for frame, index in self._place.items():
            rows = slice(index * count, (index + 1) * count)
            found[frame] = math.sqrt(max(0.0, float(np.trace(self._covariance[rows, rows]))))
        return found

    def _missed(self) -> Numbers:
        missed = [_missed(link, self._transforms, self._size, self._fields) for link in self._links]
        return np.reshape(missed, (len(self._links), len(self._fields)))


def _high(squared: Numbers) -> float:
    return float(np.percentile(squared, _MOST)) if len(squared) else 1.0


def _trust(link: Link, floor: float) -> Numbers:
    """Information of a link, which may be off a little beside its noise."""
    off = math.hypot(_FLOOR * link.blocks.coarseness, floor)
    covariance = np.linalg.inv(link.information)
    covariance[np.diag_indices(len(covariance))] += off**2
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
        # Seen from the origin: a frame that is turned moves the other way there.
        scene = one.apply_inverse(places)
        away = scene - other.apply_inverse(link.transform.apply(places))
    except UsageError:
        return np.full(len(fields), 1e3)
    return parts_of(away, scene, fields, size)[fields]


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
