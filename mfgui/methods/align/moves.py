"""Small motions as sums of a few fields, each of a pixel at the corners of the picture.

In the order of the models: two shifts (translation), scale and turn (similarity), two unequal
stretches (affine), two perspectives (homography), and the radial term. With u and v, the places
from the middle with the corners at a distance of 1, the fields are (1, 0), (0, 1), (u, v),
(-v, u), (u, -v), (v, u), (u u, u v), (u v, v v) and (u, v)(u u + v v).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Points, Transform

Numbers: TypeAlias = npt.NDArray[np.float64]

FIELDS = 9
RADIAL = 8  # index of that field
_COUNTS = {"translation": 2, "similarity": 4, "affine": 6, "homography": 8}
_GRID = 7  # places to each side at which maps are compared
_ROUNDS = 12


def fields_of(model: str, *, radial: bool = False) -> npt.NDArray[np.intp]:
    """Indices of the fields that make up a model."""
    count = _COUNTS[model]
    return np.array([*range(count), *([RADIAL] if radial else [])], np.intp)


def half_diagonal(size: Size) -> float:
    """Pixels from the middle of a picture to its corners."""
    return math.hypot(size.width, size.height) / 2


def fields_at(points: Points, size: Size) -> Numbers:
    """The fields at some places of a picture, (N, 2, 9)."""
    middle = np.array([(size.width - 1) / 2, (size.height - 1) / 2])
    u, v = ((points - middle) / half_diagonal(size)).T
    one, none = np.ones_like(u), np.zeros_like(u)
    squared = u * u + v * v
    along = [one, none, u, -v, u, v, u * u, u * v, u * squared]
    down = [none, one, v, u, -v, u, u * v, v * v, v * squared]
    return np.stack([np.stack(along, axis=1), np.stack(down, axis=1)], axis=1)


def moved_by(transform: Transform, parts: Numbers, size: Size) -> Transform:
    """First a small motion, given by the parts of the nine fields, then the transform."""
    half = half_diagonal(size)
    tx, ty, scale, turn, wide, skew, px, py, radial = (float(part) / half for part in parts)
    motion = np.array(
        [
            [1 + scale + wide, skew - turn, tx],
            [skew + turn, 1 + scale - wide, ty],
            [-px, -py, 1.0],
        ]
    )
    unit = np.array(
        [
            [1 / half, 0, -(size.width - 1) / 2 / half],
            [0, 1 / half, -(size.height - 1) / 2 / half],
            [0, 0, 1],
        ]
    )
    matrix = transform.matrix @ np.linalg.inv(unit) @ motion @ unit
    return Transform.from_matrix(matrix, radial=transform.radial + radial, size=size)


def grid_of(size: Size, count: int = _GRID) -> Points:
    """Places spread evenly over a picture, corners included, (count^2, 2)."""
    x, y = np.meshgrid(
        np.linspace(0, size.width - 1, count), np.linspace(0, size.height - 1, count)
    )
    return np.stack([x.ravel(), y.ravel()], axis=1)


def parts_of(away: Points, points: Points, fields: npt.NDArray[np.intp], size: Size) -> Numbers:
    """The parts of the fields, (9,), that make up displacements at some places best."""
    basis = fields_at(points, size)[:, :, fields].reshape(-1, len(fields))
    found = np.zeros(FIELDS)
    found[fields] = np.linalg.lstsq(basis, away.ravel(), rcond=None)[0]
    return found


def joined(first: Transform, second: Transform, size: Size) -> Transform:
    """First one map, then the other; also with radial terms, then as near as the model allows."""
    if first.radial == 0:
        return first.then(second)
    places = grid_of(size)
    return through(places, second.apply(first.apply(places)), size, _kind_of(first, second))


def inverted(transform: Transform, size: Size) -> Transform:
    """The map back; with a radial term as near as one of the same kind is."""
    if transform.radial == 0:
        return transform.inverse()
    places = grid_of(size)
    return through(transform.apply(places), places, size, _kind_of(transform, transform))


def through(places: Points, targets: Points, size: Size, fields: npt.NDArray[np.intp]) -> Transform:
    """The map of a model that takes places nearest to their targets."""
    found = Transform.identity()
    for _ in range(_ROUNDS):
        away = targets - found.apply(places)
        parts = parts_of(away, places, fields, size)
        found = moved_by(found, parts, size)
        if np.abs(parts).max() < 1e-9:
            break
    return found


def distance(one: Transform, other: Transform, size: Size) -> float:
    """Largest distance between what two maps make of the places of a picture, in pixels."""
    places = grid_of(size)
    try:
        away = one.apply(places) - other.apply(places)
    except UsageError:
        return math.inf
    return float(np.hypot(away[:, 0], away[:, 1]).max())


def _kind_of(one: Transform, other: Transform) -> npt.NDArray[np.intp]:
    kinds = list(_COUNTS)
    known = [kinds.index(t.model) for t in (one, other) if t.model != "identity"]
    radial = one.radial != 0 or other.radial != 0
    return fields_of(kinds[max(known, default=0)], radial=radial)
