"""Bands of detail of a frame, and how much of them is noise."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size, to_float, white_of
from mfgui.core.compute import Compute
from mfgui.methods.decide.stack import blurred
from mfgui.methods.planes import Plane, grey

BANDS = 3
_LEVELS = 16  # of lightness, for each of which noise is known
_LEAST = np.float32(0.1) ** 2  # noise of a perfect camera, in steps of 8 or 16 bits
_CELL = 192  # pixels: side of the places where noise is measured
_BLOCKS = (16, 12, 8, 16)  # pixels of each band, and of chroma
_CALM = 0.15  # quantile of the blocks that have nothing but noise
_ENOUGH = 48  # blocks of a lightness
_FLAT = np.float32(1 / 3)  # of the usual amplitude has noise of any lightness, clipped or not
_STRONG = np.float32(3.0)  # times the amplitude of a quarter of the lightnesses: more is texture
_COARSE = np.float32(1.25)  # times the amplitude of the next finer band: more is texture


@dataclass(frozen=True, eq=False)
class Noise:
    """Mean square of noise for 16 steps of lightness 0 ... 1.

    Attributes
    ----------
    energies : (3, 16) float32
        Of the bands of the lightness.
    chroma : (16,) float32
        Of `chroma`, summed over the channels.
    """

    energies: npt.NDArray[np.float32]
    chroma: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bands:
    """Detail of one frame: planes at full, half and a quarter of the size, and its lightness."""

    fine: tuple[Plane, Plane, Plane]
    energies: tuple[Plane, Plane, Plane]  # before windows; the first at half size
    half: Plane


def bands(pixels: PixelArray) -> Bands:
    """Y - G(1) * Y of three sizes, each half as large as the one before.

    Parameters
    ----------
    pixels : (h, w, C) uint8, uint16 or float32
        Odd sides are extended by a pixel.
    """
    from mfgui.methods.decide import photo_kernels as kernels

    height, width, _ = pixels.shape
    high, wide = 2 * (-(-height // 2)), 2 * (-(-width // 2))
    plane = np.empty((high, wide), np.float32)
    kernels.grey(pixels, white_of(pixels), plane)
    half = np.empty((high // 2, wide // 2), np.float32)
    energy, fine = np.empty_like(half), np.empty_like(plane)
    kernels.halved(plane, blurred(plane, 1.0), fine, energy, half)
    small = (-(-half.shape[1] // 2), -(-half.shape[0] // 2))
    quarter = np.asarray(cv2.resize(half, small, interpolation=cv2.INTER_AREA), np.float32)
    middle, coarse = half - blurred(half, 1.0), quarter - blurred(quarter, 1.0)
    return Bands((fine, middle, coarse), (energy, middle * middle, coarse * coarse), half)


def chroma(image: ImageF32) -> ImageF32:
    """Detail of the colours, (h, w, C), finer than `bands` has it: what lightness leaves of it."""
    fine = image - blurred(image, 1.0).reshape(image.shape)
    return np.asarray(fine - grey(fine)[:, :, None], np.float32)


def noise_of(images: Sequence[PixelArray], *, cells: int = 24, compute: Compute) -> Noise:
    """Noise, from where neighbouring frames differ least, or hold least themselves.

    Noise is what two frames do not share: half the mean square of the difference of their bands,
    in blocks, is noise where both are sharp or both are blurred. So a low quantile over the
    blocks is taken, for every lightness that has enough of them. Where frames are few and far
    apart, no blocks are alike, and the quantile of the mean squares of the frames is less.

    Parameters
    ----------
    cells : int
        Places of 192 x 192 pixels that are looked at, about.
    """
    height, width, _ = images[0].shape
    steps = 255 if images[0].dtype == np.uint8 else 65535
    least = np.float32(_LEAST / steps**2)
    with ThreadPoolExecutor(compute.threads) as pool:
        rects = _cells(Size(width, height), cells)
        seen = list(pool.map(lambda rect: _seen(images, rect, compute), rects))
    tables = []
    for band in range(BANDS + 1):
        kinds = ([part for cell in seen for part in cell[kind][band]] for kind in range(2))
        found = [_by_lightness(np.concatenate(parts, axis=1), least) for parts in kinds]
        tables.append(np.minimum(*found))
    for finer, coarser in itertools.pairwise(tables[:BANDS]):
        np.minimum(coarser, finer * _COARSE * _COARSE, out=coarser)
    return Noise(np.stack(tables[:BANDS]), tables[BANDS])


_Blocks = npt.NDArray[np.float32]  # (2, N): mean squares and lightness
_Parts = list[list[_Blocks]]  # for each band and for chroma


def _seen(images: Sequence[PixelArray], cell: Rect, compute: Compute) -> tuple[_Parts, _Parts]:
    """Blocks of the differences of neighbours, and of frames alone, in a part of the picture."""
    apart: _Parts = [[] for _ in range(BANDS + 1)]
    alone: _Parts = [[] for _ in range(BANDS + 1)]
    before: tuple[Plane | ImageF32, ...] | None = None
    for image in images:
        compute.checkpoint()
        pixels = np.ascontiguousarray(image[cell.slices])
        made = bands(pixels)
        here = (*made.fine, chroma(to_float(pixels)))
        for band, one in enumerate(here):
            alone[band].append(_blocks(one * one, made.half, _BLOCKS[band]))
            if before is not None:
                square = np.square(one - before[band]) * np.float32(0.5)
                apart[band].append(_blocks(square, made.half, _BLOCKS[band]))
        before = here
    return apart, alone


def _blocks(square: npt.NDArray[Any], half: Plane, side: int) -> _Blocks:
    """Mean squares in blocks, and their lightness."""
    if square.ndim == 3:
        square = square.sum(axis=2)
    side = min(side, *square.shape)
    height, width = square.shape[0] // side, square.shape[1] // side
    part = square[: height * side, : width * side]
    means = part.reshape(height, side, width, side).mean(axis=(1, 3))
    light = cv2.resize(half, (width, height), interpolation=cv2.INTER_AREA)
    return np.stack((means.reshape(-1), np.asarray(light, np.float32).reshape(-1)))


def _cells(size: Size, number: int) -> list[Rect]:
    """Places spread evenly over a picture."""
    across = max(1, min(round((number * size.width / size.height) ** 0.5), size.width // _CELL))
    down = max(1, min(number // across, size.height // _CELL))
    whole = Rect(0, 0, size.width, size.height)
    return [
        Rect(
            int((i + 0.5) * size.width / across) - _CELL // 2,
            int((j + 0.5) * size.height / down) - _CELL // 2,
            _CELL,
            _CELL,
        ).intersected(whole)
        for j in range(down)
        for i in range(across)
    ]


def _by_lightness(blocks: _Blocks, least: np.float32) -> npt.NDArray[np.float32]:
    """The quantile for each lightness, between neighbours where few blocks have it."""
    energy, lightness = blocks
    level = np.clip(np.rint(lightness * (_LEVELS - 1)), 0, _LEVELS - 1).astype(np.intp)
    whole = np.quantile(energy, _CALM)
    counts = np.bincount(level, minlength=_LEVELS)
    known = [index for index in range(_LEVELS) if counts[index] >= _ENOUGH]
    if not known:
        known, values = [0], [whole]
    else:
        values = [np.quantile(energy[level == index], _CALM) for index in known]
    floor = max(least, _FLAT * _FLAT * np.median(values))
    values = np.maximum(values, floor)
    values = np.minimum(values, _STRONG * _STRONG * np.quantile(values, 0.25))
    return np.asarray(np.interp(np.arange(_LEVELS), known, values), np.float32)
