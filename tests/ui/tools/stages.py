"""What tools are fed with, and what their edits come to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mfgui.core.arrays import Size
from mfgui.core.edits import Edit, edited
from mfgui.ui.tools.options import ToolOptions
from mfgui.ui.tools.tool import Answer, Keys, Point, Stage, Tool

WIDTH, HEIGHT = 60, 40
PLAIN, SHIFT, CTRL, ERASER = Keys(), Keys(shift=True), Keys(ctrl=True), Keys(eraser=True)


def stage(
    *,
    labels: Any = "empty",
    active: int = 1,
    k: int = 3,
    guide: Any = None,
    scale: float = 1.0,
    of: Size | None = None,
    **options: Any,
) -> Stage:
    """A map of 60 x 40, unassigned, and a plain brush of 9 pixels."""
    size = of or Size(WIDTH, HEIGHT)
    if isinstance(labels, str):
        labels = np.zeros((size.height, size.width), np.uint8 if k < 255 else np.uint16)
    chosen = ToolOptions(**{"size": 9, **options})
    return Stage(size, labels, k, active, chosen, guide, scale)


def drag(tool: Tool, where: Stage, *points: tuple, keys: Keys = PLAIN) -> list[Answer]:
    """Press at the first point, move to each of the others, let go at the last."""
    places = [Point(*point) for point in points]
    answers = [tool.press(where, places[0], keys)]
    answers += [tool.move(where, (place,)) for place in places[1:]]
    return [*answers, tool.release(where, places[-1])]


def edits_of(answers: Iterable[Answer]) -> list[Edit]:
    return [edit for answer in answers for edit in answer.edits]


def painted(where: Stage, answers: Iterable[Answer]) -> np.ndarray:
    """The labels after these answers."""
    empty = np.zeros((where.size.height, where.size.width), np.uint16)
    labels = empty if where.labels is None else where.labels.copy()
    for edit in edits_of(answers):
        after = edited(labels[edit.rect.slices], edit)
        if after is not None:
            labels[edit.rect.slices] = after
    return labels


def covered(where: Stage, answers: Iterable[Answer]) -> np.ndarray:
    """The pixels that some edit has in its mask."""
    mask = np.zeros((where.size.height, where.size.width), bool)
    for edit in edits_of(answers):
        mask[edit.rect.slices] |= edit.mask
    return mask


def within(where: Stage, x: float, y: float, radius: float) -> np.ndarray:
    """The pixels whose centres are in a disc."""
    ys, xs = np.mgrid[: where.size.height, : where.size.width] + 0.5
    return np.hypot(xs - x, ys - y) <= radius
