"""Tasks of the pool that score pictures, a few strips at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mfgui.app.plane_tasks import local_q_of
from mfgui.app.reading import Reader
from mfgui.core.arrays import BoolMask, ImageU8, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.labels import UNASSIGNED, ignore_label
from mfgui.core.planes import distances
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task
from mfgui.methods.registry import Registry

_ROWS = 128  # of a strip
_TURN = 0.15  # seconds; then other tasks of the pool have theirs
_BINS = 256  # distances from label changes, 255 for those that are far

Values = npt.NDArray[np.floating]


class Measure(StrEnum):
    """What is added up over the pixels."""

    AGREEMENT = "agreement"  # 1 where the picture's own map names the source of the present one
    ERROR = "error"  # squared difference to the ground truth, mean over the channels
    Q = "q"  # local Q


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums and counts of pixels for each distance from a change of label, (256,) each.

    So every width of the boundary band is read from one pass over the picture.
    """

    sums: npt.NDArray[np.float64] = field(repr=False)
    counts: npt.NDArray[np.int64] = field(repr=False)

    @classmethod
    def empty(cls) -> Tally:
        return cls(np.zeros(_BINS), np.zeros(_BINS, np.int64))

    def mean(self, width: int | None = None) -> tuple[float | None, int]:
        """Mean over all pixels, or over those of the boundary band of `width`, None for none;
        and how many these are."""
        bins = slice(None) if width is None else slice(0, width + 1)
        count = int(self.counts[bins].sum())
        return math.fsum(self.sums[bins]) / count if count else None, count


class MapSnapshot:
    """Labels that do not change, and the distances from their changes once they are needed."""

    def __init__(self, labels: LabelArray) -> None:
        self.labels = labels
        self._distances: ImageU8 | None = None

    @property
    def distances(self) -> ImageU8:
        """(H, W) uint8; computed when it is first asked for, by one thread only."""
        if self._distances is None:
            self._distances = distances(self.labels)
        return self._distances


@dataclass(frozen=True, eq=False)
class Subject:
    """What a pass needs of the session, as it is now.

    `reader` gives the scored picture, `own` its own map where it has one, `truth` the ground
    truth.
    """

    stack: SourceStack
    map: MapSnapshot | None
    reader: Reader = field(repr=False)
    own: Callable[[Rect], LabelArray] | None = field(default=None, repr=False)
    truth: PixelArray | None = field(default=None, repr=False)
    window: int = 3


class Work(Protocol):
    """Something that is computed in parts. One thread at a time."""

    @property
    def done(self) -> bool: ...

    def advance(self, compute: Compute) -> None: ...


@dataclass(frozen=True, eq=False)
class Order:
    """Work, and what becomes of it.

    Attributes
    ----------
    key : hashable
        What it is of.
    keep, fail : callable
        Remember what came out, or that nothing did.
    whole : bool
        Whether it has but one part, so that it cannot be stopped once that has begun.
    """

    key: object
    work: Work = field(repr=False)
    keep: Callable[[], object]
    fail: Callable[[], object]
    whole: bool = False


class Pass:
    """Adds one measure up over a rectangle; goes on where it ended. One thread at a time."""

    def __init__(self, measure: Measure, subject: Subject, rect: Rect) -> None:
        self.measure = measure
        self.subject = subject
        self.rect = rect
        self.tally = Tally.empty()
        self._next = rect.y

    @property
    def done(self) -> bool:
        return self._next >= self.rect.bottom

    def advance(self, compute: Compute) -> None:
        """Take the next strip."""
        height = min(_ROWS, self.rect.bottom - self._next)
        strip = Rect(self.rect.x, self._next, self.rect.width, height)
        values, counted = self._measured(strip, compute)
        places: npt.NDArray[np.uint8] = np.full(counted.shape, _BINS - 1, np.uint8)
        if self.subject.map is not None:
            places = self.subject.map.distances[strip.slices]
            labels = self.subject.map.labels[strip.slices]
            counted &= labels != ignore_label(labels)
        chosen = places[counted]
        self.tally.sums[:] += np.bincount(chosen, values[counted], _BINS)
        self.tally.counts[:] += np.bincount(chosen, minlength=_BINS)
        self._next = strip.bottom

    def _measured(self, strip: Rect, compute: Compute) -> tuple[Values, BoolMask]:
        """Values of the pixels of a strip, and which of them count."""
        if self.measure is Measure.Q:
            return _q(self.subject, strip, compute)
        if self.measure is Measure.ERROR:
            return _errors(self.subject, strip)
        return _agreement(self.subject, strip)


def _q(subject: Subject, strip: Rect, compute: Compute) -> tuple[Values, BoolMask]:
    assert subject.map is not None
    labels = subject.map.labels[strip.slices]
    window, read = subject.window, subject.reader
    values = local_q_of(subject.stack, labels, read, strip, window=window, compute=compute)
    known: BoolMask = np.isfinite(values)
    return values, known


def _errors(subject: Subject, strip: Rect) -> tuple[Values, BoolMask]:
    assert subject.truth is not None
    error = subject.reader(strip).astype(np.float64)
    error -= to_float(subject.truth[strip.slices])
    error *= error
    return error.mean(axis=2), np.ones(error.shape[:2], np.bool_)


def _agreement(subject: Subject, strip: Rect) -> tuple[Values, BoolMask]:
    """As `core.agreement` counts: without what either map ignores or neither assigns."""
    assert subject.map is not None
    assert subject.own is not None
    first, second = subject.own(strip), subject.map.labels[strip.slices]
    counted = (first != ignore_label(first)) & (second != ignore_label(second))
    counted &= (first != UNASSIGNED) | (second != UNASSIGNED)
    return (first == second).astype(np.float64), counted


def scoring(work: Work, *, compute: Compute) -> Task:
    """Go on with some work for a while; True when it is done, None when it was stopped."""

    def task(_report: Report) -> bool | None:
        until = time.monotonic() + _TURN
        try:
            while not work.done:
                compute.checkpoint()
                work.advance(compute)
                if time.monotonic() > until:
                    break
        except StopRequested:
            return None
        return work.done

    return task


def has_own_map(registry: Registry, result: Result) -> bool:
    """Whether a result's map says which source its method took at each pixel: a fuser that
    needs none may still have been given the present one, to be scored by it."""
    if result.labels is None:
        return False
    method = registry.methods.get(result.provenance.method)
    return method is None or method.has_map


def own_labels(result: Result) -> Callable[[Rect], LabelArray] | None:
    """What gives a copy of the labels of a result's map; None where it has none."""
    labels, guard = result.labels, result.guard
    if labels is None:
        return None

    def read(rect: Rect) -> LabelArray:
        with guard or nullcontext():
            return labels[rect.slices].copy()

    return read
