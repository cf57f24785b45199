"""Commands of the Map menu."""

from __future__ import annotations

from mfgui.app.actions.command import MAP, Command, needs_map, needs_set, needs_shown_result

REFINE_BAND = "Refine band"
REFINERS = {
    "refine-guided": "guided-filter",
    "refine-cut": "graph-cut",
    "smooth": "smooth",
    "remove-specks": "remove-specks",
    "fill-holes": "fill-holes",
    "grow-label": "grow",
    "prefer": "prefer",
}
"""Commands that open the parameters of a refiner, with its name."""


def _refine(
    name: str, text: str, words: str, *, submenu: str = "", separated: bool = False
) -> Command:
    return Command(
        name,
        text,
        MAP,
        words,
        submenu=submenu,
        separator_before=separated,
        blocked=needs_map,
    )


MAP_COMMANDS: tuple[Command, ...] = (
    Command(
        "detect",
        "Detect focus map",
        MAP,
        "Find which source is sharp where, with the detector of the Method dock",
        icon="detect",
        tool_bar=True,
        blocked=needs_set,
    ),
    _refine(
        "refine-guided",
        "Guided filter...",
        "Move boundaries onto edges of the picture nearby",
        submenu=REFINE_BAND,
        separated=True,
    ),
    _refine(
        "refine-cut",
        "Graph cut...",
        "Move boundaries to where sharpness changes, along edges",
        submenu=REFINE_BAND,
    ),
    _refine("smooth", "Smooth...", "Make the boundaries of the map smoother"),
    _refine("remove-specks", "Remove specks...", "Give small regions to the label around them"),
    _refine("fill-holes", "Fill holes...", "Fill what one label encloses"),
    _refine("grow-label", "Grow or shrink label...", "Move the boundary of one label"),
    _refine("prefer", "Prefer near or far...", "Take one end of the stack where two are as sharp"),
    _refine(
        "fill-unassigned",
        "Fill unassigned",
        "Give unassigned pixels what the detector of the Method dock finds",
        separated=True,
    ),
    _refine(
        "auto-source",
        "Auto source here",
        "Choose the source that is sharpest at the pointer or crosshair",
    ),
    _refine(
        "revert-detected",
        "Revert to detected",
        "Replace the map, or the region of it, by what the detector finds",
    ),
    _refine(
        "seam",
        "Seam...",
        "How the sources pass into each other in the composite of the map",
        separated=True,
    ),
    Command(
        "use-result-map",
        "Use map of result",
        MAP,
        "Work on with the focus map that the shown result was made by",
        separator_before=True,
        blocked=needs_shown_result,
    ),
)
