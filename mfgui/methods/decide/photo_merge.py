"""Fusion by the maps of a stack, with the noise of what nowhere is sharp averaged away."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.decide import spreads
from mfgui.methods.decide.photo_focus import WINDOWS, Focus, as_float
from mfgui.methods.decide.photo_noise import Noise, bands, chroma
from mfgui.methods.decide.stack import BLEND, Maps, blended, blurred, extremes
from mfgui.methods.planes import Plane, in_tiles

_SIDE = 1024  # pixels of a tile
_MARGIN = 20  # pixels that filters look beyond a tile
_SURE = np.float32(1.2)  # times the noise: energy that is taken for noise at most


def merged(
    images: Sequence[PixelArray],
    maps: Maps,
    found: Focus,
    noise: Noise,
    *,
    averaged: bool,
    compute: Compute,
) -> ImageF32:
    """The image by the maps, in the range of the frames at each pixel.

    Where the energy E of a band of its detail is hardly more than that of noise n, the share
    n / (n + max(0, E - 1.2 n)) of the band is exchanged for its mean over the frames that have no
    more than noise there; in fine chroma, for nothing.
    """
    height, width, _ = images[0].shape
    fused: ImageF32 = np.empty(images[0].shape, np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        core = _even(inner, BLEND + _MARGIN if averaged else BLEND).intersected(wide)
        image = blended(images, maps, wide, core, compute=compute)
        part = spreads.within(inner, core).slices
        if averaged:
            compute.checkpoint()
            image = image + _quieter(image, core, found, noise)
        compute.checkpoint()
        least, most = extremes(images, inner)
        np.clip(image[part], least, most, out=fused[inner.slices])

    reach = max(maps.reach, BLEND) + _MARGIN
    in_tiles(Size(width, height), work, reach=reach + reach % 2, compute=compute, side=_SIDE)
    return fused


def _even(rect: Rect, margin: int) -> Rect:
    """A larger rectangle with a corner of even coordinates, for one that has such a corner."""
    return rect.grown(margin + margin % 2)


def _quieter(image: ImageF32, rect: Rect, found: Focus, noise: Noise) -> ImageF32:
    """What to add to the pixels of `rect`, whose corner has even coordinates."""
    own = bands(image)
    size = (own.fine[0].shape[1], own.fine[0].shape[0])
    fine, middle = (
        _share(blurred(own.energies[band], WINDOWS[band]), own.half, noise.energies[band])
        for band in range(2)
    )
    half = Rect(rect.x // 2, rect.y // 2, own.half.shape[1], own.half.shape[0])
    middle *= as_float(found.quiet[1][half.slices]) - own.fine[1]
    large = np.asarray(cv2.resize(middle, size, interpolation=cv2.INTER_LINEAR), np.float32)
    change = as_float(found.quiet[0][rect.slices]) - own.fine[0][: rect.height, : rect.width]
    change *= _doubled(fine, rect)
    change += large[: rect.height, : rect.width]
    if image.shape[2] == 1:
        return change[:, :, None]
    colours = chroma(image)
    energy = np.zeros(size[::-1], np.float32)
    energy[: rect.height, : rect.width] = np.square(colours).sum(axis=2)
    shape = (own.half.shape[1], own.half.shape[0])
    energy = np.asarray(cv2.resize(energy, shape, interpolation=cv2.INTER_AREA), np.float32)
    plain = _doubled(_share(blurred(energy, WINDOWS[0]), own.half, noise.chroma), rect)
    colours *= -plain[:, :, None]
    colours += change[:, :, None]
    return colours


def _share(energy: Plane, half: Plane, noise: npt.NDArray[np.float32]) -> Plane:
    """How much of a band is noise."""
    from mfgui.methods.decide import photo_kernels as kernels

    found = np.empty_like(energy)
    kernels.shares(energy, half, noise, _SURE, found)
    return found


def _doubled(plane: Plane, rect: Rect) -> Plane:
    """Every value for 2 x 2 pixels."""
    return plane.repeat(2, axis=0).repeat(2, axis=1)[: rect.height, : rect.width]
