"""Surfaces of any depth as a lens of finite aperture sees them, slice by slice.

Each surface is a picture with a matte and a position per pixel. It is cut into slices of nearly
the same position, half a pixel of blur apart, by weights that sum to 1 in each pixel; each slice
is spread by its own kernel, and the slices of a surface are added. Surfaces are then laid over
each other from the farthest to the nearest one.

This is what a lens does where at most one of the surfaces that meet is out of focus. Where two
are, rays that miss the front one are taken to be spread evenly over the lens, and a bent surface
does not hide itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, Rect
from mfgui.synth.psf import Psf

STEP = 0.5  # pixels of blur radius between slices
_LARGEST_DIRECT = 5  # reach of kernels above which Fourier transforms are faster

_Plane: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Surface:
    """One surface of a scene.

    Attributes
    ----------
    colour : (H, W, 3) float32
        Linear light, not premultiplied; known behind what lies before it.
    matte : (H, W) float32
        Share of the surface in each pixel, in [0, 1].
    position : (H, W) float32
        Defocus position in pixels: a lens focused on position p spreads a point over the radius
        abs(p - position). Larger is nearer. Slopes should stay below about 0.2 per pixel.
    """

    colour: ImageF32 = field(repr=False)
    matte: _Plane = field(repr=False)
    position: _Plane = field(repr=False)


def rendered(surfaces: Sequence[Surface], *, focus: float | None, psf: Psf) -> ImageF32:
    """The frame focused on a position, in linear light.

    Parameters
    ----------
    surfaces : sequence of Surface
        Nearest first, of the same size; the last one must cover everything.
    focus : float or None
        Position in focus; None: everything is in focus.
    psf : Psf
        Blur of the lens.

    Returns
    -------
    (H, W, 3) float32
        Right where no light comes from beyond the arrays: keep a margin of the largest radius.
    """
    result = np.zeros_like(surfaces[0].colour)
    for surface in reversed(surfaces):
        light, cover = spread(surface, focus=focus, psf=psf)
        result = light + (1 - cover)[:, :, None] * result
    return result


def spread(surface: Surface, *, focus: float | None, psf: Psf) -> tuple[ImageF32, _Plane]:
    """Premultiplied light (H, W, 3) and coverage (H, W) of one blurred surface."""
    light = np.concatenate([surface.colour, np.ones_like(surface.matte)[:, :, None]], axis=2)
    light *= surface.matte[:, :, None]
    if focus is not None:
        total = np.zeros_like(light)
        for radius, area, weight in _slices(surface, focus):
            rows, columns = area.slices
            _scatter(total, light[rows, columns] * weight[:, :, None], area, psf.kernel(radius))
        light = total
    cover = light[:, :, 3]
    if (surface.matte == 1).all():
        # A tilted surface spreads a little unevenly, yet a uniform one looks uniform.
        return light[:, :, :3] / np.maximum(cover, 1e-3)[:, :, None], np.ones_like(cover)
    return light[:, :, :3], np.clip(cover, 0.0, 1.0)


def visible(surfaces: Sequence[Surface]) -> list[_Plane]:
    """Share of each pixel of the picture in focus that shows each surface; sums to 1."""
    shares, left = [], np.ones_like(surfaces[0].matte)
    for surface in surfaces:
        shares.append(surface.matte * left)
        left = left * (1 - surface.matte)
    return shares


def _slices(surface: Surface, focus: float) -> Iterator[tuple[float, Rect, _Plane]]:
    """Signed radius, area and weights (of that area) of each slice that is not empty."""
    seen = surface.matte > 0
    if not seen.any():
        return
    whole = _bounds(seen)
    rows, columns = whole.slices
    place = (surface.position[rows, columns] - np.float32(focus)) / np.float32(STEP)
    inside = seen[rows, columns]
    first, last = np.floor(place[inside].min()), np.ceil(place[inside].max())
    for number in np.arange(first, last + 1):
        weight = np.maximum(1 - np.abs(place - np.float32(number)), 0) * inside
        if not weight.any():
            continue
        part = _bounds(weight > 0)
        area = Rect(whole.x + part.x, whole.y + part.y, part.width, part.height)
        inner_rows, inner_columns = part.slices
        yield float(number) * STEP, area, weight[inner_rows, inner_columns]


def _bounds(mask: npt.NDArray[np.bool_]) -> Rect:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return Rect(x, y, width, height)


def _scatter(total: ImageF32, light: ImageF32, area: Rect, kernel: _Plane) -> None:
    """Add the light of an area, spread by the kernel; what leaves the array is lost."""
    reach = kernel.shape[0] // 2
    if reach:
        light = _convolved(light, kernel)
    reached = area.grown(reach)
    kept = reached.intersected(Rect(0, 0, total.shape[1], total.shape[0]))
    rows, columns = kept.slices
    top, left = kept.y - reached.y, kept.x - reached.x
    total[rows, columns] += light[top : top + kept.height, left : left + kept.width]


def _convolved(light: ImageF32, kernel: _Plane) -> ImageF32:
    """Full convolution: larger than the light by the reach of the kernel on every side."""
    reach = kernel.shape[0] // 2
    if reach <= _LARGEST_DIRECT:
        padded = np.pad(light, ((reach, reach), (reach, reach), (0, 0)))
        # OpenCV correlates; light goes where the kernel points.
        turned = np.ascontiguousarray(kernel[::-1, ::-1])
        blurred = cv2.filter2D(padded, cv2.CV_32F, turned, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(blurred, np.float32)
    from scipy import fft

    height, width = light.shape[0] + 2 * reach, light.shape[1] + 2 * reach
    shape = (fft.next_fast_len(height, True), fft.next_fast_len(width, True))
    waves = fft.rfft2(np.ascontiguousarray(light.transpose(2, 0, 1)), shape)
    waves *= fft.rfft2(kernel, shape)
    blurred = fft.irfft2(waves, shape)[:, :height, :width]
    return np.ascontiguousarray(blurred.transpose(1, 2, 0), np.float32)
