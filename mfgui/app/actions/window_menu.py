"""Commands of the Window menu."""

from __future__ import annotations

from mfgui.app.actions.command import WINDOW, Command

WINDOW_COMMANDS: tuple[Command, ...] = (
    Command("docks", "Hide or show docks", WINDOW, "Give the picture the whole window", ("F9",)),
    Command("reset-layout", "Reset layout", WINDOW, "Put every dock back where it belongs"),
    Command(
        "theme-system",
        "System theme",
        WINDOW,
        "Follow the system",
        checkable=True,
        group="theme",
        separator_before=True,
    ),
    Command(
        "theme-light", "Light theme", WINDOW, "Light", (), "light", False, False, True, "theme"
    ),
    Command("theme-dark", "Dark theme", WINDOW, "Dark", (), "dark", False, False, True, "theme"),
)
