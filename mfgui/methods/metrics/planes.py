"""The planes that metrics are computed on, and the check of what they are given.

Metrics compute in float64 on values 0 ... 255, whatever the depth of the files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, white_of
from mfgui.core.errors import UsageError
from mfgui.methods.metrics.metric import View

Plane: TypeAlias = npt.NDArray[Any]  # (H, W), 0 ... 255, uint8 or float64
Planes: TypeAlias = npt.NDArray[Any]  # (H, W) or (H, W, C), 0 ... 255, uint8 or float64
Values: TypeAlias = npt.NDArray[np.float64]

WHITE = 255.0
_LUMA = (0.298936, 0.587043, 0.114021)  # first row of the inverse NTSC matrix, six digits
_MOST = 1e-9  # what rounding may add to white


def seen(pixels: PixelArray, view: View) -> Planes:
    """Stored pixels (H, W, C) as the planes that a metric is computed on."""
    match view:
        case View.GREY:
            return grey(pixels)
        case View.LUMA:
            return luma(pixels)
        case View.POOLED:
            return side_by_side(levels(pixels))
        case View.COLOURS:
            return levels(pixels)


def levels(pixels: PixelArray) -> Values:
    """Stored pixels (H, W, C) as float64 in 0 ... 255; uint8 ones as they are.

    >>> levels(np.array([[[65535]]], np.uint16)).tolist()
    [[[255.0]]]
    """
    return np.multiply(pixels, WHITE / float(white_of(pixels)), dtype=np.float64)


def luma(pixels: PixelArray) -> Values:
    """Brightness (H, W) of stored pixels (H, W, C) in 0 ... 255, not rounded; grey as it is."""
    values = levels(pixels)
    if values.shape[2] == 1:
        return values[:, :, 0]
    red, green, blue = (values[:, :, n] * weight for n, weight in enumerate(_LUMA))
    found: Values = red + green + blue
    return found


def grey(pixels: PixelArray) -> Values:
    """`luma` rounded to whole numbers, halves up: the 8-bit grey plane of MATLAB's `rgb2gray`.

    The two differ by rounding in exact ties, by one level.

    >>> grey(np.array([[[255, 0, 0]]], np.uint8)).tolist()
    [[76.0]]
    """
    found: Values = np.floor(luma(pixels) + 0.5)
    return found


def side_by_side(planes: Planes) -> Plane:
    """The channels of (H, W, C) beside each other, (H, C W): what metrics of pooled colours take.

    >>> side_by_side(np.array([[[1, 2, 3], [4, 5, 6]]])).tolist()
    [[1, 4, 2, 5, 3, 6]]
    """
    if planes.ndim == 2:
        return planes
    height = planes.shape[0]
    return np.ascontiguousarray(np.moveaxis(planes, 2, 1).reshape(height, -1))


def by_channel(metric: Callable[..., float], *pictures: Planes, **options: Any) -> float:
    """Mean over the channels of a metric of planes: how VIFB and MFIFB treat colours.

    Parameters
    ----------
    metric : callable
        Of planes, in the order of `pictures`.
    pictures : (H, W, C)
    """
    channels = range(pictures[0].shape[2])
    return float(
        np.mean([metric(*(picture[:, :, n] for picture in pictures), **options) for n in channels])
    )


def checked(*planes: Planes, channels: bool = False) -> tuple[Values, ...]:
    """The planes as contiguous float64, of one shape (H, W), finite, within 0 ... 255.

    Parameters
    ----------
    channels : bool
        Whether (H, W, C) is taken as well; (H, W) then becomes (H, W, 1).

    Raises
    ------
    UsageError
        When they are anything else.
    """
    shape = planes[0].shape
    if any(plane.shape != shape for plane in planes):
        raise UsageError(f"a metric takes planes of one size, not {[p.shape for p in planes]}")
    if len(shape) != 2 and not (channels and len(shape) == 3):
        raise UsageError(f"a metric takes planes (H, W), not an array of shape {shape}")
    if not planes[0].size:
        raise UsageError("a metric needs at least one pixel")
    found = tuple(np.ascontiguousarray(plane, np.float64) for plane in planes)
    for plane in found:
        # Written so that NaN fails as well.
        if not (plane.min() >= 0.0 and plane.max() <= WHITE + _MOST):
            raise UsageError("a metric takes finite values from 0 to 255")
    if channels and len(shape) == 2:
        found = tuple(plane[:, :, np.newaxis] for plane in found)
    return found


def unknown(variant: str, known: tuple[str, ...]) -> UsageError:
    """The error for a variant that a metric does not have."""
    return UsageError(f"no variant {variant}", hint=f"there are {', '.join(known)}")
