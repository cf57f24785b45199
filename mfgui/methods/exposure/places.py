"""Frames of a stack on one coarse grid of places of the reference frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.transforms import Transform
from mfgui.methods.exposure.proxies import CLIPPED, Proxy
from mfgui.methods.inversion.registration import contrast
from mfgui.methods.inversion.views import mean
from mfgui.methods.planes import Plane

_Number = TypeVar("_Number", np.float32, np.int32, np.uint16)

CELL = 5  # places along a side of a cell of the field
_CELLS = 32  # along the long side
_DARK = np.float32(3e-4)  # of light: less is nothing but noise and rounding
_DIM = np.float32(5e-3)  # of light: has half the weight of much light
_NEAR = 0.008  # of the long side: how far clipped light spreads
_SPREAD = 0.035  # of the long side: how far lamps and reflections spread out of focus
_NIGHT = 0.25  # of light: mean around such a spot at most
_BORDER = 0.015  # of a frame's sides, where cameras and their programs do odd things
_REACH = 4.0  # pixels of a proxy: contours nearer than this make a place uncertain
_SMOOTH = 0.8  # places, standard deviation
_KNOT = 8  # pixels of a proxy
_CALM = np.float32(0.01)  # variance of log light that halves a place's weight


@dataclass(frozen=True, eq=False)
class Places:
    """What one frame shows at the places of the grid.

    Attributes
    ----------
    logs : (h, w, C) float32
        Natural logarithm of its light, smoothed in linear light.
    weight : (h, w) float32
        From 0, where nothing can be compared, to 1.
    clipped, dark : float
        Shares of the frame.
    """

    logs: npt.NDArray[np.float32] = field(repr=False)
    weight: Plane = field(repr=False)
    clipped: float
    dark: float


def least_of(values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """The smallest of the channels; several times as fast as ``min(axis=2)``."""
    found = values[:, :, 0]
    for channel in range(1, values.shape[2]):
        found = np.minimum(found, values[:, :, channel])
    return found


def mean_of(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The mean of the last axis, of channels; several times as fast as ``mean(axis=-1)``."""
    found = values[..., 0].copy()
    for channel in range(1, values.shape[-1]):
        found += values[..., channel]
    found /= np.float32(values.shape[-1])
    return found


def cells_of(size: Size) -> Size:
    """Cells of a field over a picture of `size`."""
    share = _CELLS / max(size.width, size.height)
    return Size(max(2, round(share * size.width)), max(2, round(share * size.height)))


def places_of(proxy: Proxy, size: Size, transform: Transform) -> Places:
    """The places of a frame.

    Parameters
    ----------
    proxy : (h, w, C) uint16
        As `proxy_of` gives it.
    size : Size
        Of the frame, and of the reference.
    transform : Transform
        Places in the reference frame to places in this one.
    """
    marked = least_of(proxy) == CLIPPED
    dark = -least_of(-proxy.astype(np.int32)) < float(_DARK) * CLIPPED
    light = proxy.astype(np.float32) / np.float32(CLIPPED)
    open_ = _surely_open(marked, light)
    if transform != Transform.identity():
        x, y = _looked_up(size, Size(proxy.shape[1], proxy.shape[0]), transform)
        light = _remapped(light, x, y, cv2.BORDER_REFLECT)
        open_ = _remapped(open_, x, y, cv2.BORDER_CONSTANT)[:, :, 0]
    grid = cells_of(size)
    to = (CELL * grid.width, CELL * grid.height)
    calm = np.asarray(1 / (1 + contrast(_three(light), _REACH) / _CALM), np.float32)
    calm = _averaged(calm, to)[:, :, 0]
    coarse = mean(_averaged(light, to), _SMOOTH).reshape(to[1], to[0], -1)
    least = least_of(coarse)
    known = (_averaged(open_, to)[:, :, 0] > 0.999) & (least > _DARK)
    weight = np.asarray(known * calm * least / (least + _DIM), np.float32)
    logs = np.log(np.maximum(coarse, _DARK))
    return Places(logs, weight, float(marked.mean()), float(dark.mean()))


def _surely_open(marked: npt.NDArray[np.bool_], light: npt.NDArray[np.float32]) -> Plane:
    """1 where nothing near is clipped or the border, else 0.

    Lamps and reflections, small spots that are clipped where they are in focus, spread over wide
    disks elsewhere; how much light that is no frame tells.
    """
    height, width = marked.shape
    long = max(height, width)
    clipped = marked.astype(np.uint8)
    side = 2 * round(_SPREAD * long) + 1
    around = cv2.blur(mean_of(light), (side, side))
    lamps = (marked & (around < _NIGHT)).astype(np.uint8)
    closed = np.maximum(
        cv2.dilate(clipped, _disk(_NEAR * long)), cv2.dilate(lamps, _disk(_SPREAD * long))
    )
    x, y = (max(1, round(_BORDER * side)) for side in (width, height))
    open_ = np.zeros((height, width), np.float32)
    open_[y : height - y, x : width - x] = 1 - closed[y : height - y, x : width - x]
    return open_


def _disk(radius: float) -> npt.NDArray[np.uint8]:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _looked_up(size: Size, small: Size, transform: Transform) -> tuple[Plane, Plane]:
    """Where in a frame's proxy each pixel of the reference's proxy lies.

    Asked for every eighth pixel, and straight between.
    """
    scale = np.array([size.width / small.width, size.height / small.height])
    down, right = (-(-side // _KNOT) + 1 for side in (small.height, small.width))
    y, x = np.mgrid[:down, :right] * _KNOT
    points = (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) * scale - 0.5
    found = (transform.apply(points) + 0.5) / scale - 0.5
    between = np.array([[1 / _KNOT, 0, 0], [0, 1 / _KNOT, 0]])
    to, flags = (small.width, small.height), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    x, y = (
        cv2.warpAffine(plane.reshape(down, right).astype(np.float32), between, to, flags=flags)
        for plane in found.T
    )
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _remapped(
    image: npt.NDArray[np.float32], x: Plane, y: Plane, border: int
) -> npt.NDArray[np.float32]:
    found = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(found, np.float32).reshape(*x.shape, -1)


def _averaged(image: npt.NDArray[np.float32], to: tuple[int, int]) -> npt.NDArray[np.float32]:
    found = cv2.resize(image, to, interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32).reshape(to[1], to[0], -1)


def _three(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return light if light.shape[2] == 3 else np.repeat(light, 3, axis=2)
