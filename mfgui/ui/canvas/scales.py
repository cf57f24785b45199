"""What the colours of a comparison stand for, in numbers and words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mfgui.core.comparison import CompareView
from mfgui.core.heat import HeatKind, place_of
from mfgui.ui.canvas.differences import Words, diverging_colours, ramp_colours
from mfgui.ui.canvas.levels import colours_along
from mfgui.ui.canvas.scene import Compared

Ticks = tuple[tuple[float, str], ...]

VIEW_TITLES = {
    CompareView.SIGNED: "Signed difference",
    CompareView.ABSOLUTE: "Absolute difference",
    CompareView.SQUARED_ERROR: "Squared error",
    CompareView.LOCAL_Q: "Local Q",
    CompareView.LOCAL_Q_DIFFERENCE: "Difference of local Q",
    CompareView.MAP: "Fused from source",
}
Q_TICKS = (1.0, 0.98, 0.9, 0.5, 0.0)
_LEVELS = 255
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5)  # times powers of ten
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, eq=False)
class Scale:
    """A colour bar.

    Attributes
    ----------
    colours : (n,) uint32
        From its left end to its right one, 0xffRRGGBB.
    ticks : tuple of (float, str)
        Place, 0 ... 1, and number.
    detail, unit : str
        Lines below title and numbers; empty for none.
    beyond : tuple of bool
        Whether values beyond the left and the right end have the last colour.
    has_unknown : bool
        Whether there may be pixels of which nothing is known.
    """

    title: str
    colours: Words = field(repr=False)
    ticks: Ticks
    detail: str = ""
    unit: str = ""
    beyond: tuple[bool, bool] = (False, False)
    has_unknown: bool = False


def scale_of(compared: Compared, *, other: str = "") -> Scale:
    """The scale of any view but the picture and its map, the same for all pictures.

    `other` names what the picture is compared with.
    """
    view, gain = compared.view, compared.gain
    if view is CompareView.LOCAL_Q:
        return _of_q(compared)
    title = VIEW_TITLES[view] + (f" \N{MIDDLE DOT} gain {gain}" if gain > 1 else "")
    detail = f"against {other}" if other else ""
    clips = gain > 1
    if view is CompareView.SIGNED:
        colours, ticks = diverging_colours(compared.diverging), both_ways(_LEVELS / gain)
        unit = "darker \N{MIDDLE DOT} grey levels of 255 \N{MIDDLE DOT} brighter"
        return Scale(title, colours, ticks, detail, unit, (clips, clips))
    if view is CompareView.LOCAL_Q_DIFFERENCE:
        # Q reaches from -1 to 1, so that differences reach twice as far as the scale.
        colours, ticks = diverging_colours(compared.diverging), both_ways(1 / gain)
        unit = "worse \N{MIDDLE DOT} local Q \N{MIDDLE DOT} better"
        return Scale(title, colours, ticks, detail, unit, (True, True), has_unknown=True)
    if view is CompareView.ABSOLUTE:
        greys, ticks = ramp_colours((0xFF000000, 0xFFFFFFFF)), one_way(_LEVELS / gain)
        return Scale(
            title, greys, ticks, detail, "grey levels of 255, each channel", (False, clips)
        )
    colours, ticks = ramp_colours(compared.ramp), one_way((_LEVELS / gain) ** 2)
    return Scale(title, colours, ticks, detail, "squared grey levels of 255", (False, clips))


def both_ways(end: float) -> Ticks:
    """Five numbers on a scale from -`end` to `end`.

    >>> [number for _, number in both_ways(31.9)]
    ['−30', '−15', '0', '15', '30']
    """
    step = step_within(end / 2)
    values = [number * step for number in range(-2, 3)]
    return tuple(((value / end + 1) / 2, _number(value)) for value in values)


def one_way(end: float) -> Ticks:
    """Numbers on a scale from 0 to `end`, three to five."""
    step = step_within(end / 2)
    count = math.floor(end / step * (1 + 1e-9))
    return tuple((number * step / end, _number(number * step)) for number in range(count + 1))


def step_within(limit: float) -> float:
    """The largest round number up to `limit`."""
    power = 10.0 ** math.floor(math.log10(limit) + 1e-9)
    return max(step for step in _STEPS if step * power <= limit * (1 + 1e-9)) * power


def _of_q(compared: Compared) -> Scale:
    ticks = tuple((place_of(value, HeatKind.LOCAL_Q), f"{value:g}") for value in Q_TICKS)
    title = VIEW_TITLES[CompareView.LOCAL_Q]
    colours = colours_along(compared.ramp, _LEVELS)
    return Scale(title, colours, ticks, beyond=(False, True), has_unknown=True)


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", _MINUS)
