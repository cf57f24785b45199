"""The live wire of the lasso: the path along edges between two points."""

from __future__ import annotations

from mfgui.core.snapping.guide import Guide


def live_wire(
    guide: Guide, start: tuple[float, float], stop: tuple[float, float]
) -> tuple[tuple[float, float], ...]:
    """Points (x, y) of the path along edges from `start` to `stop`, both included.

    In image coordinates, a straight line where the picture has no edges.
    """
    raise NotImplementedError
