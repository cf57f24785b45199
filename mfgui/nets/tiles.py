"""How a picture is cut into overlapping tiles whose weights sum to one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Span:
    """Rows or columns of one tile.

    Attributes
    ----------
    low, high : int
        What the network is given, half-open.
    start, stop : int
        What of its answer counts.
    weights : (stop - start,) float32
        1, falling to 0 where the neighbours take over.
    """

    low: int
    high: int
    start: int
    stop: int
    weights: npt.NDArray[np.float32] = field(repr=False, compare=False)


def spans(length: int, side: int, *, margin: int, blend: int, multiple: int) -> list[Span]:
    """Tiles of at most about `side` pixels that cover ``0 ... length - 1``.

    Parameters
    ----------
    length : int
        Of the picture.
    side : int
        A picture that is not longer is one tile.
    margin : int
        Pixels that a tile sees beyond those that count.
    blend : int
        Pixels that count in two neighbours, with weights that sum to 1.
    multiple : int
        Tiles begin at multiples of it, and end at such or at the end of the picture.

    >>> [(s.low, s.start, s.stop, s.high) for s in spans(100, 60, margin=4, blend=0, multiple=4)]
    [(0, 0, 50, 56), (44, 50, 100, 100)]
    """
    if length <= side:
        return [Span(0, length, 0, length, np.ones(length, np.float32))]
    step = max(1, 2 * blend, side - 2 * (margin + multiple) - blend)
    count = max(2, -(-(length - blend) // step))
    starts = [index * (length - blend) // count for index in range(count + 1)]
    found = []
    for index, (start, following) in enumerate(itertools.pairwise(starts)):
        stop = following + blend
        low = max(0, start - margin) // multiple * multiple
        high = min(length, -(-(stop + margin) // multiple) * multiple)
        weights = np.ones(stop - start, np.float32)
        rise = (np.arange(blend, dtype=np.float32) + np.float32(0.5)) / np.float32(max(1, blend))
        if index > 0:
            weights[:blend] = rise
        if index < count - 1:
            weights[stop - start - blend :] -= rise
        found.append(Span(low, high, start, stop, weights))
    return found


def averaged_spans(length: int, *, side: int, stride: int) -> list[Span]:
    """Tiles of `side` pixels every `stride` and one more at the end; means where they overlap.

    >>> [(s.start, s.stop) for s in averaged_spans(300, side=128, stride=124)]
    [(0, 128), (124, 252), (172, 300)]
    """
    starts = list(range(0, max(0, length - side) + 1, stride))
    if starts[-1] + side < length:
        starts.append(length - side)
    parts = [(start, min(length, start + side)) for start in starts]
    counts = np.zeros(length, np.float32)
    for start, stop in parts:
        counts[start:stop] += 1.0
    return [Span(a, b, a, b, np.float32(1.0) / counts[a:b]) for a, b in parts]
