"""Fill: the connected region below the pointer, or its label everywhere."""

from __future__ import annotations

import math

import numpy as np

from mfgui.core.arrays import BoolMask, Rect
from mfgui.core.edits import Footprint
from mfgui.core.fills import connected, edges, everywhere
from mfgui.core.snapping import Guide
from mfgui.ui.tools.options import ToolOptions
from mfgui.ui.tools.quiet import Quiet
from mfgui.ui.tools.strokes import frame_of, is_place, label_at, label_painted
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Point, Stage


class Fill(Quiet):
    """One click, one step. The region ends at other labels and, if wanted, at edges."""

    name = "fill"

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer:
        label = label_at(stage, point) if is_place(point) else None
        paint = label_painted(stage, keys)
        if label is None or label == paint:
            return NOTHING
        region = _region(stage, point, label)
        return Answer("Fill", (region.edit(paint),), "commit")


def _region(stage: Stage, point: Point, label: int) -> Footprint:
    guide, options = stage.guide, stage.options
    bounded = guide is not None and options.by_edges and not options.everywhere
    labels = stage.labels
    if labels is None:
        frame = frame_of(stage)
        if not bounded:
            return Footprint(frame, np.ones((frame.height, frame.width), np.bool_))
        labels = np.broadcast_to(np.uint8(0), (frame.height, frame.width))
    if options.everywhere:
        return everywhere(labels, label)
    x, y = math.floor(point.x), math.floor(point.y)
    if guide is None or not bounded:
        return connected(labels, x, y)
    return connected(labels, x, y, barrier=_Edges(guide, options))


class _Edges:
    """The lines that a fill does not pass."""

    def __init__(self, guide: Guide, options: ToolOptions) -> None:
        self._guide = guide
        self._sensitivity = options.sensitivity

    def __call__(self, rect: Rect) -> BoolMask:
        return edges(self._guide, rect, sensitivity=self._sensitivity)
