"""What a closed outline paints."""

from __future__ import annotations

from collections.abc import Sequence

from mfgui.core.edits import Footprint
from mfgui.core.outlines import polygon
from mfgui.ui.tools.strokes import frame_of
from mfgui.ui.tools.tool import NOTHING, Answer, Stage


def filled(stage: Stage, path: Sequence[tuple[float, float]], name: str, label: int) -> Answer:
    """Paint the inside as one step; with *Subtract*, *unassigned* where the active label is."""
    area = polygon(path, frame=frame_of(stage))
    if stage.options.subtract:
        if stage.labels is None:
            return NOTHING
        own = stage.labels[area.rect.slices] == stage.active
        area, label = Footprint(area.rect, area.mask & own), 0
    if area.empty:
        return NOTHING
    return Answer(name, (area.edit(label),), "commit")
