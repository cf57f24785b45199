"""Colour spaces for outputs, each by its definition, and their ICC profiles written by ourselves.

A profile is a matrix and a curve (ICC.1:2010, version 4): primaries adapted to D50 after
Bradford, the curve as a formula. Texts name the space, nothing is copied from another profile.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32
from mfgui.core.errors import UsageError
from mfgui.files import profiles

SpaceName = Literal["srgb", "display-p3", "adobe-rgb", "prophoto"]

_Xy = tuple[float, float]
_D65, _D50 = (0.3127, 0.3290), (0.3457, 0.3585)
_PCS_WHITE = (0.9642, 1.0, 0.8249)  # D50 as ICC rounds it
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_SIGNATURES = (b"r", b"g", b"b")
_HEADER_BYTES, _ENTRY_BYTES = 128, 12
_DATE = (2026, 1, 1, 0, 0, 0)
_STRIP = 1 << 19  # pixels that are converted at once


@dataclass(frozen=True)
class Space:
    """A colour space by its definition.

    Attributes
    ----------
    title : str
        As programs show it.
    red, green, blue, white : (float, float)
        Chromaticities x and y.
    curve : 1 or 5 floats
        From stored values to light: a power g, or g, a, b, c, d of (a v + b)^g from d on and
        c v below.
    """

    title: str
    red: _Xy
    green: _Xy
    blue: _Xy
    white: _Xy
    curve: tuple[float, ...]

    @property
    def to_xyz(self) -> npt.NDArray[np.float64]:
        """(3, 3) linear light to XYZ under D50, white to (0.9642, 1, 0.8249)."""
        columns = np.stack([_xyz(point) for point in (self.red, self.green, self.blue)], axis=1)
        white = _xyz(self.white)
        matrix = columns * np.linalg.solve(columns, white)
        return _adaptation(white) @ matrix


SPACES: Mapping[SpaceName, Space] = {
    # IEC 61966-2-1
    "srgb": Space("sRGB", (0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65, _SRGB_CURVE),
    # SMPTE EG 432-1 with the white and the curve of sRGB
    "display-p3": Space(
        "Display P3", (0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65, _SRGB_CURVE
    ),
    # Adobe RGB (1998) Color Image Encoding, May 2005
    "adobe-rgb": Space(
        "Adobe RGB (1998) compatible",
        (0.64, 0.33),
        (0.21, 0.71),
        (0.15, 0.06),
        _D65,
        (563 / 256,),
    ),
    # ISO 22028-2
    "prophoto": Space(
        "ROMM RGB (ProPhoto)",
        (0.7347, 0.2653),
        (0.1596, 0.8404),
        (0.0366, 0.0001),
        _D50,
        (1.8, 1.0, 0.0, 1 / 16, 1 / 32),
    ),
}


@lru_cache(maxsize=len(SPACES))
def profile(name: SpaceName) -> bytes:
    """The ICC profile of a space, version 4.

    Raises
    ------
    UsageError
        For a name that is none of `SPACES`.
    """
    space = SPACES[checked(name)]
    primaries = {
        letter + b"XYZ": _xyz_tag(space.to_xyz[:, i]) for i, letter in enumerate(_SIGNATURES)
    }
    curve = _curve_tag(space.curve)
    return _assembled(
        {
            b"desc": _text_tag(space.title),
            b"cprt": _text_tag("No copyright, use freely"),
            b"wtpt": _xyz_tag(np.array(_PCS_WHITE)),
            b"chad": b"sf32" + bytes(4) + _fixed(_adaptation(_xyz(space.white)).ravel()),
            **primaries,
            **{letter + b"TRC": curve for letter in _SIGNATURES},
        }
    )


def checked(name: str) -> SpaceName:
    """The name of a colour space.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    for known in SPACES:
        if name == known:
            return known
    raise UsageError(f"no colour space '{name}'", hint=f"use {', '.join(SPACES)}")


def to_space(image: ImageF32, icc: bytes | None, name: str) -> tuple[ImageF32, bytes | None]:
    """A picture in the colours of a space, at full precision, with the profile of the space.

    Parameters
    ----------
    image : (H, W, C) float32 in [0, 1]
        C = 1 or 3. A grey picture has no primaries and is returned with its own profile.
    icc : bytes or None
        Its profile; None, or one that cannot be used, is taken for sRGB.

    Returns
    -------
    image : (H, W, C) float32 in [0, 1]
        Colours outside the space are clipped; `image` itself where nothing is to be done.
    icc : bytes or None

    Raises
    ------
    UsageError
        For a name that is none of `SPACES`.
    """
    target = profile(checked(name))
    if image.shape[2] != 3:
        return image, icc
    source = icc if icc is not None and profiles.usable(icc, channels=3) else profiles.srgb()
    if profiles.same_colours(source, target):
        return image, target
    converted = np.empty_like(image)
    rows = max(1, _STRIP // image.shape[1])
    for top in range(0, image.shape[0], rows):
        part = np.ascontiguousarray(image[top : top + rows])
        converted[top : top + rows] = profiles.convert(part, source, target)
    return converted, target


def _xyz(point: _Xy) -> npt.NDArray[np.float64]:
    """XYZ of a chromaticity at Y = 1."""
    x, y = point
    return np.array((x / y, 1.0, (1 - x - y) / y))


def _adaptation(white: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(3, 3) XYZ under `white` to XYZ under the white of ICC (Bradford)."""
    cones = np.array(_BRADFORD)
    scale = (cones @ np.array(_PCS_WHITE)) / (cones @ white)
    result: npt.NDArray[np.float64] = np.linalg.solve(cones, scale[:, np.newaxis] * cones)
    return result


def _fixed(values: npt.NDArray[np.float64]) -> bytes:
    """s15Fixed16 numbers."""
    return np.rint(values * 65536).astype(">i4").tobytes()


def _xyz_tag(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _curve_tag(curve: tuple[float, ...]) -> bytes:
    kind = {1: 0, 5: 3}[len(curve)]
    return b"para" + struct.pack(">4xHxx", kind) + _fixed(np.array(curve))


def _text_tag(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _assembled(tags: Mapping[bytes, bytes]) -> bytes:
    """A display profile of these tags; equal data are stored once."""
    position = _HEADER_BYTES + 4 + _ENTRY_BYTES * len(tags)
    places: dict[bytes, int] = {}
    table = struct.pack(">I", len(tags))
    body = b""
    for name, data in tags.items():
        if data not in places:
            places[data] = position + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    header = struct.pack(
        ">I4xI4s4s4s6H4s24xI12s48x",
        position + len(body),
        0x04200000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        *_DATE,
        b"acsp",
        1,  # relative colorimetric
        _fixed(np.array(_PCS_WHITE)),
    )
    return header + table + body
