"""Commands of the Help menu."""

from __future__ import annotations

from mfgui.app.actions.command import HELP, Command

HELP_COMMANDS: tuple[Command, ...] = (
    Command("shortcuts", "Shortcut sheet", HELP, "All keys", ("?",), canvas_only=True),
    Command("about", "About mfgui", HELP, "Version, licence and credits"),
)
