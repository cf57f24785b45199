"""CE, against sums over levels and the published numbers."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.planes import by_channel
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated, gold_pictures, gold_values

CE = METRICS["ce"]
TRIO = generated(27, 34, seed=51)
THIRD = generated(27, 34, seed=52).a


def literal_ce(fused, *sources):
    counts = Counter(fused.ravel().tolist())
    total = 0.0
    for source in sources:
        for level, count in Counter(source.ravel().tolist()).items():
            if counts[level]:
                total += count / source.size * math.log2(count / counts[level])
    return total / len(sources)


def test_that_ce_is_the_mean_divergence_of_the_levels_that_both_have() -> None:
    for others in (TRIO[1:], (*TRIO[1:], THIRD), TRIO[1:2] * 2):
        assert CE(TRIO.fused, *others) == pytest.approx(literal_ce(TRIO.fused, *others), rel=1e-10)
    assert set(TRIO.a.ravel().tolist()) - set(TRIO.fused.ravel().tolist())


def test_that_ce_of_two_levels_is_what_a_hand_computes() -> None:
    half = np.array([[10, 10, 200, 200]])
    quarter = np.array([[10, 200, 200, 200]])
    towards = 0.5 * math.log2(0.5 / 0.25) + 0.5 * math.log2(0.5 / 0.75)
    assert CE(quarter, half, half) == pytest.approx(towards)
    assert CE(quarter, half, quarter) == pytest.approx(towards / 2)


def test_that_ce_may_lie_below_0_where_levels_are_missing() -> None:
    source = np.array([[10, 20, 30, 40]])
    assert CE(np.full((1, 4), 10), source, source) == pytest.approx(-0.5)


def test_that_ce_of_equal_pictures_is_0_wherever_their_levels_are() -> None:
    assert CE(TRIO.a, TRIO.a, TRIO.a) == 0.0
    assert CE(TRIO.a[::-1], TRIO.a, TRIO.a) == 0.0


def test_that_pictures_without_a_common_level_have_none() -> None:
    low, high = np.full((5, 5), 10), np.full((5, 5), 20)
    with pytest.raises(Undefined, match="level in common"):
        CE(low, low, high)


def test_that_it_equals_the_published_program() -> None:
    expected = gold_values()["CE", "vifb"]
    assert len(expected) == 5
    measured = {trio: by_channel(CE, *gold_pictures(trio)) for trio in expected}
    assert measured == pytest.approx(expected, rel=1e-9)
