"""Pauses between pictures that tell stacks apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

SHORTEST_PAUSE, LONGEST_PAUSE = 3.0, 30.0
_TIMES_MEDIAN = 5.0
_NEIGHBOURS = 5  # intervals that the usual one is the median of


def between_pauses(instants: Sequence[float], exposures: Sequence[float]) -> list[range]:
    """The pictures between one pause and the next, as ranges of indices that together are all.

    Parameters
    ----------
    instants, exposures : sequence of float
        When each picture was begun, rising, and how long it took, in seconds.
    """
    gaps = [
        max(0.0, after - before - exposure)
        for (before, after), exposure in zip(pairwise(instants), exposures, strict=False)
    ]
    parts, start = [], 0
    for index, gap in enumerate(gaps):
        before = gaps[max(start, index - _NEIGHBOURS) : index]
        after = gaps[index + 1 : index + 1 + _NEIGHBOURS]
        if gap > _longest_interval(before, after):
            parts.append(range(start, index + 1))
            start = index + 1
    return [*parts, range(start, len(instants))]


def _longest_interval(before: Sequence[float], after: Sequence[float]) -> float:
    """The longest that is no pause, by the intervals on either side; the stricter side counts."""
    usual = min((median(side) for side in (before, after) if side), default=0.0)
    return min(max(SHORTEST_PAUSE, _TIMES_MEDIAN * usual), LONGEST_PAUSE)
