"""The tools of the tool strip, in its order; Inspect is having none of them."""

from __future__ import annotations

from mfgui.ui.tools.brush import Brush
from mfgui.ui.tools.fill import Fill
from mfgui.ui.tools.lasso import Lasso
from mfgui.ui.tools.line_profile import LineProfile
from mfgui.ui.tools.pick import Pick
from mfgui.ui.tools.polygon import Polygon
from mfgui.ui.tools.refine_band import RefineBand
from mfgui.ui.tools.region import Region
from mfgui.ui.tools.smart_brush import SmartBrush
from mfgui.ui.tools.tool import Tool


def make_tools() -> dict[str, Tool]:
    """A new tool of each kind by its name."""
    tools: tuple[Tool, ...] = (
        Brush(),
        Brush(erases=True),
        SmartBrush(),
        Lasso(),
        Polygon(),
        Fill(),
        RefineBand(),
        Pick(),
        Region(),
        LineProfile(),
    )
    return {tool.name: tool for tool in tools}
