"""Fusion of stacks: a smoothed focus map, whose borders lie where frames explain each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decide import spill as spilt
from mfgui.methods.decide import spreads
from mfgui.methods.decision import Decision
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_SIDE = 512  # pixels of a tile
_AROUND = 48  # pixels beyond a tile that have a say in its labels
_DETAIL = 1.0  # pixels, sigma: what is finer is detail
_WINDOW = 1.5  # pixels, sigma of the windows of energies
_NOISE = np.float32((2 / 255) ** 2)  # energies far under this say nothing
_EDGE = np.float32(8 / 255)  # a step of the picture that halves the price of a change
_TAPS = 4.0  # sigmas: where kernels end
BLEND = 4  # pixels: reach of the blend of both maps


@method(
    "stack",
    kind=Kind.DECISION,
    title="Stack",
    summary="Smoothed focus map for stacks, with borders moved to where no blur spills over.",
    reference="Hirschmueller, IEEE Trans. Pattern Analysis and Machine Intelligence 30, 2008 "
    "(smoothing along paths)",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    notes=Notes(
        idea="Energies of fine detail are smoothed along paths that prefer to change label at "
        "edges of the picture. At borders of the map, of two frames that one is taken which, "
        "blurred, explains the other better; what blurred near objects spill over the background "
        "is computed and subtracted.",
        complexity="O(H W C K)",
        memory="4 bytes per pixel, and 8 bytes per source and pixel of a tile per thread",
        strengths="On layered scenes of ten frames it lies above the best of five option sets of "
        "enfuse, by 1.5 to 3 dB along depth edges and 3 to 9 dB over the whole picture.",
        failures="Needs frames in order of focus; close behind near objects the background stays "
        "blurred, and in areas without detail the map is a patchwork.",
    ),
)
def stack(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    penalty: Annotated[
        float,
        Parameter("Price of a change of label; more gives larger areas", minimum=0.0, maximum=50.0),
    ] = 6.0,
    borders: Annotated[
        bool, Parameter("Moves borders of the map to where no blur spills over")
    ] = True,
    spill: Annotated[
        bool,
        Parameter(
            "Subtracts what blurred near objects spill over the background",
            enabled_when=("borders", ("true",)),
        ),
    ] = True,
) -> Decision:
    """Focus map and fused image of frames in order of focus, either way.

    1. Energy of each frame: G(1.5) * (Y - G(1) * Y)^2, Y grey, G(s) Gaussians; its cost is
       -E_k / (max_j E_j + (2 / 255)^2).
    2. Costs are summed along the four directions of rows and columns (Hirschmueller 2008,
       equation 13, with one price for every change of label), where a change costs
       ``penalty / (1 + |step of the sharpest frame| / (8 / 255))``: labels S.
    3. The blur that each frame has where its neighbour is in focus: see
       `mfgui.methods.decide.spreads.positions`. Near each border of two labels n and f the frame
       of the smaller re-blur error is taken, G(1.5) * (G(s) * Y_n - Y_f)^2 for n and the reverse
       for f, s 0.8 of the blur between both: labels M, after a median of 5 x 5.
    4. Labels that grew from S to M belong to near objects; so the direction of the stack is
       known, and what their blur spills over farther pixels of M is subtracted: see
       `mfgui.methods.decide.spill.without_spill`. That gives X_M, X_L the pixels that L names,
       brought into the range of the sources there.
    5. Result: X_S + G(1) * (X_M - X_S): colours of M, and the finest detail of S; brought into
       the range of the sources again.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        In order of focus distance.
    penalty : float
        In units of the cost of one pixel. 0: the largest energy alone.
    borders : bool
        Without it M is S.
    spill : bool
        Without it step 4 is left out.

    Returns
    -------
    Decision
        Its labels are M. Time O(H W C K); tiles of 512 pixels are labelled one by one.
    """
    sharpest = _labelled(images, penalty=penalty, compute=compute)
    steady, places = sharpest, (0.0,) * len(images)
    if borders:
        places = spreads.positions(images, sharpest, compute=compute)
        steady = with_steady_borders(images, sharpest, places, compute=compute)
    near = spilt.nearest_first(sharpest, steady) if spill and places[-1] > 0.0 else None

    def fuse() -> ImageF32:
        maps = Maps(sharpest, steady, places, near)
        return _fused(images, maps, compute=compute)

    return Decision(steady, fuse)


@dataclass(frozen=True, eq=False)
class Maps:
    """Labels S and M, places of the frames, and whether the first is nearest (None: unknown)."""

    sharpest: LabelArray
    steady: LabelArray
    places: Sequence[float]
    nearest_first: bool | None

    @property
    def reach(self) -> int:
        """Pixels around a pixel that have a say in it."""
        return BLEND if self.nearest_first is None else spreads.reach_of(self.places)


def blurred(plane: Plane, sigma: float) -> Plane:
    """Gaussian mean, borders mirrored."""
    side = 2 * int(np.ceil(_TAPS * sigma * 0.75)) + 1
    border = cv2.BORDER_REFLECT_101 if min(plane.shape[:2]) > side // 2 else cv2.BORDER_REPLICATE
    return np.asarray(cv2.GaussianBlur(plane, (side, side), sigma, borderType=border), np.float32)


def energy(plane: Plane) -> Plane:
    """Windowed energy of what is finer than `_DETAIL`; step 1 of `stack`."""
    detail = plane - blurred(plane, _DETAIL)
    return blurred(np.multiply(detail, detail, out=detail), _WINDOW)


def _labelled(images: Sequence[PixelArray], *, penalty: float, compute: Compute) -> LabelArray:
    """Labels of steps 1 and 2."""
    from mfgui.methods.decide import stack_kernels as kernels

    height, width, _ = images[0].shape
    labels: LabelArray = np.empty((height, width), label_dtype(len(images)))

    def work(wide: Rect, inner: Rect) -> None:
        planes = np.empty((wide.height, wide.width, len(images)), np.float32)
        most = np.full(planes.shape[:2], -1.0, np.float32)
        guide = np.zeros_like(most)
        for index, image in enumerate(images):
            compute.checkpoint()
            lightness = grey(image[wide.slices])
            found = energy(lightness)
            planes[:, :, index] = found
            better = found > most
            cv2.copyTo(lightness, better.view(np.uint8), guide)
            np.maximum(most, found, out=most)
        kernels.as_costs(planes, float(_NOISE))
        total = planes.copy() if penalty == 0.0 else np.zeros_like(planes)
        if penalty > 0.0:
            for add in (kernels.add_rows, kernels.add_columns):
                compute.checkpoint()
                add(planes, guide, np.float32(penalty), _EDGE, total)
        part = spreads.within(inner, wide)
        labels[inner.slices] = np.argmin(total[part.slices], axis=2) + 1

    in_tiles(Size(width, height), work, reach=_AROUND, compute=compute, side=_SIDE)
    return labels


def with_steady_borders(
    images: Sequence[PixelArray],
    labels: LabelArray,
    places: Sequence[float],
    *,
    compute: Compute,
) -> LabelArray:
    """Labels of step 3."""
    height, width = labels.shape
    moved = labels.copy()
    reach = spreads.reach_of(places)

    def work(wide: Rect, inner: Rect) -> None:
        part = spreads.within(inner, wide).slices
        found = spreads.explained(images, labels, wide, places, compute=compute)
        if found is not None:
            moved[inner.slices] = found[part]

    in_tiles(Size(width, height), work, reach=reach, compute=compute, side=_SIDE)
    return np.asarray(cv2.medianBlur(moved, 5), labels.dtype)


def _fused(images: Sequence[PixelArray], maps: Maps, *, compute: Compute) -> ImageF32:
    """Steps 4 and 5."""
    height, width, _ = images[0].shape
    fused: ImageF32 = np.empty(images[0].shape, np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        core = inner.grown(BLEND).intersected(wide)
        part = spreads.within(inner, core).slices
        fused[inner.slices] = blended(images, maps, wide, core, compute=compute)[part]

    in_tiles(Size(width, height), work, reach=maps.reach, compute=compute, side=_SIDE)
    return fused


def blended(
    images: Sequence[PixelArray], maps: Maps, wide: Rect, core: Rect, *, compute: Compute
) -> ImageF32:
    """Steps 4 and 5 for `core`; its outermost `BLEND` pixels lack what lies beyond.

    `wide` holds `core` and what is `maps.reach` pixels around it.
    """
    compute.checkpoint()
    at = spreads.within(core, wide)
    detailed = composed(images, maps.sharpest, core)
    steady, near = maps.steady[wide.slices], maps.nearest_first
    alone = near is None or bool((steady == steady[0, 0]).all())
    if alone and np.array_equal(steady[at.slices], maps.sharpest[core.slices]):
        return to_float(detailed)
    whole = to_float(composed(images, maps.steady, wide))
    if near is not None:
        given = (images, maps.steady, whole, wide, at, maps.places)
        spilt.without_spill(*given, nearest_first=near, compute=compute)
    compute.checkpoint()
    least, most = extremes(images, core)
    change = np.clip(whole[at.slices], least, most)
    base = to_float(detailed)
    change -= base
    base += blurred(change, _DETAIL).reshape(change.shape)
    return np.clip(base, least, most, out=base)


def extremes(images: Sequence[PixelArray], rect: Rect) -> tuple[ImageF32, ImageF32]:
    """The smallest and the largest value of the sources."""
    least = most = images[0][rect.slices]
    for image in images[1:]:
        least, most = np.minimum(least, image[rect.slices]), np.maximum(most, image[rect.slices])
    return to_float(least), to_float(most)


def composed(images: Sequence[PixelArray], labels: LabelArray, rect: Rect) -> PixelArray:
    """Every pixel of `rect` from the source that `labels` name, as stored."""
    names = labels[rect.slices]
    present = np.unique(names)
    pixels: PixelArray = images[int(present[0]) - 1][rect.slices].copy()
    for name in present[1:]:
        mask = (names == name).view(np.uint8)
        source = np.ascontiguousarray(images[int(name) - 1][rect.slices])
        cv2.copyTo(source, mask, pixels)
    return pixels
