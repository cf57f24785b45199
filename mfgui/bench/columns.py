"""The columns of a table: measures of the whole picture and of the boundary band."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mfgui.methods.metrics import Direction
from mfgui.methods.metrics.measures import Measure, chosen

_ARROWS = {Direction.HIGHER: "↑", Direction.LOWER: "↓", Direction.ZERO: "→ 0"}


@dataclass(frozen=True)
class Column:
    """One measure.

    Attributes
    ----------
    heading : str
        As people read it.
    band : int or None
        Pixels on either side of the boundaries of the focus map; None for the whole picture.
    evidence : str
        How it is known that a published column is defined so; empty for others.
    """

    heading: str
    measure: Measure
    band: int | None = None
    evidence: str = ""

    @property
    def key(self) -> str:
        """Its name in files: ``psnr``, ``psnr+band8``."""
        return self.measure.name + ("" if self.band is None else f"+band{self.band}")

    @property
    def title(self) -> str:
        """Heading, and band."""
        return self.heading + ("" if self.band is None else f" (band {self.band})")

    @property
    def direction(self) -> Direction:
        return self.measure.definition.direction

    @property
    def arrow(self) -> str:
        return _ARROWS[self.direction]

    def goodness(self, value: float) -> float:
        """A number that is larger for a better value.

        >>> columns("q-sf")[0].goodness(-0.25)
        -0.25
        """
        if self.direction is Direction.HIGHER:
            return value
        return -value if self.direction is Direction.LOWER else -abs(value)


def columns(text: str, *, band: int | None = None) -> tuple[Column, ...]:
    """The columns that `measures.chosen` finds; with `band` once more for the boundary band,
    where they have a value for every pixel.

    Raises
    ------
    UsageError
        For a name that is neither a profile nor a measure.
    """
    found = [
        Column(column.heading, column.measure, evidence=str(column.evidence or ""))
        for column in chosen(text)
    ]
    if band is not None:
        narrow = [c for c in found if c.measure.definition.pixels]
        found += [Column(c.heading, c.measure, band, c.evidence) for c in narrow]
    return tuple(found)


def digits(values: Iterable[float]) -> int:
    """Digits after the point that tell values of this size apart.

    >>> digits([0.97, 0.98]), digits([31.5]), digits([1204.0])
    (4, 3, 1)
    """
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return next((n for n, limit in ((4, 10), (3, 100), (2, 1000)) if largest < limit), 1)
