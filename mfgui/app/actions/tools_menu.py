"""Commands of the Tools menu: the tools themselves, the label they paint, and their settings."""

from __future__ import annotations

from mfgui.app.actions.command import EDIT, TOOLS, Command, Reason, State, needs_map, needs_set

TOOL_PREFIX = "tool-"
LABEL_PREFIX = "label-"
_LABEL_KEYS = 10
_TOOLS = (
    ("inspect", "Inspect", "Read values; drag pans, a double click shows 100 %", "V"),
    ("brush", "Brush", "Paint the active label", "B"),
    ("eraser", "Eraser", "Paint unassigned", "E"),
    ("smart-brush", "Smart brush", "Paint roughly; it grows to the nearest edge", "W"),
    ("lasso", "Lasso", "Draw an outline that is filled", "L"),
    ("polygon", "Polygon", "Click the corners of an outline; Enter closes it", "Shift+L"),
    ("fill", "Fill", "Fill the connected region under the pointer", "G"),
    ("refine-band", "Refine band", "Drag along a boundary to have it solved again", "R"),
    ("pick", "Pick label", "Click takes the label there", "I"),
    ("region", "Region", "Draw a rectangle that changes of the map can keep to", "M"),
    ("line", "Line profile", "Draw a line whose values are plotted; move it or its ends", "U"),
)


def _tool(name: str, text: str, words: str, key: str) -> Command:
    return Command(
        TOOL_PREFIX + name,
        text,
        TOOLS,
        words,
        (key,),
        f"tool-{name}",
        canvas_only=True,
        checkable=True,
        group="tool",
        blocked=needs_map if name == "refine-band" else needs_set,
    )


def _label(number: int) -> Command:
    """A digit: what is painted, and in the Compare workspace the result that is shown."""
    plain = f"Label {number}" if number else "Unassigned"

    def look(state: State) -> tuple[str, str]:
        return (f"Show result {number}" if state.comparing and number else plain), ""

    return Command(
        f"{LABEL_PREFIX}{number}",
        plain,
        TOOLS,
        f"Paint label {number}; in Compare: show this result" if number else "Paint unassigned",
        (str(number),),
        canvas_only=True,
        submenu="Label",
        blocked=needs_set,
        look_in=look,
    )


def _setting(name: str, text: str, words: str, *keys: str, separated: bool = False) -> Command:
    return Command(
        name,
        text,
        TOOLS,
        words,
        keys,
        canvas_only=True,
        separator_before=separated,
        blocked=needs_set,
    )


def _needs_region(state: State) -> Reason:
    return needs_set(state) or ("" if state.has_region else "draw a region first")


TOOLS_COMMANDS: tuple[Command, ...] = (
    *(_tool(*entry) for entry in _TOOLS),
    *(_label(number) for number in (*range(1, _LABEL_KEYS), 0)),
    _setting("label-swap", "Swap with previous label", "Paint the label chosen before", "X"),
    _setting("size-larger", "Larger brush", "Larger brush", "]", "+", separated=True),
    _setting("size-smaller", "Smaller brush", "Smaller brush", "[", "-"),
    Command(
        "snap",
        "Snap",
        TOOLS,
        "Strokes keep to the side of the nearest edge",
        ("K",),
        "snap",
        canvas_only=True,
        checkable=True,
        blocked=needs_set,
    ),
    _setting("snap-stronger", "Stronger snap", "Follow weaker edges, too", "Shift+]"),
    _setting("snap-weaker", "Weaker snap", "Follow strong edges only", "Shift+["),
    _setting(
        "protect",
        "Protect",
        "Paint over any pixel, only unassigned ones, or only one label",
        "P",
    ),
    _setting(
        "cancel",
        "Cancel",
        "Cancel the stroke or outline, else clear the line or the region, else return to Inspect",
        "Esc",
        separated=True,
    ),
    Command(
        "benchmark",
        "Benchmark...",
        TOOLS,
        "Methods and metrics on many sets: tables, statistics and a report",
        separator_before=True,
    ),
    Command(
        "clear-region",
        "Clear region",
        EDIT,
        "Remove the rectangle of the Region tool",
        ("Del",),
        canvas_only=True,
        separator_before=True,
        blocked=_needs_region,
    ),
)
