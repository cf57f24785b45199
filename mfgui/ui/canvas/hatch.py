"""Line patterns of labels, told apart without any colour: angle and spacing differ."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8, LabelArray
from mfgui.core.labels import ignore_label
from mfgui.core.stripes import Scratch
from mfgui.ui.canvas.overlays import looked_up

# A line of direction (a, b) with spacing s holds the pixels where (a x + b y) mod s is 0.
_ACROSS, _RISING, _DOWN, _FALLING = (0, 1), (1, 1), (1, 0), (1, -1)
_ANGLES = (_RISING, _ACROSS, _FALLING, _DOWN)
_STRAIGHT, _SLANTED = (10, 16, 6), (15, 24, 10)  # 10, 16 and 6 pixels from line to line
_PERIOD = 240  # of all of them together
CLASSES = len(_ANGLES) * len(_STRAIGHT)
_IGNORED = CLASSES  # crossed lines
_LINES = 1 << (CLASSES + 1)  # bits from here on are lines, those below are dark edges
NOTHING, LINE, EDGE = range(3)


class Hatching:
    """Draws patterns. Angle and spacing both differ from those of the labels before and after, and
    from label to label the pattern comes again only after 12.

    The plane of all of them is kept, because making it takes a while."""

    def __init__(self) -> None:
        # One value, because two threads draw: neither may see half of a change.
        self._kept = (0, np.empty((0, 0), np.int32))

    def levels(
        self,
        labels: LabelArray,
        *,
        unit: int = 1,
        origin: tuple[int, int] = (0, 0),
        scratch: Scratch | None = None,
    ) -> ImageU8:
        """LINE, its dark EDGE or NOTHING at each screen pixel.

        Parameters
        ----------
        labels : (h, w)
            The label below each screen pixel; those that are unassigned have no pattern.
        unit : int
            Screen pixels of a line's width.
        origin : (int, int)
            Column and row of the first pixel counted from the image's corner, so that the
            patterns move with the image.
        scratch : Scratch, optional
            Memory of this thread, in which the result lies until it is used again.
        """
        scratch = Scratch() if scratch is None else scratch
        height, width = labels.shape
        period = _PERIOD * unit
        x, y = origin[0] % period, origin[1] % period
        kept, plane = self._kept
        if kept != unit or plane.shape[0] < y + height or plane.shape[1] < x + width:
            plane = _plane(unit, height + period, width + period)
            self._kept = (unit, plane)
        found = looked_up(labels, _table(ignore_label(labels) + 1), scratch).view(np.int32)
        np.bitwise_and(found, plane[y : y + height, x : x + width], out=found)
        lines = scratch.take("lines", labels.shape, np.bool_)
        edges = scratch.take("edges", labels.shape, np.bool_)
        np.greater_equal(found, _LINES, out=lines)
        np.greater(found, 0, out=edges)
        levels: ImageU8 = edges.view(np.uint8)
        levels *= np.uint8(EDGE)
        levels -= lines.view(np.uint8)
        return levels  # EDGE - LINE is LINE


@lru_cache(maxsize=2)
def _table(values: int) -> npt.NDArray[np.int32]:
    """The bits of every label's pattern."""
    places = np.arange(-1, values - 1) % CLASSES
    places[-1] = _IGNORED
    table: npt.NDArray[np.int32] = (1 << places | _LINES << places).astype(np.int32)
    table[0] = 0
    return table


def _plane(unit: int, height: int, width: int) -> npt.NDArray[np.int32]:
    """The bits of all patterns that have a line or an edge at each pixel."""
    period = _PERIOD * unit
    y, x = np.ogrid[:period, :period]
    tile = np.zeros((period, period), np.int32)
    for pattern in range(CLASSES):
        across, down = _ANGLES[pattern % len(_ANGLES)]
        spacings = _SLANTED if across and down else _STRAIGHT
        spacing = spacings[pattern % len(spacings)] * unit
        tile |= _lined((across * x + down * y) % spacing, unit, pattern)
    for across, down in (_RISING, _FALLING):
        tile |= _lined((across * x + down * y) % (8 * unit), unit, _IGNORED)
    rows, columns = -(-height // period), -(-width // period)
    return np.tile(tile, (rows, columns))


def _lined(phase: npt.NDArray[np.int64], unit: int, pattern: int) -> npt.NDArray[np.int32]:
    line, edge = phase < unit, phase < 2 * unit
    found: npt.NDArray[np.int32] = np.where(line, _LINES << pattern, 0).astype(np.int32)
    found |= np.where(edge, 1 << pattern, 0).astype(np.int32)
    return found
