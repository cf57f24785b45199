"""Means, ranks and tests against literal formulas."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import wilcoxon

from mfgui.bench.columns import Column, columns, digits
from mfgui.bench.statistics import best, holm, mean_ranks, of_column, signed_rank

HIGHER, LOWER, ZERO = columns("q-g,lif,q-sf")


def literal_p(differences: list[float]) -> float:
    """Two-sided p of the signed-rank test, by trying every choice of signs."""
    sizes = [abs(d) for d in differences]
    ranks = [np.mean([n for n, s in enumerate(sorted(sizes), 1) if s == size]) for size in sizes]
    observed = sum(r for r, d in zip(ranks, differences, strict=True) if d > 0)
    sums = [
        sum(r for r, sign in zip(ranks, signs, strict=True) if sign)
        for signs in itertools.product((0, 1), repeat=len(ranks))
    ]
    low = sum(total <= observed for total in sums) / len(sums)
    high = sum(total >= observed for total in sums) / len(sums)
    return min(1.0, 2 * min(low, high))


def test_that_directions_decide_what_is_better() -> None:
    assert HIGHER.goodness(0.7) > HIGHER.goodness(0.6)
    assert LOWER.goodness(0.3) > LOWER.goodness(0.4)
    assert ZERO.goodness(-0.1) == ZERO.goodness(0.1) > ZERO.goodness(0.2)


@pytest.mark.parametrize("seed", range(6))
def test_that_p_is_that_of_all_signs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ties = seed % 2 == 0
    drawn = rng.integers(-4, 6, 8).astype(float) if ties else rng.normal(0.5, 1, 8)
    other = [float(d) for d in drawn if d != 0.0]
    found = signed_rank([*other, 0.0, 0.0])
    assert found.p == pytest.approx(literal_p(other), abs=1e-12)
    assert found.exact
    assert (found.n, found.equal) == (len(other), 2)
    assert found.better == sum(d > 0 for d in other)


def test_that_many_differences_are_approximated() -> None:
    drawn = [float(d) for d in np.random.default_rng(1).normal(0.3, 1, 60)]
    found = signed_rank(drawn)
    assert not found.exact
    assert found.p == pytest.approx(wilcoxon(drawn, method="approx").pvalue, rel=1e-12)
    exact = [float(d) for d in np.random.default_rng(1).normal(0.3, 1, 20)]
    assert signed_rank(exact).p == pytest.approx(wilcoxon(exact, method="exact").pvalue, rel=1e-12)
    assert [signed_rank(drawn[:count]).exact for count in (50, 51)] == [True, False]


def test_that_no_difference_is_no_evidence() -> None:
    found = signed_rank([0.0, 0.0])
    assert (found.p, found.n, found.equal) == (1.0, 0, 2)


def test_that_holm_steps_down() -> None:
    values = [0.04, 0.01, 0.03, 0.5]
    found = holm(values)
    order = sorted(values)
    literal = []
    for value in values:
        place = order.index(value)
        literal.append(max(min(1.0, (4 - k) * order[k]) for k in range(place + 1)))
    assert found == pytest.approx(literal)
    assert holm([]) == []
    assert max(holm([0.9, 0.8])) == 1.0


def literal_ranks(row: list[float]) -> list[float]:
    """1 for the largest; equal values share the mean."""
    return [
        sum(other > value for other in row) + (1 + sum(other == value for other in row)) / 2
        for value in row
    ]


@pytest.mark.parametrize("column", [HIGHER, LOWER, ZERO], ids=lambda column: column.key)
def test_that_ranks_go_by_direction_and_share_ties(column: Column) -> None:
    values = {
        "a": [0.3, -0.1, 0.2, 0.5, None],
        "none": [None] * 5,
        "b": [0.2, -0.3, -0.2, 0.5, 0.1],
        "c": [0.1, -0.3, 0.1, 0.2, 0.1],
    }
    sign = {HIGHER: lambda v: v, LOWER: lambda v: -v, ZERO: lambda v: -abs(v)}[column]
    rows = [literal_ranks([sign(values[label][number]) for label in "abc"]) for number in range(4)]
    expected = dict(zip("abc", np.mean(rows, axis=0), strict=True))
    assert mean_ranks(column, values) == (pytest.approx(expected), 4)


def test_that_a_summary_is_what_its_formulas_say() -> None:
    values = {
        "base": [0.5, 0.6, 0.7, 0.4, None],
        "good": [0.6, 0.65, 0.9, 0.4, 0.8],
        "none": [None] * 5,
    }
    found = of_column(HIGHER, values, baseline="base")
    good = np.array([0.6, 0.65, 0.9, 0.4, 0.8])
    assert found["good"].n == 5
    assert found["good"].mean == pytest.approx(good.mean())
    assert found["good"].deviation == pytest.approx(
        math.sqrt(((good - good.mean()) ** 2).sum() / 4)
    )
    assert found["good"].ranked == 4
    assert found["good"].rank == pytest.approx((1 + 1 + 1 + 1.5) / 4)
    test = found["good"].test
    assert test is not None
    assert (test.better, test.worse, test.equal) == (3, 0, 1)
    assert test.p == pytest.approx(0.25)
    assert test.adjusted == test.p  # the method without values is not tested
    assert found["base"].test is None
    assert found["none"].mean is found["none"].rank is found["none"].test is None


def test_that_lower_values_are_better_where_they_are() -> None:
    base = [0.5, 0.6, 0.7, 0.4, 0.55, 0.3]
    test = of_column(
        LOWER, {"b": base, "m": [v - 0.01 * n for n, v in enumerate(base, 1)]}, baseline="b"
    )["m"].test
    assert test is not None
    assert (test.better, test.worse) == (6, 0)
    assert test.p == pytest.approx(2 / 2**6)
    assert test.significant
    assert test.sign == "+"
    turned = of_column(
        HIGHER, {"b": base, "m": [v - 0.01 * n for n, v in enumerate(base, 1)]}, baseline="b"
    )["m"].test
    assert turned is not None
    assert turned.sign == "-"


def test_that_perfect_pictures_may_have_infinite_values() -> None:
    (psnr,) = columns("psnr")
    found = of_column(
        psnr, {"b": [30.0, math.inf, 31.0], "m": [math.inf, math.inf, 30.0]}, baseline="b"
    )
    assert found["m"].mean == math.inf
    assert found["m"].deviation is None
    test = found["m"].test
    assert test is not None
    assert (test.better, test.worse, test.equal) == (1, 1, 1)
    assert test.p == 1.0
    both = of_column(psnr, {"m": [math.inf, 30.0, -math.inf]})["m"]
    assert both.mean is both.deviation is None


def test_that_means_over_fewer_sets_are_not_the_best() -> None:
    found = of_column(HIGHER, {"a": [0.9, None], "b": [0.5, 0.5], "c": [0.6, 0.4]})
    assert best(HIGHER, found) == {"b", "c"}
    assert best(LOWER, of_column(LOWER, {"a": [0.2], "b": [0.1]})) == {"b"}
    assert best(ZERO, of_column(ZERO, {"a": [-0.2], "b": [0.3]})) == {"a"}
    assert best(HIGHER, of_column(HIGHER, {"a": [0.2], "b": [None]})) == frozenset()


def test_that_digits_tell_values_apart() -> None:
    assert [digits([v]) for v in (0.5, 12.0, 300.0, 4000.0, math.inf)] == [4, 3, 2, 1, 4]
