"""Compiled loops over the regions of a label map; imported on first use.

See `mfgui.methods.detect.regions.Runs` for what they work on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_STAYS = 1 << 32  # longer than any border


@njit(cache=True, nogil=True)
def count_runs(labels: Any, low: int, high: int, heads: Any) -> None:
    """Heads of the rows after low ... high - 1; rows come in order."""
    for y in range(low, high):
        row = labels[y]
        count = 1
        for x in range(1, row.size):
            count += row[x] != row[x - 1]
        heads[y + 1] = heads[y] + count


@njit(cache=True, nogil=True)
def find_runs(labels: Any, low: int, high: int, runs: Any) -> None:
    """Runs of the rows low ... high - 1, joined with those above; rows come in order."""
    for y in range(low, high):
        row = labels[y]
        run = runs.heads[y] - 1
        for x in range(row.size):
            if x == 0 or row[x] != row[x - 1]:
                run += 1
                runs.starts[run] = x
                runs.rows[run] = y
                runs.names[run] = row[x]
                runs.parents[run] = run
                runs.follow[run] = run
                runs.areas[run] = 0
            runs.areas[run] += 1
        if y > 0:
            _join_rows(y, row.size, runs)


@njit(cache=True, nogil=True)
def _join_rows(y: int, width: int, runs: Any) -> None:
    """Join the runs of row y with those of row y - 1."""
    below, above = runs.heads[y], runs.heads[y - 1]
    while below < runs.heads[y + 1] and above < runs.heads[y]:
        if runs.names[below] == runs.names[above]:
            _join(below, above, runs)
        end_below, end_above = _end(below, width, runs), _end(above, width, runs)
        below += end_below <= end_above
        above += end_above <= end_below


@njit(cache=True, nogil=True)
def choose(
    label: int,
    least: float,
    low: int,
    high: int,
    width: int,
    runs: Any,
    chosen: Any,
    borders: Any,
    kept: Any,
) -> None:
    """New labels of the regions of `label` below `least` pixels, in chosen[root]; 0 for others.

    For the roots low ... high - 1; see `remove_small_regions` for the choice.

    Parameters
    ----------
    width : int
        Of the picture.
    borders : (largest label + 1,) int64
        Work array.
    kept : (n,) int64
        Labels that no region is given to.
    """
    for root in range(low, high):
        chosen[root] = 0
        if runs.parents[root] != root or runs.names[root] != label or runs.areas[root] >= least:
            continue
        borders[:] = 0
        run = root
        while True:
            _add_borders(run, width, runs, least, borders)
            run = int(runs.follow[run])
            if run == root:
                break
        borders[label] = 0
        for i in range(kept.size):
            borders[kept[i]] = 0
        best = np.argmax(borders)
        if borders[best] > 0:  # else it is the whole picture
            chosen[root] = best


@njit(cache=True, nogil=True)
def give_away(low: int, high: int, width: int, runs: Any, chosen: Any, members: Any) -> None:
    """Give the regions with roots low ... high - 1 their chosen labels.

    `members` is a work array, (n,) int32, where n is the number of runs of any such region.
    """
    for root in range(low, high):
        if chosen[root] == 0:
            continue
        count = 0
        run = root
        while True:
            members[count] = run
            count += 1
            run = int(runs.follow[run])
            if run == root:
                break
        for i in range(count):
            runs.names[members[i]] = chosen[root]
        for i in range(count):
            _join_around(members[i], width, runs)


@njit(cache=True, nogil=True)
def paint(labels: Any, low: int, high: int, runs: Any) -> None:
    """Write the labels of the runs back into the rows low ... high - 1."""
    width = labels.shape[1]
    for run in range(runs.heads[low], runs.heads[high]):
        row = labels[runs.rows[run]]
        if row[runs.starts[run]] != runs.names[run]:
            row[runs.starts[run] : _end(run, width, runs)] = runs.names[run]


@njit(cache=True, nogil=True)
def _end(run: int, width: int, runs: Any) -> int:
    """The column after the run."""
    last = run + 1 == runs.heads[runs.rows[run] + 1]
    return width if last else int(runs.starts[run + 1])


@njit(cache=True, nogil=True)
def _root(run: int, runs: Any) -> int:
    while runs.parents[run] != run:
        runs.parents[run] = runs.parents[runs.parents[run]]
        run = int(runs.parents[run])
    return run


@njit(cache=True, nogil=True)
def _join(a: int, b: int, runs: Any) -> None:
    """Make the regions of two runs one."""
    a, b = _root(a, runs), _root(b, runs)
    if a == b:
        return
    if runs.areas[a] < runs.areas[b]:
        a, b = b, a
    runs.parents[b] = a
    runs.areas[a] += runs.areas[b]
    # Exchanging the successors of two members of two circles makes them one circle.
    after = runs.follow[a]
    runs.follow[a] = runs.follow[b]
    runs.follow[b] = after


@njit(cache=True, nogil=True)
def _add_borders(run: int, width: int, runs: Any, least: float, borders: Any) -> None:
    """Add up the borders of a run with the runs that touch it, per label.

    A border with a region of at least `least` pixels counts for more than any with others.
    """
    start, end, row = int(runs.starts[run]), _end(run, width, runs), int(runs.rows[run])
    for near in range(max(row - 1, 0), min(row + 2, runs.heads.size - 1)):
        beside = near == row  # the runs to the left and right, each across one edge
        first, stop = max(start - beside, 0), end + beside
        other = _first_across(first, near, runs)
        while other < runs.heads[near + 1] and runs.starts[other] < stop:
            shared = min(stop, _end(other, width, runs)) - max(first, int(runs.starts[other]))
            large = runs.areas[_root(other, runs)] >= least
            borders[runs.names[other]] += shared * _STAYS if large else shared
            other += 1


@njit(cache=True, nogil=True)
def _join_around(run: int, width: int, runs: Any) -> None:
    """Join a run with those of its label that touch it."""
    start, end, row = int(runs.starts[run]), _end(run, width, runs), int(runs.rows[run])
    for near in range(max(row - 1, 0), min(row + 2, runs.heads.size - 1)):
        beside = near == row
        other = _first_across(max(start - beside, 0), near, runs)
        while other < runs.heads[near + 1] and runs.starts[other] < end + beside:
            if runs.names[other] == runs.names[run]:
                _join(run, other, runs)
            other += 1


@njit(cache=True, nogil=True)
def _first_across(column: int, row: int, runs: Any) -> int:
    """The run of `row` that covers `column`."""
    low, high = int(runs.heads[row]), int(runs.heads[row + 1]) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if runs.starts[middle] <= column:
            low = middle
        else:
            high = middle - 1
    return low
