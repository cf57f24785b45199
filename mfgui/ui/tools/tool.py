"""What a tool is: a state machine fed with image coordinates that answers with edits.

Tools know nothing of Qt, windows or the session. The canvas feeds them, the controller writes
what they answer, and tests do both by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from mfgui.core.arrays import BoolMask, LabelArray, Rect, Size
from mfgui.core.edits import Edit
from mfgui.core.session import Line
from mfgui.core.snapping import Guide
from mfgui.ui.tools.options import ToolOptions


class Point(NamedTuple):
    """Where the pointer is, in image coordinates (pixel i spans i ... i + 1); may lie outside.

    `pressure` is 0 ... 1, and 1 for devices that report none.
    """

    x: float
    y: float
    pressure: float = 1.0


@dataclass(frozen=True)
class Keys:
    """Modifiers during a press; the eraser end of a stylus paints *unassigned* as Ctrl does."""

    shift: bool = False
    ctrl: bool = False
    eraser: bool = False


@dataclass(frozen=True, eq=False)
class Stage:
    """What a tool sees of the program.

    Attributes
    ----------
    size : Size
        Of the map and of every source.
    labels : (H, W) or None
        The live map, read-only; None while there is none, as if all were unassigned.
    k, active : int
        Number of sources, and the active label (0: paint *unassigned*).
    options : ToolOptions
    guide : Guide or None
        The edges for Snap, smart brush and bounded fill; None when no sources are at hand.
    scale : float
        Screen pixels per image pixel, for distances that are meant on the screen.
    line : Line or None
        Of the profile, as it is now.
    shift : bool
        Whether Shift is down now, which may change during a drag.
    """

    size: Size
    labels: LabelArray | None = field(repr=False)
    k: int
    active: int
    options: ToolOptions
    guide: Guide | None = field(repr=False)
    scale: float = 1.0
    line: Line | None = None
    shift: bool = False


@dataclass(frozen=True, eq=False)
class Outline:
    """What a tool shows over the picture, in image coordinates; display only.

    Attributes
    ----------
    mask, rect : optional
        An area that would be painted: the canvas draws its border. The ring of a plain brush is
        not here; the canvas draws it for every tool that `paints`.
    path : tuple of (x, y)
        An open or closed line.
    closed : bool
    label : int
        Whose colour it has.
    """

    mask: BoolMask | None = field(default=None, repr=False)
    rect: Rect | None = None
    path: tuple[tuple[float, float], ...] = ()
    closed: bool = False
    label: int = 0


@dataclass(frozen=True, eq=False)
class BandRequest:
    """Solve the boundary again inside a mask; done off the interface thread by a refiner."""

    rect: Rect
    mask: BoolMask = field(repr=False)
    method: str
    width: int


@dataclass(frozen=True)
class LineMove:
    """The line of the profile is `line` from here on, None: removed; a step of the history once
    it is `settled`."""

    line: Line | None
    settled: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """What follows from one input.

    Attributes
    ----------
    begin : str
        Open a gesture with this name before the edits; empty for none.
    edits : tuple of Edit
    end : str
        "commit" or "abort" the open gesture after the edits.
    label : int or None
        Make this label the active one.
    region : Rect, "none" or None
        Set or clear the region; None leaves it.
    band : BandRequest or None
        Refine here; the gesture is made when the refiner has answered.
    size : int or None
        New brush size.
    line : LineMove or None
        Draw, move or remove the line of the profile; None leaves it.
    """

    begin: str = ""
    edits: tuple[Edit, ...] = ()
    end: Literal["", "commit", "abort"] = ""
    label: int | None = None
    region: Rect | Literal["none"] | None = None
    band: BandRequest | None = None
    size: int | None = None
    line: LineMove | None = None


NOTHING = Answer()


class Tool(Protocol):
    """One tool. Each call gets the stage as it is now and returns what follows from it."""

    name: str
    """The id of its command: "brush", "eraser", "smart-brush", "lasso", "polygon", "fill",
    "refine-band", "pick", "region", "line"."""

    @property
    def busy(self) -> bool:
        """Whether a stroke or outline is in progress."""

    @property
    def paints(self) -> bool:
        """Whether it has a brush of `options.size`, which wheel, keys and right drag change."""

    def press(self, stage: Stage, point: Point, keys: Keys) -> Answer: ...

    def move(self, stage: Stage, points: tuple[Point, ...]) -> Answer:
        """The pointer moved while pressed: every coalesced point, in order."""

    def release(self, stage: Stage, point: Point) -> Answer: ...

    def hover(self, stage: Stage, point: Point | None, keys: Keys) -> Answer:
        """The pointer moved without being pressed, or left (None)."""

    def confirm(self, stage: Stage) -> Answer:
        """Enter, or a double click."""

    def cancel(self) -> Answer:
        """Esc, or undo during a stroke: give up what is in progress."""

    def step_back(self, stage: Stage) -> bool:
        """Undo inside an unfinished outline (its last point); whether there was one."""

    def outline(self, stage: Stage) -> Outline | None:
        """What to show over the picture now."""
