"""A frame brought to the geometry and exposure of another, at any resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, PixelArray, Size, to_float, white_of
from mfgui.core.compute import Compute
from mfgui.core.light import to_linear
from mfgui.core.stripes import RowWorkers, Scratch, stripes

_TILE = 256  # rows
_REACH = 6  # pixels that interpolation looks to every side, and one more

Matrix = npt.NDArray[np.float64]


def _identity() -> Matrix:
    return np.eye(2, 3)


def _no_gain() -> Matrix:
    return np.zeros((3, 6))


@dataclass(frozen=True, eq=False)
class Alignment:
    """How one of two frames is brought to the other.

    Attributes
    ----------
    size : Size
        Of the frames that were aligned; other resolutions are scaled to it.
    warp : (2, 3) float64
        From places in the reference to places in the moving frame, in pixels of `size`, counted
        from the centre of the upper left pixel.
    gain : (3, 6) float64
        Per channel, logarithm of what the moving frame's light is multiplied by, as coefficients
        of 1, x, y, x^2, x y, y^2; x and y run from -1 to 1 over the reference.
    radii : (2,) float, or None
        Disks, in pixels of `size`, that make the reference like the moving frame where the
        reference is sharp, and the other way round; None if not found. Good enough for this
        purpose: look for them again in the aligned frames.
    errors : (before, after)
        Root mean squared error per channel that re-blurring leaves where there is detail, sRGB
        values; of frames made smaller until the blur is at most 6 pixels wide.
    """

    size: Size
    warp: Matrix = field(default_factory=_identity)
    gain: Matrix = field(default_factory=_no_gain)
    radii: tuple[float, float] | None = None
    errors: tuple[float, float] = (0.0, 0.0)

    @property
    def moves(self) -> bool:
        return not np.array_equal(self.warp, np.eye(2, 3))

    @property
    def brightens(self) -> bool:
        return bool(np.any(self.gain))

    def with_warp(self, warp: Matrix) -> Alignment:
        return replace(self, warp=warp)

    def with_gain(self, gain: Matrix) -> Alignment:
        return replace(self, gain=gain)

    def warp_at(self, size: Size) -> Matrix:
        """`warp` in pixels of a larger or smaller version of the frames."""
        x, y = size.width / self.size.width, size.height / self.size.height
        scale = np.diag([x, y, 1.0])
        scale[:2, 2] = (x - 1) / 2, (y - 1) / 2
        full = np.vstack([self.warp, [0.0, 0.0, 1.0]])
        return np.asarray((scale @ full @ np.linalg.inv(scale))[:2], np.float64)

    def shift(self) -> float:
        """Largest distance in pixels by which a corner is moved."""
        return corner_shift(self.warp, self.size)

    def describe(self) -> str:
        """One sentence for people.

        >>> Alignment(Size(640, 480)).describe()
        'aligned already'
        """
        parts = []
        if self.moves:
            share = 100 * self.shift() / max(self.size.width, self.size.height)
            parts.append(f"moved by up to {self.shift():.2f} px ({share:.2f} %)")
        if self.brightens:
            low, high = self._gain_range()
            parts.append(f"light times {low:.2f} to {high:.2f}")
        return ", ".join(parts) if parts else "aligned already"

    def _gain_range(self) -> tuple[float, float]:
        gains = np.exp(log_gain(self.gain, Size(32, 32)))
        return float(gains.min()), float(gains.max())


def corner_shift(warp: Matrix, size: Size) -> float:
    """Largest distance in pixels between a corner and where it is taken from."""
    right, bottom = size.width - 1.0, size.height - 1.0
    corners = np.array([[0, 0, 1], [right, 0, 1], [0, bottom, 1], [right, bottom, 1]])
    away = corners @ (warp - np.eye(2, 3)).T
    return float(np.hypot(away[:, 0], away[:, 1]).max())


def terms(
    x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]
) -> list[npt.NDArray[np.float32]]:
    """1, x, y, x^2, x y and y^2 of arrays that broadcast."""
    found = (np.ones_like(x), x, y, x * x, x * y, y * y)
    return [np.asarray(term, np.float32) for term in found]


def log_gain(gain: Matrix, size: Size, rows: slice = slice(None)) -> ImageF32:
    """The gain's polynomials at some rows of a picture, (rows, W, 3)."""
    x = _places(size.width)[None, :]
    y = _places(size.height)[rows, None]
    result = np.zeros((y.shape[0], size.width, 3), np.float32)
    for index, term in enumerate(terms(x, y)):
        for channel in range(3):
            if gain[channel, index]:
                result[:, :, channel] += np.float32(gain[channel, index]) * term
    return result


def _places(length: int) -> npt.NDArray[np.float32]:
    return ((2 * np.arange(length, dtype=np.float32) + 1) / length - 1).astype(np.float32)


def applied(frame: PixelArray, alignment: Alignment, *, compute: Compute | None = None) -> ImageF32:
    """The moving frame as the reference would show it.

    Parameters
    ----------
    frame : (H, W, 3) uint8, uint16 or float32
        The moving frame, sRGB-encoded, in any resolution.
    alignment : Alignment

    Returns
    -------
    (H, W, 3) float32
        Linear light in [0, 1]. Lanczos of 8 x 8 pixels; what lies outside the moving frame is
        mirrored (see `outside`). Beside the result each thread holds 256 rows.
    """
    compute = compute or Compute()
    size = Size(frame.shape[1], frame.shape[0])
    table = _table(frame)
    warp = alignment.warp_at(size)
    result = np.empty((size.height, size.width, 3), np.float32)

    def work(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, _TILE):
            compute.checkpoint()
            rows = slice(low, high)
            if alignment.moves:
                first, last = _source_rows(warp, size, rows)
                source = _light(frame[first:last], table)
                result[rows] = moved(source, warp, rows, first=first)
            else:
                result[rows] = _light(frame[rows], table)
            if alignment.brightens:
                result[rows] *= np.exp(log_gain(alignment.gain, size, rows))
            np.clip(result[rows], 0.0, 1.0, out=result[rows])

    with RowWorkers(compute) as workers:
        workers.run(work, size.height)
    return result


def moved(light: ImageF32, warp: Matrix, rows: slice, *, first: int = 0) -> ImageF32:
    """Some rows of a picture taken from other places; `light` begins at row `first`."""
    matrix = warp.copy()
    matrix[:, 2] += matrix[:, 1] * rows.start
    matrix[1, 2] -= first
    found = cv2.warpAffine(
        light,
        matrix,
        (light.shape[1], rows.stop - rows.start),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(found, np.float32)


def outside(alignment: Alignment, size: Size) -> BoolMask:
    """Pixels of a reference of this size that lie outside the moving frame, (H, W) bool."""
    warp = alignment.warp_at(size)
    result = np.empty((size.height, size.width), np.bool_)
    x = np.arange(size.width)[None, :]
    for low in range(0, size.height, _TILE):
        y = np.arange(low, min(low + _TILE, size.height))[:, None]
        u = warp[0, 0] * x + warp[0, 1] * y + warp[0, 2]
        v = warp[1, 0] * x + warp[1, 1] * y + warp[1, 2]
        beside = (u < -0.5) | (u > size.width - 0.5)
        result[low : low + _TILE] = beside | (v < -0.5) | (v > size.height - 0.5)
    return result


def scaled(light: ImageF32, size: Size) -> ImageF32:
    """Mean over areas, (size.height, size.width, 3)."""
    if (size.height, size.width) == light.shape[:2]:
        return light
    found = cv2.resize(light, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32)


def _source_rows(warp: Matrix, size: Size, rows: slice) -> tuple[int, int]:
    """Rows of the moving frame that rows of the reference are interpolated from."""
    corners = [(x, y) for x in (0, size.width - 1) for y in (rows.start, rows.stop - 1)]
    places: Sequence[float] = [warp[1, 0] * x + warp[1, 1] * y + warp[1, 2] for x, y in corners]
    low, high = int(np.floor(min(places))) - _REACH, int(np.ceil(max(places))) + _REACH + 1
    # Beyond the border the mirrored rows are needed.
    first = min(low, 2 * size.height - high)
    last = max(high, -low)
    return int(np.clip(first, 0, size.height - 1)), int(np.clip(last, 1, size.height))


def _table(frame: PixelArray) -> npt.NDArray[np.float32] | None:
    if frame.dtype == np.float32:
        return None
    codes = np.arange(int(white_of(frame)) + 1, dtype=np.float32) / white_of(frame)
    return to_linear(codes)


def _light(pixels: PixelArray, table: npt.NDArray[np.float32] | None) -> ImageF32:
    if table is None:
        return to_linear(to_float(pixels))
    return np.asarray(table[pixels], np.float32)
