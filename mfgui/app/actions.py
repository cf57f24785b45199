"""The one table of commands: menus, tool bar, keys and help are all made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FILE, VIEW, MAP, RUN, WINDOW, HELP = (
    "File",
    "View",
    "Map",
    "Run",
    "Window",
    "Help",
)
MENUS = (FILE, VIEW, MAP, RUN, WINDOW, HELP)


@dataclass(frozen=True)
class State:
    """What decides whether a command can be used now."""

    has_set: bool = False
    has_map: bool = False
    has_result: bool = False
    result_shown: bool = False
    running: bool = False  # a run has not ended; it may wait in a queue or be held
    going: bool = False  # a run computes
    held: bool = False  # a run is paused
    stopping: bool = False  # every run is
    opening: bool = False


Reason = str  # empty: the command can be used; else one clause why not


def _never_blocked(_state: State) -> Reason:
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
    blocked: Callable[[State], Reason] = _never_blocked
    look_in: Callable[[State], tuple[str, str]] | None = None


def _needs_set(state: State) -> Reason:
    return "" if state.has_set else "open images first"


def _needs_map(state: State) -> Reason:
    return _needs_set(state) or ("" if state.has_map else "detect or load a focus map first")


def _needs_result(state: State) -> Reason:
    return _needs_set(state) or ("" if state.has_result else "run a method first")


def _needs_shown_result(state: State) -> Reason:
    return _needs_result(state) or ("" if state.result_shown else "select a result first")


def _needs_run(state: State) -> Reason:
    if state.stopping:
        return "already stopping"
    return "" if state.running else "nothing is running"


def _needs_run_or_held(state: State) -> Reason:
    if state.going or state.held:
        return ""
    return _needs_run(state) or "the run has not started yet"


def _pause_or_resume(state: State) -> tuple[str, str]:
    return ("Resume", "play") if state.held and not state.going else ("Pause", "pause")


def _needs_idle(state: State) -> Reason:
    return _needs_set(state) or ("a run is in progress" if state.running else "")


COMMANDS: tuple[Command, ...] = (
    Command(
        "open",
        "Open images...",
        FILE,
        "Open two or more images of one scene, or one multi-page TIFF",
        ("Ctrl+O",),
        "open",
        tool_bar=True,
    ),
    Command(
        "open-folder",
        "Open folder as stack...",
        FILE,
        "Open all images of a folder as one stack",
        ("Ctrl+Shift+O",),
        "open-folder",
    ),
    Command("open-sample", "Open the sample pair", FILE, "Open the pair that comes with mfgui"),
    Command(
        "load-map",
        "Load focus map...",
        FILE,
        "Use a focus map from a PNG or TIFF",
        separator_before=True,
        blocked=_needs_set,
    ),
    Command("save-map", "Save focus map...", FILE, "Save the focus map as PNG", blocked=_needs_map),
    Command(
        "export",
        "Export...",
        FILE,
        "Save the fused image with camera data and colour profile",
        ("Ctrl+E",),
        "export",
        tool_bar=True,
        blocked=_needs_result,
    ),
    Command(
        "close-set",
        "Close",
        FILE,
        "Close the set",
        ("Ctrl+W",),
        separator_before=True,
        blocked=_needs_idle,
    ),
    Command("quit", "Quit", FILE, "Quit mfgui", ("Ctrl+Q",)),
    Command(
        "zoom-fit",
        "Fit",
        VIEW,
        "Show the whole picture",
        ("Ctrl+0",),
        "fit",
        tool_bar=True,
        blocked=_needs_set,
    ),
    Command(
        "zoom-100",
        "100 %",
        VIEW,
        "One image pixel on one screen pixel",
        ("Ctrl+1",),
        "one-to-one",
        tool_bar=True,
        blocked=_needs_set,
    ),
    Command("zoom-200", "200 %", VIEW, "Twice the size", ("Ctrl+2",), blocked=_needs_set),
    Command("zoom-in", "Zoom in", VIEW, "Enlarge", ("Ctrl+=", "Ctrl++"), blocked=_needs_set),
    Command("zoom-out", "Zoom out", VIEW, "Reduce", ("Ctrl+-",), blocked=_needs_set),
    Command(
        "overlay",
        "Overlay on or off",
        VIEW,
        "Show or hide the focus map over the picture",
        ("O",),
        "overlay",
        canvas_only=True,
        separator_before=True,
        blocked=_needs_map,
    ),
    Command(
        "overlay-next",
        "Next overlay mode",
        VIEW,
        "Tint, contour, only active",
        ("Shift+O",),
        canvas_only=True,
        blocked=_needs_map,
    ),
    Command(
        "overlay-weaker",
        "Weaker overlay",
        VIEW,
        "Less overlay",
        (",",),
        canvas_only=True,
        blocked=_needs_map,
    ),
    Command(
        "overlay-stronger",
        "Stronger overlay",
        VIEW,
        "More overlay",
        (".",),
        canvas_only=True,
        blocked=_needs_map,
    ),
    Command(
        "source-previous",
        "Previous source",
        VIEW,
        "Show the source before this one",
        ("PgUp",),
        canvas_only=True,
        separator_before=True,
        blocked=_needs_set,
    ),
    Command(
        "source-next",
        "Next source",
        VIEW,
        "Show the source after this one",
        ("PgDown",),
        canvas_only=True,
        blocked=_needs_set,
    ),
    Command(
        "set-reference",
        "Set as reference",
        VIEW,
        "Hold the backquote key to see the picture shown now",
        blocked=_needs_set,
    ),
    Command("full-screen", "Full screen", VIEW, "Use the whole screen", ("F11",)),
    Command(
        "detect",
        "Detect focus map",
        MAP,
        "Find which source is sharp where, with the detector of the Method dock",
        icon="detect",
        tool_bar=True,
        blocked=_needs_set,
    ),
    Command(
        "run",
        "Run",
        RUN,
        "Run the method of the Method dock",
        ("F5",),
        "run",
        tool_bar=True,
        blocked=_needs_set,
    ),
    Command(
        "pause",
        "Pause",
        RUN,
        "Hold the run with its state in memory, or let it go on",
        ("Ctrl+Shift+F5",),
        "pause",
        tool_bar=True,
        blocked=_needs_run_or_held,
        look_in=_pause_or_resume,
    ),
    Command(
        "stop",
        "Stop",
        RUN,
        "Stop the run and keep its best image",
        ("Shift+F5",),
        "stop",
        tool_bar=True,
        blocked=_needs_run,
    ),
    Command(
        "run-again",
        "Run again from this image",
        RUN,
        "Continue from the result that is shown, with the current map and parameters",
        icon="run-again",
        blocked=_needs_shown_result,
    ),
    Command(
        "copy-command",
        "Copy as command",
        RUN,
        "Copy the command line that does the same",
        icon="copy",
        blocked=_needs_set,
    ),
    Command(
        "delete-result",
        "Delete result",
        RUN,
        "Remove the shown result from the list",
        blocked=_needs_shown_result,
    ),
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
    Command("shortcuts", "Shortcut sheet", HELP, "All keys", ("?",), canvas_only=True),
    Command("about", "About mfgui", HELP, "Version, licence and credits"),
)


def command(name: str) -> Command:
    """The command with the id `name`."""
    return next(entry for entry in COMMANDS if entry.id == name)
