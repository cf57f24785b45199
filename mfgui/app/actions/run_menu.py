"""Commands of the Run menu."""

from __future__ import annotations

from collections.abc import Callable

from mfgui.app.actions.command import (
    RUN,
    Command,
    Reason,
    State,
    needs_aligned_frames,
    needs_alignment,
    needs_frames,
    needs_frames_soon,
    needs_run,
    needs_run_or_held,
    needs_set,
    needs_shown_result,
    pause_or_resume,
)

RESULT = "Result"
ALIGNMENT = "Alignment"


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


def _of_alignment(
    name: str, text: str, words: str, blocked: Callable[[State], Reason], *, separated: bool = False
) -> Command:
    return Command(
        name, text, RUN, words, separator_before=separated, blocked=blocked, submenu=ALIGNMENT
    )


RUN_COMMANDS: tuple[Command, ...] = (
    Command(
        "fuse",
        "Fuse",
        RUN,
        "Align the frames, bring their light together, and fuse them as photographs",
        ("Ctrl+Return", "Ctrl+Enter"),
        "fuse",
        blocked=needs_frames_soon,
    ),
    Command(
        "align",
        "Align",
        RUN,
        "Align the frames and bring their light together, as the Sources dock says",
        ("Ctrl+Shift+A",),
        "align",
        blocked=needs_frames,
    ),
    _of_alignment(
        "exclude-frame",
        "Exclude this frame",
        "Leave the active source out of the alignment and of the fused picture",
        needs_frames,
    ),
    _of_alignment(
        "repair-frame",
        "Repair this frame",
        "Place the active source between its neighbours, where it was aligned wrongly",
        needs_aligned_frames,
    ),
    _of_alignment(
        "reference-frame",
        "Make this frame the reference",
        "Bring all other frames to the active source",
        needs_frames,
    ),
    _of_alignment(
        "save-alignment",
        "Save alignment...",
        "Write how the frames lie on each other to a file",
        needs_alignment,
        separated=True,
    ),
    _of_alignment(
        "load-alignment",
        "Re-use alignment from file...",
        "Align the frames as a file says, of another stack from the same camera and rail",
        needs_frames,
    ),
    _of_alignment(
        "undo-alignment",
        "Undo alignment",
        "Go back to the frames as the camera gave them",
        needs_aligned_frames,
    ),
    Command(
        "run",
        "Run",
        RUN,
        "Run the method of the Method dock on the frames as they are",
        ("F5",),
        "run",
        separator_before=True,
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
