"""Quadtree fusion: blocks of the sizes in which one source is sharper throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.decide.block_tree import BlockTree
from mfgui.methods.decision import Decision
from mfgui.methods.detect.regions import remove_small_regions
from mfgui.methods.planes import Plane, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Weights: TypeAlias = npt.NDArray[np.float64]

_WHITE = 255.0  # of the values that the threshold is given in
_SIDE = 1024  # of tiles
_ROUNDING = 1e-5  # of differences of values in [0, 1], as a share of a threshold of some steps
_TERM = 1e-3  # the least share of a separable part of the weights
_SMOOTH = np.ones((7, 7), np.uint8)  # opens and closes the regions


@method(
    "quadtree",
    kind=Kind.DECISION,
    title="Quadtree",
    summary="Blocks, cut into quarters until one source is the sharpest throughout.",
    reference="Bai, Zhang, Zhou and Xue, Information Fusion 22, 2015",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="The picture is cut into quarters until one source has nearly all that its sum of "
        "weighted modified Laplacians can be ahead in the block. Blocks, which may be single "
        "pixels, take that source; small regions are given to what lies around them.",
        complexity="O(H W C K)",
        memory="About 22 bytes per pixel, whatever the number of sources",
        strengths="Clean maps inside large sharp regions, whatever the texture.",
        failures="A large block may swallow a smaller sharp part, with borders along the block; "
        "everything below a fortieth of the picture is lost.",
    ),
)
def quadtree(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    threshold: Annotated[
        float,
        Parameter(
            "Smaller modified Laplacians do not count, in values of 0 to 255",
            minimum=0.0,
            maximum=255.0,
        ),
    ] = 5.0,
    window: Annotated[
        int, Parameter("Of the weighted sum", unit="px", minimum=3, maximum=63, odd=True)
    ] = 17,
    dominance: Annotated[
        float,
        Parameter(
            "Share of its possible lead from which a source has a block",
            minimum=0.5,
            maximum=1.0,
        ),
    ] = 0.98,
    clean: Annotated[
        float,
        Parameter(
            "Regions below this share of the picture are given to the label around them",
            minimum=0.0,
            maximum=0.1,
        ),
    ] = 0.025,
    per_channel: Annotated[
        bool, Parameter("Every channel by a map of its own; else all by that of grey")
    ] = False,
) -> Decision:
    """Decision of X. Bai et al., Quadtree-based multi-focus image fusion, 2015.

    Measure of a pixel: the modified Laplacian |2 I - left - right| + |2 I - above - below| of
    grey, 0 below the threshold, summed in the window with weights 1 / (1 + distance). Blocks
    are decided as `BlockTree` says; the regions of each label are opened, then closed by a
    7 x 7 square, where this leaves exactly one label, and regions below the share `clean` are
    given to the label around them. What still has no label has equal measures in all sources,
    and takes their mean.

    The paper's weights, and how it opens and closes, are not known to us; these agree best with
    published images among those tried. Those images were made with maps of single channels.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    threshold, window, dominance, clean : float, int, float, float
        In 1 / 255 of the range; pixels; shares.

    Returns
    -------
    Decision
        Labels of pixels that are averaged are 1; with maps of single channels the label is that
        of most channels, the lowest of equals. Time O(H W C K).
    """
    channels = range(images[0].shape[2]) if per_channel else [None]
    maps = []
    for number, channel in enumerate(channels):
        measured = _Measure(threshold / _WHITE, window, channel)
        maps.append(_map(images, measured, dominance, clean, compute))
        compute.progress(number + 1, len(channels))
    return Decision(_most(maps), lambda: _fused(images, maps, compute))


class _Measure:
    """The sum of the weighted modified Laplacian of a source."""

    def __init__(self, threshold: float, window: int, channel: int | None) -> None:
        self._terms = _separable(_weights(window))
        self._reach = window // 2 + 1
        # What is equal to the threshold in whole numbers is so but for rounding.
        self._threshold = np.float32(threshold * (1 - _ROUNDING))
        self._channel = channel

    def __call__(self, image: PixelArray, compute: Compute) -> Plane:
        """(H, W) float32; the picture is mirrored at its borders, edges repeated."""
        height, width, _ = image.shape
        measure: Plane = np.empty((height, width), np.float32)

        def fill(wide: Rect, inner: Rect) -> None:
            part = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height)
            measure[inner.slices] = self._of(self._plane(image[wide.slices]))[part.slices]

        size = Size(width, height)
        in_tiles(size, fill, reach=self._reach, compute=compute, side=_SIDE)
        return measure

    def _plane(self, part: PixelArray) -> Plane:
        return grey(part if self._channel is None else part[:, :, self._channel, None])

    def _of(self, plane: Plane) -> Plane:
        mirrored = np.pad(plane, 1, mode="symmetric")
        twice = 2 * plane
        laplacian: Plane = np.abs(twice - mirrored[1:-1, :-2] - mirrored[1:-1, 2:])
        laplacian += np.abs(twice - mirrored[:-2, 1:-1] - mirrored[2:, 1:-1])
        laplacian[laplacian < self._threshold] = 0.0
        measure: Plane = np.zeros_like(laplacian)
        for across, along in self._terms:
            measure += cv2.sepFilter2D(
                laplacian, cv2.CV_32F, across, along, borderType=cv2.BORDER_REFLECT
            )
        return measure


def _weights(window: int) -> Weights:
    """1 / (1 + distance) of sum 1, (window, window)."""
    place = np.arange(window) - window // 2
    weights: Weights = 1 / (1 + np.hypot(place, place[:, None]))
    weights /= weights.sum()
    return weights


def _separable(weights: Weights) -> list[tuple[Weights, Weights]]:
    """Pairs of taps along rows and columns whose products add up to `weights`, to 0.1 %."""
    columns, sizes, rows = np.linalg.svd(weights)
    return [
        (row, column * size)
        for row, column, size in zip(rows, columns.T, sizes, strict=True)
        if size > _TERM * sizes[0]
    ]


def _map(
    images: Sequence[PixelArray],
    measured: _Measure,
    dominance: float,
    clean: float,
    compute: Compute,
) -> LabelArray:
    """(H, W): 1 ... K, and 0 where the sources are equal."""
    height, width, _ = images[0].shape
    tree = BlockTree(Size(width, height), len(images), compute=compute)
    for image in images:
        tree.add(measured(image, compute))
    found = _smoothed(tree.labels(dominance), compute)
    if clean > 0.0:
        # For the removal of small regions being without a label is a label as well.
        found += 1
        remove_small_regions(found, share=clean, compute=compute)
        found -= 1
    return found


def _smoothed(labels: LabelArray, compute: Compute) -> LabelArray:
    """Regions opened, then closed, where one label and no other has a pixel then."""
    compute.checkpoint()
    claims = np.zeros(labels.shape, np.uint16)
    smoothed = labels.copy()
    for label in range(int(labels.max()) + 1):
        compute.checkpoint()
        region = (labels == label).view(np.uint8)
        if not region.any():
            continue
        region = cv2.morphologyEx(region, cv2.MORPH_OPEN, _SMOOTH)
        region = cv2.morphologyEx(region, cv2.MORPH_CLOSE, _SMOOTH)
        claims += np.asarray(region, np.uint16)
        smoothed[region > 0] = label
    contested = claims != 1
    smoothed[contested] = labels[contested]
    return smoothed


def _most(maps: Sequence[LabelArray]) -> LabelArray:
    """The label of most channels, without one where most have none; then the lowest, 1."""
    labels: LabelArray = maps[0].copy()
    if len(maps) == 3:
        # Of three the first is outvoted only when the others agree.
        agree = maps[1] == maps[2]
        labels[agree] = maps[1][agree]
        split = ~agree & (maps[0] != maps[1]) & (maps[0] != maps[2])
        labels[split] = np.minimum(np.minimum(maps[0], maps[1]), maps[2])[split]
    return np.maximum(labels, 1)


def _fused(images: Sequence[PixelArray], maps: Sequence[LabelArray], compute: Compute) -> ImageF32:
    fused: ImageF32 = np.empty(images[0].shape, np.float32)
    height, width, channels = fused.shape

    def fill(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, stripe_rows(width)):
            compute.checkpoint()
            for channel in range(channels):
                found = maps[channel % len(maps)][low:high]
                part = fused[low:high, :, channel]
                for index, image in enumerate(images, start=1):
                    chosen = found == index
                    part[chosen] = to_float(image[low:high, :, channel][chosen])
                equal = found == 0
                if equal.any():
                    values = [to_float(image[low:high, :, channel][equal]) for image in images]
                    part[equal] = np.mean(values, axis=0, dtype=np.float64)

    with RowWorkers(compute) as workers:
        workers.run(fill, height)
    return fused
