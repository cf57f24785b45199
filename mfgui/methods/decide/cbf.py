"""Cross bilateral filter fusion: weights by what a filter guided by the other source takes away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.decision import Decision
from mfgui.methods.filters.bilateral import cross_bilateral
from mfgui.methods.planes import Plane, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

_SIDE = 256  # of tiles: of each source and channel there is one plane of a tile at a time
_LEAST = 1e-12  # where no source has detail all have equal shares

Planes = npt.NDArray[np.float32]  # (K, C, H, W)


@method(
    "cbf",
    kind=Kind.DECISION,
    title="Cross bilateral filter (CBF)",
    summary="Soft weights by the detail that a filter guided by the other source takes away.",
    reference="Shreyamsha Kumar, Signal, Image and Video Processing 9, 2015",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea="Each source is smoothed by a bilateral filter whose range weights come from the "
        "other sources, so that detail only it has is taken away. The local variance of that "
        "detail along rows and columns is the weight of its pixels, channel by channel.",
        complexity="O(H W C K n^2) for an n x n filter",
        memory="5 bytes per pixel, the result also for a map alone, and 5 MB a source and thread",
        strengths="Every value lies between those of the sources; no seams.",
        failures="Soft weights mix in blur everywhere, and where neither source has detail they "
        "follow noise, with a slight tint when channels are weighted on their own.",
    ),
)
def cbf(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    sigma_space: Annotated[
        float, Parameter("Of the filter, in place", unit="px", minimum=0.3, maximum=10.0)
    ] = 1.8,
    sigma_range: Annotated[
        float, Parameter("Of the filter, in values of 0 to 255", minimum=2.0, maximum=255.0)
    ] = 25.0,
    window: Annotated[
        int, Parameter("Of the filter", unit="px", minimum=3, maximum=31, odd=True)
    ] = 11,
    covariance: Annotated[
        int,
        Parameter("Window of the detail's variance", unit="px", minimum=3, maximum=31, odd=True),
    ] = 5,
    per_channel: Annotated[
        bool,
        Parameter("Every channel by weights of its own, as published; else all by their sum"),
    ] = True,
) -> Decision:
    """Decision of B. K. Shreyamsha Kumar, Image fusion based on pixel significance, 2015.

    Strength of a source: the trace of the covariance matrices of rows and of columns in a window
    of its detail (the sum of their eigenvalues, equations 6 to 9), detail being what the cross
    bilateral filter takes away. The weight of a source is its share of the strengths. The paper
    has two sources; of more each is guided by the mean of the others. Borders are mirrored, the
    edge repeated, and channels are treated one by one: so, and saved as JPEG, our images of the
    Lytro pairs equal the published ones to 67 dB (weights by grey reach 53 dB).

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    sigma_space, sigma_range : float
        Deviations of the filter, in pixels and in 1 / 255 of the range.
    window, covariance : int
        Odd sides.
    per_channel : bool
        Whether the strengths of the channels are used singly or summed up.

    Returns
    -------
    Decision
        `labels` by the mean of the weights over the channels, ties lowest; for two sources
        `soft` is that of source 1. Time O(H W C K window**2).
    """
    height, width, _ = images[0].shape
    k = len(images)
    labels: LabelArray = np.empty((height, width), label_dtype(k))
    fused: ImageF32 = np.empty(images[0].shape, np.float32)
    soft: Plane | None = np.empty((height, width), np.float32) if k == 2 else None

    def work(wide: Rect, inner: Rect) -> None:
        planes = _planes([image[wide.slices] for image in images])
        local = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height).slices
        weights = np.empty((*planes.shape[:2], inner.height, inner.width), np.float32)
        others = planes.sum(axis=0)
        for index, channels in enumerate(planes):
            compute.checkpoint()
            for channel, plane in enumerate(channels):
                # Of two sources the other one itself, free of rounding.
                guide = planes[1 - index, channel] if k == 2 else others[channel] - plane
                guide = guide if k == 2 else guide / np.float32(k - 1)
                smooth = cross_bilateral(
                    plane,
                    guide,
                    sigma_space=sigma_space,
                    sigma_range=sigma_range / 255,
                    window=window,
                )
                weights[index, channel] = strength(plane - smooth, window=covariance)[local]
        _normalise(weights, per_channel=per_channel)
        # Differences to the first source, so that what all sources have in common stays exact.
        first = planes[0][(slice(None), *local)]
        total = first.copy()
        for index in range(1, k):
            total += weights[index] * (planes[index][(slice(None), *local)] - first)
        fused[inner.slices] = np.clip(total, 0.0, 1.0).transpose(1, 2, 0)
        means = weights.mean(axis=1)
        labels[inner.slices] = means.argmax(axis=0) + 1
        if soft is not None:
            soft[inner.slices] = means[0]

    reach = window // 2 + covariance // 2
    in_tiles(Size(width, height), work, reach=reach, compute=compute, side=_SIDE)
    return Decision(labels, lambda: fused, soft)


def strength(detail: Plane, *, window: int) -> npt.NDArray[Any]:
    """Trace of the covariance matrices of the rows and of the columns of each window.

    The sum of the eigenvalues of the covariance of its columns (each row an observation) is
    the sum of their variances, so that box sums are enough; the same for its rows.

    Parameters
    ----------
    detail : (H, W) float
    window : int
        Odd side in pixels; borders are mirrored, the edge repeated.

    Returns
    -------
    (H, W) float64
        Time O(H W).
    """
    margin = window // 2
    around = (margin, margin, margin, margin)
    wide = cv2.copyMakeBorder(detail.astype(np.float64), *around, cv2.BORDER_REFLECT)

    def sums(plane: npt.NDArray[Any], side: tuple[int, int]) -> npt.NDArray[Any]:
        return np.asarray(cv2.boxFilter(plane, cv2.CV_64F, side, normalize=False))

    columns, rows = sums(wide, (1, window)), sums(wide, (window, 1))
    squares = sums(wide * wide, (window, window))
    products = sums(columns * columns, (window, 1)) + sums(rows * rows, (1, window))
    trace = (2 * squares - products / window) / (window - 1)
    inside = slice(margin, -margin)
    return np.asarray(np.maximum(trace, 0.0)[inside, inside])


def _planes(parts: Sequence[PixelArray]) -> Planes:
    stacked = [to_float(part).transpose(2, 0, 1) for part in parts]
    return np.ascontiguousarray(stacked, np.float32)


def _normalise(weights: Planes, *, per_channel: bool) -> None:
    if not per_channel:
        weights[:] = weights.sum(axis=1, keepdims=True)
    weights += np.float32(_LEAST)
    weights /= weights.sum(axis=0)
