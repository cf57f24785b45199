"""What a command is, and what decides whether it can be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FILE, EDIT, VIEW, MAP, RUN, COMPARE, TOOLS, WINDOW, HELP = (
    "File",
    "Edit",
    "View",
    "Map",
    "Run",
    "Compare",
    "Tools",
    "Window",
    "Help",
)


@dataclass(frozen=True)
class State:
    """What decides whether a command can be used now."""

    has_set: bool = False
    has_map: bool = False
    has_result: bool = False
    result_shown: bool = False
    has_background: bool = False  # the shown result, or the newest one, has recovered it
    running: bool = False  # a run has not ended; it may wait in a queue or be held
    going: bool = False  # a run computes
    held: bool = False  # a run is paused
    stopping: bool = False  # every run is
    opening: bool = False
    fuse_awaited: bool = False
    has_region: bool = False
    undo: str = ""  # name of the step that undo would take back
    redo: str = ""
    has_list: bool = False  # a list of sets is open
    annotating: bool = False  # a set of it is, and its drawn map is loaded
    sources_changed: bool = False  # or was not loaded, for its sources are others now
    comparing: bool = False  # the Compare workspace shows
    has_truth: bool = False
    results: int = 0
    ticked: int = 0  # methods
    aligning: bool = False
    aligned: bool = False  # the frames are no longer as the camera gave them


Reason = str  # empty: the command can be used; else one clause why not


def never_blocked(_state: State) -> Reason:
    return ""


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes
    ----------
    shortcuts : tuple of str
        Portable Qt key sequences.
    canvas_only : bool
        Bare keys act only while the canvas has the focus.
    checkable, group
        Commands of one `group` exclude each other.
    blocked : callable
        Reason why the command cannot be used in a state, or an empty text.
    look_in : callable or None
        Text and icon in a state, where they change.
    submenu : str
        Of the menu, where it has parts.
    """

    id: str
    text: str
    menu: str
    help: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tool_bar: bool = False
    canvas_only: bool = False
    checkable: bool = False
    group: str = ""
    separator_before: bool = False
    blocked: Callable[[State], Reason] = never_blocked
    look_in: Callable[[State], tuple[str, str]] | None = None
    submenu: str = ""


def needs_set(state: State) -> Reason:
    return "" if state.has_set else "open images first"


def needs_map(state: State) -> Reason:
    return needs_set(state) or ("" if state.has_map else "detect or load a focus map first")


def needs_undo(state: State) -> Reason:
    return needs_set(state) or ("" if state.undo else "there is nothing to undo")


def needs_redo(state: State) -> Reason:
    return needs_set(state) or ("" if state.redo else "nothing was undone")


def undo_look(state: State) -> tuple[str, str]:
    return f"Undo {state.undo}".rstrip(), "undo"


def redo_look(state: State) -> tuple[str, str]:
    return f"Redo {state.redo}".rstrip(), "redo"


def needs_result(state: State) -> Reason:
    return needs_set(state) or ("" if state.has_result else "run a method first")


def needs_fused(state: State) -> Reason:
    fused = state.has_result or state.has_map
    return needs_set(state) or ("" if fused else "run a method or detect a focus map first")


def needs_shown_result(state: State) -> Reason:
    return needs_result(state) or ("" if state.result_shown else "select a result first")


def needs_background(state: State) -> Reason:
    there = "" if state.has_background else "run a method that recovers it: defocus inversion"
    return needs_set(state) or there


def needs_run(state: State) -> Reason:
    if state.stopping:
        return "already stopping"
    return "" if state.running else "nothing is running"


def needs_run_or_held(state: State) -> Reason:
    if state.going or state.held:
        return ""
    return needs_run(state) or "the run has not started yet"


def pause_or_resume(state: State) -> tuple[str, str]:
    return ("Resume", "play") if state.held and not state.going else ("Pause", "pause")


def needs_idle(state: State) -> Reason:
    return needs_set(state) or ("a run is in progress" if state.running else "")


def needs_frames(state: State) -> Reason:
    """For what exchanges the frames: nothing may be made of them meanwhile."""
    reason = "the frames are still being read" if state.opening else needs_set(state)
    reason = reason or ("the frames are being aligned" if state.aligning else "")
    reason = reason or ("a run is in progress" if state.running else "")
    listed = "the maps of a list belong to the frames as they are"
    return reason or (listed if state.annotating else "")


def needs_frames_soon(state: State) -> Reason:
    """For what can wait for frames that are being read."""
    if state.opening:
        return "begins when the frames are read" if state.fuse_awaited else ""
    return needs_frames(state)


def needs_alignment(state: State) -> Reason:
    return needs_set(state) or ("" if state.aligned else "align the frames first")


def needs_aligned_frames(state: State) -> Reason:
    return needs_alignment(state) or needs_frames(state)


def needs_truth(state: State) -> Reason:
    return needs_set(state) or ("" if state.has_truth else "load a ground truth first")


def needs_list(state: State) -> Reason:
    return "" if state.has_list else "open a list of sets first"


def needs_list_set(state: State) -> Reason:
    return needs_list(state) or ("" if state.annotating else "open a set of the list first")
