"""Edits of a focus map: which pixels get which label. Strokes, outlines and fills give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.core.arrays import BoolMask, LabelArray, Rect


@dataclass(frozen=True, eq=False)
class Edit:
    """Labels for the pixels of a mask.

    Attributes
    ----------
    rect : Rect
        Inside the map.
    mask : (rect.height, rect.width) bool
        Pixels that get a label.
    labels : int or (rect.height, rect.width) array
        One label for all of them, or one for each; 0 is unassigned.
    """

    rect: Rect
    mask: BoolMask = field(repr=False)
    labels: int | LabelArray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Footprint:
    """Some pixels of a map: `mask`, (rect.height, rect.width) bool, inside `rect`.

    `rect` lies inside the map and may be empty.
    """

    rect: Rect
    mask: BoolMask = field(repr=False)

    @property
    def empty(self) -> bool:
        return not self.mask.any()

    def edit(self, labels: int | LabelArray) -> Edit:
        """Paint these pixels; `labels` as in `Edit`."""
        return Edit(self.rect, self.mask, labels)

    def united(self, other: Footprint) -> Footprint:
        """The pixels of both, in the rectangle around both."""
        if self.rect.empty:
            return other
        if other.rect.empty:
            return self
        rect = self.rect.united(other.rect)
        mask = np.zeros((rect.height, rect.width), np.bool_)
        for part in (self, other):
            inner = Rect(
                part.rect.x - rect.x, part.rect.y - rect.y, part.rect.width, part.rect.height
            )
            mask[inner.slices] |= part.mask
        return Footprint(rect, mask)

    def trimmed(self) -> Footprint:
        """The same pixels in the smallest rectangle that holds them."""
        rows = np.flatnonzero(self.mask.any(axis=1))
        if not rows.size:
            return NO_PIXELS
        part = self.mask[rows[0] : rows[-1] + 1]
        columns = np.flatnonzero(part.any(axis=0))
        left, right = int(columns[0]), int(columns[-1]) + 1
        rect = Rect(self.rect.x + left, self.rect.y + int(rows[0]), right - left, part.shape[0])
        return Footprint(rect, np.ascontiguousarray(part[:, left:right]))


NO_PIXELS = Footprint(Rect(0, 0, 0, 0), np.zeros((0, 0), np.bool_))


def merged(footprints: Iterable[Footprint]) -> tuple[Footprint, ...]:
    """The same pixels in fewer footprints: neighbours in the sequence are put together where that
    does not make more to look at. Every edit costs its listeners something however small it is."""
    done: list[Footprint] = []
    for footprint in footprints:
        if footprint.rect.empty:
            continue
        if done and _close(done[-1].rect, footprint.rect):
            done[-1] = done[-1].united(footprint)
        else:
            done.append(footprint)
    return tuple(done)


def _close(a: Rect, b: Rect) -> bool:
    both = a.united(b)
    return both.width * both.height <= a.width * a.height + b.width * b.height


def edited(before: LabelArray, edit: Edit, *, over: int | None = None) -> LabelArray | None:
    """The labels of `edit.rect` after the edit, None when they stay as they are.

    Parameters
    ----------
    before : (edit.rect.height, edit.rect.width)
        The labels there now; not changed.
    over : int, optional
        Only pixels that have this label are painted (0: the unassigned ones).
    """
    mask = edit.mask if over is None else edit.mask & (before == over)
    after: LabelArray = before.copy()
    # OpenCV's masked copy takes a third of the time of NumPy's.
    if isinstance(edit.labels, int):
        labels: LabelArray = np.full_like(after, edit.labels)
    else:
        labels = np.ascontiguousarray(edit.labels, before.dtype)
    if after.size:
        cv2.copyTo(labels, np.ascontiguousarray(mask).view(np.uint8), after)
    return None if np.array_equal(before, after) else after
