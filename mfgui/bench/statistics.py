"""What the scores of many sets say about methods, column by column.

Every comparison goes by `Column.goodness`: by the value where higher is better, by its negative
where lower is, by the negative of its magnitude where values near 0 are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np

from mfgui.bench.columns import Column
from mfgui.bench.runner import Table

LEVEL = 0.05
_MOST_EXACT = 50  # differences, beyond which the normal approximation is as good


@dataclass(frozen=True)
class Wilcoxon:
    """A method against the baseline, on the sets where both have a value.

    Attributes
    ----------
    better, worse, equal : int
        Sets.
    p : float
        Two-sided, of the signed-rank test on the differences that are not 0; 1 where none is.
    n : int
        Differences that are not 0.
    exact : bool
        From the exact distribution; else, for more than 50 differences, from the normal
        approximation.
    adjusted : float
        `p` after the correction of Holm for all methods that were tested in this column.
    """

    better: int
    worse: int
    equal: int
    p: float
    exact: bool
    adjusted: float = math.nan

    @property
    def n(self) -> int:
        return self.better + self.worse

    @property
    def significant(self) -> bool:
        """Whether the adjusted p is below 0.05."""
        return self.adjusted < LEVEL

    @property
    def sign(self) -> str:
        """ "+" or "-" where the method is significantly better or worse, else empty."""
        if not self.significant:
            return ""
        return "+" if self.better > self.worse else "-"


@dataclass(frozen=True)
class Summary:
    """A method in one column.

    Attributes
    ----------
    n : int
        Sets in which it has a value.
    mean, deviation : float or None
        Over these; the deviation is that of a sample, divided by n - 1.
    rank : float or None
        Mean over the sets in which all methods of the column have a value; 1 is the best, equal
        values share the mean of their ranks.
    ranked : int
        These sets.
    test : Wilcoxon or None
        Against the baseline.
    """

    n: int
    mean: float | None
    deviation: float | None
    rank: float | None
    ranked: int
    test: Wilcoxon | None = None


Summaries = Mapping[tuple[str, str], Summary]  # key of the column, label of the entry


def summaries(table: Table, *, baseline: str = "") -> Summaries:
    """All columns and entries of a table; tested against the entry labelled `baseline`."""
    found: dict[tuple[str, str], Summary] = {}
    for column in table.known_columns:
        values = {e.label: table.values(e, column) for e in table.plan.entries}
        for label, summary in of_column(column, values, baseline=baseline).items():
            found[column.key, label] = summary
    return found


def of_column(
    column: Column, values: Mapping[str, Sequence[float | None]], *, baseline: str = ""
) -> dict[str, Summary]:
    """The methods of one column, `values` by label and in the same order of sets for all."""
    ranks, ranked = mean_ranks(column, values)
    tests = wilcoxon_tests(column, values, baseline) if values.get(baseline) else {}
    found = {}
    for label, scores in values.items():
        known = [value for value in scores if value is not None]
        finite = all(map(math.isfinite, known))
        found[label] = Summary(
            len(known),
            (fmean(known) if finite else _infinite_mean(known)) if known else None,
            stdev(known) if len(known) > 1 and finite else None,
            ranks.get(label),
            ranked,
            tests.get(label),
        )
    return found


def _infinite_mean(values: Sequence[float]) -> float | None:
    """Of values among which there is an infinite one; none where both signs are there."""
    total = sum(values)
    return None if math.isnan(total) else total


def mean_ranks(
    column: Column, values: Mapping[str, Sequence[float | None]]
) -> tuple[dict[str, float], int]:
    """Mean rank of each method over the sets that all have in common, and their number.

    Methods without any value take no part.
    """
    taking = {k: v for k, v in values.items() if any(score is not None for score in v)}
    rows = [row for row in zip(*taking.values(), strict=True) if None not in row]
    if not rows:
        return {}, 0
    ranked = [ranks_of([-column.goodness(v) for v in row if v is not None]) for row in rows]
    means = [fmean(ranks) for ranks in zip(*ranked, strict=True)]
    return dict(zip(taking, means, strict=True)), len(rows)


def ranks_of(values: Sequence[float]) -> list[float]:
    """1 for the least; equal values share the mean of their ranks.

    >>> ranks_of([0.5, 0.1, 0.5])
    [2.5, 1.0, 2.5]
    """
    each = np.asarray(values, np.float64)
    below = (each[None, :] < each[:, None]).sum(axis=1)
    equal = (each[None, :] == each[:, None]).sum(axis=1)
    found: list[float] = (below + (equal + 1) / 2).tolist()
    return found


def wilcoxon_tests(
    column: Column, values: Mapping[str, Sequence[float | None]], baseline: str
) -> dict[str, Wilcoxon]:
    """Every method against the baseline, corrected after Holm; those that share no set with it
    are left out."""
    base = values[baseline]
    found = {}
    for label, scores in values.items():
        pairs = [
            (column.goodness(a), column.goodness(b))
            for a, b in zip(scores, base, strict=True)
            if a is not None and b is not None
        ]
        if label != baseline and pairs:
            found[label] = signed_rank([0.0 if a == b else a - b for a, b in pairs])
    adjusted = holm([test.p for test in found.values()])
    return {
        label: Wilcoxon(t.better, t.worse, t.equal, t.p, t.exact, p)
        for (label, t), p in zip(found.items(), adjusted, strict=True)
    }


def signed_rank(differences: Sequence[float]) -> Wilcoxon:
    """Wilcoxon's signed-rank test, two-sided; differences of 0 are left out.

    References
    ----------
    F. Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1(6), 1945.
    """
    other = [d for d in differences if d != 0.0]
    better = sum(d > 0.0 for d in other)
    counts = better, len(other) - better, len(differences) - len(other)
    if not other:
        return Wilcoxon(*counts, p=1.0, exact=True)
    exact = len(other) <= _MOST_EXACT
    if exact and len({abs(d) for d in other}) < len(other):
        p = _exact_with_ties(other)
    else:
        from scipy.stats import wilcoxon  # takes a second to load

        p = float(wilcoxon(other, method="exact" if exact else "approx").pvalue)
    return Wilcoxon(*counts, p=min(1.0, p), exact=exact)


def _exact_with_ties(differences: Sequence[float]) -> float:
    """Two-sided p over all signs of the differences, equal magnitudes sharing their ranks."""
    # Twice the ranks, which are whole numbers also where they are shared.
    ranks = [round(2 * rank) for rank in ranks_of([abs(d) for d in differences])]
    ways = [1] + [0] * sum(ranks)  # of each sum of the ranks of positive differences
    for rank in ranks:
        ways = [n + (ways[k - rank] if k >= rank else 0) for k, n in enumerate(ways)]
    positive = sum(r for r, d in zip(ranks, differences, strict=True) if d > 0.0)
    tail = min(sum(ways[: positive + 1]), sum(ways[positive:]))
    return 2.0 * tail / sum(ways)


def holm(values: Sequence[float]) -> list[float]:
    """p values corrected for their number.

    References
    ----------
    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6(2), 1979.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(values)), key=lambda n: values[n])
    found, least = [0.0] * len(values), 0.0
    for place, number in enumerate(order):
        least = max(least, min(1.0, (len(values) - place) * values[number]))
        found[number] = least
    return found


def best(column: Column, means: Mapping[str, Summary]) -> frozenset[str]:
    """Labels with the best mean among those that have values for most sets.

    None where fewer than two have one: a mean over easier sets does not compare.
    """
    most = max((s.n for s in means.values()), default=0)
    full = {label: s.mean for label, s in means.items() if s.n == most}
    known = {label: column.goodness(mean) for label, mean in full.items() if mean is not None}
    if len(known) < 2:
        return frozenset()
    top = max(known.values())
    return frozenset(label for label, value in known.items() if value == top)
