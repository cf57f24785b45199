"""A pair of frames as defocus inversion looks at it, and how frames are compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, to_float
from mfgui.core.compute import Compute
from mfgui.core.light import to_linear
from mfgui.core.stripes import RowWorkers, Scratch
from mfgui.methods.planes import Plane

T = TypeVar("T")
_LIGHT = to_linear(np.linspace(0.0, 1.0, 4097, dtype=np.float32))
_LEAST_NOISE = 0.4 / 255
_DIAGONAL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, eq=False)
class View:
    """Both frames at one scale, the supposed near one first.

    Attributes
    ----------
    light : pair of (H, W, 3) float32
        Linear light.
    codes : pair of (H, W, 3) float32
        The same, sRGB-encoded.
    noise : float
        3 times the variance of the noise of one channel of a frame, in sRGB values.
    """

    light: tuple[ImageF32, ImageF32] = field(repr=False)
    codes: tuple[ImageF32, ImageF32] = field(repr=False)
    noise: float

    def swapped(self) -> View:
        """The other frame taken for the near one."""
        return View(self.light[::-1], self.codes[::-1], self.noise)


def both(work: Callable[[int], T], compute: Compute) -> tuple[T, T]:
    """What `work` gives for 0 and for 1, at the same time where there are two threads."""

    def take(_scratch: Scratch, start: int, stop: int) -> list[T]:
        return [work(index) for index in range(start, stop)]

    with RowWorkers(compute) as workers:
        first, second = itertools.chain.from_iterable(workers.run(take, 2))
    return first, second


def view_of(frames: Sequence[ImageF32]) -> View:
    """A view of two frames, (H, W, 3) float32, sRGB-encoded in [0, 1]."""
    codes = (frames[0], frames[1])
    noise = 3.0 * float(np.mean([noise_of(code) ** 2 for code in codes]))
    return View((decoded(codes[0]), decoded(codes[1])), codes, noise)


def halved(view: View) -> View:
    """Half the size, averaged in linear light."""
    height, width = view.light[0].shape[:2]
    to = ((width + 1) // 2, (height + 1) // 2)
    light = [cv2.resize(x, to, interpolation=cv2.INTER_AREA) for x in view.light]
    return view_of([encoded(np.asarray(x, np.float32)) for x in light])


def colours(pixels: PixelArray) -> ImageF32:
    """Stored pixels as (H, W, 3) float32 in [0, 1]; grey ones in all three channels."""
    values = to_float(pixels)
    return np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values


def noise_of(codes: ImageF32) -> float:
    """Standard deviation of the noise of a channel, at least 0.4 / 255.

    From the median of the second difference in both directions (Immerkaer 1996).
    """
    found = np.abs(cv2.filter2D(codes, cv2.CV_32F, _DIAGONAL))
    return max(_LEAST_NOISE, float(np.median(found[::2, ::2])) / (0.6745 * 6.0))


def difference(light: ImageF32, codes: ImageF32) -> Plane:
    """Sum over the channels of (sRGB(light) - codes)^2, (H, W)."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    out = np.empty(light.shape[:2], np.float32)
    kernels.squared_error(
        np.ascontiguousarray(light).reshape(-1),
        np.ascontiguousarray(codes).reshape(-1),
        out.reshape(-1),
    )
    return out


def encoded(light: ImageF32) -> ImageF32:
    """Linear light as sRGB values, clamped; to 1e-5 of `mfgui.core.light.to_srgb`."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    out = np.empty_like(light)
    kernels.encoded(np.ascontiguousarray(light).reshape(-1), out.reshape(-1))
    return out


def decoded(codes: ImageF32) -> ImageF32:
    """sRGB values in [0, 1] as linear light; to 1e-6 of `mfgui.core.light.to_linear`."""
    from mfgui.methods.inversion import kernels  # compiles on its first use

    out = np.empty_like(codes)
    kernels.looked_up(np.ascontiguousarray(codes).reshape(-1), _LIGHT, out.reshape(-1))
    return out


def mean(plane: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.float32]:
    """Gaussian mean of (H, W) or (H, W, C), mirrored at the borders."""
    side = 2 * int(np.ceil(3.0 * sigma)) + 1
    found = cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(found, np.float32)


def brightest(image: ImageF32) -> Plane:
    """Largest of the three channels, (H, W); several times as fast as ``max(axis=2)``."""
    first, second, third = (image[:, :, channel] for channel in range(3))
    found: Plane = np.maximum(np.maximum(first, second), third)
    return found


def brightness(image: ImageF32) -> Plane:
    """Mean of the three channels, (H, W); several times as fast as ``mean(axis=2)``."""
    return np.asarray(cv2.transform(image, np.full((1, 3), 1 / 3, np.float32)), np.float32)


def detail(codes: ImageF32, fine: float, wide: float) -> Plane:
    """Mean over `wide` of the squared difference to the mean over `fine`, channels summed."""
    away = codes - mean(codes, fine)
    return mean(np.einsum("hwc,hwc->hw", away, away), wide)
