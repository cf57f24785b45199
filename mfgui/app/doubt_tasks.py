"""Tasks of the pool that measure every pixel, and that find doubtful places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, ImageU8, LabelArray, PixelArray, Rect
from mfgui.core.bands import Spot, find_spots
from mfgui.core.compose import compose
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.registry import Method

_ROWS = 512  # that are composed at once
_DISPUTE_PIXELS = 2_000_000  # of the pictures that two detectors look at


@dataclass(frozen=True, eq=False)
class Subject:
    """What is measured: a result, or the composite of the map where there is none.

    Attributes
    ----------
    labels : (H, W) or None
        A snapshot of the map.
    """

    stack: SourceStack
    labels: LabelArray | None = field(repr=False)
    result: Result | None = None

    @property
    def window(self) -> int:
        """Side length of the windows: that of the result, else the rule of the released program.

        UsageError for pictures below 3 x 3 pixels.
        """
        if self.result is not None and self.result.window is not None:
            return self.result.window
        return window_size("released", self.stack.size)


def measuring(subject: Subject, kind: HeatKind, rect: Rect, *, compute: Compute) -> Task:
    """Levels of `kind` inside `rect`, (rect.height, rect.width) uint8; None when it was stopped.

    A composite is made strip by strip. Its unassigned pixels are the mean of the sources.
    """

    def task(_report: Report) -> ImageU8 | None:
        measure = _local_q if kind is HeatKind.LOCAL_Q else _confidence
        levels: ImageU8 = np.empty((rect.height, rect.width), np.uint8)
        try:
            for part in _parts(rect):
                rows = slice(part.y - rect.y, part.bottom - rect.y)
                levels[rows] = measure(subject, part, compute)
        except StopRequested:
            return None
        return levels

    return task


def _parts(rect: Rect) -> Iterator[Rect]:
    for y in range(rect.y, rect.bottom, _ROWS):
        yield Rect(rect.x, y, rect.width, min(_ROWS, rect.bottom - y))


def _confidence(subject: Subject, rect: Rect, compute: Compute) -> ImageU8:
    # Imported here: what is not needed for the first picture is loaded when it is asked for.
    from mfgui.methods.detect.confidence import confidence

    stack = subject.stack
    images = [stack.pixels(index) for index in range(stack.k)]
    window = window_size("released", stack.size)
    values = confidence(images, window=window, rect=rect, compute=compute)
    return levels_of(values, HeatKind.CONFIDENCE)


def _local_q(subject: Subject, rect: Rect, compute: Compute) -> ImageU8:
    from mfgui.methods.optimise.mffssim.local_q import local_q

    assert subject.labels is not None
    stack, window = subject.stack, subject.window
    whole = Rect(0, 0, stack.size.width, stack.size.height)
    around = rect.grown(window // 2).intersected(whole)
    images = [stack.pixels(index)[around.slices] for index in range(stack.k)]
    labels = subject.labels[around.slices]
    image = _fused(subject.result, images, labels, around, compute)
    inner = Rect(rect.x - around.x, rect.y - around.y, rect.width, rect.height)
    values = local_q(images, labels, image, window=window, rect=inner, compute=compute)
    return levels_of(values, HeatKind.LOCAL_Q)


def _fused(
    result: Result | None,
    images: Sequence[PixelArray],
    labels: LabelArray,
    rect: Rect,
    compute: Compute,
) -> ImageF32:
    if result is None:
        known = np.where(labels == UNASSIGNED, labels.dtype.type(ignore_label(labels)), labels)
        return compose(images, known, compute=compute)
    with result.guard or nullcontext():
        return result.image[rect.slices].copy()


@dataclass(frozen=True, eq=False)
class Found:
    """Doubtful places, and where two detectors disagree in a reduced picture."""

    spots: tuple[Spot, ...]
    disputed: BoolMask = field(repr=False)


def finding(
    subject: Subject,
    quality: ImageU8 | None,
    *,
    disputed: BoolMask | None,
    detectors: tuple[Method, Method],
    compute: Compute,
) -> Task:
    """The spots of the map as `Found`; None when the task was stopped.

    Parameters
    ----------
    quality : (H, W) uint8 or None
        Levels of local Q.
    disputed : (h, w) bool or None
        From an earlier search of the same set; the detectors look again where it is None.
    """

    def task(_report: Report) -> Found | None:
        labels, stack = subject.labels, subject.stack
        assert labels is not None
        try:
            where = _disputed(stack, detectors, compute) if disputed is None else disputed
            compute.checkpoint()
            size = (stack.size.width, stack.size.height)
            enlarged = cv2.resize(where.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
            far = np.asarray(enlarged).view(np.bool_)
            return Found(find_spots(labels, quality=quality, disputed=far), where)
        except StopRequested:
            return None

    return task


def _disputed(stack: SourceStack, detectors: tuple[Method, Method], compute: Compute) -> BoolMask:
    """Where two detectors differ, in sources reduced to two million pixels: what is worth a look
    is seen there, too, and stacks of 200 sources take no minutes."""
    step = max(1, math.ceil(math.sqrt(stack.size.pixels / _DISPUTE_PIXELS)))
    width, height = -(-stack.size.width // step), -(-stack.size.height // step)
    images = []
    for index in range(stack.k):
        compute.checkpoint()
        pixels = stack.pixels(index)
        if step > 1:
            small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
            pixels = np.asarray(small).reshape(height, width, -1)
        images.append(pixels)
    try:
        maps = [d.function(images, compute=compute, **d.defaults()) for d in detectors]
    except UsageError:  # a picture smaller than the least window
        return np.zeros((height, width), np.bool_)
    differ: BoolMask = np.not_equal(maps[0], maps[1])
    return differ
