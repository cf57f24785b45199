"""Parts of a picture that lie elsewhere than the rest: something moved, parallax, a torn frame.

What a frame shows in small squares is compared with what another one shows there; a square that is
not alike is looked for around its place. Squares side by side that are all found again, equally far
away, are a part that moved. Blur alone makes squares unlike, but puts none elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.transforms import Points, Transform
from mfgui.methods.align.bands import Level
from mfgui.methods.align.blocks import Blocks, warped
from mfgui.methods.align.moves import Numbers
from mfgui.methods.planes import Plane

_LONGEST = 700  # pixels, long side of the level that is looked at
_SIDE = 32  # pixels of that level, of a square
_AROUND = 36  # to which it is looked for
_DETAIL = 0.1  # mean square of a square of a plane that holds more than noise
_HOME = 0.5  # correlation of a square that lies where it should
_FOUND = 0.75  # of one that is found elsewhere,
_CLEARER = 0.1  # by so much more than anywhere else
_PEAK = 3  # pixels that belong to a maximum
_TOGETHER = 1.5  # pixels by which squares side by side may be moved differently
_FEWEST = 4  # squares of a part
_DIVIDED = 0.05  # share of squares elsewhere: the next link may be of this other part
_UNEVEN = 1.5  # pixels of the proxy: more than blur makes things seem to lie elsewhere
_SUSPECT = 0.6  # share of its links that are divided, of a frame whose own fault it is
_RARE = 1 / 3  # of the frames that may be at fault: else all of them show what moves


@dataclass(frozen=True, eq=False)
class Parting:
    """What lies elsewhere in one frame than in another, under some map.

    Attributes
    ----------
    home : int
        Squares that lie where the map puts them.
    places, shifts : (M, 2) float64
        Middles of those that lie elsewhere, and by how much, pixels of the first frame's proxy.
    uneven : float
        Pixels of the proxy by which a tenth of what fits is off, at least.
    """

    home: int
    places: Points
    shifts: Points
    uneven: float = 0.0

    @property
    def moved(self) -> int:
        return len(self.places)

    @property
    def share(self) -> float:
        """Of what lies elsewhere in all that is found, 0 to 1."""
        return self.moved / max(1, self.moved + self.home)

    @property
    def divided(self) -> bool:
        """Whether another map might well fit as well, for other parts."""
        return self.share > _DIVIDED or self.uneven > _UNEVEN

    @property
    def distance(self) -> float:
        """By how much parts lie elsewhere, in the median, pixels of the proxy; 0 if none do."""
        if self.moved:
            return float(np.median(np.hypot(*self.shifts.T)))
        return self.uneven if self.uneven > _UNEVEN else 0.0


def parted(
    still: Sequence[Level],
    moving: Sequence[Level],
    transform: Transform,
    blocks: Blocks,
    size: Size,
) -> Parting:
    """What lies elsewhere in the second frame.

    Parameters
    ----------
    still, moving : sequence of Level
        Of the first and of the second frame, the finest first.
    transform : Transform
        From the first frame's proxy to the second's.
    blocks : Blocks
        What was measured between both, near there.
    size : Size
        Of the proxies.
    """
    one, factor = level_of(still).plane, level_of(still).factor
    height, width = one.shape
    at_level, whole = transform.scaled(1 / factor), Size(width, height)
    other = warped(level_of(moving).plane, at_level, whole)
    inside = warped(np.ones_like(one), at_level, whole) > 0.99
    alike, counted = compared(one, other, inside)
    shifts = np.full((*alike.shape, 2), np.nan)
    for row, column in np.argwhere(counted & (alike < _HOME)):
        shifts[row, column] = _found(one, other, int(row) * _SIDE, int(column) * _SIDE)
    chosen = np.array(_groups(shifts), np.intp).reshape(-1, 2)
    middles = (chosen[:, ::-1] + 0.5) * _SIDE * factor - 0.5
    return Parting(
        int(np.count_nonzero(counted & (alike >= _HOME))),
        np.asarray(middles, np.float64),
        shifts[chosen[:, 0], chosen[:, 1]] * factor,
        _uneven(blocks.rebased(transform).left(size)),
    )


def _uneven(left: Points) -> float:
    return float(np.percentile(np.hypot(*left.T), 90)) if len(left) else 0.0


def level_of(levels: Sequence[Level]) -> Level:
    """The one that is looked at: noise hides less in it than in finer ones."""
    return next((one for one in levels if max(one.plane.shape) <= _LONGEST), levels[-1])


def compared(
    one: Plane, other: Plane, inside: npt.NDArray[np.bool_]
) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Correlation of every square, and which of them both frames show, with detail."""
    rows, columns = (side // _SIDE for side in one.shape)

    def squares(plane: npt.NDArray[np.generic]) -> Numbers:
        cut = plane[: rows * _SIDE, : columns * _SIDE].reshape(rows, _SIDE, columns, _SIDE)
        return np.asarray(cut.transpose(0, 2, 1, 3).reshape(rows, columns, -1), np.float64)

    a, b = squares(one), squares(other)
    a -= a.mean(axis=2, keepdims=True)
    b -= b.mean(axis=2, keepdims=True)
    aa, bb, ab = (a * a).mean(axis=2), (b * b).mean(axis=2), (a * b).mean(axis=2)
    counted = (np.minimum(aa, bb) > _DETAIL) & (squares(inside).min(axis=2) > 0)
    return ab / np.sqrt(aa * bb + 1e-12), counted


def _found(one: Plane, other: Plane, y: int, x: int) -> tuple[float, float]:
    """By how much a square lies elsewhere; not a number where that is not clear."""
    top, left = max(0, y - _AROUND), max(0, x - _AROUND)
    area = other[top : y + _SIDE + _AROUND, left : x + _SIDE + _AROUND]
    square = one[y : y + _SIDE, x : x + _SIDE]
    likeness = np.asarray(cv2.matchTemplate(area, square, cv2.TM_CCOEFF_NORMED))
    v, u = (int(i) for i in np.unravel_index(np.argmax(likeness), likeness.shape))
    best = float(likeness[v, u])
    likeness[max(0, v - _PEAK) : v + _PEAK + 1, max(0, u - _PEAK) : u + _PEAK + 1] = -1
    if best < _FOUND or best - float(likeness.max()) < _CLEARER:
        return np.nan, np.nan
    return float(left + u - x), float(top + v - y)


def _groups(shifts: Numbers) -> list[tuple[int, int]]:
    """Squares that moved together with enough others beside them."""
    left = {(int(row), int(column)) for row, column in np.argwhere(np.isfinite(shifts[:, :, 0]))}
    found = []
    while left:
        group = [left.pop()]
        for row, column in group:
            for down, across in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                near = (row + down, column + across)
                if near in left and np.hypot(*(shifts[near] - shifts[row, column])) <= _TOGETHER:
                    left.remove(near)
                    group.append(near)
        found += group if len(group) >= _FEWEST else []
    return found


def at_fault(partings: Mapping[tuple[int, int], Parting]) -> list[int]:
    """The frames without which nothing lies elsewhere, if these are a few.

    Parameters
    ----------
    partings : dict
        Of frames near each other, by both of their indices.
    """
    divided = {pair for pair, parting in partings.items() if parting.divided}
    frames = {index for pair in partings for index in pair}
    found: list[int] = []
    left = dict.fromkeys(partings)
    while any(pair in divided for pair in left):
        shares = {index: _share(index, left, divided) for index in frames - set(found)}
        worst = max(sorted(shares), key=lambda index: shares[index])
        if shares[worst][0] < _SUSPECT:
            break
        found.append(worst)
        left = {pair: None for pair in left if worst not in pair}
    return sorted(found) if len(found) < max(2, _RARE * len(frames)) else []


def _share(
    index: int, pairs: Iterable[tuple[int, int]], divided: set[tuple[int, int]]
) -> tuple[float, int]:
    """Of a frame's links those that are divided, and their number; a single one tells nothing."""
    own = [pair for pair in pairs if index in pair]
    count = sum(pair in divided for pair in own)
    return (count / len(own) if len(own) > 1 else 0.0), count
