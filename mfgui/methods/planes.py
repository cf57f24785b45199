"""Grey planes, weighted sums, and tiles: what methods on whole frames have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers, Scratch, stripe_rows, stripes
from mfgui.methods.registry import Parameter

Plane: TypeAlias = npt.NDArray[np.float32]  # (H, W)

Clamp = Annotated[
    bool, Parameter("Keeps every value between the smallest and the largest of the sources there")
]
TILE = 1024  # pixels
_GREY = np.array([[0.299, 0.587, 0.114]], np.float32)


def grey(image: PixelArray) -> Plane:
    """Y = 0.299 R + 0.587 G + 0.114 B as (H, W) float32 in [0, 1]; a grey image as it is.

    >>> grey(np.full((1, 1, 3), 255, np.uint8)).tolist()
    [[1.0]]
    """
    values = to_float(image)
    if values.shape[2] == 1:
        return np.ascontiguousarray(values[:, :, 0])
    return np.asarray(cv2.transform(values, _GREY), np.float32)


def blend(first: PixelArray, second: PixelArray, weight: Plane, *, compute: Compute) -> ImageF32:
    """`weight` of the first source and the rest of the second.

    Parameters
    ----------
    first, second : (H, W, C) uint8, uint16 or float32
    weight : (H, W) float32 in [0, 1]

    Returns
    -------
    (H, W, C) float32
        Clipped to [0, 1]; where both sources have the same value, that value bit for bit. Time
        O(H W C); beside it some stripes per thread.
    """
    fused: ImageF32 = np.empty(first.shape, np.float32)

    def fill(low: int, high: int) -> None:
        a, b = to_float(first[low:high]), to_float(second[low:high])
        part = np.subtract(a, b, out=fused[low:high])
        part *= weight[low:high, :, None]
        part += b
        np.clip(part, 0.0, 1.0, out=part)

    _by_stripes(fill, first, compute)
    return fused


def clamp_to_sources(image: ImageF32, images: Sequence[PixelArray], *, compute: Compute) -> None:
    """Bring every value into the range of the sources at its pixel and channel, in place."""

    def fill(low: int, high: int) -> None:
        least = most = images[0][low:high]
        for other in images[1:]:
            least = np.minimum(least, other[low:high])
            most = np.maximum(most, other[low:high])
        np.clip(image[low:high], to_float(least), to_float(most), out=image[low:high])

    _by_stripes(fill, images[0], compute)


def _by_stripes(fill: Callable[[int, int], None], image: PixelArray, compute: Compute) -> None:
    height, width, _ = image.shape

    def work(_scratch: Scratch, start: int, stop: int) -> None:
        for low, high in stripes(start, stop, stripe_rows(width)):
            compute.checkpoint()
            fill(low, high)

    with RowWorkers(compute) as workers:
        workers.run(work, height)


def in_tiles(
    size: Size,
    work: Callable[[Rect, Rect], None],
    *,
    reach: int,
    compute: Compute,
    side: int | None = None,
) -> None:
    """``work(wide, inner)`` for tiles that cover a picture, in the threads of `compute`.

    Parameters
    ----------
    size : Size
        Of the picture.
    work : callable
        Fills `inner` from what lies in `wide`.
    reach : int
        Pixels by which `wide` is larger on each side; both end at the picture's borders.
    side : int, optional
        Width and height of the inner tiles; `TILE` without it.
    """
    side = side or TILE
    frame = Rect(0, 0, size.width, size.height)
    corners = [(x, y) for y in range(0, size.height, side) for x in range(0, size.width, side)]
    # Taken in turn, not in equal shares: some cost more than others.
    upcoming = iter(corners)
    lock = threading.Lock()
    done = 0

    def take(_scratch: Scratch, _start: int, _stop: int) -> None:
        nonlocal done
        while True:
            with lock:
                corner = next(upcoming, None)
            if corner is None:
                return
            compute.checkpoint()
            inner = Rect(*corner, side, side).intersected(frame)
            work(inner.grown(reach).intersected(frame), inner)
            with lock:
                done += 1
                compute.progress(done, len(corners))

    with RowWorkers(compute) as workers:
        workers.run(take, min(max(1, compute.threads), len(corners)))
