"""One frame of a moving stack brought to the geometry and the light of the reference frame.

Values between pixels are those of a windowed sinc over 8 x 8 pixels (C. E. Duchon, Lanczos
filtering in one and two dimensions, J. Appl. Meteor. 18, 1979), of the code values as the file
holds them. The light is multiplied in linear light by the curve of sRGB; for files with
another profile, whose curve is alike, that is as good for gains near 1.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, Rect, Size, depth_of, white_of
from mfgui.core.compute import Compute
from mfgui.core.exposure import FrameExposure, equalise
from mfgui.core.light import to_linear
from mfgui.core.stripes import RowWorkers, Scratch, stripes
from mfgui.core.transforms import Transform

Table = npt.NDArray[np.float32]
_LOBES = 4
_FINE = 256  # places between two pixels; the nearest is at most 1/512 px away
_ROWS = 96  # of a stripe: its tiles fit into the cache of a core
_SOFT = 24.0  # px; over which a frame gives way to the reference at its edge
_STEEP = 0.9  # cosine of the angle from which two passes would lose pixels
_DENSER = 16  # nodes of the gains per node of a field, along each side
_CURVE = 1 << 16  # steps of the curve of a float frame
_POWER = 1 / 2.4  # of the curve of sRGB
_EVERY = 16  # px; places along the edge of a crop that are looked at


def warp_frame(
    frame: PixelArray,
    transform: Transform,
    *,
    rect: Rect,
    exposure: FrameExposure | None = None,
    reference: PixelArray | None = None,
    compute: Compute,
) -> PixelArray:
    """What the rectangle `rect` of the reference picture looks like in a frame.

    Parameters
    ----------
    frame : (H, W, C) uint8, uint16 or float32
        C = 1 or 3, as stored; may lie in a file.
    transform : Transform
        From places of the reference picture, as large as the frame, to those of the frame.
    rect : Rect
        Of the reference picture.
    exposure : FrameExposure, optional
        What the frame's light is multiplied with.
    reference : (H, W, C), optional
        Shown where the frame shows nothing, with a soft transition; without it the edge of the
        frame is repeated there.

    Returns
    -------
    (rect.height, rect.width, C)
        Of the same depth, clipped; a copy of the frame's own pixels where nothing changes.

    Raises
    ------
    UsageError
        When the horizon of the transform, or the radius where its radial term turns back, lies
        within the picture.
    """
    height, width, channels = frame.shape
    size = Size(width, height)
    light = exposure is not None and not exposure.neutral
    if transform == Transform.identity() and not light:
        return np.array(frame[rect.slices])
    transform.check(size)
    # Imported here: the compiler of the loops takes half a second to load.
    from mfgui.methods.align import warp_kernels

    numbers = _numbers(transform)
    curves = _curves(exposure, frame) if light else np.empty((0, 0), np.float32)
    gains, roots = _nodes(exposure if light else None, size, channels)
    half = np.float32(0.0 if depth_of(frame) == "float32" else 0.5)
    steep = _cosine(transform) < _STEEP
    filled = reference is not None and not shows(transform, size, rect)
    kept = None if reference is None else np.asarray(reference)[rect.slices]
    pixels, moved = np.asarray(frame), np.empty((rect.height, rect.width, channels), frame.dtype)

    def rows(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, _ROWS):
            compute.checkpoint()
            corner, part = (rect.x, rect.y + low), moved[low:high]
            warp_kernels.move(
                pixels, curves, numbers, steep, *corner, (width, height), _table(), gains, roots,
                white_of(frame), half, part,
            )  # fmt: skip
            if filled and kept is not None:
                warp_kernels.fill(
                    kept[low:high], numbers, *corner, width, height, _SOFT, half, part
                )

    with RowWorkers(compute) as workers:
        workers.run(rows, rect.height)
    return moved


def shows(transform: Transform, size: Size, rect: Rect) -> bool:
    """Whether a frame of `size` shows all of the rectangle `rect` of the reference picture."""
    x = np.linspace(rect.x, rect.right - 1, 2 + rect.width // _EVERY)
    y = np.linspace(rect.y, rect.bottom - 1, 2 + rect.height // _EVERY)
    edge = np.concatenate(
        [
            *(np.column_stack([x, np.full(x.size, row)]) for row in (y[0], y[-1])),
            *(np.column_stack([np.full(y.size, column), y]) for column in (x[0], x[-1])),
        ]
    )
    places = transform.apply(edge)
    inside = (places >= -0.5) & (places <= [size.width - 0.5, size.height - 0.5])
    return bool(inside.all())


@cache
def _table() -> Table:
    """Weights of 8 pixels for each of the places between two, (_FINE + 1, 8); read-only."""
    parts = np.arange(_FINE + 1) / _FINE
    apart = parts[:, None] - np.arange(1 - _LOBES, 1 + _LOBES)
    weights = np.where(np.abs(apart) < _LOBES, np.sinc(apart) * np.sinc(apart / _LOBES), 0.0)
    table: Table = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    table.flags.writeable = False
    return table


def _numbers(transform: Transform) -> npt.NDArray[np.float64]:
    """The map as the loops take it."""
    width, height = transform.extent or (1.0, 1.0)
    reach = math.hypot(width, height) / 2
    middle = ((width - 1) / 2, (height - 1) / 2)
    return np.array([*transform.matrix.ravel(), transform.radial, *middle, 1 / reach**2])


def _cosine(transform: Transform) -> float:
    """Of the angle between the columns of the reference picture and those of the frame."""
    turned, down = transform.rows[0][1], transform.rows[1][1]
    return down / max(math.hypot(turned, down), 1e-12)


def _curves(exposure: FrameExposure | None, frame: PixelArray) -> Table:
    """What stored values become by gains and tones, (C, N + 2); the last one twice."""
    if exposure is None:
        return np.empty((0, 0), np.float32)
    white, channels = float(white_of(frame)), frame.shape[2]
    count = 1 + (_CURVE if frame.dtype == np.float32 else int(white))
    light = to_linear(np.linspace(0.0, 1.0, count, dtype=np.float32))
    light = np.repeat(light[np.newaxis, :, np.newaxis], channels, axis=2)
    equalise(light, replace(exposure, field=None), size=Size(count, 1))
    codes = _codes(light[0].T) * np.float32(white)
    return np.concatenate([codes, codes[:, -1:]], axis=1)


def _codes(light: Table) -> Table:
    """`mfgui.core.light.to_srgb`, beyond white, too: what is clipped is decided at the end."""
    power = 1.055 * np.maximum(light, 0.0031308) ** _POWER - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, power).astype(np.float32)


def _nodes(exposure: FrameExposure | None, size: Size, channels: int) -> tuple[Table, Table]:
    """Gains of the field on a grid over the picture, (h, w, 4), and their power 1 / 2.4."""
    if exposure is None or exposure.field is None:
        nothing = np.empty((0, 0, 4), np.float32)
        return nothing, nothing
    field = np.atleast_3d(exposure.field)
    height, width, depth = field.shape
    # The power of a gain between two nodes is not that between their powers: hence more nodes.
    dense = (min(width * _DENSER, size.width), min(height * _DENSER, size.height))
    found = cv2.resize(np.exp(field), dense, interpolation=cv2.INTER_LINEAR)
    gains = np.ones((dense[1], dense[0], 4), np.float32)
    gains[..., :channels] = found.reshape(dense[1], dense[0], depth)
    return gains, gains ** np.float32(_POWER)
