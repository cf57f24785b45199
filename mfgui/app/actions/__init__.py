"""The one table of commands: menus, tool bar, keys, palette and help are all made from it."""

from __future__ import annotations

from mfgui.app.actions.annotation_menu import MAP_FIGURES
from mfgui.app.actions.command import (
    COMPARE,
    EDIT,
    FILE,
    HELP,
    MAP,
    RUN,
    TOOLS,
    VIEW,
    WINDOW,
    Command,
    Reason,
    State,
)
from mfgui.app.actions.compare_menu import COMPARE_COMMANDS
from mfgui.app.actions.edit_menu import EDIT_COMMANDS
from mfgui.app.actions.file_menu import FILE_COMMANDS
from mfgui.app.actions.help_menu import HELP_COMMANDS
from mfgui.app.actions.map_menu import MAP_COMMANDS
from mfgui.app.actions.run_menu import RUN_COMMANDS
from mfgui.app.actions.tools_menu import TOOLS_COMMANDS
from mfgui.app.actions.view_menu import VIEW_COMMANDS
from mfgui.app.actions.window_menu import WINDOW_COMMANDS

__all__ = [
    "COMMANDS",
    "COMPARE",
    "EDIT",
    "FILE",
    "HELP",
    "MAP",
    "MENUS",
    "RUN",
    "TOOLS",
    "VIEW",
    "WINDOW",
    "Command",
    "Reason",
    "State",
    "command",
]

COMMANDS: tuple[Command, ...] = (
    *FILE_COMMANDS,
    *EDIT_COMMANDS,
    *VIEW_COMMANDS,
    *MAP_COMMANDS,
    *MAP_FIGURES,
    *RUN_COMMANDS,
    *COMPARE_COMMANDS,
    *TOOLS_COMMANDS,
    *WINDOW_COMMANDS,
    *HELP_COMMANDS,
)
MENUS = (FILE, EDIT, VIEW, MAP, RUN, COMPARE, TOOLS, WINDOW, HELP)


def command(name: str) -> Command:
    """The command with the id `name`."""
    return next(entry for entry in COMMANDS if entry.id == name)
