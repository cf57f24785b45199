"""What small blocks of two frames say about the motion between them.

Each block gives the normal equations of its own displacement (Lucas and Kanade, 1981), weighted by
how alike both frames are there. A motion of any model is fitted to all blocks at once, robustly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.transforms import Points, Transform
from mfgui.methods.align.bands import Level
from mfgui.methods.align.moves import FIELDS, Numbers, distance, fields_at
from mfgui.methods.planes import Plane

_CELL = 8  # pixels of a level: blur differs from place to place
# Cells along a side of a block, in a level of at least, of less than _LARGE pixels.
_GROUPS = (4, 2)
_LARGE = 400
_STEPS = 32  # OpenCV reads between pixels at multiples of 1/32
_STILL = 0.1  # pixels of a level: less is warped as a mere shift, which is exact then
_EDGE = 4  # pixels of a level, never read beyond the border
_NOISE = 8.0  # pixels that share their noise
_UNLIKE, _ALIKE = 0.6, 0.95  # correlation at which a block begins to count, counts fully
_DIFFERENCE = 0.05  # of two blocks that are as alike as can be, variance
_DETAIL = 0.15  # mean square of a plane where there is more than noise
_PARTS = 10  # along the long side, whose displacements are looked at
_KNOWN = 3.0  # per squared pixel: information on the displacement of such a part
_ROUNDS = 6
_PLAIN = 2  # rounds before blocks that lie elsewhere lose their weight,
_ASTRAY = 0.1  # pixels of a level at which they keep a quarter, or where the usual block lies
_VAGUE = 0.1  # per squared pixel: information below which a displacement counts as little
_MISFIT = 4.0  # squared standard deviations that halve a block's weight, at least
# Per squared pixel: shifts, turns and scales are to be expected, other deformations hardly.
_RIDGE = np.array([1e-3, 1e-3, 1e-3, 1e-3, 0.05, 0.05, 0.1, 0.1, 0.1])
_OFF = 0.15  # pixels of a level: what defocus moves the light of one block, beside its noise
_SOFT = np.array([1, 2, 1], np.float32) / 4
_DERIVATIVE = np.array([1, -8, 0, 8, -1], np.float32) / 12


@dataclass(frozen=True, eq=False)
class Blocks:
    """Attributes
    ----------
    points : (N, 2) float64
        Middles of the blocks, pixels of the first frame's proxy.
    normal : (N, 2, 2), right : (N, 2) float64
        Information on the displacement d of each, ``normal d = right``, pixels of the proxy.
    alike : (N,) float64
        Correlation of both frames.
    detailed : (N,) bool
        Whether both frames hold more than noise.
    factors : (N,) int
        Pixels of the proxy per pixel of the level that was measured.
    base : Transform
        The map of the proxies that displacements are to be added to.
    """

    points: Points = field(repr=False)
    normal: Numbers = field(repr=False)
    right: Numbers = field(repr=False)
    alike: Numbers = field(repr=False)
    detailed: npt.NDArray[np.bool_] = field(repr=False)
    factors: npt.NDArray[np.intp] = field(repr=False)
    base: Transform

    def rebased(self, base: Transform) -> Blocks:
        """The same with displacements from another map, near the one before."""
        if base == self.base:
            return self
        away = self.base.apply(self.points) - base.apply(self.points)
        right = self.right + np.einsum("nij,nj->ni", self.normal, away)
        return replace(self, right=right, base=base)

    def those(self, chosen: npt.NDArray[np.bool_]) -> Blocks:
        """Some of the blocks."""
        return replace(
            self,
            points=self.points[chosen],
            normal=self.normal[chosen],
            right=self.right[chosen],
            alike=self.alike[chosen],
            detailed=self.detailed[chosen],
            factors=self.factors[chosen],
        )

    def misfits(self, parts: Numbers, size: Size) -> Numbers:
        """Squared standard deviations by which each block differs from a motion, (N,)."""
        away = np.einsum("nif,f->ni", fields_at(self.points, size), parts)
        missed = self.right - np.einsum("nij,nj->ni", self.normal, away)
        lifted = np.linalg.inv(self.normal + np.eye(2) * 1e-6)
        return np.asarray(np.einsum("ni,nij,nj->n", missed, lifted, missed), np.float64)

    def left(self, size: Size) -> Points:
        """Displacements of parts of a picture of `size`, where they are known, (M, 2)."""
        side = max(size.width, size.height) / _PARTS
        columns = int(size.width / side) + 1
        x, y = (self.points / side).astype(np.intp).T
        count = columns * (int(size.height / side) + 1)
        normal, right = np.zeros((count, 2, 2)), np.zeros((count, 2))
        np.add.at(normal, y * columns + x, self.normal)
        np.add.at(right, y * columns + x, self.right)
        known = np.linalg.eigvalsh(normal)[:, 0] > _KNOWN
        return np.asarray(np.linalg.solve(normal[known], right[known][:, :, None])[:, :, 0])

    @property
    def coarseness(self) -> float:
        """Factor of the levels that tell most."""
        told = np.trace(self.normal, axis1=1, axis2=2)
        return float((told * self.factors).sum() / max(float(told.sum()), 1e-12))

    def similarity(self, factor: int) -> float:
        """Share of the blocks with detail of one level in which the frames are alike."""
        counted = self.detailed & (self.factors == factor)
        if np.count_nonzero(counted) < 4:
            return 0.0
        return float(np.mean(self.alike[counted] > 0.5))


@dataclass(frozen=True, eq=False)
class Fit:
    """Attributes
    ----------
    parts : (9,) float64
        Of the fields of motion, pixels of the proxy at the corners.
    information : (F, F) float64
        Inverse of the covariance of those that were fitted.
    weights : (N,) float64
        0 to 1, how well each block fits.
    """

    parts: Numbers
    information: Numbers
    weights: Numbers


def measured(still: Level, moving: Level, transform: Transform, size: Size) -> Blocks:
    """Blocks of one level.

    Parameters
    ----------
    still, moving : Level
        Of the first and of the second frame.
    transform : Transform
        From places in the first frame's proxy to places in the second's; nearly right.
    size : Size
        Of the proxies.
    """
    factor = still.factor
    height, width = still.plane.shape
    at_level = transform.scaled(1 / factor)
    shift = _as_shift(at_level, Size(width, height))
    at_level = shift or at_level
    base = transform if shift is None else shift.scaled(factor)
    group = _GROUPS[max(width, height) < _LARGE]
    side = group * _CELL
    columns, rows = width // side, height // side
    area = (slice(0, rows * side), slice(0, columns * side))
    first = still.plane[area]
    second = warped(moving.plane, at_level, Size(columns * side, rows * side))
    aa, bb, ab, xx, xy, yy, xd, yd = _means(first, second)
    alike = ab / np.sqrt(aa * bb + np.float32(1e-12))
    weight = _weight(alike, xx + yy)

    def summed(*planes: Plane) -> Numbers:
        wide = [_grouped(plane, group).ravel()[inside] for plane in planes]
        return np.stack(wide, axis=1).astype(np.float64) * group**2

    points = _middles(columns, rows, side)
    inside = _inside(at_level, points, side, Size(width, height))
    squares = summed(aa, bb, ab) / group**2
    normal = summed(weight * xx, weight * xy, weight * xy, weight * yy).reshape(-1, 2, 2)
    return Blocks(
        (points[inside] + 0.5) * factor - 0.5,
        normal / factor**2,
        -summed(weight * xd, weight * yd) / factor,
        squares[:, 2] / np.sqrt(squares[:, 0] * squares[:, 1] + 1e-12),
        np.minimum(squares[:, 0], squares[:, 1]) > _DETAIL,
        np.full(len(squares), factor, np.intp),
        base,
    )


def _weight(alike: Plane, slopes: Plane) -> Plane:
    """Of each cell, from how alike both frames are there."""
    share = np.clip((alike - _UNLIKE) / (_ALIKE - _UNLIKE), 0, 1)
    spread = (2 * (1 - alike) + _DIFFERENCE) * (_NOISE / _CELL**2)
    # Information cannot grow beyond that of the cell's own error.
    return np.asarray(share / (spread + np.float32(_OFF**2) * slopes), np.float32)


def merged(parts: Sequence[Blocks], base: Transform) -> Blocks:
    """Blocks of several levels, displacements from one map."""
    same = [part.rebased(base) for part in parts]
    return Blocks(
        np.concatenate([part.points for part in same]),
        np.concatenate([part.normal for part in same]),
        np.concatenate([part.right for part in same]),
        np.concatenate([part.alike for part in same]),
        np.concatenate([part.detailed for part in same]),
        np.concatenate([part.factors for part in same]),
        base,
    )


def fitted(blocks: Blocks, fields: npt.NDArray[np.intp], size: Size) -> Fit:
    """The motion that fits the blocks best, by Cauchy's weights, and then most of them exactly.

    Edges of things out of focus drift with their blur, each by less than its noise but by the same
    in every frame: a mean would add that up over a stack, the displacement that most share does
    not.
    """
    basis = fields_at(blocks.points, size)[:, :, fields]
    against = np.einsum("nij,njf->nif", blocks.normal, basis)
    lifted = np.linalg.inv(blocks.normal + np.eye(2) * 1e-6)
    known = np.asarray(np.linalg.inv(blocks.normal + np.eye(2) * _VAGUE), np.float64)
    weights = np.ones(len(basis))
    found = np.zeros(len(fields))
    information = np.diag(_RIDGE[fields])
    for turn in range(_ROUNDS):
        information = np.einsum("n,nif,nig->fg", weights, basis, against)
        information += np.diag(_RIDGE[fields])
        right = np.einsum("n,nif,ni->f", weights, basis, blocks.right)
        found = np.linalg.solve(information, right)
        away = blocks.right - against @ found
        misfit = np.einsum("ni,nij,nj->n", away, lifted, away)
        usual = _usual(misfit, blocks)
        weights = 1 / (1 + misfit / max(_MISFIT, 2 * usual))
        if turn >= _PLAIN:
            weights /= (1 + _astray(blocks, known, away) ** 2) ** 2
    parts = np.zeros(FIELDS)
    parts[fields] = found
    return Fit(parts, information / max(1.0, _usual(misfit, blocks) / 1.39), weights)


def _astray(blocks: Blocks, known: Numbers, away: Numbers) -> Numbers:
    """How far blocks lie from where the motion puts them, in parts of what is usual."""
    distance = np.hypot(*np.einsum("nij,nj->in", known, away)) / blocks.factors
    alike = distance[blocks.alike > 0.5]
    usual = float(np.median(alike)) if len(alike) else 0.0
    return np.asarray(distance / max(_ASTRAY, usual), np.float64)


def warped(plane: Plane, transform: Transform, size: Size) -> Plane:
    """The plane at the places that the transform gives; 0 outside."""
    side = (size.width, size.height)
    # OpenCV's cubic weights displace by up to 1/24 pixel; linear ones only blur a little.
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if transform.radial != 0:
        x, y = np.meshgrid(np.arange(size.width), np.arange(size.height))
        places = transform.apply(np.stack([x.ravel(), y.ravel()], axis=1)).astype(np.float32)
        u, v = (places[:, axis].reshape(size.height, size.width) for axis in (0, 1))
        return np.asarray(cv2.remap(plane, u, v, cv2.INTER_LINEAR), np.float32)
    if transform.model == "homography":
        return np.asarray(cv2.warpPerspective(plane, transform.matrix, side, flags=flags))
    return np.asarray(cv2.warpAffine(plane, transform.matrix[:2], side, flags=flags))


def _as_shift(transform: Transform, size: Size) -> Transform | None:
    """A shift that OpenCV warps by exactly, if it is hardly different."""
    middle = np.array([[(size.width - 1) / 2, (size.height - 1) / 2]])
    x, y = (np.round((transform.apply(middle) - middle)[0] * _STEPS) / _STEPS).tolist()
    shift = Transform.translation(x, y)
    return shift if distance(shift, transform, size) < _STILL else None


def _means(first: Plane, second: Plane) -> list[Plane]:
    """Around every cell: both squares, the product, and products of slopes and difference."""
    both: Plane = (first + second) * np.float32(0.5)
    one = np.ones(1, np.float32)
    x = np.asarray(cv2.sepFilter2D(both, cv2.CV_32F, _DERIVATIVE, one), np.float32)
    y = np.asarray(cv2.sepFilter2D(both, cv2.CV_32F, one, _DERIVATIVE), np.float32)
    away: Plane = second - first
    pairs = [(first, first), (second, second), (first, second)]
    pairs += [(x, x), (x, y), (y, y), (x, away), (y, away)]
    cells = [_grouped(a * b, _CELL) for a, b in pairs]
    # Windows without a sharp border: light that blur moves across it would look like motion.
    return [
        np.asarray(cv2.sepFilter2D(cell, -1, _SOFT, _SOFT, borderType=cv2.BORDER_REFLECT))
        for cell in cells
    ]


def _grouped(plane: Plane, side: int) -> Plane:
    """Means of squares of pixels."""
    height, width = plane.shape
    small = cv2.resize(plane, (width // side, height // side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _middles(columns: int, rows: int, side: int) -> Points:
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    middles = np.stack([x.ravel(), y.ravel()], axis=1) * float(side) + (side - 1) / 2
    return np.asarray(middles, np.float64)


def _inside(transform: Transform, points: Points, side: int, size: Size) -> npt.NDArray[np.bool_]:
    """Which blocks lie wholly inside the second frame."""
    found = np.ones(len(points), np.bool_)
    reach = side / 2 + _CELL
    for step in ((-reach, -reach), (reach, -reach), (-reach, reach), (reach, reach)):
        x, y = transform.apply(points + step).T
        found &= (x > _EDGE) & (x < size.width - _EDGE) & (y > _EDGE) & (y < size.height - _EDGE)
    return found


def _usual(misfit: Numbers, blocks: Blocks) -> float:
    """Median misfit of the blocks that say something."""
    counted = misfit[blocks.alike > 0.5]
    return float(np.median(counted)) if len(counted) else 1.0
