"""Thinning, flooding and connected regions of large planes, in parts with checkpoints between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask
from mfgui.core.compute import Compute
from mfgui.core.stripes import stripe_rows, stripes
from mfgui.methods.planes import Plane

OUTSIDE = 32  # in the rim of what `flood` is given
PART = 1 << 17  # pixels worked on in one call
_LEAST = 1 << 10  # what a call counts for, however little it works on

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]


def thinned(mask: BoolMask, *, margin: int = 0, compute: Compute) -> BoolMask:
    """`mask` thinned to lines one pixel wide, as `skimage.morphology.skeletonize` does it.

    In turn, two passes take pixels off the rims, each all at once (Zhang and Suen,
    Communications of the ACM 27, 1984, with scikit-image's table). A pass looks at those only
    whose neighbourhood changed since it was there last.

    Parameters
    ----------
    mask : (H, W) bool
    margin : int
        Pixels by which its borders are repeated; nothing lies beyond that.

    Returns
    -------
    (H, W) bool
        A view. Time O(H W); memory a byte per pixel and about 12 per pixel of rims.
    """
    from mfgui.methods.decide import boundary_kernels as kernels

    state = _framed(mask, margin, compute)
    flat, width = state.reshape(-1), state.shape[1]
    counts = np.zeros(2, np.int64)
    listed = [np.empty(0, np.int32) for _ in counts]
    pause = _Pause(compute)

    def make_room(more: int) -> None:
        for turn, count in enumerate(counts):
            listed[turn] = _with_room(listed[turn], int(count), more)

    for low, high in stripes(0, flat.size, PART):
        pause.after(high - low)
        make_room(high - low)
        kernels.list_rims(flat, width, low, high, listed[0], listed[1], counts)
    turn = 0
    while counts.any():
        chosen = 0
        for low, high in stripes(0, int(counts[turn]), PART):
            pause.after(high - low)
            chosen = kernels.choose_removed(flat, width, turn, listed[turn], low, high, chosen)
        removed = listed[turn][:chosen].copy()
        counts[turn] = 0
        for low, high in stripes(0, chosen, PART // 8):
            pause.after(8 * (high - low))
            make_room(9 * (high - low))
            kernels.remove(flat, width, removed[low:high], listed[0], listed[1], counts)
        turn = 1 - turn
    height, width = mask.shape
    return state[margin + 1 :, margin + 1 :][:height, :width].view(np.bool_)


def flood(values: Plane, state: Bytes, *, compute: Compute) -> Bytes:
    """Watershed of `values` from markers of 1 and 2, with lines of zeros where they meet.

    As `skimage.segmentation.watershed(..., connectivity=2, watershed_line=True)` does it in
    version 0.26: pixels are taken at the level of their value or of what they were reached
    from, the higher one, and at the same level in the order in which they were reached; one
    with the other label beside it then becomes a line, across which the flood goes on. Where
    markers have the very same value, they are taken row by row; there the other leaves the
    order to the layout of its heap.

    Parameters
    ----------
    values : (H + 2, W + 2) float32
        From 0 up; in the rim anything.
    state : (H + 2, W + 2) uint8
        Markers, of which 1 and 2 do not touch, 0 where open; `OUTSIDE` in the rim. Changed.

    Returns
    -------
    (H, W) uint8
        A view of `state`. Time O(n log n) for n open pixels; memory 12 bytes for each that waits.
    """
    from mfgui.methods.decide import boundary_kernels as kernels

    flat, width = state.reshape(-1), state.shape[1]
    levels = values.reshape(-1).view(np.uint32)
    numbers = np.zeros(kernels.NUMBERS, np.int64)
    keys, places = np.empty(0, np.uint64), np.empty(0, np.int32)
    for low, high in stripes(0, flat.size, PART):
        compute.checkpoint()
        size = int(numbers[kernels.SIZE])
        keys, places = (_with_room(array, size, high - low) for array in (keys, places))
        kernels.queue_markers(levels, flat, width, low, high, keys, places, numbers)
    queue = np.empty(PART, np.int32)
    while True:
        compute.checkpoint()
        taken = kernels.flood(levels, flat, width, keys, places, queue, numbers, PART)
        size, head, tail = (int(number) for number in numbers[:3])
        if taken < PART and size == 0 and head == tail:
            break
        keys, places = (_with_room(array, size, 8) for array in (keys, places))
        queue[: tail - head] = queue[head:tail].copy()
        numbers[kernels.HEAD], numbers[kernels.TAIL] = 0, tail - head
        queue = _with_room(queue, tail - head, PART // 2)
    for low, high in stripes(0, flat.size, 8 * PART):
        compute.checkpoint()
        kernels.settle(flat, low, high)
    return state[1:-1, 1:-1]


@dataclass(frozen=True, eq=False)
class Regions:
    """The connected regions of a mask, by the runs of its rows, and each by its first run.

    Attributes
    ----------
    areas : (n,) int64
        Of the region whose first run this is; 0 for other runs.
    """

    areas: npt.NDArray[np.int64]
    _heads: npt.NDArray[np.int64]  # (H + 1,), number of the first run of each row
    _ends: npt.NDArray[np.int32]  # (n, 2), first column and the one after the last
    _parents: npt.NDArray[np.int32]  # (n,), the first run of the region

    def paint(self, plane: Array, values: Array, *, compute: Compute) -> None:
        """Write into (H, W) bool or uint8 what values, (n,), has for the region of each pixel."""
        from mfgui.methods.decide import boundary_kernels as kernels

        for low, high in _rows(plane):
            compute.checkpoint()
            kernels.paint(
                plane.view(np.uint8),
                low,
                high,
                self._heads,
                self._ends,
                self._parents,
                values.view(np.uint8),
            )

    def totals(self, plane: Plane, *, compute: Compute) -> npt.NDArray[np.float64]:
        """Sum of (H, W) float32 over each region, (n,)."""
        from mfgui.methods.decide import boundary_kernels as kernels

        found = np.zeros(len(self.areas))
        for low, high in _rows(plane):
            compute.checkpoint()
            kernels.add_values(plane, low, high, self._heads, self._ends, self._parents, found)
        return found


def find_regions(mask: BoolMask, *, corners: bool, compute: Compute) -> Regions:
    """The regions of (H, W) bool, connected by edges, or by corners, too.

    Time O(H W), memory 20 bytes for each run of the mask along a row.
    """
    from mfgui.methods.decide import boundary_kernels as kernels

    plane = np.ascontiguousarray(mask).view(np.uint8)
    heads = np.zeros(len(plane) + 1, np.int64)
    for low, high in _rows(plane):
        compute.checkpoint()
        kernels.count_runs(plane, low, high, heads)
    count = int(heads[-1])
    ends, parents = np.empty((count, 2), np.int32), np.empty(count, np.int32)
    for low, high in _rows(plane):
        compute.checkpoint()
        kernels.find_runs(plane, low, high, int(corners), heads, ends, parents)
    areas = np.zeros(count, np.int64)
    for low, high in stripes(0, count, PART):
        compute.checkpoint()
        kernels.add_runs(low, high, ends, parents, areas)
    return Regions(areas, heads, ends, parents)


class _Pause:
    """Checkpoints after every `PART` pixels; some loops take thousands of short calls."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._done = PART

    def after(self, pixels: int) -> None:
        """Call before so many pixels are worked on."""
        self._done += max(pixels, _LEAST)
        if self._done >= PART:
            self._compute.checkpoint()
            self._done = 0


def _framed(mask: BoolMask, margin: int, compute: Compute) -> Bytes:
    """The mask with its borders repeated `margin` times, and a rim of zeros."""
    height, width = (side + 2 * margin for side in mask.shape)
    framed = np.zeros((height + 2, width + 2), np.uint8)
    for low, high in stripes(0, height, 16 * stripe_rows(width)):
        compute.checkpoint()
        rows = np.clip(np.arange(low, high) - margin, 0, len(mask) - 1)
        part = mask[rows[0] : rows[-1] + 1][rows - rows[0]]
        framed[low + 1 : high + 1, 1:-1] = np.pad(part, ((0, 0), (margin, margin)), mode="edge")
    return framed


def _rows(plane: Array) -> list[tuple[int, int]]:
    height, width = plane.shape
    return list(stripes(0, height, 16 * stripe_rows(width)))


def _with_room(array: Array, count: int, more: int) -> Array:
    """The array, or a larger one with its first `count` entries, with room for `more`."""
    if count + more <= array.size:
        return array
    larger = np.empty(max(count + more, 2 * array.size), array.dtype)
    larger[:count] = array[:count]
    return larger
