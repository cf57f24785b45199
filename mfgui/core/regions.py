"""Connected regions of a label map, of any number of labels at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, Rect

Ints = npt.NDArray[np.int64]
_NONE = -1


@dataclass(frozen=True, eq=False)
class Regions:
    """Connected regions of pixels of one label; n of them.

    Attributes
    ----------
    labels, areas : (n,)
        Label and number of pixels.
    boxes : (n, 4)
        First column and row, and those after the last.
    around : (n,)
        The one label that a region inside the picture has edges with; -1 where there are
        several, or where the region reaches the border.
    """

    labels: Ints = field(repr=False)
    areas: Ints = field(repr=False)
    boxes: Ints = field(repr=False)
    around: Ints = field(repr=False)
    _starts: Ints = field(repr=False)  # of the runs, as places in the flattened map
    _region_of: Ints = field(repr=False)  # of each run

    def __len__(self) -> int:
        return len(self.labels)

    def rect(self, number: int) -> Rect:
        """The smallest rectangle around a region."""
        x, y, right, bottom = (int(value) for value in self.boxes[number])
        return Rect(x, y, right - x, bottom - y)

    def of_places(self, places: Ints) -> Ints:
        """The region of each place, counted row by row from the upper left pixel."""
        return self._region_of[np.searchsorted(self._starts, places, side="right") - 1]


def find_regions(labels: LabelArray, *, corners: bool = False) -> Regions:
    """The connected regions of `labels`, (H, W) of any integer type, in reading order.

    Pixels are connected by edges, and with `corners` by them, too.

    Time O(H W + n log n) and memory about 100 n bytes, whatever the number of labels, for n
    runs of equal labels along the rows.

    >>> found = find_regions(np.array([[1, 1, 1], [1, 7, 1], [1, 1, 1]], np.uint8))
    >>> found.labels.tolist(), found.areas.tolist(), found.around.tolist()
    ([1, 7], [8, 1], [-1, 1])
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    height, width = labels.shape
    flat = np.ascontiguousarray(labels).ravel()
    changes = np.ones((height, width), np.bool_)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=changes[:, 1:])
    starts = np.flatnonzero(changes)
    # Where two runs, one above the other, begin to overlap, one of them begins.
    above = np.flatnonzero(changes[:-1] | changes[1:])
    upper = np.searchsorted(starts, above, side="right") - 1
    lower = np.searchsorted(starts, above + width, side="right") - 1
    same = flat[above] == flat[above + width]
    links = [(upper[same], lower[same])]
    if corners:
        links += _corner_links(flat, starts, width)
    one, other = (np.concatenate(side) for side in zip(*links, strict=True))
    shape = (len(starts), len(starts))
    graph = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=shape)
    count, found = connected_components(graph, directed=False)
    _, first = np.unique(found, return_index=True)
    order = np.empty(count, np.int64)
    order[np.argsort(first)] = np.arange(count)
    region_of = order[found]
    beside = np.flatnonzero(starts[1:] % width != 0)
    pairs = [(upper[~same], lower[~same]), (beside, beside + 1)]
    return _described(flat, (height, width), starts, region_of, pairs, count)


def _corner_links(flat: LabelArray, starts: Ints, width: int) -> list[tuple[Ints, Ints]]:
    """Runs of equal labels that only touch at corners; some that overlap are among them."""
    links = []
    runs = np.arange(len(starts))
    ends = np.append(starts[1:], len(flat)) - 1
    for places, side in ((starts, -1), (ends, 1)):
        column = places % width
        inner = (places >= width) & (column > 0 if side < 0 else column < width - 1)
        corner = places[inner] - width + side
        equal = flat[corner] == flat[places[inner]]
        beyond = np.searchsorted(starts, corner[equal], side="right") - 1
        links.append((beyond, runs[inner][equal]))
    return links


def _described(
    flat: LabelArray,
    shape: tuple[int, int],
    starts: Ints,
    region_of: Ints,
    pairs: list[tuple[Ints, Ints]],
    count: int,
) -> Regions:
    """Areas, boxes and neighbours; `pairs` are runs of different labels that touch."""
    height, width = shape
    lengths = np.diff(starts, append=height * width)
    rows, left = np.divmod(starts, width)
    names = flat[starts].astype(np.int64)
    order = np.argsort(region_of, kind="stable")
    heads = np.searchsorted(region_of[order], np.arange(count))

    def gathered(combine: np.ufunc, values: Ints) -> Ints:
        found: Ints = combine.reduceat(values[order], heads)
        return found

    boxes = np.stack(
        [
            gathered(np.minimum, left),
            gathered(np.minimum, rows),
            gathered(np.maximum, left + lengths),
            gathered(np.maximum, rows) + 1,
        ],
        axis=1,
    )
    least = np.full(count, np.iinfo(np.int64).max)
    most = np.full(count, _NONE)
    for one, other in pairs:
        for a, b in ((one, other), (other, one)):
            np.minimum.at(least, region_of[a], names[b])
            np.maximum.at(most, region_of[a], names[b])
    inside = (boxes[:, :2] > 0).all(axis=1) & (boxes[:, 2:] < (width, height)).all(axis=1)
    around = np.where(inside & (least == most), most, _NONE)
    areas = gathered(np.add, lengths)
    return Regions(names[order][heads], areas, boxes, around, starts, region_of)
