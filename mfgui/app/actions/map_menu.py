"""Commands of the Map menu."""

from __future__ import annotations

from mfgui.app.actions.command import MAP, Command, needs_set

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
)
