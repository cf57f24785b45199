"""Commands of the Run menu."""

from __future__ import annotations

from mfgui.app.actions.command import (
    RUN,
    Command,
    needs_run,
    needs_run_or_held,
    needs_set,
    needs_shown_result,
    pause_or_resume,
)

RUN_COMMANDS: tuple[Command, ...] = (
    Command(
        "run",
        "Run",
        RUN,
        "Run the method of the Method dock",
        ("F5",),
        "run",
        tool_bar=True,
        blocked=needs_set,
    ),
    Command(
        "pause",
        "Pause",
        RUN,
        "Hold the run with its state in memory, or let it go on",
        ("Ctrl+Shift+F5",),
        "pause",
        tool_bar=True,
        blocked=needs_run_or_held,
        look_in=pause_or_resume,
    ),
    Command(
        "stop",
        "Stop",
        RUN,
        "Stop the run and keep its best image",
        ("Shift+F5",),
        "stop",
        tool_bar=True,
        blocked=needs_run,
    ),
    Command(
        "run-again",
        "Run again from this image",
        RUN,
        "Continue from the result that is shown, with the current map and parameters",
        icon="run-again",
        blocked=needs_shown_result,
    ),
    Command(
        "copy-command",
        "Copy as command",
        RUN,
        "Copy the command line that does the same",
        icon="copy",
        blocked=needs_set,
    ),
    Command(
        "delete-result",
        "Delete result",
        RUN,
        "Remove the shown result from the list",
        blocked=needs_shown_result,
    ),
)
