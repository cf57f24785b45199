"""Edits of a focus map: which pixels get which label. Strokes, outlines and fills give them."""

from __future__ import annotations

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
    if isinstance(edit.labels, int):
        after[mask] = edit.labels
    else:
        cv2.copyTo(np.ascontiguousarray(edit.labels, before.dtype), mask.view(np.uint8), after)
    return None if np.array_equal(before, after) else after
