"""Commands of the Help menu, and the palette, which finds all others."""

from __future__ import annotations

from mfgui.app.actions.command import HELP, TOOLS, Command

HELP_COMMANDS: tuple[Command, ...] = (
    Command(
        "palette",
        "Command palette...",
        TOOLS,
        "Find any command, method, result or recent set by typing",
        ("Ctrl+Shift+P",),
        separator_before=True,
    ),
    Command("shortcuts", "Shortcut sheet", HELP, "All keys", ("?",), canvas_only=True),
    Command("about", "About mfgui", HELP, "Version, licence and credits"),
)
