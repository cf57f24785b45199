"""Workspaces: which docks show for one kind of work, and where. The data are never touched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Workspace(StrEnum):
    """A kind of work."""

    FUSE = "fuse"
    ANNOTATE = "annotate"
    COMPARE = "compare"


class Arrangement(StrEnum):
    """How the docks are placed."""

    ROOMY = "roomy"
    COMPACT = "compact"
    NARROW = "narrow"
    OWN = "own"


@dataclass(frozen=True)
class Plan:
    """Where the docks of a workspace are.

    Docks that the window does not have are left out, those that no plan names are hidden.

    Attributes
    ----------
    right : tuple of tuple of str
        Groups of tabs in the right column, from the top.
    front : tuple of str
        Docks that are the first tabs to be seen.
    shares : tuple of int
        Height of each group, in parts of the whole.
    below : tuple of str
        A group of tabs below the canvas.
    """

    right: tuple[tuple[str, ...], ...]
    front: tuple[str, ...]
    shares: tuple[int, ...]
    below: tuple[str, ...] = ()


_PLANS = {
    (Workspace.FUSE, Arrangement.NARROW): Plan(
        (("sources", "method", "results", "curve"),), ("method",), (1,)
    ),
    (Workspace.FUSE, Arrangement.COMPACT): Plan(
        (("sources", "results"), ("method", "curve")),
        ("method", "sources"),
        (46, 54),
    ),
    (Workspace.FUSE, Arrangement.ROOMY): Plan(
        (("sources",), ("method",), ("results",)), (), (30, 42, 28), below=("curve",)
    ),
    (Workspace.ANNOTATE, Arrangement.NARROW): Plan(
        (("sources", "spots", "sets", "history"),), ("sources",), (1,)
    ),
    (Workspace.ANNOTATE, Arrangement.COMPACT): Plan(
        (("sources",), ("spots", "sets", "history")), ("spots",), (45, 55)
    ),
    (Workspace.ANNOTATE, Arrangement.ROOMY): Plan(
        (("sources",), ("spots", "sets"), ("history",)), ("spots",), (40, 32, 28)
    ),
    (Workspace.COMPARE, Arrangement.NARROW): Plan(
        (("results", "metrics", "why", "profile", "histogram"),), ("results",), (1,)
    ),
    (Workspace.COMPARE, Arrangement.COMPACT): Plan(
        (("results", "why"), ("metrics", "profile", "histogram")),
        ("results", "metrics"),
        (52, 48),
    ),
    (Workspace.COMPARE, Arrangement.ROOMY): Plan(
        (("results",), ("why", "histogram")),
        ("why", "metrics"),
        (52, 48),
        below=("metrics", "profile"),
    ),
}


def plan_of(workspace: Workspace, arrangement: Arrangement) -> Plan:
    """The plan of a workspace; there is none for the person's own arrangement (KeyError)."""
    return _PLANS[workspace, arrangement]
