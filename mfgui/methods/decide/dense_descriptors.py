"""SIFT descriptors of every pixel, as far as fusion needs them: their sums and their matches.

A descriptor has 4 x 4 cells of 6 px around its pixel, and in each 8 orientations: the gradient
magnitude times cos^9 of the angle to the orientation (0 where the cosine is negative), weighted
by a tent of 6 px around the middle of the cell. Outside the picture there are no gradients.
D. G. Lowe, IJCV 60, 2004, section 6, in the dense form of S. Lazebnik, C. Schmid and J. Ponce,
Beyond bags of features, 2006.

Descriptors themselves are never stored. All of a source are sums of 16 shifted copies of its 8
orientation planes, so the products of all pairs at one distance are 16 shifted copies of one
plane, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.compute import Compute
from mfgui.methods.planes import Plane

CELL = 6  # px
_MIDDLES = (-9, -3, 3, 9)  # of the cells, px from the pixel
_ORIENTATIONS = 8
_SIGMA, _RADIUS = 1.0, 3  # of the derivatives, px
REACH = _MIDDLES[-1] + CELL + _RADIUS  # of a descriptor, px
_FAINT = 1e-12  # squared norm of the descriptor of a plain part

_MARGIN = _MIDDLES[-1]  # around the picture there are cells that reach into it

Planes = npt.NDArray[np.float32]  # (8, H + 18, W + 18)
Offsets = npt.NDArray[np.int8]  # (2, H, W): rows and columns to the match


class Gradients(NamedTuple):
    """Derivatives to the right and downwards, (H, W) each."""

    x: Plane
    y: Plane


def gradients(plane: Plane) -> Gradients:
    """Derivatives of the plane smoothed by a Gaussian of sigma 1; borders replicated."""
    place = np.arange(-_RADIUS, _RADIUS + 1)
    smooth = np.exp(-0.5 * (place / _SIGMA) ** 2)
    smooth /= smooth.sum()
    slope = place * smooth / np.sum(place**2 * smooth)
    replicate = cv2.BORDER_REPLICATE
    return Gradients(
        np.asarray(cv2.sepFilter2D(plane, cv2.CV_32F, slope, smooth, borderType=replicate)),
        np.asarray(cv2.sepFilter2D(plane, cv2.CV_32F, smooth, slope, borderType=replicate)),
    )


def orientations(slopes: Gradients) -> Planes:
    """Contents of the cell around each pixel, per orientation, (8, H + 18, W + 18).

    Also of the pixels up to 9 px outside the picture, which is in the middle.
    """
    height, width = slopes.x.shape
    cells: Planes = np.empty((_ORIENTATIONS, height + 2 * _MARGIN, width + 2 * _MARGIN), np.float32)
    for plane, part in zip(cells, _parts(slopes), strict=True):
        plane[:] = _windowed(np.pad(part, _MARGIN), _tent())
    return cells


def activity(slopes: Gradients) -> Plane:
    """Sum of the entries of the descriptor of each pixel, (H, W)."""
    window = np.zeros(2 * (_MIDDLES[-1] + CELL) + 1)
    for middle in _MIDDLES:
        start = middle - _MIDDLES[0]
        window[start : start + 2 * CELL + 1] += _tent()
    return _windowed(_along(slopes), window)


def best_matches(
    sources: Sequence[Planes], radius: int, compute: Compute
) -> tuple[Offsets, Offsets]:
    """Where in the other source the descriptor is nearest, of the normalised ones.

    Parameters
    ----------
    sources : two of (8, H + 18, W + 18) float32
        As `orientations` gives them.
    radius : int
        Matches lie up to so many rows and columns away, and within the picture.

    Returns
    -------
    two of (2, H, W) int8
        From the first to the second source, and back. Of equals the nearest is taken.
        Time O(radius^2 H W); memory some 15 planes.
    """
    norms = [_norm(planes) for planes in sources]
    shape = norms[0].shape
    best = [np.full(shape, -np.inf, np.float32) for _ in norms]
    found: tuple[Offsets, Offsets] = (
        np.zeros((2, *shape), np.int8),
        np.zeros((2, *shape), np.int8),
    )
    steps = range(-radius, radius + 1)
    for dy, dx in sorted(((y, x) for y in steps for x in steps if (y, x) <= (0, 0)), key=_distance):
        compute.checkpoint()
        if abs(dy) >= shape[0] or abs(dx) >= shape[1]:
            continue
        # What is this far from a pixel of the first source has that one as far the other way.
        both = {(y, x): _cosine(sources, norms, y, x) for y, x in ((dy, dx), (-dy, -dx))}
        for step, back in zip(both, reversed(both), strict=True):
            here = _overlap(shape, *step)
            for own, cosine in ((0, both[step]), (1, both[back])):
                better = cosine > best[own][here]
                np.copyto(best[own][here], cosine, where=better)
                for axis in (0, 1):
                    np.copyto(found[own][axis][here], step[axis], where=better)
    return found


def _distance(step: tuple[int, int]) -> tuple[int, int, int]:
    return step[0] ** 2 + step[1] ** 2, step[0], step[1]


def _overlap(shape: tuple[int, ...], dy: int, dx: int) -> tuple[slice, slice]:
    """Pixels whose partner at (dy, dx) lies within the picture."""
    height, width = shape
    return (
        slice(max(0, -dy), min(height, height - dy)),
        slice(max(0, -dx), min(width, width - dx)),
    )


def _cosine(sources: Sequence[Planes], norms: Sequence[Plane], dy: int, dx: int) -> Plane:
    """Of the descriptors of the first source and those of the second at (dy, dx) from them."""
    here, there = (_overlap(norms[0].shape, *step) for step in ((dy, dx), (-dy, -dx)))
    first, second = (
        planes[:, *(slice(part.start, part.stop + 2 * _MARGIN) for part in parts)]
        for planes, parts in zip(sources, (here, there), strict=True)
    )
    cosine = _sum_of_cells(np.einsum("kyx,kyx->yx", first, second))
    cosine /= norms[0][here] * norms[1][there]
    return cosine


def _norm(planes: Planes) -> Plane:
    square = _sum_of_cells(np.einsum("kyx,kyx->yx", planes, planes))
    return np.asarray(np.sqrt(np.maximum(square, _FAINT)), np.float32)


def _sum_of_cells(plane: npt.NDArray[Any]) -> Plane:
    """Of the 16 cells of each pixel, without the margin."""
    taps = np.zeros(2 * _MARGIN + 1)
    taps[[middle + _MARGIN for middle in _MIDDLES]] = 1.0
    sums = _windowed(np.asarray(plane, np.float32), taps)
    return sums[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def _parts(slopes: Gradients) -> Iterator[Plane]:
    """Gradient magnitudes times cos^9 of the angle to each of the orientations."""
    magnitude = _magnitude(slopes)
    for index in range(_ORIENTATIONS):
        cosine = np.maximum(_cosines(slopes, magnitude, index), 0)
        yield magnitude * _power(cosine)


def _along(slopes: Gradients) -> Plane:
    """Sum of `_parts`: of two opposite orientations one has the absolute cosine, the other 0."""
    magnitude = _magnitude(slopes)
    total: Plane = np.zeros(magnitude.shape, np.float32)
    for index in range(_ORIENTATIONS // 2):
        total += _power(np.abs(_cosines(slopes, magnitude, index)))
    total *= magnitude
    return total


def _magnitude(slopes: Gradients) -> Plane:
    return np.maximum(cv2.magnitude(slopes.x, slopes.y), np.float32(1e-20))


def _cosines(slopes: Gradients, magnitude: Plane, index: int) -> Plane:
    angle = 2 * np.pi * index / _ORIENTATIONS
    along: Plane = np.float32(np.cos(angle)) * slopes.x
    along += np.float32(np.sin(angle)) * slopes.y
    along /= magnitude
    return along


def _power(cosine: Plane) -> Plane:
    """Its ninth power: many times as fast as by NumPy's."""
    power: Plane = cosine * cosine
    power *= power
    power *= power
    power *= cosine
    return power


def _tent() -> npt.NDArray[np.float64]:
    tent: npt.NDArray[np.float64] = 1 - np.abs(np.arange(-CELL, CELL + 1)) / CELL
    return tent


def _windowed(plane: Plane, taps: npt.NDArray[np.float64]) -> Plane:
    """Sums weighted by `taps` along rows and columns; nothing outside the picture."""
    return np.asarray(
        cv2.sepFilter2D(plane, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_CONSTANT)
    )
