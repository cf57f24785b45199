"""Commands of the Edit menu."""

from __future__ import annotations

from mfgui.app.actions.command import (
    EDIT,
    Command,
    needs_map,
    needs_redo,
    needs_set,
    needs_undo,
    redo_look,
    undo_look,
)

EDIT_COMMANDS: tuple[Command, ...] = (
    Command(
        "undo",
        "Undo",
        EDIT,
        "Take back the last step",
        ("Ctrl+Z",),
        "undo",
        tool_bar=True,
        blocked=needs_undo,
        look_in=undo_look,
    ),
    Command(
        "redo",
        "Redo",
        EDIT,
        "Do again what was taken back last",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "redo",
        tool_bar=True,
        blocked=needs_redo,
        look_in=redo_look,
    ),
    Command("history", "History", EDIT, "Show the list of steps", blocked=needs_set),
    Command(
        "copy-view",
        "Copy view",
        EDIT,
        "Copy what the canvas shows as a picture",
        ("Ctrl+Shift+C",),
        separator_before=True,
        blocked=needs_set,
    ),
    Command(
        "swap-labels",
        "Swap two labels...",
        EDIT,
        "Exchange two labels in the focus map, or in the region",
        ("Ctrl+I",),
        separator_before=True,
        blocked=needs_map,
    ),
)
