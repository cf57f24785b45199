"""Where a frame of a moving stack shows what the reference picture shows.

Places are pixel centres: (0, 0) is the centre of the upper left pixel, so a picture of width W
reaches from -1/2 to W - 1/2, and its middle is (W - 1) / 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size, read_only
from mfgui.core.errors import InputError, UsageError

Points: TypeAlias = npt.NDArray[np.float64]  # (N, 2), x and y in pixels
Matrix: TypeAlias = npt.NDArray[np.float64]  # (3, 3)
Model: TypeAlias = Literal["identity", "translation", "similarity", "affine", "homography"]
_Row: TypeAlias = tuple[float, float, float]

_IDENTITY: tuple[_Row, _Row, _Row] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_LEAST_DETERMINANT = 1e-12
_LEAST_DENOMINATOR = 1e-6  # of perspective; 0 is the horizon
_SAME = 1e-9  # pixels and parts of 1: rounding of a few products of matrices
_SAME_PERSPECTIVE = 1e-13  # parts of 1 per pixel: as little over 10,000 pixels
_MOST_RADIAL = 1.0
_NEWTON_STEPS = 60


@dataclass(frozen=True)
class Transform:
    """A map of places in the reference picture to places in a frame.

    First the matrix, then the radial term about the middle c of a picture of `extent`:
    ``x_d = c + (x - c) (1 + radial r^2)``, where r is 1 in the corners (half the diagonal from c).

    Attributes
    ----------
    rows : 3 rows of 3 floats
        The matrix; rows[2][2] is 1. `from_matrix` takes any scale.
    radial : float
        From -1 to 1; 0 is none, above 0 moves the corners outwards.
    extent : (width, height) or None
        Of the picture in pixels, for the radial term; not always whole in a scaled picture.
        Given when, and only when, `radial` is not 0.

    Raises
    ------
    UsageError
        For a matrix that is not finite or cannot be inverted, and for a wrong radial term.

    Examples
    --------
    >>> Transform.translation(2.0, -1.0).apply(np.array([[10.0, 20.0]])).tolist()
    [[12.0, 19.0]]
    """

    rows: tuple[_Row, _Row, _Row] = _IDENTITY
    radial: float = 0.0
    extent: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.rows, np.float64)
        if values.shape != (3, 3) or not np.isfinite(values).all():
            raise UsageError("a transform needs 3 x 3 finite numbers")
        if values[2, 2] != 1.0:
            raise UsageError("the last number of a transform's matrix must be 1")
        with np.errstate(over="ignore", invalid="ignore"):
            determinant = abs(np.linalg.det(values))
        if not _LEAST_DETERMINANT <= determinant < math.inf:
            raise UsageError("the matrix of a transform is singular")
        if not -_MOST_RADIAL <= self.radial <= _MOST_RADIAL:
            raise UsageError(f"radial term {self.radial:g}: not allowed", hint="use -1 to 1")
        if (self.radial != 0) != (self.extent is not None):
            raise UsageError("a radial term and the extent of its picture go together")
        if self.extent is not None and not all(0 < side < math.inf for side in self.extent):
            raise UsageError("the extent of a transform's picture must be above 0")

    @classmethod
    def identity(cls) -> Transform:
        return cls()

    @classmethod
    def translation(cls, x: float, y: float) -> Transform:
        """The frame shows everything `x` pixels farther right and `y` pixels farther down."""
        return cls.from_matrix([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])

    @classmethod
    def similarity(
        cls,
        size: Size,
        *,
        scale: float = 1.0,
        degrees: float = 0.0,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> Transform:
        """Scale and turn about the middle of a picture of `size`, then a shift.

        Parameters
        ----------
        size : Size
        scale : float
            Above 0; above 1 the frame shows everything larger.
        degrees : float
            Counter-clockwise as one sees it (y points down).
        shift : (x, y)
            Pixels to the right and down.
        """
        if not scale > 0:
            raise UsageError(f"scale {scale:g}: not allowed", hint="use more than 0")
        angle = math.radians(degrees)
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        x, y = (size.width - 1) / 2, (size.height - 1) / 2
        return cls.from_matrix(
            [
                [cosine, sine, x - cosine * x - sine * y + shift[0]],
                [-sine, cosine, y + sine * x - cosine * y + shift[1]],
                [0.0, 0.0, 1.0],
            ]
        )

    @classmethod
    def from_matrix(
        cls,
        matrix: npt.ArrayLike,
        *,
        radial: float = 0.0,
        size: Size | None = None,
    ) -> Transform:
        """Of a (3, 3) matrix of any scale or a (2, 3) affine one.

        With a radial term, `size` is the picture about whose middle it is.

        Raises
        ------
        UsageError
            Also where the last number is 0: the horizon passes through the first pixel.
        """
        values = np.asarray(matrix, np.float64)
        if values.shape == (2, 3):
            values = np.vstack([values, [0.0, 0.0, 1.0]])
        if values.shape != (3, 3) or not np.isfinite(values).all():
            raise UsageError("a transform needs 3 x 3 finite numbers")
        if values[2, 2] == 0:
            raise UsageError("the horizon of a transform passes through the picture")
        # Of either sign: both are the same map.
        rows = _rows(values * np.sign(values[2, 2]))
        extent = None if size is None or radial == 0 else (float(size.width), float(size.height))
        return cls(rows, float(radial), extent)

    @property
    def matrix(self) -> Matrix:
        """The matrix, (3, 3) float64, read-only; [2, 2] is 1."""
        return read_only(np.array(self.rows, np.float64))

    @property
    def model(self) -> Model:
        """The simplest kind of map that the matrix is; the radial term is not regarded."""
        matrix = self.matrix
        linear, moved = matrix[:2, :2], matrix[:2, 2]
        if np.abs(matrix[2, :2]).max() > _SAME_PERSPECTIVE:
            return "homography"
        turned = np.array([[linear[1, 1], -linear[1, 0]], [-linear[0, 1], linear[0, 0]]])
        if np.abs(linear - turned).max() > _SAME:
            return "affine"
        if np.abs(linear - np.eye(2)).max() > _SAME:
            return "similarity"
        return "translation" if np.abs(moved).max() > _SAME else "identity"

    def apply(self, points: npt.ArrayLike) -> Points:
        """Places in the frame of places in the reference picture.

        Parameters
        ----------
        points : (N, 2) array
            x and y in pixels.

        Returns
        -------
        (N, 2) float64

        Raises
        ------
        UsageError
            When a point lies on or beyond the horizon.
        """
        places = _projected(self.matrix, _points(points))
        if self.extent is None:
            return places
        middle, reach = _middle_and_reach(self.extent)
        apart = places - middle
        squared = (apart**2).sum(axis=1, keepdims=True) / reach**2
        return np.asarray(middle + apart * (1 + self.radial * squared), np.float64)

    def apply_inverse(self, points: npt.ArrayLike) -> Points:
        """Places in the reference picture of places in the frame.

        The radial term is inverted by Newton's method. Where it stretches distances from the
        middle by at least a tenth (``1 + 3 radial r^2 >= 0.1``), the result is right to 1e-8
        pixels for maps near the identity.

        Raises
        ------
        UsageError
            When a point is shown by no place: beyond the horizon, or beyond the radius at which
            a radial term below 0 turns back.
        """
        places = _points(points)
        if self.extent is not None:
            middle, reach = _middle_and_reach(self.extent)
            apart = places - middle
            distorted = np.hypot(apart[:, 0], apart[:, 1]) / reach
            radius = _undistorted(distorted, self.radial)
            factor = np.divide(radius, distorted, out=np.ones_like(radius), where=distorted > 0)
            places = middle + apart * factor[:, None]
        return _projected(_inverted(self.matrix), places)

    def inverse(self) -> Transform:
        """The map from the frame to the reference picture.

        Raises
        ------
        UsageError
            With a radial term, whose inverse is no such term (`apply_inverse` inverts places),
            and when the frame's first pixel lies beyond the horizon.
        """
        if self.radial != 0:
            raise UsageError("a transform with a radial term has no inverse of the same kind")
        return Transform(_rows(_inverted(self.matrix)))

    def then(self, other: Transform) -> Transform:
        """First this map, then `other`, which maps places in the frame to those in another one.

        Raises
        ------
        UsageError
            When this map has a radial term and `other` is not the identity: a radial term comes
            last.
        """
        if self.radial == 0:
            rows = _rows(other.matrix @ self.matrix)
            return Transform(rows, other.radial, other.extent)
        if other != Transform.identity():
            raise UsageError("nothing can follow the radial term of a transform")
        return self

    def check(self, size: Size) -> None:
        """Whether every place of a picture of `size` has its own place in the frame.

        Raises
        ------
        UsageError
            When the horizon of the perspective passes through the picture, or the radial term
            turns back within it.
        """
        corners = _corners(size)
        if (_denominators(self.matrix, corners) < _LEAST_DENOMINATOR).any():
            raise UsageError(f"the horizon of a transform passes through a picture of {size}")
        if self.extent is None:
            return
        middle, reach = _middle_and_reach(self.extent)
        apart = _projected(self.matrix, corners) - middle
        squared = float((apart**2).sum(axis=1).max()) / reach**2
        if 1 + 3 * self.radial * squared <= 0:
            raise UsageError(f"the radial term of a transform turns back in a picture of {size}")

    def corner_shift(self, size: Size) -> float:
        """Largest displacement of the four corners of a picture of `size`, in pixels."""
        corners = _corners(size)
        moved = self.apply(corners) - corners
        return float(np.hypot(moved[:, 0], moved[:, 1]).max())

    def scaled(self, factor: float) -> Transform:
        """The same map for pictures `factor` times as large.

        The edges of the pictures correspond, not the centres of the first pixels: x becomes
        ``(x + 1/2) factor - 1/2``.
        """
        if not 0 < factor < math.inf:
            raise UsageError(f"factor {factor:g}: not allowed", hint="use more than 0")
        offset = (factor - 1) / 2
        larger = np.array([[factor, 0, offset], [0, factor, offset], [0, 0, 1]], np.float64)
        rows = _rows(larger @ self.matrix @ _inverted(larger))
        if self.extent is None:
            return Transform(rows)
        width, height = self.extent
        return Transform(rows, self.radial, (width * factor, height * factor))

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads: "matrix", and with a radial term "radial" and "extent"."""
        data: dict[str, object] = {"matrix": [list(row) for row in self.rows]}
        if self.extent is not None:
            data |= {"radial": self.radial, "extent": list(self.extent)}
        return data

    @classmethod
    def from_json(cls, data: object) -> Transform:
        """The transform that `to_json` described.

        Raises
        ------
        InputError
            For anything else.
        """
        if not isinstance(data, Mapping):
            raise InputError("a transform is not a JSON object")
        known = {"matrix", "radial", "extent"}
        if "matrix" not in data or not set(data) <= known:
            raise InputError(
                "a transform needs the entry matrix, may have radial and extent, and no other"
            )
        rows = _numbers(data["matrix"], 3, "matrix")
        first, second, third = (_row(_floats(row, 3, "matrix")) for row in rows)
        (radial,) = _floats([data.get("radial", 0.0)], 1, "radial")
        extent = None
        if "extent" in data:
            width, height = _floats(data["extent"], 2, "extent")
            extent = (width, height)
        try:
            return cls((first, second, third), radial, extent)
        except UsageError as error:
            raise InputError(error.what, hint=error.hint) from error


def _inverted(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _rows(matrix: Matrix) -> tuple[_Row, _Row, _Row]:
    """The rows divided by the last number, which is above 0 on the near side of the horizon."""
    if not matrix[2, 2] > 0:
        raise UsageError("the first pixel lies beyond the horizon of a transform")
    with np.errstate(over="ignore"):
        # Adding 0 makes -0 a 0.
        first, second, third = (_row(row) for row in (matrix / matrix[2, 2] + 0.0).tolist())
    return first, second, third


def _row(values: Sequence[float]) -> _Row:
    a, b, c = values
    return a, b, c


def _numbers(value: Any, count: int, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != count:
        raise InputError(f"the entry {name} of a transform has a wrong shape")
    return value


def _floats(value: Any, count: int, name: str) -> list[float]:
    numbers = _numbers(value, count, name)
    # bool is an int in Python, but not in JSON.
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise InputError(f"the entry {name} of a transform holds something other than numbers")
    try:
        return [float(number) for number in numbers]
    except OverflowError as error:
        raise InputError(f"the entry {name} of a transform is too large") from error


def _points(points: npt.ArrayLike) -> Points:
    places = np.asarray(points, np.float64)
    if places.ndim != 2 or places.shape[1] != 2:
        raise UsageError(f"points must have the shape (N, 2), not {places.shape}")
    return places


def _corners(size: Size) -> Points:
    """The outer corners of a picture, half a pixel beyond the outermost centres."""
    right, bottom = size.width - 0.5, size.height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])


def _middle_and_reach(extent: tuple[float, float]) -> tuple[Points, float]:
    width, height = extent
    return np.array([(width - 1) / 2, (height - 1) / 2]), math.hypot(width, height) / 2


def _denominators(matrix: Matrix, places: Points) -> npt.NDArray[np.float64]:
    return np.asarray(places @ matrix[2, :2] + matrix[2, 2], np.float64)


def _projected(matrix: Matrix, places: Points) -> Points:
    below = _denominators(matrix, places)
    if (below <= 0).any():
        raise UsageError("a point lies beyond the horizon of a transform")
    return np.asarray((places @ matrix[:2, :2].T + matrix[:2, 2]) / below[:, None], np.float64)


def _undistorted(distorted: npt.NDArray[np.float64], radial: float) -> npt.NDArray[np.float64]:
    """Radii r of ``r (1 + radial r^2) = distorted``, on the branch through 0."""
    if radial < 0:
        turn = math.sqrt(-1 / (3 * radial))
        if (distorted >= turn * 2 / 3).any():
            raise UsageError("a point lies where the radial term of a transform shows nothing")
    radius = distorted.copy()
    # On this side of the turn the curve is convex or concave throughout: every step goes towards
    # the root and never beyond it.
    for _ in range(_NEWTON_STEPS):
        step = (radius * (1 + radial * radius**2) - distorted) / (1 + 3 * radial * radius**2)
        radius -= step
        if np.abs(step).max(initial=0.0) < 1e-15:
            break
    return radius
