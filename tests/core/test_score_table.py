"""Best values and ranks of a table of scores."""

from __future__ import annotations

import math

import pytest

from mfgui.core.score_table import Area, Better, Cell, Column, ScoreRow, ScoreTable, shown_number


def table(values, better=Better.HIGHER, **more):
    column = Column("m", "M", better, "", **more)
    cells = [value if isinstance(value, Cell) else Cell(value) for value in values]
    return ScoreTable(
        (column,), tuple(ScoreRow(f"result:{n}", "", (c,)) for n, c in enumerate(cells))
    )


@pytest.mark.parametrize(
    ("values", "better", "best"),
    [
        ([0.5, 0.7, 0.6], Better.HIGHER, {1}),
        ([0.5, 0.7, 0.6], Better.LOWER, {0}),
        ([0.5, 0.7, 0.7], Better.HIGHER, {1, 2}),
        ([0.5, None, 0.4], Better.HIGHER, {0}),
        ([0.5, None], Better.HIGHER, set()),
        ([30.0, math.inf], Better.HIGHER, {1}),
        ([0.5, 0.7], Better.NEITHER, set()),
        ([0.5, -0.2, 0.3], Better.ZERO, {1}),
        ([-0.2, 0.2, None], Better.ZERO, {0, 1}),
    ],
)
def test_that_the_best_follows_the_direction(values, better, best) -> None:
    assert table(values, better).best(0) == best


def test_that_values_of_different_things_have_no_best() -> None:
    cells = [Cell(0.5, "window 5"), Cell(0.7, "window 7")]
    assert table(cells, alike=True).best(0) == set()
    assert table(cells).best(0) == {1}
    assert table([Cell(0.5, "window 5"), Cell(0.7, "window 5")], alike=True).best(0) == {1}


def test_that_columns_are_named_by_measure_and_area() -> None:
    assert Column("psnr", "PSNR", Better.HIGHER, "", area=Area.BAND).name == "psnr_band"
    assert Column("seconds", "Time", Better.LOWER, "").name == "seconds"


def test_that_numbers_are_shown_with_a_point() -> None:
    assert shown_number(-0.00004, 3) == "-0.000"
    assert shown_number(1234.5, 1) == "1234.5"
    assert shown_number(-math.inf, 2) == "-∞"
