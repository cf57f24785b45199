"""Commands for lists of sets, in the File menu, and for figures of maps, in the Map menu."""

from __future__ import annotations

from mfgui.app.actions.command import (
    FILE,
    MAP,
    Command,
    State,
    needs_list,
    needs_list_set,
    needs_map,
)

OPEN_LIST = Command(
    "open-list",
    "Open list of sets...",
    FILE,
    "Open a folder of many sets, to draw the focus map of one after the other",
)

LIST_COMMANDS: tuple[Command, ...] = (
    Command(
        "set-previous",
        "Previous set",
        FILE,
        "Save this set and open the one before it in the list",
        ("Ctrl+PgUp",),
        "previous",
        separator_before=True,
        blocked=needs_list,
    ),
    Command(
        "set-next",
        "Next set",
        FILE,
        "Save this set and open the next one of the list",
        ("Ctrl+PgDown",),
        "next",
        blocked=needs_list,
    ),
    Command(
        "set-done",
        "Mark set as done",
        FILE,
        "The focus map of this set is finished",
        (),
        "set-done",
        blocked=needs_list_set,
    ),
    Command(
        "set-flagged",
        "Flag set",
        FILE,
        "Somebody should look at this set",
        (),
        "set-flagged",
        blocked=needs_list_set,
    ),
    Command(
        "set-in-progress",
        "Mark set as in progress",
        FILE,
        "This set is neither done nor flagged",
        (),
        "set-in-progress",
        blocked=needs_list_set,
    ),
    Command(
        "load-anyway",
        "Load map of changed sources",
        FILE,
        "Use the drawn map of this set although its sources have changed since",
        blocked=lambda state: needs_list_set(state) or _needs_changed(state),
    ),
    Command(
        "close-list",
        "Close list of sets",
        FILE,
        "Save this set and forget the list",
        blocked=needs_list,
    ),
)

EXPORT_MAP = Command(
    "export-map",
    "Export focus map...",
    FILE,
    "Write the focus map as label numbers, white and black, weights, or COCO run lengths",
    blocked=needs_map,
)

MAP_FIGURES: tuple[Command, ...] = (
    Command(
        "compare-map",
        "Compare with another map...",
        MAP,
        "How far this map agrees with another one, and where they differ",
        separator_before=True,
        blocked=needs_map,
    ),
    Command(
        "map-statistics",
        "Statistics...",
        MAP,
        "Share, regions and boundary of every label, and the time spent",
        blocked=needs_map,
    ),
)


def save_look(state: State) -> tuple[str, str]:
    """What *Save* means while a set of a list is open."""
    return ("Save map of this set" if state.annotating else "Save session", "saved")


def _needs_changed(state: State) -> str:
    return "" if state.sources_changed else "the sources are those of the drawn map"
