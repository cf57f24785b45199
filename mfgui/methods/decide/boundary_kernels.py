"""Compiled loops of boundary finding: thinning, flooding, connected regions; imported on first use.

Each call does a part of the work, so that its caller can be stopped between calls. Planes named
`state` have a rim of one pixel that no loop changes, and are given flat, with the width of
their rows; `places` in them are numbers of pixels, row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SET = 1  # what thinning holds in a pixel: part of the picture; listed for the first, second pass
_FIRST, _SECOND = 2, 4

LABEL = 3  # what flooding holds in a pixel: bits of the label 1 or 2; that of a queued pixel;
_QUEUED, _LINE = 4, 8
SIZE, HEAD, TAIL, AGE, LEVEL, NUMBERS = range(6)  # numbers of a flood, and how many
_WIDTH = 4  # of the heap: children of a node
_AGES = np.uint64(32)  # bits


def _removable() -> Any:
    """By neighbourhood, in which passes (1, 2, or 3: both) thinning takes a pixel off.

    Bits from the lowest: upper left, upper, upper right, right, and so on around. That of Zhang
    and Suen 1984, and where scikit-image's (`skeletonize`) differs from it, that.
    """
    table = np.zeros(256, np.uint8)
    for code in range(256):
        around = [bool(code >> bit & 1) for bit in range(8)]
        starts = sum(b and not a for a, b in zip(around, around[1:] + around[:1], strict=True))
        if starts != 1 or not 2 <= sum(around) <= 6:
            continue
        north, east, south, west = around[1::2]
        table[code] += not (east and south and (north or west))
        table[code] += 2 * (not (north and west and (east or south)))
    groups = {
        0: (48, 129),
        1: (3, 6, 11, 12, 14, 131, 134, 161, 194, 198),
        2: (24, 26, 56, 96, 104, 108, 176, 192, 224),
        3: (10, 40, 130, 160),
    }
    for passes, codes in groups.items():
        table[list(codes)] = passes
    return table


_REMOVABLE = _removable()


@njit(cache=True, nogil=True, error_model="numpy")
def _passes(state: Any, width: int, place: int) -> int:
    """In which passes a pixel may be taken off."""
    above, below = place - width, place + width
    code = state[above - 1] & SET
    code |= (state[above] & SET) << 1
    code |= (state[above + 1] & SET) << 2
    code |= (state[place + 1] & SET) << 3
    code |= (state[below + 1] & SET) << 4
    code |= (state[below] & SET) << 5
    code |= (state[below - 1] & SET) << 6
    code |= (state[place - 1] & SET) << 7
    return int(_REMOVABLE[code])


@njit(cache=True, nogil=True, error_model="numpy")
def list_rims(
    state: Any, width: int, low: int, high: int, first: Any, second: Any, counts: Any
) -> None:
    """List the pixels low ... high - 1 that the first and the second pass could take off."""
    for place in range(low, high):
        if state[place] & SET:
            passes = _passes(state, width, place)
            if passes & 1:
                state[place] |= _FIRST
                first[counts[0]] = place
                counts[0] += 1
            if passes & 2:
                state[place] |= _SECOND
                second[counts[1]] = place
                counts[1] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def choose_removed(
    state: Any, width: int, turn: int, listed: Any, low: int, high: int, count: int
) -> int:
    """Move those of listed[low:high] that pass `turn` (0, 1) takes off to listed[count:].

    `count` <= `low`. Returns how many there are then.
    """
    flag = _FIRST << turn
    for i in range(low, high):
        place = listed[i]
        state[place] ^= flag
        if state[place] & SET and _passes(state, width, place) >> turn & 1:
            listed[count] = place
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def remove(state: Any, width: int, removed: Any, first: Any, second: Any, counts: Any) -> None:
    """Take pixels off, and list those beside them for both passes: they may go next."""
    for place in removed:
        state[place] &= ~np.uint8(SET)
    for place in removed:
        for y in range(-width, width + 1, width):
            for x in range(-1, 2):
                beside = place + y + x
                held = state[beside]
                if not held & SET:
                    continue
                if not held & _FIRST:
                    first[counts[0]] = beside
                    counts[0] += 1
                if not held & _SECOND:
                    second[counts[1]] = beside
                    counts[1] += 1
                state[beside] = held | _FIRST | _SECOND


@njit(cache=True, nogil=True, error_model="numpy")
def _push(keys: Any, places: Any, size: int, key: Any, place: Any) -> None:
    """Add to a heap of `size`."""
    at = size
    while at > 0:
        parent = (at - 1) // _WIDTH
        if keys[parent] <= key:
            break
        keys[at], places[at] = keys[parent], places[parent]
        at = parent
    keys[at], places[at] = key, place


@njit(cache=True, nogil=True, error_model="numpy")
def _drop(keys: Any, places: Any, size: int) -> None:
    """Take the least off a heap that then has `size`."""
    key, place = keys[size], places[size]
    at = 0
    while True:
        child = _WIDTH * at + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + _WIDTH, size)):
            if keys[other] < keys[least]:
                least = other
        if key <= keys[least]:
            break
        keys[at], places[at] = keys[least], places[least]
        at = least
    keys[at], places[at] = key, place


@njit(cache=True, nogil=True, error_model="numpy")
def queue_markers(
    values: Any, state: Any, width: int, low: int, high: int, keys: Any, places: Any, numbers: Any
) -> None:
    """Queue those of the pixels low ... high - 1 that have a label and one beside that has none.

    See `flood`; `keys` and `places` have room for all.
    """
    for place in range(low, high):
        if state[place] != 1 and state[place] != 2:
            continue
        above, below = place - width, place + width
        for start in (above - 1, place - 1, below - 1):
            if state[start] == 0 or state[start + 1] == 0 or state[start + 2] == 0:
                key = np.uint64(values[place]) << _AGES | np.uint64(numbers[AGE])
                _push(keys, places, numbers[SIZE], key, place)
                numbers[SIZE] += 1
                numbers[AGE] += 1
                break


@njit(cache=True, nogil=True, error_model="numpy")
def _meets_other(state: Any, width: int, place: int, label: int) -> bool:
    """Whether a pixel beside has the other label."""
    other = LABEL - label
    above, below = place - width, place + width
    for start in (above - 1, place - 1, below - 1):
        if state[start] == other or state[start + 1] == other or state[start + 2] == other:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def flood(
    values: Any,
    state: Any,
    width: int,
    keys: Any,
    places: Any,
    queue: Any,
    numbers: Any,
    most: int,
) -> int:
    """Take up to `most` pixels from the queues; returns how many that were.

    Fewer than `most` if nothing is left, or if the queues have less room than a pixel needs.

    Parameters
    ----------
    values : (n,) uint32
        Float32 values from 0 up, read as integers, which have the same order.
    state : (n,) uint8
        0 open, 1 or 2 labels, larger outside; changed.
    keys, places : (m,) uint64, int32
        Heap of what waits for a higher level: value and age, and the pixel.
    queue : (q,) int32
        What can be taken at this level, from numbers[HEAD] to numbers[TAIL] - 1.
    numbers : (NUMBERS,) int64
        Entries of the heap, ends of the queue, next age, level.
    """
    steps = (-width, -1, 1, width, -width - 1, -width + 1, width - 1, width + 1)
    size, head, tail = numbers[SIZE], numbers[HEAD], numbers[TAIL]
    age, level = numbers[AGE], np.uint64(numbers[LEVEL])
    taken = 0
    while taken < most and (size or head < tail):
        if size + 8 > keys.size or tail + 8 > queue.size:
            break
        taken += 1
        # What waited for this level is older than what was found at it.
        if size and (head == tail or keys[0] >> _AGES == level):
            place = places[0]
            level = keys[0] >> _AGES
            size -= 1
            _drop(keys, places, size)
        else:
            place = queue[head]
            head += 1
        held = state[place]
        label = held & LABEL
        if held & _QUEUED:  # else a marker
            state[place] = _LINE if _meets_other(state, width, place, label) else label
        for step in steps:
            beside = place + step
            if state[beside] == 0:
                state[beside] = label | _QUEUED
                value = np.uint64(values[beside])
                if value <= level:
                    queue[tail] = beside
                    tail += 1
                else:
                    _push(keys, places, size, value << _AGES | np.uint64(age), beside)
                    size += 1
                    age += 1
    numbers[SIZE], numbers[HEAD], numbers[TAIL] = size, head, tail
    numbers[AGE], numbers[LEVEL] = age, np.int64(level)
    return taken


@njit(cache=True, nogil=True, error_model="numpy")
def settle(state: Any, low: int, high: int) -> None:
    """Of a finished flood, leave the labels, and 0 on lines and what was not reached."""
    for place in range(low, high):
        held = state[place]
        state[place] = held if held <= LABEL else 0


@njit(cache=True, nogil=True, error_model="numpy")
def count_runs(mask: Any, low: int, high: int, heads: Any) -> None:
    """Numbers of the first runs of the rows after low ... high - 1; rows come in order."""
    for y in range(low, high):
        row = mask[y]
        count = 0
        before = False
        for x in range(row.size):
            inside = row[x] != 0
            count += inside and not before
            before = inside
        heads[y + 1] = heads[y] + count


@njit(cache=True, nogil=True, error_model="numpy")
def find_runs(
    mask: Any, low: int, high: int, reach: int, heads: Any, ends: Any, parents: Any
) -> None:
    """Starts and ends of the runs of the rows low ... high - 1, joined with those above.

    `reach` 1 joins runs that touch at a corner, too; 0 does not.
    """
    for y in range(low, high):
        row = mask[y]
        run = heads[y] - 1
        before = False
        for x in range(row.size):
            inside = row[x] != 0
            if inside and not before:
                run += 1
                parents[run] = run
                ends[run, 0] = x
            if inside:
                ends[run, 1] = x + 1
            before = inside
        if y == 0:
            continue
        below, above = heads[y], heads[y - 1]
        while below < heads[y + 1] and above < heads[y]:
            if ends[below, 0] < ends[above, 1] + reach and ends[above, 0] < ends[below, 1] + reach:
                _join(below, above, parents)
            if ends[below, 1] <= ends[above, 1]:
                below += 1
            else:
                above += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _join(a: int, b: int, parents: Any) -> None:
    """Make two regions one, of which the first run stays the root."""
    while parents[a] != a:
        parents[a] = parents[parents[a]]
        a = parents[a]
    while parents[b] != b:
        parents[b] = parents[parents[b]]
        b = parents[b]
    if a < b:
        parents[b] = a
    else:
        parents[a] = b


@njit(cache=True, nogil=True, error_model="numpy")
def add_runs(low: int, high: int, ends: Any, parents: Any, areas: Any) -> None:
    """Areas of the regions by root, and of the runs low ... high - 1 the root as parent."""
    for run in range(low, high):
        root = parents[parents[run]]  # parents come first, and have theirs
        parents[run] = root
        areas[root] += ends[run, 1] - ends[run, 0]


@njit(cache=True, nogil=True, error_model="numpy")
def add_values(
    plane: Any, low: int, high: int, heads: Any, ends: Any, parents: Any, totals: Any
) -> None:
    """Add up `plane` over the regions, for the rows low ... high - 1."""
    for y in range(low, high):
        for run in range(heads[y], heads[y + 1]):
            for x in range(ends[run, 0], ends[run, 1]):
                totals[parents[run]] += np.float64(plane[y, x])


@njit(cache=True, nogil=True, error_model="numpy")
def paint(
    plane: Any, low: int, high: int, heads: Any, ends: Any, parents: Any, values: Any
) -> None:
    """Write the value of its root into every pixel of a region, in rows low ... high - 1."""
    for y in range(low, high):
        for run in range(heads[y], heads[y + 1]):
            plane[y, ends[run, 0] : ends[run, 1]] = values[parents[run]]
