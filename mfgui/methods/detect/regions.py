"""Small regions of a focus map, given to the label around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray
from mfgui.core.compute import Compute
from mfgui.core.stripes import stripes
from mfgui.methods.registry import Parameter

Clean = Annotated[
    float,
    Parameter(
        "Regions below this share of the picture are given to the label around them; 0 keeps all",
        minimum=0.0,
        maximum=0.1,
    ),
]
_BLOCK = 1 << 20  # pixels or runs between two checkpoints


class Runs(NamedTuple):
    """A map as runs, longest rows of pixels of one label, and their regions.

    Runs are numbered row by row from the left. A region is a tree of runs, whose root stands
    for it, and a circle of the same runs.

    Attributes
    ----------
    heads : (H + 1,)
        Row y has the runs heads[y] ... heads[y + 1] - 1.
    starts, rows, names : (n,)
        First column, row and label of each run.
    parents, follow : (n,)
        The next run on the way to the root, which is its own parent; the next of the circle.
    areas : (n,)
        Of roots, the pixels of the region.
    """

    heads: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    names: LabelArray
    parents: npt.NDArray[np.int32]
    follow: npt.NDArray[np.int32]
    areas: npt.NDArray[np.int32]


def remove_small_regions(
    labels: LabelArray, *, share: float, compute: Compute, kept: Sequence[int] = ()
) -> None:
    """Give every region below `share` of the picture to a label around it, in place.

    Regions are connected by edges. Labels are treated in ascending order, so that a region that
    has grown by then may stay: for two sources this is the removal of small foreground regions,
    then of small holes, that detectors of the field end with (section 0 of the algorithm
    notes). With more sources a region takes the label with which it shares the longest border
    of large enough regions, of several the one with the longest border at all, then the lowest.
    Afterwards no region below `share` is left, save where all around it is `kept`.

    Parameters
    ----------
    labels : (H, W) uint8 or uint16
        1 ... K, and `kept` ones; changed.
    share : float
        0 to 1; regions of fewer than ``share * H * W`` pixels go.
    kept : sequence of int
        Labels whose regions stay and that nothing is given to: unassigned and *ignore*.

    Notes
    -----
    Time O(H W + n K), memory 22 or 24 n bytes for n runs of equal labels along the rows.
    """
    from mfgui.methods.detect import region_kernels

    height, width = labels.shape
    least = share * labels.size
    runs = _find(labels, compute)
    count = len(runs.starts)
    chosen = np.empty_like(runs.names)
    members = np.empty(min(count, math.ceil(least)), np.int32)
    held = np.array([label for label in kept if label <= runs.names.max()], np.int64)
    borders = np.empty(int(runs.names.max()) + 1, np.int64)
    for label in np.setdiff1d(runs.names, held):
        # Chosen for all regions of the label before any changes, so that their order is nothing.
        for low, high in stripes(0, count, _BLOCK):
            compute.checkpoint()
            region_kernels.choose(int(label), least, low, high, width, runs, chosen, borders, held)
        for low, high in stripes(0, count, _BLOCK):
            compute.checkpoint()
            region_kernels.give_away(low, high, width, runs, chosen, members)
    for low, high in stripes(0, height, _rows(width)):
        compute.checkpoint()
        region_kernels.paint(labels, low, high, runs)


def _find(labels: LabelArray, compute: Compute) -> Runs:
    from mfgui.methods.detect import region_kernels

    height, width = labels.shape
    heads = np.zeros(height + 1, np.int64)
    for low, high in stripes(0, height, _rows(width)):
        compute.checkpoint()
        region_kernels.count_runs(labels, low, high, heads)
    count = int(heads[-1])
    starts, rows, parents, follow, areas = (np.empty(count, np.int32) for _ in range(5))
    runs = Runs(heads, starts, rows, np.empty(count, labels.dtype), parents, follow, areas)
    for low, high in stripes(0, height, _rows(width)):
        compute.checkpoint()
        region_kernels.find_runs(labels, low, high, runs)
    return runs


def _rows(width: int) -> int:
    return max(1, _BLOCK // width)
