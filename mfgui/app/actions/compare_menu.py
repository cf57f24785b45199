"""Commands of the Compare menu."""

from __future__ import annotations

from mfgui.app.actions.command import (
    COMPARE,
    Command,
    Reason,
    State,
    needs_fused,
    needs_map,
    needs_result,
    needs_set,
    needs_truth,
)
from mfgui.core.comparison import MOST_PANES, CompareView, PaneMode

MODE_PREFIX, VIEW_PREFIX, REFERENCE_PREFIX = "panes-", "compare-view-", "reference-"
_MODES = (
    (PaneMode.SINGLE, "Single", "One pane with the shown picture", "F6"),
    (PaneMode.SPLIT, "Split", "The reference on the other side of a line that can be moved", "F7"),
    (PaneMode.SIDE, "Side by side", "The reference beside the shown picture", "F8"),
    (PaneMode.GRID, "Grid", "All results, nine at most", "Shift+F8"),
)
VIEW_WORDS = {
    CompareView.PICTURE: ("Picture", "The picture itself"),
    CompareView.MAP: ("Map of the result", "Which source each pixel of a result came from"),
    CompareView.SIGNED: ("Signed difference", "Luma minus that of the reference"),
    CompareView.ABSOLUTE: ("Absolute difference", "How far each channel is from the reference"),
    CompareView.LOCAL_Q: ("Local Q", "Similarity of each window with the source of its label"),
    CompareView.LOCAL_Q_DIFFERENCE: ("Local Q difference", "Local Q minus that of the reference"),
    CompareView.SQUARED_ERROR: ("Squared error", "Squared difference from the ground truth"),
}
"""Name of each view, and what it shows."""


def _mode(mode: PaneMode, text: str, words: str, key: str) -> Command:
    return Command(
        f"{MODE_PREFIX}{mode}",
        text,
        COMPARE,
        words,
        (key,),
        f"panes-{mode}",
        checkable=True,
        group="panes",
        blocked=needs_set,
    )


def _view(view: CompareView) -> Command:
    text, words = VIEW_WORDS[view]
    blocked = needs_set
    if view is CompareView.SQUARED_ERROR:
        blocked = needs_truth
    elif view.of_q:
        blocked = needs_map
    return Command(
        f"{VIEW_PREFIX}{view}",
        text,
        COMPARE,
        words,
        checkable=True,
        group="compare-view",
        submenu="View",
        blocked=blocked,
    )


def _reference(number: int) -> Command:
    def blocked(state: State) -> Reason:
        missing = "" if state.results >= number else f"there are only {state.results} results"
        return needs_result(state) or missing

    return Command(
        f"{REFERENCE_PREFIX}{number}",
        f"Compare with result {number}",
        COMPARE,
        f"Compare with result {number} of those that digits choose",
        (f"Shift+{number}",),
        canvas_only=True,
        submenu="Reference",
        blocked=blocked,
    )


def _plain(
    name: str, text: str, words: str, key: str, *, on_canvas: bool = True, separated: bool = False
) -> Command:
    return Command(
        name,
        text,
        COMPARE,
        words,
        (key,),
        canvas_only=on_canvas,
        separator_before=separated,
        blocked=needs_set,
    )


def _switch(
    name: str, text: str, words: str, key: str, icon: str, *, on_canvas: bool = False
) -> Command:
    return Command(
        name,
        text,
        COMPARE,
        words,
        (key,),
        icon,
        canvas_only=on_canvas,
        checkable=True,
        blocked=needs_map if name == "band-only" else needs_set,
    )


COMPARE_COMMANDS: tuple[Command, ...] = (
    *(_mode(*entry) for entry in _MODES),
    _plain(
        "split-turn", "Turn the split line", "Turn it by 45 degrees", "Shift+F7", on_canvas=False
    ),
    _switch(
        "flicker",
        "Flicker",
        "The shown picture and the reference in turn, in place",
        "F",
        "flicker",
        on_canvas=True,
    ),
    _plain(
        "view-next",
        "Next difference view",
        "The next way to see how pictures differ",
        "D",
        separated=True,
    ),
    _plain("view-previous", "Previous difference view", "The one before", "Shift+D"),
    *(_view(view) for view in CompareView),
    _plain("gain-less", "Less gain", "Differences half as strong", "<"),
    _plain("gain-more", "More gain", "Differences twice as strong", ">"),
    _switch(
        "band-only",
        "Boundary band only",
        "Dim everything that is not near a label change",
        "Ctrl+B",
        "band",
    ),
    _switch("link-views", "Link views", "Pan and zoom act in all panes", "Ctrl+L", "link"),
    Command(
        "set-reference",
        "Set as reference",
        COMPARE,
        "Compare with the picture shown now; the backquote key shows it while it is held",
        separator_before=True,
        blocked=needs_set,
    ),
    *(_reference(number) for number in range(1, MOST_PANES + 1)),
    _plain("toggle-reference", "Show the reference, and back", "Compare in place, by hand", "T"),
    Command(
        "choose-metrics",
        "Choose metrics...",
        COMPARE,
        "Which scores the table shows: search them, or take the columns of a published table",
        separator_before=True,
        blocked=needs_result,
    ),
    Command(
        "export-table",
        "Export table...",
        COMPARE,
        "Scores of all results as CSV, JSON, Markdown or LaTeX",
        blocked=needs_result,
    ),
    Command(
        "export-figure",
        "Export figure...",
        COMPARE,
        "Pictures, crops and differences for print, at a size in millimetres",
        blocked=needs_fused,
    ),
    Command(
        "figure-again",
        "Make a figure again...",
        COMPARE,
        "From the recipe that was saved beside it",
    ),
)
