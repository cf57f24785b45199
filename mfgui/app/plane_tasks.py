"""Tasks of the pool that make planes of local Q, and distances from label changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
import numpy.typing as npt

from mfgui.app.reading import Reader
from mfgui.core.arrays import ImageU8, LabelArray, PixelArray, Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.planes import distances, q_levels
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task

_TURN = 0.15  # seconds; then other tasks of the pool have theirs


@dataclass(frozen=True, eq=False)
class Piece:
    """A rectangle of one picture whose local Q is wanted; `labels` are those of the rectangle."""

    key: str
    rect: Rect
    labels: LabelArray = field(repr=False)
    reader: Reader = field(repr=False)


def measuring_q(
    stack: SourceStack,
    pieces: Sequence[Piece],
    *,
    window: int,
    ending: threading.Event,
    compute: Compute,
) -> Task:
    """Reports (piece, levels) for one piece after the other.

    Ends after a piece when `ending` is set or its turn is over, so that at least one is done
    whatever happens meanwhile; at a checkpoint when it is stopped.
    """

    def task(report: Report) -> None:
        until = time.monotonic() + _TURN
        try:
            for piece in pieces:
                labels, reader = piece.labels, piece.reader
                values = local_q_of(
                    stack, labels, reader, piece.rect, window=window, compute=compute
                )
                report((piece, q_levels(values)))
                if ending.is_set() or time.monotonic() > until:
                    return
        except StopRequested:
            return

    return task


def local_q_of(
    stack: SourceStack,
    labels: LabelArray,
    reader: Reader,
    rect: Rect,
    *,
    window: int,
    compute: Compute,
) -> npt.NDArray[np.float32]:
    """Local Q of a picture inside `rect`, (rect.height, rect.width) float32.

    Parameters
    ----------
    labels : (rect.height, rect.width)
        Of these pixels: the source that a window is compared with is named by its centre.
    reader : callable
        Gives the picture, (h, w, C) float32 in [0, 1].

    Returns
    -------
    (rect.height, rect.width) float32
        NaN where there is no window, see `local_q`.
    """
    from mfgui.methods.optimise.mffssim.local_q import local_q

    reach = window // 2
    whole = Rect(0, 0, stack.size.width, stack.size.height)
    around = rect.grown(reach).intersected(whole)
    inner = Rect(rect.x - around.x, rect.y - around.y, rect.width, rect.height)
    named = np.zeros((around.height, around.width), labels.dtype)
    named[inner.slices] = labels
    sources = _Frames(stack, around)
    return local_q(sources, named, reader(around), window=window, rect=inner, compute=compute)


class _Frames(Sequence[PixelArray]):
    """A rectangle of each source; only those that are asked for are decoded."""

    def __init__(self, stack: SourceStack, rect: Rect) -> None:
        self._stack = stack
        self._rect = rect

    def __len__(self) -> int:
        return self._stack.k

    @overload
    def __getitem__(self, index: int) -> PixelArray: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PixelArray]: ...

    def __getitem__(self, index: int | slice) -> PixelArray | Sequence[PixelArray]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self._stack.pixels(index)[self._rect.slices]


def measuring_distances(labels: LabelArray, rect: Rect) -> Task:
    """Distances from label changes inside `rect` of a snapshot, (rect.height, rect.width) uint8."""

    def task(_report: Report) -> ImageU8:
        return distances(labels, rect=rect)

    return task
