"""By how much the light of each frame of a stack differs from that of the reference frame."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, Rect, Size
from mfgui.core.errors import InputError, UsageError

_SCHEMA = 1
_ENTRIES = {"gains", "tones", "field", "warning"}
_MOST_FIELD = math.log(64)  # six stops
_MOST_CELLS = 1 << 20
_MOST_KNOTS = 256


@dataclass(frozen=True, eq=False)
class FrameExposure:
    """What the linear light of a frame is multiplied with to agree with the reference frame.

    Light v of channel c is multiplied by ``gains[c] * exp(tones(sqrt(v))) * exp(field)``; the
    tones are those of the frame's own light, before anything was multiplied. `equalise` does it.

    Attributes
    ----------
    gains : tuple of float
        One per channel, above 0.
    field : (h, w) or (h, w, C) float32 or None
        Natural logarithm of a further gain that changes slowly over the picture, on a coarse grid
        that spans the whole reference frame: its outer edges are the edges of the picture, its
        values those in the middles of its cells. At most six stops either way.
    warning : str
        Why the frame's light does not fit, in one clause; empty where it does.
    tones : tuple of float
        Natural logarithm of a further gain that depends on the light itself, as cameras bend it
        differently from picture to picture: knots evenly spaced from 0 to 1 in the square root
        of the light. Empty for none, else two at least.

    Raises
    ------
    UsageError
        For values out of these ranges, and for others than finite numbers.
    """

    gains: tuple[float, ...]
    field: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    warning: str = ""
    tones: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.gains or not all(0 < gain < math.inf for gain in self.gains):
            raise UsageError("gains must be above 0")
        if len(self.tones) == 1 or not all(abs(tone) <= _MOST_FIELD for tone in self.tones):
            raise UsageError("the tones of an exposure must be two or more finite numbers")
        if self.field is not None:
            _check_field(self.field, len(self.gains))

    @property
    def neutral(self) -> bool:
        """Whether nothing is changed."""
        return self.field is None and not self.tones and all(gain == 1.0 for gain in self.gains)

    @property
    def stops(self) -> float:
        """The mean gain in stops: 1 doubles the light."""
        return float(np.mean(np.log2(self.gains)))

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads; the field as the bytes of its values in base64."""
        grid = None
        if self.field is not None:
            data = np.ascontiguousarray(self.field, "<f4").tobytes()
            grid = {"shape": list(self.field.shape), "values": base64.b64encode(data).decode()}
        return {
            "gains": list(self.gains),
            "tones": list(self.tones),
            "field": grid,
            "warning": self.warning,
        }

    @classmethod
    def from_json(cls, data: object) -> FrameExposure:
        """The exposure that `to_json` described.

        Raises
        ------
        InputError
            For anything else.
        """
        if not isinstance(data, Mapping) or set(data) != _ENTRIES:
            raise InputError("the exposure of a frame has missing or unknown entries")
        if not isinstance(data["warning"], str):
            raise InputError("the exposure of a frame has a wrong entry")
        gains, tones = (_floats(data[name]) for name in ("gains", "tones"))
        try:
            return cls(gains, _field(data["field"]), data["warning"], tones)
        except UsageError as error:
            raise InputError(error.what, hint=error.hint) from error


@dataclass(frozen=True, eq=False)
class StackExposure:
    """The exposure of every frame of a stack; that of the reference is neutral.

    Attributes
    ----------
    mode : str
        What was looked for: "off", "auto", "gain", "white-balance", "local".
    frames : tuple of FrameExposure
        One per frame, in order.
    """

    mode: str
    frames: tuple[FrameExposure, ...]

    @property
    def neutral(self) -> bool:
        """Whether nothing is changed in any frame."""
        return all(frame.neutral for frame in self.frames)

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads."""
        frames = [frame.to_json() for frame in self.frames]
        return {"schema": _SCHEMA, "mode": self.mode, "frames": frames}

    @classmethod
    def from_json(cls, data: object) -> StackExposure:
        """The exposures that `to_json` described.

        Raises
        ------
        InputError
            For anything else.
        """
        if not isinstance(data, Mapping) or data.get("schema") != _SCHEMA:
            raise InputError("not a description of exposures that this version reads")
        mode, frames = data.get("mode"), data.get("frames")
        if not isinstance(mode, str) or not isinstance(frames, list) or not frames:
            raise InputError("the description of exposures has a wrong shape")
        return cls(mode, tuple(FrameExposure.from_json(frame) for frame in frames))


def equalise(
    light: ImageF32, exposure: FrameExposure, *, size: Size, rect: Rect | None = None
) -> None:
    """Multiply a frame's light, where it lies in the reference frame, in place.

    Parameters
    ----------
    light : (h, w, C) float32, contiguous
        Linear light in [0, 1] (beyond it tones stay those of the end), brought to the geometry
        of the reference frame. What comes out may exceed 1.
    exposure : FrameExposure
        One gain for all channels or one for each.
    size : Size
        Of the whole reference frame, which the field spans.
    rect : Rect, optional
        The part of it that `light` is; the whole without.

    Raises
    ------
    ValueError
        When shapes or the numbers of channels do not fit.
    """
    from mfgui.core import exposure_kernels  # compiles on its first use

    if exposure.neutral:
        return
    rect = rect or Rect(0, 0, size.width, size.height)
    channels = light.shape[2]
    if light.shape[:2] != (rect.height, rect.width) or len(exposure.gains) not in (1, channels):
        raise ValueError("light and exposure do not fit")
    grid = np.zeros((1, 1), np.float32) if exposure.field is None else exposure.field
    grid = np.atleast_3d(grid)
    if grid.shape[2] not in (1, channels):
        raise ValueError("light and field do not fit")
    exposure_kernels.equalise(
        light,
        np.resize(np.asarray(exposure.gains, np.float32), channels),
        np.exp(np.asarray(exposure.tones or (0.0, 0.0), np.float32)),
        np.exp(np.ascontiguousarray(np.broadcast_to(grid, (*grid.shape[:2], channels)))),
        *_places(rect.y, rect.height, size.height, grid.shape[0]),
        *_places(rect.x, rect.width, size.width, grid.shape[1]),
    )


def _places(
    first: int, count: int, whole: int, cells: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The cell before each pixel of an axis, and how near the pixel is to the next one's middle."""
    at = (np.arange(first, first + count) + 0.5) * cells / whole - 0.5
    at = np.clip(at, 0, cells - 1)
    before = np.minimum(at.astype(np.int64), max(0, cells - 2))
    return before, (at - before).astype(np.float32)


def _check_field(values: npt.NDArray[np.float32], channels: int) -> None:
    wrong = values.dtype != np.float32 or values.ndim not in (2, 3) or values.size == 0
    if wrong or (values.ndim == 3 and values.shape[2] not in (1, channels)):
        raise UsageError("the field of an exposure has a wrong shape or kind")
    # Also false for NaN.
    if not float(np.abs(values).max()) <= _MOST_FIELD:
        raise UsageError("the field of an exposure exceeds six stops")


def _floats(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) > _MOST_KNOTS:
        raise InputError("the exposure of a frame has a wrong shape")
    # bool is an int in Python, but not in JSON.
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in value):
        raise InputError("the exposure of a frame holds something other than numbers")
    try:
        return tuple(float(n) for n in value)
    except OverflowError as error:
        raise InputError("a number of the exposure of a frame is too large") from error


def _field(data: Any) -> npt.NDArray[np.float32] | None:
    if data is None:
        return None
    if not isinstance(data, Mapping) or set(data) != {"shape", "values"}:
        raise InputError("the field of an exposure has missing or unknown entries")
    shape, values = data["shape"], data["values"]
    sides = isinstance(shape, list) and all(type(side) is int and side > 0 for side in shape)
    if not sides or not isinstance(values, str) or math.prod(shape) > _MOST_CELLS:
        raise InputError("the field of an exposure has a wrong shape")
    try:
        stored = base64.b64decode(values, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("the field of an exposure is not base64") from error
    if len(stored) != 4 * math.prod(shape):
        raise InputError("the field of an exposure has as many values as its shape does not say")
    return np.frombuffer(stored, "<f4").reshape(shape).astype(np.float32)
