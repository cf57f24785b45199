"""Fusion by the maps of a stack, with the noise of what nowhere is sharp averaged away."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.methods.decide import spill, spreads
from mfgui.methods.decide.photo_focus import WINDOWS, Focus, as_float
from mfgui.methods.decide.photo_noise import Noise, bands, chroma
from mfgui.methods.decide.stack import blurred, composed, extremes
from mfgui.methods.planes import Plane, in_tiles

_SIDE = 1024  # pixels of a tile
_MARGIN = 20  # pixels that filters look beyond a tile
_SURE = np.float32(1.2)  # times the noise: energy that is taken for noise at most


def merged(
    images: Sequence[PixelArray],
    labels: LabelArray,
    places: Sequence[float] | None,
    found: Focus,
    noise: Noise,
    *,
    averaged: bool,
    compute: Compute,
) -> ImageF32:
    """The image by the labels, without the blur of near things, in the range of the frames.

    1. What near things spill over pixels of farther labels is subtracted:
       `mfgui.methods.decide.spill.without_spill`. The mean of what is found, over half the widest
       blur and the pixels of a label, is kept in that of the range which the frames have at each
       pixel: the frame of the near thing shows it without the spill, only blurred. Finer detail
       is stronger than in any frame, because all of them have it veiled or blurred.
    2. Where the energy E of a band of its detail is hardly more than that of noise n, the share
       n / (n + max(0, E - 1.2 n)) of the band is exchanged for its mean over the frames that have
       no more than noise there; in fine chroma, for nothing.
    3. Every value is brought into the range of the frames, widened by what step 1 found.

    Parameters
    ----------
    places : sequence of K float or None
        In pixels of blur, rising, from the nearest frame. None: step 1 is left out.
    averaged : bool
        Without it step 2 is left out.
    """
    height, width, _ = images[0].shape
    fused: ImageF32 = np.empty(images[0].shape, np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        core = _even(inner, _MARGIN if averaged else 0).intersected(wide)
        part = spreads.within(inner, core).slices
        compute.checkpoint()
        least, most = extremes(images, core)
        if places is None:
            image = to_float(composed(images, labels, core))
        else:
            image = _unveiled(images, labels, places, wide, core, compute)
            np.minimum(least, image, out=least)
            np.maximum(most, image, out=most)
        if averaged:
            compute.checkpoint()
            image = image + _quieter(image, core, found, noise)
        compute.checkpoint()
        np.clip(image[part], least[part], most[part], out=fused[inner.slices])

    reach = _MARGIN + (spreads.reach_of(places) if places is not None else 0)
    in_tiles(Size(width, height), work, reach=reach + reach % 2, compute=compute, side=_SIDE)
    return fused


def _unveiled(
    images: Sequence[PixelArray],
    labels: LabelArray,
    places: Sequence[float],
    wide: Rect,
    core: Rect,
    compute: Compute,
) -> ImageF32:
    """Step 1 of `merged` for `core`, of which `wide` holds what has a say."""
    at = spreads.within(core, wide)
    whole = to_float(composed(images, labels, wide))
    given = (images, labels, whole, wide, at, places)
    changed = spill.without_spill(*given, nearest_first=True, compute=compute)
    image = np.ascontiguousarray(whole[at.slices])
    for name, (near, box) in changed.items():
        compute.checkpoint()
        limits = extremes(
            images[near - 1 : name], spreads.within(box, Rect(-wide.x, -wide.y, 0, 0))
        )
        sigma = (places[name - 1] - places[near - 1]) / 2
        part = spreads.within(box, at).slices
        _bound(image[part], labels[core.slices][part] == name, limits, sigma)
    return np.clip(image, 0.0, 1.0, out=image)


def _bound(
    image: ImageF32,
    own: npt.NDArray[np.bool_],
    limits: tuple[ImageF32, ImageF32],
    sigma: float,
) -> None:
    """Bring means around pixels of `own`, over such pixels, in those of `limits`, in place."""
    height, width = own.shape
    size = (max(1, width // 2), max(1, height // 2))
    weight = own.astype(np.float32)[:, :, None]
    share = _half(weight, size)
    total = np.maximum(spreads.smooth(share, sigma / 2), np.float32(1e-3)).reshape(*size[::-1], 1)
    low, lowest, highest = (
        spreads.smooth(_half(plane * weight, size), sigma / 2).reshape(*size[::-1], -1) / total
        for plane in (image, *limits)
    )
    change = cv2.resize(np.clip(low, lowest, highest) - low, (width, height))
    image += change.reshape(image.shape) * weight


def _half(plane: ImageF32, size: tuple[int, int]) -> ImageF32:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


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
