from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mfgui.core.agreement import agreement, cohens_kappa, outlines_of

K = 3
IGNORE = 255
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
values = st.sampled_from([0, 1, 1, 2, 2, 3, IGNORE])


def maps(shape: tuple[int, int]) -> st.SearchStrategy[Any]:
    return hnp.arrays(np.uint8, shape, elements=values)


pairs = shapes.flatmap(lambda shape: st.tuples(maps(shape), maps(shape)))


def compared_pixels(first: Any, second: Any) -> list[tuple[int, int]]:
    """The definition, pixel by pixel."""
    found = []
    for place in itertools.product(range(first.shape[0]), range(first.shape[1])):
        a, b = int(first[place]), int(second[place])
        if a != IGNORE and b != IGNORE and (a, b) != (0, 0):
            found.append((a, b))
    return found


@given(pair=pairs)
def test_that_counts_accuracy_and_iou_are_those_of_the_definition(pair: Any) -> None:
    first, second = pair
    found = agreement(first, second, k=K)
    seen = compared_pixels(first, second)
    assert found.compared == len(seen)
    assert found.ignored == sum(
        IGNORE in both for both in zip(first.flat, second.flat, strict=True)
    )
    assert found.compared + found.ignored + found.undecided == first.size
    for a, b in itertools.product(range(K + 1), repeat=2):
        assert found.confusion[a, b] == seen.count((a, b))
    assert found.same == all(a == b for a, b in seen)
    if seen:
        assert found.accuracy == sum(a == b for a, b in seen) / len(seen)
    for label in range(1, K + 1):
        either = [p for p in seen if label in p]
        both = [p for p in seen if p == (label, label)]
        expected = len(both) / len(either) if either else None
        assert found.labels[label - 1].iou == expected
    known = [entry.iou for entry in found.labels if entry.iou is not None]
    assert found.mean_iou == (pytest.approx(sum(known) / len(known)) if known else None)


@given(pair=pairs)
def test_that_kappa_is_observed_against_expected_agreement(pair: Any) -> None:
    first, second = pair
    seen = compared_pixels(first, second)
    found = agreement(first, second, k=K).kappa
    if not seen:
        assert found is None
        return
    observed = sum(a == b for a, b in seen) / len(seen)
    expected = sum(
        (sum(a == n for a, _ in seen) / len(seen)) * (sum(b == n for _, b in seen) / len(seen))
        for n in range(K + 1)
    )
    if math.isclose(expected, 1.0):
        assert found is None
    else:
        assert found == pytest.approx((observed - expected) / (1 - expected))


def outline_pixels(labels: Any, other: Any, label: int) -> set[tuple[int, int]]:
    """The definition: label here, another one (not ignored) at one of four neighbours."""

    def valid(place: tuple[int, int]) -> bool:
        return labels[place] != IGNORE and other[place] != IGNORE

    found = set()
    for y, x in itertools.product(range(labels.shape[0]), range(labels.shape[1])):
        if labels[y, x] != label or not valid((y, x)):
            continue
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            inside = 0 <= v < labels.shape[0] and 0 <= u < labels.shape[1]
            if inside and valid((v, u)) and labels[v, u] != label:
                found.add((y, x))
    return found


def share(ones: set[tuple[int, int]], others: set[tuple[int, int]], limit: float) -> float | None:
    near = [p for p in ones if any(math.dist(p, q) <= limit for q in others)]
    return len(near) / len(ones) if ones else None


@given(pair=pairs, tolerance=st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0]))
def test_that_boundary_scores_match_a_search_over_all_pairs(pair: Any, tolerance: float) -> None:
    first, second = pair
    found = agreement(first, second, k=K, tolerance=tolerance)
    for entry in found.labels:
        ones = outline_pixels(first, second, entry.label)
        twos = outline_pixels(second, first, entry.label)
        precision, recall = share(ones, twos, tolerance), share(twos, ones, tolerance)
        assert entry.precision == precision
        assert entry.recall == recall
        if precision is None and recall is None:
            assert entry.boundary_f is None
        elif not precision or not recall:
            assert entry.boundary_f == 0
        else:
            assert entry.boundary_f == pytest.approx(2 / (1 / precision + 1 / recall))


def test_that_a_shift_within_the_tolerance_costs_iou_but_no_boundary_score() -> None:
    first = np.full((20, 40), 2, np.uint8)
    second = first.copy()
    first[:, :20], second[:, :22] = 1, 1
    near = agreement(first, second, k=2, tolerance=2)
    assert near.mean_boundary_f == 1.0
    assert near.labels[0].iou == 20 / 22
    assert agreement(first, second, k=2, tolerance=1).mean_boundary_f == 0.0


def test_that_unassigned_in_one_map_is_a_disagreement_and_in_both_says_nothing() -> None:
    first = np.array([[1, 0, 0, 2]], np.uint8)
    second = np.array([[1, 1, 0, 2]], np.uint8)
    found = agreement(first, second, k=2)
    assert (found.compared, found.undecided) == (3, 1)
    assert found.accuracy == 2 / 3
    assert found.labels[0].iou == 1 / 2


def test_that_equal_maps_agree_fully_also_in_16_bits() -> None:
    labels = np.repeat(np.arange(1, 301, dtype=np.uint16), 4).reshape(30, 40)
    found = agreement(labels, labels.copy(), k=300)
    assert (found.accuracy, found.kappa, found.mean_iou, found.mean_boundary_f) == (1, 1, 1, 1)
    assert found.same


def test_that_one_label_everywhere_has_no_kappa_and_no_outline() -> None:
    labels = np.ones((4, 4), np.uint8)
    found = agreement(labels, labels, k=2)
    assert found.kappa is None
    assert found.labels[0].boundary_f is None
    assert found.labels[1].iou is None


def test_that_kappa_at_24_megapixels_does_not_overflow() -> None:
    counts = np.array([[10_000_000, 2_000_000], [1_000_000, 11_000_000]]) * 16
    assert cohens_kappa(counts) == pytest.approx(0.75)


def test_that_maps_of_other_sizes_or_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="maps of"):
        agreement(np.ones((2, 3), np.uint8), np.ones((3, 2), np.uint8), k=2)
    with pytest.raises(ValueError, match="label 3 is above"):
        agreement(np.ones((2, 2), np.uint8), np.full((2, 2), 3, np.uint8), k=2)


def test_that_the_edge_of_the_image_is_no_outline() -> None:
    labels = np.full((4, 4), 2, np.uint8)
    labels[:2, :2] = 1
    expected = np.zeros((4, 4), np.bool_)
    expected[1:3, :2] = expected[:2, 1:3] = True
    expected[0, 0] = False
    expected[1, 1] = True
    found = outlines_of(labels, valid=np.ones((4, 4), np.bool_))
    np.testing.assert_array_equal(found, expected)


def test_that_accuracy_and_iou_are_those_of_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    generator = np.random.default_rng(3)
    first, second = (generator.integers(1, 4, (40, 50)).astype(np.uint8) for _ in range(2))
    table = metrics.contingency_table(first, second, normalize=False).toarray()
    found = agreement(first, second, k=3)
    np.testing.assert_array_equal(found.confusion, table)
