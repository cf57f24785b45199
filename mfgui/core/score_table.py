"""A table of scores: rows are fused pictures, columns are measures of them. Values only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Area(StrEnum):
    """Which pixels a score is of."""

    WHOLE = "whole"
    BAND = "band"  # the boundary band of the present map
    REGION = "region"


class Better(StrEnum):
    """Which direction of a measure is better."""

    HIGHER = "higher"
    LOWER = "lower"
    ZERO = "near 0"
    NEITHER = ""

    @property
    def arrow(self) -> str:
        return {"higher": "↑", "lower": "↓", "near 0": "→0", "": ""}[self]

    def rank(self, value: float) -> float:
        """A number that is the larger, the better the value is."""
        return {Better.LOWER: -value, Better.ZERO: -abs(value)}.get(self, value)


@dataclass(frozen=True)
class Column:
    """A measure.

    Attributes
    ----------
    key : str
        Its name in files.
    title, unit : str
        As people read them.
    explained : str
        What it says, in one or two sentences.
    area : Area or None
        Pixels that it is of; None where it is of none.
    digits : int
        After the point, where it is shown; files for programs hold all.
    alike : bool
        Only values with the same note may be compared.
    record : mapping
        How it is defined: what a file for programs says beside the rest.
    """

    key: str
    title: str
    better: Better
    explained: str
    unit: str = ""
    area: Area | None = None
    digits: int = 4
    alike: bool = False
    record: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False)

    @property
    def name(self) -> str:
        """Its name in files, with the area: ``psnr_band``."""
        return self.key if self.area is None else f"{self.key}_{self.area.value}"


@dataclass(frozen=True)
class Cell:
    """A value, with a note of what it is of; or none, with the reason.

    `pixels` is how many a value is the mean over; `coming` says that it is being computed.
    """

    value: float | None = None
    note: str = ""
    coming: bool = False
    pixels: int | None = None


@dataclass(frozen=True)
class ScoreRow:
    """The scores of one picture.

    Attributes
    ----------
    key : str
        Its picture key.
    title : str
        Its name, with its number.
    cells : tuple of Cell
        One for each column.
    record : mapping
        How it was made: what a file of the table says beside the scores.
    """

    key: str
    title: str
    cells: tuple[Cell, ...]
    record: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ScoreTable:
    """Scores of several pictures; `facts` hold for all of them."""

    columns: tuple[Column, ...]
    rows: tuple[ScoreRow, ...]
    facts: Mapping[str, object] = field(default_factory=dict, repr=False)

    def values(self, column: int) -> list[float | None]:
        """What stands in a column, top first."""
        return [row.cells[column].value for row in self.rows]

    def best(self, column: int) -> frozenset[int]:
        """Numbers of the rows with the best value of a column.

        None where no direction is better, where fewer than two rows have a value, and where
        the values may not be compared with each other. Equal values are all the best.

        >>> high = Column("q", "Q", Better.HIGHER, "")
        >>> cells = [(Cell(0.5),), (Cell(0.75),), (Cell(None, "no map"),)]
        >>> rows = [ScoreRow(f"result:{n}", "", cell) for n, cell in enumerate(cells, start=1)]
        >>> sorted(ScoreTable((high,), tuple(rows)).best(0))
        [1]
        """
        head = self.columns[column]
        cells = {number: row.cells[column] for number, row in enumerate(self.rows)}
        known = {n: c.value for n, c in cells.items() if c.value is not None}
        if head.better is Better.NEITHER or len(known) < 2:
            return frozenset()
        if head.alike and len({cells[number].note for number in known}) > 1:
            return frozenset()
        ranks = {number: head.better.rank(value) for number, value in known.items()}
        return frozenset(n for n, rank in ranks.items() if rank == max(ranks.values()))


def shown_number(value: float, digits: int) -> str:
    """A value with a point and `digits` digits after it.

    >>> shown_number(30.0, 0), shown_number(0.98765, 4), shown_number(math.inf, 2)
    ('30', '0.9877', '∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.{digits}f}"
