"""Commands of the Run menu."""

from __future__ import annotations

from mfgui.app.actions.command import (
    RUN,
    Command,
    Reason,
    State,
    needs_run,
    needs_run_or_held,
    needs_set,
    needs_shown_result,
    pause_or_resume,
)

RESULT = "Result"


def _needs_ticks(state: State) -> Reason:
    return needs_set(state) or ("" if state.ticked else "tick methods in the list first")


def _of_result(name: str, text: str, words: str, *, separated: bool = False) -> Command:
    return Command(
        name,
        text,
        RUN,
        words,
        separator_before=separated,
        blocked=needs_shown_result,
        submenu=RESULT,
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
        "run-ticked",
        "Run ticked methods",
        RUN,
        "Run every method that is ticked in the list of methods, one after the other",
        ("Ctrl+F5",),
        blocked=_needs_ticks,
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
    _of_result("rename-result", "Rename...", "Give the shown result a name of your own"),
    _of_result("star-result", "Star", "Mark the shown result with a star, or take it away"),
    _of_result("note-result", "Note...", "Write something about the shown result"),
    _of_result("duplicate-result", "Duplicate", "A copy of the shown result with its own name"),
    _of_result(
        "show-parameters",
        "Show its parameters again",
        "Set the Method dock to what the shown result was made with",
    ),
    _of_result("delete-result", "Delete result", "Remove the shown result from the list"),
)
