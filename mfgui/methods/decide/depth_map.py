"""Depth map: one smooth index into the ordered frames, and colours from the frame it names."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Literal

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods import pyramids
from mfgui.methods.decision import Decision
from mfgui.methods.detect.measures import laplacian_energy, reach_of
from mfgui.methods.filters.guided import GuidedFilter
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.pyramids import Pyramid, inside, size_of, times
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_SIDE = 512
_FAINT = np.float32(1e-12)  # no logarithm of nothing
_ENOUGH = np.float32(16.0)  # a level with 1/16 of sure pixels around is filled by them alone


@method(
    "depth-map",
    kind=Kind.DECISION,
    title="Depth map",
    summary="A smooth depth, and the frames that are in focus there; frames in order of focus.",
    reference="Nayar and Nakagawa, IEEE Trans. Pattern Analysis and Machine Intelligence 16, 1994; "
    "He, Sun and Tang, ibid. 35, 2013",
    family=Family.PHOTOGRAPHS,
    smallest=16,
    notes=Notes(
        idea="The frame of the largest focus measure, with a parabola between frames, is the "
        "depth of a pixel; places without detail take theirs from around. The depth is smoothed "
        "along the edges of the picture, and the two frames next to it are mixed.",
        complexity="O(H W C K)",
        memory="9 bytes per pixel of colour, and a plane of a tile of each source per thread",
        strengths="Steady areas, true colours, and no more noise than a source has.",
        failures="Depth that jumps passes through all frames between; needs frames in order.",
    ),
)
def depth_map(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: Annotated[
        int,
        Parameter(
            "Side length of the focus measure's windows", unit="px", minimum=3, maximum=31, odd=True
        ),
    ] = 7,
    threshold: Annotated[
        float,
        Parameter(
            "Contrast under which depth is taken from around",
            unit="% of white",
            minimum=0.0,
            maximum=20.0,
        ),
    ] = 0.5,
    radius: Annotated[
        int, Parameter("How far the depth is smoothed", unit="px", minimum=0, maximum=64)
    ] = 2,
    smoothing: Annotated[
        float,
        Parameter(
            "Variance of the picture from which an edge keeps depths apart",
            minimum=1e-6,
            maximum=1.0,
            logarithmic=True,
        ),
    ] = 1e-3,
    between: Annotated[
        Literal["mix", "nearest"],
        Parameter(
            "Depths between two frames: both mixed, or the nearer one", choices=("mix", "nearest")
        ),
    ] = "mix",
) -> Decision:
    """Depth from focus, and the fused image by it.

    1. Focus measure: mean squared Laplacian of grey in W x W (Nayar and Nakagawa, with
       `laplacian_energy` in the place of their operator). Its largest frame k, moved to the top
       of the parabola through its logarithms at k - 1, k, k + 1 (their Gaussian), at most half
       a frame; not at the two ends.
    2. Where the root of the largest measure is under the threshold, the depth comes from a
       pyramid of the depths that are sure: the nearest level that has any.
    3. Guided filter of the depth, guide: grey of the frames that step 2 names, equations 5, 6, 8
       of He et al.
    4. Frames floor(d) and floor(d) + 1 mixed by the fraction of d, or the nearer one.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        In order of their focus distance, either way.
    threshold : float
        Percent of white. A step from black to white has 10, in windows of 7 x 7.
    radius, smoothing
        Window and epsilon of the guided filter; radius 0 does not smooth.

    Returns
    -------
    Decision
        Labels are those of the nearest frame. Without any detail the depth is the middle of the
        stack. Time O(H W C K).
    """
    depth = depths(
        images,
        compute=compute,
        window=window,
        threshold=threshold,
        radius=radius,
        smoothing=smoothing,
    )
    labels: LabelArray = np.rint(depth + 1).astype(label_dtype(len(images)))
    if between == "nearest":
        depth = np.subtract(labels, 1, dtype=np.float32)
    soft = 1 - depth if len(images) == 2 else None
    return Decision(labels, functools.partial(_fused, images, depth, compute), soft)


def depths(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    window: int,
    threshold: float,
    radius: int,
    smoothing: float,
) -> Plane:
    """Steps 1 to 3 of `depth_map`: depth in frames, (H, W) float32 from 0 to K - 1."""
    contrast = np.float32(threshold / 100)
    depth = _filled(_sharpest(images, window, contrast, compute), compute)
    depth += _middle(images)
    return _smoothed(images, depth, radius, smoothing, compute) if radius else depth


def _middle(images: Sequence[PixelArray]) -> np.float32:
    """The depth of the middle of the stack."""
    return np.float32((len(images) - 1) / 2)


def _sharpest(
    images: Sequence[PixelArray], window: int, contrast: np.float32, compute: Compute
) -> ImageF32:
    """Depth of the largest measure, from the middle, where it is sure, else 0; and 1 or 0 for
    sure or not: (H, W, 2) float32.
    """
    both: ImageF32 = np.empty((*images[0].shape[:2], 2), np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        found = []
        for image in images:
            compute.checkpoint()
            found.append(inside(laplacian_energy(grey(image[wide.slices]), window), wide, inner))
        best = functools.reduce(np.maximum, found)
        sure = ((best >= contrast * contrast) & (best > 0)).astype(np.float32)
        both[inner.slices] = cv2.merge([(_parabola(found, best) - _middle(images)) * sure, sure])

    reach = reach_of(laplacian_energy, window=window)
    in_tiles(size_of(both), work, reach=reach, compute=compute, side=_SIDE)
    return both


def _parabola(found: Sequence[Plane], best: Plane) -> Plane:
    """Top of the parabola through the logarithms of the largest value and its two neighbours."""
    depth: Plane = np.zeros(best.shape, np.float32)
    for index in range(len(found) - 1, -1, -1):  # ties: the lowest
        here = found[index] == best
        depth[here] = index
        if not 0 < index < len(found) - 1:
            continue
        before, value, after = (np.log(found[index + step][here] + _FAINT) for step in (-1, 0, 1))
        bend = 2 * value - before - after  # not negative at the largest value
        flat = bend <= 0
        bend[flat] = 1
        depth[here] += np.where(flat, 0, np.float32(0.5) * (after - before) / bend)
    return depth


def _filled(both: ImageF32, compute: Compute) -> Plane:
    """The depths that are sure, and between them those of the nearest level that has any."""
    pyramid = Pyramid(both.shape, pyramids.depth(size_of(both), smallest=2))
    pyramid.take(both, compute=compute)
    filled: ImageF32 = np.zeros((*pyramid.level(pyramid.depth).shape[:2], 1), np.float32)
    for level in range(pyramid.depth, -1, -1):
        filled = _filled_level(pyramid, level, filled, compute)
    return filled[:, :, 0]


def _filled_level(pyramid: Pyramid, level: int, coarse: ImageF32, compute: Compute) -> ImageF32:
    size = pyramid.sizes[level]
    filled: ImageF32 = np.empty((size.height, size.width, 1), np.float32)

    def fill(_wide: Rect, inner: Rect) -> None:
        weighted, weight = (
            np.asarray(p, np.float32) for p in cv2.split(pyramid.part(level, inner))
        )
        part: Plane = np.zeros_like(weighted)
        np.divide(weighted, weight, out=part, where=weight > 0)
        trust = np.minimum(_ENOUGH * weight, np.float32(1.0))
        if level < pyramid.depth:
            around = pyramids.enlarged_part(coarse, size, inner)[:, :, 0]
            part -= around
            part *= trust
            part += around
        filled[inner.slices] = part[:, :, None]

    pyramids.each_tile(size, fill, compute=compute)
    return filled


def _smoothed(
    images: Sequence[PixelArray], depth: Plane, radius: int, epsilon: float, compute: Compute
) -> Plane:
    smooth: Plane = np.empty_like(depth)
    top = np.float32(len(images) - 1)

    def work(wide: Rect, inner: Rect) -> None:
        part = depth[wide.slices]
        guide = _guide(images, np.rint(part).astype(np.intp), wide)
        filtered = GuidedFilter(guide, radius=radius, epsilon=epsilon)(part)
        np.clip(inside(filtered, wide, inner), 0, top, out=smooth[inner.slices])

    pyramids.each_tile(size_of(depth), work, compute=compute, reach=2 * radius)
    return smooth


def _guide(images: Sequence[PixelArray], frames: LabelArray, rect: Rect) -> Plane:
    """Grey of the frames (from 0) that are named in `rect`."""
    guide: Plane = np.zeros(frames.shape, np.float32)
    for index in np.flatnonzero(np.bincount(frames.ravel())).tolist():
        mask = (frames == index).view(np.uint8)
        cv2.copyTo(grey(images[index][rect.slices]), mask, guide)
    return guide


def _fused(images: Sequence[PixelArray], depth: Plane, compute: Compute) -> ImageF32:
    """Every pixel from the two frames around its depth."""
    fused: ImageF32 = np.empty(images[0].shape, np.float32)

    def fill(_wide: Rect, inner: Rect) -> None:
        position, part = depth[inner.slices], fused[inner.slices]
        part[...] = 0.0
        lowest, highest, *_ = cv2.minMaxLoc(position)
        for index in range(int(lowest), min(int(highest) + 1, len(images) - 1) + 1):
            weight = np.maximum(1 - np.abs(position - np.float32(index)), np.float32(0.0))
            if weight.any():
                part += times(to_float(images[index][inner.slices]), weight)
        np.clip(part, 0.0, 1.0, out=part)

    pyramids.each_tile(size_of(fused), fill, compute=compute)
    return fused
