"""What the canvas asks of the active tool, and what it is without one."""

from __future__ import annotations

from typing import Protocol

from mfgui.core.arrays import Rect
from mfgui.ui.tools.tool import Keys, Outline, Point


class Hand(Protocol):
    """The active tool as the canvas sees it; places are in image coordinates."""

    @property
    def pans(self) -> bool:
        """Whether a left drag moves the view, as no tool has it."""

    @property
    def paints(self) -> bool:
        """Whether there is a brush whose outline and size are shown."""

    @property
    def size(self) -> int:
        """Diameter of the brush in image pixels."""

    @property
    def drawn_size(self) -> float:
        """As large as pressure makes it now."""

    @property
    def label(self) -> int:
        """What is painted: its colour is that of the brush outline."""

    @property
    def k(self) -> int:
        """Number of sources, on which label colours depend."""

    @property
    def region(self) -> Rect | None:
        """The rectangle of the session."""

    @property
    def drags(self) -> bool:
        """Whether a click alone does nothing, so that Enter begins and ends a drag."""

    @property
    def outlining(self) -> bool:
        """Whether an outline waits for more clicks."""

    def press(self, point: Point, keys: Keys) -> None: ...

    def move(self, points: tuple[Point, ...]) -> None: ...

    def release(self, point: Point) -> None: ...

    def hover(self, point: Point | None, keys: Keys) -> None: ...

    def confirm(self) -> None:
        """A double click, or Enter on an unfinished outline."""

    def undo(self) -> bool:
        """Take back the last corner of an outline, or give up a stroke; whether there was one."""

    def resize(self, size: int) -> None:
        """Another brush size, brought into its range."""

    def step_size(self, steps: int) -> None:
        """Larger or smaller by some steps."""

    def pick(self, point: Point) -> None:
        """Paint the label at this place from here on."""

    def outline(self) -> Outline | None:
        """What the tool shows over the picture."""

    def key(self, key: int, *, down: bool) -> None:
        """A key went down or up while the canvas has the focus."""

    def keys_lost(self) -> None:
        """The focus went elsewhere: no key is held any more, as far as one can know."""


class NoHand:
    """No tool: the canvas is there to be looked at."""

    pans = True
    paints = False
    size = 1
    drawn_size = 1.0
    label = 0
    k = 1
    region: Rect | None = None
    drags = False
    outlining = False

    def press(self, point: Point, keys: Keys) -> None: ...

    def move(self, points: tuple[Point, ...]) -> None: ...

    def release(self, point: Point) -> None: ...

    def hover(self, point: Point | None, keys: Keys) -> None: ...

    def confirm(self) -> None: ...

    def undo(self) -> bool:
        return False

    def resize(self, size: int) -> None: ...

    def step_size(self, steps: int) -> None: ...

    def pick(self, point: Point) -> None: ...

    def outline(self) -> Outline | None:
        return None

    def key(self, key: int, *, down: bool) -> None: ...

    def keys_lost(self) -> None: ...
