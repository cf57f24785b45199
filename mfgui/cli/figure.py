"""The command figure."""

from __future__ import annotations

from argparse import Namespace

from mfgui.app.figure_export import style
from mfgui.files.figure_saving import draw_again


def figure(options: Namespace) -> int:
    """`mfgui figure RECIPE`."""
    made = draw_again(options.recipe, options.output, style())
    print(
        f"{made.path}: {made.width_mm:.1f} x {made.height_mm:.1f} mm, "
        f"{made.width} x {made.height} dots at {made.dpi:g} dpi"
    )
    return 0
