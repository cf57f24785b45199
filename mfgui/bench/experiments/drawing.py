"""Means of rows, and panels of plots, as several studies need them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mfgui.bench.experiments import frame
from mfgui.bench.experiments.frame import Row, Value
from mfgui.bench.plots import Panel, Series


def means(rows: Sequence[Row], by: tuple[str, ...], columns: Sequence[str]) -> list[Row]:
    """For each value of the columns `by`: how many rows, and the mean of each other column."""
    found: list[Row] = []
    for values, group in frame.grouped(rows, *by).items():
        told: dict[str, Value] = {**dict(zip(by, values, strict=True)), "rows": len(group)}
        for name in columns:
            told[name] = mean([row.get(name) for row in group])
        found.append(told)
    return found


def mean(values: Sequence[Value]) -> float | None:
    """Of the numbers among them; None where there is none."""
    known = [float(value) for value in values if isinstance(value, int | float)]
    if not known:
        return None
    return math.fsum(known) / len(known) if all(map(math.isfinite, known)) else math.inf


def panel(
    rows: Sequence[Row],
    across: str,
    column: str,
    *,
    by: str,
    apart: str | None = None,
    x: str,
    y: str,
    logarithmic: bool = False,
    marked: bool = True,
) -> Panel:
    """A column against another one, a line for each value of the column `by`; `y` is its title.

    With `apart` there is a line for each of its values, of the same colour for one value of `by`.
    """
    series = []
    for (name, _), group in frame.grouped(rows, by, apart or by).items():
        heights = frame.grouped(group, across)
        points = [
            (float(at), height)
            for (at,), same in heights.items()
            if at is not None and (height := mean([row.get(column) for row in same])) is not None
        ]
        series.append(Series(str(name), sorted(points), marked=marked))
    return Panel(y, x, "", series, logarithmic=logarithmic)
