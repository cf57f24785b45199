"""How results are compared: panes, views and their scales. Values only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from mfgui.core.bands import BAND

TRUTH = "truth"
"""Key of the ground truth among the pictures of a set."""

MOST_PANES = 9
GAINS = (1, 2, 4, 8, 16, 32, 64)
MOST_BAND = 64  # pixels
RATES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)  # flicker, pictures per second
CALM_RATE = 3.0  # never above it unless a person raised it


class PaneMode(StrEnum):
    """How many panes there are, and what is in them."""

    SINGLE = "single"
    SPLIT = "split"
    SIDE = "side"
    GRID = "grid"


class CompareView(StrEnum):
    """What a pane shows of its picture."""

    PICTURE = "picture"
    MAP = "map"  # which source each pixel came from, by the result's own map
    SIGNED = "signed"
    ABSOLUTE = "absolute"
    LOCAL_Q = "local-q"
    LOCAL_Q_DIFFERENCE = "local-q-difference"
    SQUARED_ERROR = "squared-error"

    @property
    def of_pixels(self) -> bool:
        """Whether it is computed from the pixels of two pictures."""
        return self in (CompareView.SIGNED, CompareView.ABSOLUTE, CompareView.SQUARED_ERROR)

    @property
    def of_q(self) -> bool:
        """Whether it is drawn from planes of local Q."""
        return self in (CompareView.LOCAL_Q, CompareView.LOCAL_Q_DIFFERENCE)

    @property
    def has_gain(self) -> bool:
        """Whether the gain changes it."""
        return self.of_pixels or self is CompareView.LOCAL_Q_DIFFERENCE


@dataclass(frozen=True)
class SplitLine:
    """The line between the two sides of a split pane.

    Attributes
    ----------
    x, y : float
        A point of it, as shares of the pane's width and height, 0 ... 1.
    angle : float
        Degrees, clockwise from upright, in (-180, 180]: 0 is an upright line with the first
        side on its left, 90 one that lies with the first side above it.
    """

    x: float = 0.5
    y: float = 0.5
    angle: float = 0.0

    def turned(self, degrees: float) -> SplitLine:
        """Turned about its point."""
        angle = (self.angle + degrees + 180.0) % 360.0 - 180.0
        return SplitLine(self.x, self.y, 180.0 if angle == -180.0 else angle)

    def side(self, x: float, y: float, *, width: float, height: float) -> int:
        """0 on the first side of a pane of this size, 1 on the second."""
        across, down = x - self.x * width, y - self.y * height
        turn = math.radians(self.angle)
        return int(across * math.cos(turn) + down * math.sin(turn) >= 0.0)


@dataclass(frozen=True)
class Comparison:
    """Everything that a person sets to compare, but for which pictures.

    Attributes
    ----------
    gain : int
        One of `GAINS`: differences are multiplied by it before they are drawn.
    band_only : bool
        What is not within `band` pixels of a label change is dimmed.
    band : int
        1 ... MOST_BAND pixels.
    linked : bool
        Pan, zoom and crosshair act in all panes.
    flicker : bool
        Shown picture and reference alternate, `rate` times a second.
    """

    mode: PaneMode = PaneMode.SINGLE
    view: CompareView = CompareView.PICTURE
    gain: int = 1
    band_only: bool = False
    band: int = BAND
    linked: bool = True
    flicker: bool = False
    rate: float = 2.0
    line: SplitLine = SplitLine()
