"""Edges that brushes keep to: guides, footprints on one side of an edge, regions grown to it."""

from mfgui.core.snapping.guide import Guide, GuideKind
from mfgui.core.snapping.region import grow
from mfgui.core.snapping.snap import snapped
from mfgui.core.snapping.wire import live_wire

__all__ = ["Guide", "GuideKind", "grow", "live_wire", "snapped"]
