"""Commands of the Window menu."""

from __future__ import annotations

from mfgui.app.actions.command import WINDOW, Command, needs_set

WINDOW_COMMANDS: tuple[Command, ...] = (
    Command(
        "workspace-fuse",
        "Fuse workspace",
        WINDOW,
        "Sources, method, results and curve",
        ("F2",),
        checkable=True,
        group="workspace",
        blocked=needs_set,
    ),
    Command(
        "workspace-annotate",
        "Annotate workspace",
        WINDOW,
        "Labels, spots, history and the list of sets",
        ("F3",),
        checkable=True,
        group="workspace",
        blocked=needs_set,
    ),
    Command(
        "workspace-compare",
        "Compare workspace",
        WINDOW,
        "Results side by side, scores, profile along a line, why here",
        ("F4",),
        checkable=True,
        group="workspace",
        blocked=needs_set,
    ),
    Command(
        "docks",
        "Hide or show docks",
        WINDOW,
        "Give the picture the whole window",
        ("F9",),
        separator_before=True,
    ),
    Command(
        "dock-next",
        "Next dock",
        WINDOW,
        "Move the keyboard to the next dock, or to the canvas",
        ("Ctrl+F6",),
        blocked=needs_set,
    ),
    Command(
        "dock-previous",
        "Previous dock",
        WINDOW,
        "Move the keyboard to the dock before, or to the canvas",
        ("Ctrl+Shift+F6",),
        blocked=needs_set,
    ),
    Command(
        "reset-layout", "Reset layout", WINDOW, "Put every dock of this workspace where it belongs"
    ),
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
