"""Exchanging two labels of the focus map, everywhere or in the region."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mfgui.app.controller import Controller
from mfgui.core.arrays import LabelArray, Rect
from mfgui.core.edits import Edit
from mfgui.jobs.pool import Report


def swapped(labels: LabelArray, one: int, other: int) -> Edit | None:
    """The edit that exchanges two labels of an (H, W) array, None where neither occurs.

    Its rectangle is counted from the corner of `labels` and holds nothing but what changes.
    Linear in the pixels.
    """
    first, second = labels == one, labels == other
    mask = first | second
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size or one == other:
        return None
    rect = Rect(
        int(columns[0]),
        int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )
    after = np.where(first[rect.slices], other, one).astype(labels.dtype)
    return Edit(rect, np.ascontiguousarray(mask[rect.slices]), after)


def swap_labels(controller: Controller, one: int, other: int, *, region: Rect | None) -> None:
    """Exchange two labels of the session's map as one step, whatever Protect says.

    The edit is made off this thread; a map that was changed meanwhile is read again.

    Parameters
    ----------
    region : Rect, optional
        Inside the map; without it the whole map is meant.
    """
    focus_map = controller.session.focus_map
    if focus_map is None:
        return
    whole = Rect(0, 0, focus_map.size.width, focus_map.size.height)
    place = whole if region is None else region.intersected(whole)
    revision = focus_map.revision

    def done(value: object) -> None:
        if controller.session.focus_map is not focus_map:
            return
        if focus_map.revision != revision:
            swap_labels(controller, one, other, region=region)
        elif isinstance(value, Edit):
            _apply(controller, f"Swap labels {one} and {other}", _moved(value, place))

    controller.ask(_swapping(focus_map.labels[place.slices], one, other), done)


def _swapping(labels: LabelArray, one: int, other: int) -> Callable[[Report], object]:
    def task(_report: Report) -> Edit | None:
        return swapped(labels, one, other)

    return task


def _moved(edit: Edit, place: Rect) -> Edit:
    rect = edit.rect
    moved = Rect(place.x + rect.x, place.y + rect.y, rect.width, rect.height)
    return Edit(moved, edit.mask, edit.labels)


def _apply(controller: Controller, name: str, edit: Edit) -> None:
    over, controller.edit.over = controller.edit.over, None
    try:
        controller.edit.apply(name, [edit])
    finally:
        controller.edit.over = over
