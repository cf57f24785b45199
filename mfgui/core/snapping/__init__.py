"""Edges that brushes keep to: guides, footprints on one side of an edge, regions grown to it."""

from mfgui.core.snapping.guide import Guide, GuideKind, SidedGuide
from mfgui.core.snapping.luminance import FusedGuide, LuminanceGuide
from mfgui.core.snapping.region import grow
from mfgui.core.snapping.sharpness import SharpnessGuide
from mfgui.core.snapping.sides import side_at, side_of
from mfgui.core.snapping.snap import snapped
from mfgui.core.snapping.wire import live_wire

__all__ = [
    "FusedGuide",
    "Guide",
    "GuideKind",
    "LuminanceGuide",
    "SharpnessGuide",
    "SidedGuide",
    "grow",
    "live_wire",
    "side_at",
    "side_of",
    "snapped",
]
