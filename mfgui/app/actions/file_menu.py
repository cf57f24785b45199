"""Commands of the File menu."""

from __future__ import annotations

from mfgui.app.actions.annotation_menu import EXPORT_MAP, LIST_COMMANDS, OPEN_LIST, save_look
from mfgui.app.actions.command import FILE, Command, needs_fused, needs_idle, needs_map, needs_set

FILE_COMMANDS: tuple[Command, ...] = (
    Command(
        "new-session",
        "New session",
        FILE,
        "Close what is open and begin anew",
        ("Ctrl+N",),
        blocked=needs_idle,
    ),
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
    Command(
        "open-session",
        "Open session...",
        FILE,
        "Open a session with its sources, focus map and results",
    ),
    OPEN_LIST,
    Command("open-sample", "Open the sample pair", FILE, "Open the pair that comes with mfgui"),
    Command(
        "save-session",
        "Save session",
        FILE,
        "Save focus map, results and view as one file, without the sources; "
        "of a set of a list, only its focus map",
        ("Ctrl+S",),
        "saved",
        separator_before=True,
        blocked=needs_set,
        look_in=save_look,
    ),
    Command(
        "save-session-as",
        "Save session as...",
        FILE,
        "Save the session under another name; of a set of a list, as a copy",
        ("Ctrl+Shift+S",),
        blocked=needs_set,
    ),
    Command(
        "collect-files",
        "Collect files...",
        FILE,
        "Save a session that holds its sources as well, to take it anywhere",
        blocked=needs_set,
    ),
    Command(
        "load-map",
        "Load focus map...",
        FILE,
        "Use a focus map from a PNG or TIFF",
        separator_before=True,
        blocked=needs_set,
    ),
    Command("save-map", "Save focus map...", FILE, "Save the focus map as PNG", blocked=needs_map),
    Command(
        "export",
        "Export...",
        FILE,
        "Save the fused image with camera data and colour profile",
        ("Ctrl+E",),
        "export",
        tool_bar=True,
        blocked=needs_fused,
    ),
    EXPORT_MAP,
    *LIST_COMMANDS,
    Command(
        "close-set",
        "Close",
        FILE,
        "Close the set",
        ("Ctrl+W",),
        separator_before=True,
        blocked=needs_idle,
    ),
    Command("quit", "Quit", FILE, "Quit mfgui", ("Ctrl+Q",)),
)
