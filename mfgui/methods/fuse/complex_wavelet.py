"""Fusion by the largest complex wavelet coefficients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray, Size, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.planes import Clamp, clamp_to_sources, grey
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Planes = npt.NDArray[np.float32]  # (..., H, W); complex ones (2, H, W): real, imaginary part
Reassign = Literal["nearest", "between", "off"]
_NONE: Planes = np.zeros((3, 0, 0), np.float32)
_BAND_ROWS = 64  # of a stripe of coefficients; its first four rows of samples are filtered twice


def levels_for(size: Size, levels: int | Literal["auto"] = "auto") -> int:
    """How often a picture is halved.

    "auto" gives 5 to 8, so that about 16 coefficients are left along the short side, or along
    half or twice of it. Never so many that fewer than two are left.

    >>> [levels_for(Size(side, side)) for side in (16, 500, 1000, 2000, 4000, 20000)]
    [3, 5, 6, 7, 8, 8]
    """
    short = min(size.width, size.height)
    wanted = min(8, max(5, round(math.log2(short)) - 4)) if levels == "auto" else levels
    return max(1, min(wanted, math.ceil(math.log2(short)) - 1))


@method(
    "complex-wavelet",
    kind=Kind.FUSER,
    title="Complex wavelets",
    summary="The largest complex wavelet coefficients, coloured by the nearest source.",
    reference="Forster, Van De Ville, Berent, Sage and Unser, Microscopy Research and "
    "Technique 65, 2004",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    notes=Notes(
        idea="Pictures are taken apart into complex wavelets of eight sizes or fewer, and of each "
        "the largest of all sources is kept, after a vote among neighbours. The fused brightness "
        "then tells for each pixel from which source its colour comes.",
        complexity="O(H W C K)",
        memory="16 bytes per pixel, whatever the number of sources",
        strengths="Fine structures that cross each other, such as hairs and transparent parts, "
        "come out sharp without a map, and deep stacks need no more memory than pairs.",
        failures="Edges of blurred foreground leave halos as in all methods that take the largest "
        "detail; where the sources differ widely in brightness the colours flip between them "
        "(reassign=between mixes them).",
    ),
)
def complex_wavelet(
    images: Sequence[PixelArray],
    labels: LabelArray | None = None,
    *,
    compute: Compute,
    levels: Annotated[
        int | Literal["auto"],
        Parameter(
            "How often the picture is halved; auto: 5 to 8 by its size",
            minimum=1,
            maximum=12,
            choices=("auto",),
        ),
    ] = "auto",
    consistency: Annotated[
        bool,
        Parameter("The choice follows the other bands of its level, and its neighbours"),
    ] = True,
    reassign: Annotated[
        Reassign,
        Parameter(
            "Colours: those of the source nearest in brightness, mixed from the next darker and "
            "the next brighter source, or fused channel by channel",
            choices=("nearest", "between", "off"),
        ),
    ] = "nearest",
    clamp: Clamp = False,
) -> ImageF32:
    """Fuse the sources coefficient by coefficient; `labels` is not used."""
    levels = levels_for(Size(images[0].shape[1], images[0].shape[0]), levels)
    channels = images[0].shape[2]
    with RowWorkers(compute) as workers:
        passes = len(images) * (1 + (channels if reassign == "off" else 1))
        transform = Transform(images[0].shape[:2], levels, workers, passes=passes)
        chosen = transform.choose(images)
        if consistency:
            chosen = [transform.agreed(level) for level in chosen]
        if reassign != "off":
            transform.fuse(images, chosen, grey)
            return transform.coloured(images, nearest if reassign == "nearest" else between)
        fused: ImageF32 = np.empty(images[0].shape, np.float32)
        for channel in range(channels):
            plane = transform.fuse(images, chosen, partial(_channel, channel))
            np.clip(plane, 0.0, 1.0, out=fused[:, :, channel])
    if clamp:
        clamp_to_sources(fused, images, compute=compute)
    return fused


def _share(chosen: BoolMask) -> npt.NDArray[np.float64]:
    """How much of the bands (3, h, w) is chosen around each coefficient, 0 to 1."""
    share = cv2.blur(chosen.mean(axis=0), (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.maximum(share, 0.0))


def _channel(number: int, image: PixelArray) -> Planes:
    plane: Planes = to_float(image[:, :, number])
    return plane


def nearest(images: Sequence[PixelArray], wanted: Planes) -> ImageF32:
    """Of each pixel the source whose grey is nearest to `wanted` (H, W); ties the lowest."""
    pixels = images[0].copy()
    least = np.abs(grey(pixels) - wanted)
    for image in images[1:]:
        distance = np.abs(grey(image) - wanted)
        cv2.copyTo(image, (distance < least).view(np.uint8), pixels)
        np.minimum(least, distance, out=least)
    return to_float(pixels)


def between(images: Sequence[PixelArray], wanted: Planes) -> ImageF32:
    """The mixture of grey `wanted` of the sources next below and next above it.

    Where there is none on one side it is the next one on the other.
    """
    below, above = images[0].copy(), images[0].copy()
    shades = np.full((2, *wanted.shape), [[[-np.inf]], [[np.inf]]], np.float32)
    for image in images:
        shade = grey(image)
        nearer = ((shade <= wanted) & (shade > shades[0])).view(np.uint8)
        cv2.copyTo(image, nearer, below)
        cv2.copyTo(shade, nearer, shades[0])
        nearer = ((shade >= wanted) & (shade < shades[1])).view(np.uint8)
        cv2.copyTo(image, nearer, above)
        cv2.copyTo(shade, nearer, shades[1])
    with np.errstate(invalid="ignore"):
        weight = (wanted - shades[0]) / (shades[1] - shades[0])  # 0 where only `below` is there
    weight[np.isneginf(shades[0])] = 1.0
    weight[shades[0] == shades[1]] = 0.0
    mixed: ImageF32 = to_float(above) - to_float(below)
    mixed *= weight[:, :, None]
    mixed += to_float(below)
    return np.clip(mixed, 0.0, 1.0, out=mixed)


class Transform:
    """The complex wavelet transform of sources of one size, one at a time.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the sources.
    levels : int
        How often they are halved.
    workers : RowWorkers
    passes : int
        How many sources will be transformed, for the progress.
    """

    def __init__(
        self, shape: tuple[int, int], levels: int, workers: RowWorkers, *, passes: int
    ) -> None:
        self._workers = workers
        self._passes, self._done = passes, 0
        self._shapes = [shape]
        for _ in range(levels):
            height, width = self._shapes[-1]
            self._shapes.append(((height + 1) // 2, (width + 1) // 2))
        self._plane: Planes = np.empty((1, *shape), np.float32)
        self._lows: list[Planes] = [np.empty((2, *small), np.float32) for small in self._shapes[1:]]

    def choose(self, images: Sequence[PixelArray]) -> list[LabelArray]:
        """Of each level the labels (3, h, w) of the largest coefficients; ties the lowest."""
        dtype = label_dtype(len(images))
        labels = [np.ones((3, *small), dtype) for small in self._shapes[1:]]
        best = [np.zeros((3, *small), np.float32) for small in self._shapes[1:]]
        for number, image in enumerate(images, start=1):
            self._fill(image, grey)
            for level, (found, most) in enumerate(zip(labels, best, strict=True)):
                self._analyse(level, found, number, most, _NONE)
        return list(labels)

    def agreed(self, labels: LabelArray) -> LabelArray:
        """The labels of a level after both votes: among its bands, then among neighbours."""
        from mfgui.methods.fuse import complex_wavelet_kernels as kernels

        voted = np.empty_like(labels)
        rows = labels.shape[1]
        self._run(lambda _, low, high: kernels.agree(labels, low, high), rows, _BAND_ROWS)
        self._run(lambda _, low, high: kernels.majority(labels, low, high, voted), rows, _BAND_ROWS)
        return voted

    def fuse(
        self,
        images: Sequence[PixelArray],
        labels: Sequence[LabelArray],
        plane_of: Callable[[PixelArray], Planes],
    ) -> Planes:
        """The picture (H, W) whose detail comes from the sources that `labels` say.

        The lowest band is the mean of the sources, each weighted by its share in the labels of
        the last level around (three bands, 3 x 3 coefficients). The array is overwritten by
        the next call.
        """
        details = [np.empty((3, 2, *small), np.float32) for small in self._shapes[1:]]
        base, total = np.zeros((2, *self._shapes[-1])), np.zeros(self._shapes[-1])
        for number, image in enumerate(images, start=1):
            self._fill(image, plane_of)
            for level, (found, kept) in enumerate(zip(labels, details, strict=True)):
                self._analyse(level, found, number, _NONE, kept)
            share = _share(labels[-1] == number)
            base += share * self._lows[-1]
            total += share
        np.divide(base, total, out=self._lows[-1], casting="same_kind")
        for level in reversed(range(len(details))):
            self._synthesise(level, details.pop())
        fused: Planes = self._plane[0]
        return fused

    def coloured(
        self,
        images: Sequence[PixelArray],
        colours: Callable[[Sequence[PixelArray], Planes], ImageF32],
    ) -> ImageF32:
        """The colours, by `nearest` or `between`, of the grey that `fuse` made."""
        height, width = self._shapes[0]
        fused: ImageF32 = np.empty((height, width, images[0].shape[2]), np.float32)

        def fill(_scratch: Scratch, low: int, high: int) -> None:
            rows = [image[low:high] for image in images]
            fused[low:high] = colours(rows, self._plane[0, low:high])

        self._run(fill, height, stripe_rows(width))
        return fused

    def _fill(self, image: PixelArray, plane_of: Callable[[PixelArray], Planes]) -> None:
        """Read one source into the plane that is transformed."""
        self._workers.compute.progress(self._done, self._passes)
        self._done += 1

        def fill(_scratch: Scratch, low: int, high: int) -> None:
            self._plane[0, low:high] = plane_of(image[low:high])

        self._run(fill, image.shape[0], stripe_rows(image.shape[1]))

    def _analyse(
        self, level: int, labels: LabelArray, number: int, best: Planes, details: Planes
    ) -> None:
        from mfgui.methods.fuse import complex_wavelet_kernels as kernels

        source = self._plane if level == 0 else self._lows[level - 1]
        target = self._lows[level]
        _, rows, width = target.shape
        kept = details if details.ndim == 4 else np.zeros((3, 2, 0, 0), np.float32)

        def work(scratch: Scratch, low: int, high: int) -> None:
            kernels.analyse(
                source, low, high, target, labels, labels.dtype.type(number), best, kept,
                scratch.take("samples", (2, width + 2), np.float32),
                scratch.take("folded", (12, width), np.float32),
                scratch.take("ring", (6, 2, 2, width), np.float32),
                scratch.take("bands", (3, 2, width), np.float32),
            )  # fmt: skip

        self._run(work, rows, _BAND_ROWS)

    def _synthesise(self, level: int, details: Planes) -> None:
        from mfgui.methods.fuse import complex_wavelet_kernels as kernels

        source = self._lows[level]
        target = self._plane if level == 0 else self._lows[level - 1]
        _, rows, width = source.shape

        def work(scratch: Scratch, low: int, high: int) -> None:
            kernels.synthesise(
                source, details, low, high, target,
                scratch.take("lines", (2, 2, 2, width + 2), np.float32),
                scratch.take("folded", (12, width), np.float32),
                scratch.take("bands", (2, 2, width), np.float32),
            )  # fmt: skip

        self._run(work, rows, _BAND_ROWS)

    def _run(self, work: Callable[[Scratch, int, int], Any], rows: int, step: int) -> None:
        """`work` on stripes whose limits are the same for any number of threads."""
        parts = list(stripes(0, rows, step))

        def take(scratch: Scratch, start: int, stop: int) -> None:
            for low, high in parts[start:stop]:
                self._workers.compute.checkpoint()
                work(scratch, low, high)

        self._workers.run(take, len(parts))
