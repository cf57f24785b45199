"""Focus measures of single planes, and the map of the source with the largest measure.

Every measure takes a float32 plane (H, W) in [0, 1] and gives a float32 plane (H, W), larger
where the picture is sharper. A value depends on the pixels at most `reach_of` away and on nothing
else, to the last bit: derivatives are sums in a fixed order, and windows are added up afresh at
every pixel instead of by running sums, whose rounding carries what has left the window. Equal
windows therefore tie, flat ones at 0 (save for `repeated_blur`, whose low pass darkens a
little), whatever lies beside them and wherever a tile was cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.planes import Plane, grey, in_tiles

RADII = (3, 5, 7, 9, 11)  # of the discs of `morphological_gradient`, 2i + 1 for i = 1 ... 5
_CORNER, _EDGE, _CENTRE = (np.float32(weight) for weight in (0.0947, 0.1183, 0.1478))
_EXACT_BITS = 52  # whole numbers below 2^52 are exact in float64
_SIDE = 512  # pixels of a tile: its planes fit the cache


def laplacian_energy(plane: Plane, window: int) -> Plane:
    """Mean over W x W of the squared 8-neighbour Laplacian / 16 (algorithm notes, 1.4 [R]).

    Derivatives mirror the border without repeating it, windows repeat it, here and in the
    other measures. Time O(H W log W).
    """
    wide = _bordered(plane, 1, cv2.BORDER_REFLECT_101)
    rows = wide[:, :-2] + wide[:, 2:]
    rows += wide[:, 1:-1]
    response = rows[:-2] + rows[2:]
    response += rows[1:-1]
    response -= np.float32(9.0) * plane
    response *= np.float32(0.0625)
    return box_mean(np.multiply(response, response, out=response), window)


def sum_modified_laplacian(plane: Plane, window: int = 9) -> Plane:
    """Sum over W x W of |2 I - I(left) - I(right)| + |2 I - I(above) - I(below)|.

    S. K. Nayar, Y. Nakagawa, Shape from focus, IEEE TPAMI 16, 1994, equations 13 to 15 with a
    step of 1 and no threshold.
    """
    wide = _bordered(plane, 1, cv2.BORDER_REFLECT_101)
    twice = plane + plane
    across = wide[1:-1, :-2] + wide[1:-1, 2:]
    down = wide[:-2, 1:-1] + wide[2:, 1:-1]
    total: Plane = np.asarray(cv2.absdiff(twice, across), np.float32)
    total += cv2.absdiff(twice, down)
    return box_sum(total, window)


def tenengrad(plane: Plane, window: int = 9) -> Plane:
    """Sum over W x W of Gx^2 + Gy^2, the 3 x 3 Sobel derivatives."""
    wide = _bordered(plane, 1, cv2.BORDER_REFLECT_101)
    slope = wide[:, 2:] - wide[:, :-2]
    across = slope[:-2] + slope[2:]
    across += slope[1:-1]
    across += slope[1:-1]
    slope = wide[2:] - wide[:-2]
    down = slope[:, :-2] + slope[:, 2:]
    down += slope[:, 1:-1]
    down += slope[:, 1:-1]
    across *= across
    down *= down
    across += down
    return box_sum(across, window)


def variance(plane: Plane, window: int = 9) -> Plane:
    """Population variance in W x W.

    Values are first rounded to a grid on which they and their squares add up exactly (2^-22
    for W = 9), so that the difference of the two sums leaves nothing of their rounding.
    """
    count = window * window
    units = 2.0 ** ((_EXACT_BITS - math.ceil(math.log2(count))) // 2)
    values = np.rint(np.multiply(plane, units, dtype=np.float64))
    total = box_sum(values, window)
    squares = box_sum(values * values, window)
    squares *= count
    squares -= total * total
    squares /= (count * units) ** 2
    return squares.astype(np.float32)


def spatial_frequency(plane: Plane, window: int = 9) -> Plane:
    """Root of the mean over W x W of the squared differences to the left and upper neighbours.

    sqrt(RF^2 + CF^2) of A. M. Eskicioglu, P. S. Fisher, Image quality measures and their
    performance, IEEE Trans. Communications 43, 1995, taken around each pixel.
    """
    wide = _bordered(plane, 1, cv2.BORDER_REFLECT_101)
    across = plane - wide[1:-1, :-2]
    down = plane - wide[:-2, 1:-1]
    across *= across
    down *= down
    across += down
    mean: Plane = box_mean(across, window)
    return np.sqrt(mean, out=mean)


def repeated_blur(plane: Plane, window: int = 9) -> Plane:
    """Mean over W x W of |I - LP(I)|, where LP blurs twice by 3 x 3 (algorithm notes, 3.3).

    The low pass takes 0 for what lies beyond the border, as in MFF-GAN, and its weights add
    up to 0.9996 only, so that flat areas have 0.0004 of their brightness.
    """
    twice = _low_pass(_low_pass(plane))
    return box_mean(cv2.absdiff(plane, twice), window)


def morphological_gradient(plane: Plane) -> Plane:
    """Sum over i = 1 ... 5 of (dilated - eroded by a disc of radius 2i + 1) / (2i + 1).

    The multi-scale gradient of boundary finding (BF; algorithm notes, section 8). What lies
    beyond the border does not take part. Time O(H W) with about 200 comparisons a pixel:
    the five discs share the maxima along the rows.
    """
    margin = RADII[-1]
    wide = _bordered(plane, margin, cv2.BORDER_REPLICATE)
    total = np.zeros_like(plane)
    for high, low, radius in zip(
        _over_discs(wide, np.maximum), _over_discs(wide, np.minimum), RADII, strict=True
    ):
        np.subtract(high, low, out=high)
        high /= np.float32(radius)
        total += high
    return total


_Measure = Callable[..., Plane]
_OWN_REACH: Mapping[_Measure, int] = {
    laplacian_energy: 1,
    sum_modified_laplacian: 1,
    tenengrad: 1,
    variance: 0,
    spatial_frequency: 1,
    repeated_blur: 2,
    morphological_gradient: RADII[-1],
}


def reach_of(measure: _Measure, *, window: int = 1) -> int:
    """How many pixels around a pixel its measure in a window of side `window` depends on."""
    return _OWN_REACH[measure] + window // 2


def box_mean(values: npt.NDArray[Any], window: int) -> npt.NDArray[Any]:
    """`box_sum` / window^2."""
    total = box_sum(values, window)
    total *= total.dtype.type(1.0 / (window * window))
    return total


def box_sum(values: npt.NDArray[Any], window: int) -> npt.NDArray[Any]:
    """Sums over W x W around each pixel, W odd; rows and columns beyond the borders repeat them.

    Sums of 1, 2, 4, ... values are made of each other and put together to W values, always in
    the same order: each window is rounded by itself alone. Time O(H W log W).

    Parameters
    ----------
    values : (H, W) float32 or float64

    Returns
    -------
    (H, W)
        A new array of the same type.
    """
    wide = _bordered(values, window // 2, cv2.BORDER_REPLICATE)
    return _run_sums(_run_sums(wide, window, axis=0), window, axis=1)


def sharpest(
    images: Sequence[PixelArray],
    measure: Callable[[Plane], Plane],
    *,
    reach: int,
    compute: Compute,
) -> LabelArray:
    """Label of the source with the largest `measure` of its grey values; ties take the lowest.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    measure : callable
        Of a plane; called for tiles from several threads.
    reach : int
        How many pixels around a pixel its measure depends on.

    Returns
    -------
    (H, W) uint8 or uint16
        Labels 1 ... K. Time K times that of the measure; beside the labels each thread holds
        some planes of a tile of 512 x 512 pixels grown by the reach.
    """
    height, width = images[0].shape[:2]
    labels: LabelArray = np.empty((height, width), label_dtype(len(images)))

    def work(wide: Rect, inner: Rect) -> None:
        x, y = inner.x - wide.x, inner.y - wide.y
        cut = (slice(y, y + inner.height), slice(x, x + inner.width))
        part = labels[inner.slices]
        part[...] = 1
        best: Plane | None = None
        for index, image in enumerate(images):
            compute.checkpoint()
            found = measure(grey(image[wide.slices]))[cut]
            if best is None:
                best = np.ascontiguousarray(found)
                continue
            better = found > best
            part[better] = index + 1
            np.maximum(best, found, out=best)

    in_tiles(Size(width, height), work, reach=reach, compute=compute, side=_SIDE)
    return labels


def _bordered(plane: npt.NDArray[Any], margin: int, border: int) -> npt.NDArray[Any]:
    wide: npt.NDArray[Any] = cv2.copyMakeBorder(
        plane, margin, margin, margin, margin, border, value=0
    )
    return wide


def _run_sums(values: npt.NDArray[Any], length: int, *, axis: int) -> npt.NDArray[Any]:
    """Sums of `length` consecutive values along `axis`, which gets length - 1 shorter."""
    size = values.shape[axis] - length + 1

    def at(array: npt.NDArray[Any], start: int, count: int) -> npt.NDArray[Any]:
        return array[start : start + count] if axis == 0 else array[:, start : start + count]

    total = at(values, 0, size)  # the length is odd
    runs, run, done = values, 1, 1
    while 2 * run <= length:
        count = runs.shape[axis] - run
        runs, run = at(runs, 0, count) + at(runs, run, count), 2 * run
        if length & run:
            total = total + at(runs, done, size)
            done += run
    return total


def _low_pass(plane: Plane) -> Plane:
    wide = _bordered(plane, 1, cv2.BORDER_CONSTANT)
    beside = wide[:, :-2] + wide[:, 2:]
    blurred: Plane = beside[:-2] + beside[2:]
    blurred *= _CORNER
    edges = beside[1:-1] + wide[:-2, 1:-1]
    edges += wide[2:, 1:-1]
    edges *= _EDGE
    blurred += edges
    blurred += _CENTRE * plane
    return blurred


def _over_discs(wide: Plane, pick: np.ufunc) -> Sequence[Plane]:
    """The largest (or smallest) value in the disc of each of `RADII` around each pixel.

    `wide` has the largest radius more on each side than the planes that are given. A disc is
    made of rows; rows of half-length n + 1 of two rows of half-length n.
    """
    margin = RADII[-1]
    height, width = wide.shape[0] - 2 * margin, wide.shape[1] - 2 * margin
    found: list[Plane | None] = [None] * len(RADII)
    rows = wide  # column x: of wide[:, x ... x + 2 * half]
    for half in range(margin + 1):
        if half:
            centre = rows[:, 1:-1] if half == 1 else None
            rows = pick(rows[:, :-2], rows[:, 2:])
            if centre is not None:
                rows = pick(rows, centre)
        part = rows[:, margin - half : margin - half + width]
        for index, radius in enumerate(RADII):
            for step in range(-radius, radius + 1):
                if math.isqrt(radius * radius - step * step) != half:
                    continue
                row = part[margin + step : margin + step + height]
                kept = found[index]
                if kept is None:
                    found[index] = row.copy()
                else:
                    pick(row, kept, out=kept)
    return [plane for plane in found if plane is not None]
