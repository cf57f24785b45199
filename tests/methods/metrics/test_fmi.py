"""FMI, against loops over windows and their joint distributions, and the published numbers."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import pywt

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.fmi_features import Feature, features
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import Trio, generated, gold_grey, gold_values

FMI = METRICS["fmi"]
FEATURES = get_args(Feature)
TRIO = generated(27, 34, seed=41)
THIRD = generated(27, 34, seed=42).b


def literal_edge(plane):
    height, width = plane.shape
    at = lambda y, x: plane[min(max(y, 0), height - 1), min(max(x, 0), width - 1)]  # noqa: E731
    weights = ((-1, 1), (0, 2), (1, 1))
    squared = np.zeros((height + 2, width + 2))
    for y in range(height):
        for x in range(width):
            across = sum(w * (at(y + n, x + 1) - at(y + n, x - 1)) for n, w in weights)
            down = sum(w * (at(y + 1, x + n) - at(y - 1, x + n)) for n, w in weights)
            squared[y + 1, x + 1] = across * across + down * down
    squared[squared <= 4 * squared.sum() / plane.size] = 0
    found = np.zeros(plane.shape)
    for y in range(height):
        for x in range(width):
            here, row, column = squared[y + 1, x + 1], squared[y + 1], squared[:, x + 1]
            found[y, x] = (here > row[x] and here > row[x + 2]) or (
                here > column[y] and here > column[y + 2]
            )
    return found


def literal_gradient(plane):
    last = plane.shape[1] - 1
    columns = [
        (plane[:, min(x + 1, last)] - plane[:, max(x - 1, 0)]) / (2 if 0 < x < last else 1)
        for x in range(last + 1)
    ]
    return np.stack(columns, axis=1)


def cosines(count):
    rows = [
        [math.cos(math.pi * (n + 0.5) * k / count) * math.sqrt((1 + (k > 0)) / count)]
        for k in range(count)
        for n in range(count)
    ]
    return np.reshape(rows, (count, count))


def literal_dct(plane):
    return cosines(plane.shape[0]) @ plane @ cosines(plane.shape[1]).T


def bands_of(rows):
    """Filtered and every other value kept, low and then high; the border is mirrored."""
    low, high, *_ = pywt.Wavelet("dmey").filter_bank
    count, taps = rows.shape[1], len(low)
    mirrored = [*rows.T, *rows.T[::-1]]
    columns = [
        sum(weight * mirrored[(2 * k + 1 - n) % (2 * count)] for n, weight in enumerate(weights))
        for weights in (low, high)
        for k in range((count + taps - 1) // 2)
    ]
    return np.stack(columns, axis=1)


def literal_wavelet(plane):
    found = bands_of(bands_of(plane).T).T
    height, width = (side // 2 for side in found.shape)
    upright, level = found[:height, width:].copy(), found[height:, :width].copy()
    found[:height, width:], found[height:, :width] = level, upright
    return found


LITERAL = {
    "edge": literal_edge,
    "gradient": literal_gradient,
    "none": lambda plane: plane,
    "dct": literal_dct,
    "wavelet": literal_wavelet,
}


def windows(plane):
    """(N, 9) values, down the columns."""
    height, width = plane.shape
    places = [(y, x) for y in range(height - 2) for x in range(width - 2)]
    return np.array([plane[y : y + 3, x : x + 3].T.ravel() for y, x in places])


def shares_of(found):
    low, high = found.min(axis=1, keepdims=True), found.max(axis=1, keepdims=True)
    flat = high == low
    values = np.where(flat, 1.0, (found - low) / np.where(flat, 1.0, high - low))
    return values / values.sum(axis=1, keepdims=True)


def entropy(shares):
    parts = shares * np.log2(np.abs(np.where(shares == 0, 1.0, shares)))
    return -parts.sum(axis=tuple(range(1, shares.ndim)))


def deviation(shares):
    places = np.arange(1, 10)
    return np.sqrt((places**2 * shares).sum(axis=1) - (places * shares).sum(axis=1) ** 2)


def correlation_of(p, q):
    p, q = (values - values.mean(axis=1, keepdims=True) for values in (p, q))
    return (p * q).sum(axis=1) / np.sqrt((p * p).sum(axis=1) * (q * q).sum(axis=1))


def literal_joint(p, q):
    """The joint distributions with all their cells."""
    correlation = correlation_of(p, q)[:, None, None]
    below, beside = np.cumsum(p, axis=1)[:, :, None], np.cumsum(q, axis=1)[:, None, :]
    upper, lower = np.minimum(below, beside), np.maximum(below + beside - 1, 0)
    bound = np.where(correlation >= 0, upper, lower)
    under_bound = (bound - below * beside).sum(axis=(1, 2)) / (deviation(p) * deviation(q))
    share = correlation / under_bound[:, None, None]
    padded = np.pad(bound, ((0, 0), (1, 0), (1, 0)))
    cells = np.diff(np.diff(padded, axis=1), axis=2)
    return share * cells + (1 - share) * p[:, :, None] * q[:, None, :]


def literal_values(f, *sources):
    """Mean over the sources of what each window of the features counts."""
    total = 0.0
    for source in sources:
        one, other = windows(source), windows(f)
        p, q = shares_of(one), shares_of(other)
        flat, other_flat = np.ptp(one, axis=1) == 0, np.ptp(other, axis=1) == 0
        found = ((one == other).all(axis=1) | (flat & other_flat)).astype(float)
        single = (p.max(axis=1) == 1) | (q.max(axis=1) == 1)
        rest = (found == 0) & ~(flat | other_flat | single)
        both = entropy(p[rest]) + entropy(q[rest])
        found[rest] = 2 * (both - entropy(literal_joint(p[rest], q[rest]))) / both
        total = total + found
    return total / len(sources)


@pytest.mark.parametrize("feature", FEATURES)
def test_that_features_equal_their_definitions(feature: str) -> None:
    found = features(feature, *TRIO.floats)
    for plane, measured in zip(TRIO.floats, found, strict=True):
        np.testing.assert_allclose(measured, LITERAL[feature](plane), atol=1e-9)


@pytest.mark.parametrize("feature", FEATURES)
def test_that_fmi_equals_its_definition_for_two_sources_and_for_three(feature: str) -> None:
    planes = [*TRIO, THIRD]
    found = features(feature, *(plane.astype(np.float64) for plane in planes))
    found = [np.round(plane, 8) for plane in found]  # flat areas without what rounding leaves
    for count in (2, 3):
        expected = literal_values(*found[: count + 1]).mean()
        measured = FMI(*planes[: count + 1], variant=feature)
        assert measured == pytest.approx(expected, abs=1e-6 if feature == "wavelet" else 1e-8)


def test_that_some_windows_count_more_than_1_and_some_correlate_negatively() -> None:
    """The cases that are easily got wrong do occur above."""
    found = literal_values(*TRIO.floats)
    assert found.max() > 1.001
    a, f = windows(THIRD.astype(float)), windows(TRIO.floats.fused)
    varied = (np.ptp(a, axis=1) > 0) & (np.ptp(f, axis=1) > 0)
    assert (correlation_of(a[varied], f[varied]) < -0.1).sum() > 20


@pytest.mark.parametrize("feature", ["edge", "gradient", "none"])
def test_that_the_map_has_each_window_at_the_pixel_in_its_middle(feature: str) -> None:
    found = FMI.map(*TRIO, variant=feature)
    assert found.score() == pytest.approx(FMI(*TRIO, variant=feature), rel=1e-12)
    expected = literal_values(*(LITERAL[feature](plane) for plane in TRIO.floats))
    assert found.weights.sum() == expected.size
    np.testing.assert_allclose(found.values[1:-1, 1:-1].ravel(), expected, atol=1e-9)
    one = np.zeros(TRIO.a.shape, bool)
    one[9, 14] = True
    assert found.score(one) == pytest.approx(expected.reshape(25, 32)[8, 13], abs=1e-9)


@pytest.mark.parametrize("feature", ["dct", "wavelet"])
def test_that_coefficients_have_no_map(feature: str) -> None:
    with pytest.raises(Undefined, match="belong to no pixel"):
        FMI.map(*TRIO, variant=feature)


@pytest.mark.parametrize("feature", FEATURES)
def test_that_equal_pictures_count_1(feature: str) -> None:
    for plane in (TRIO.a, np.full_like(TRIO.a, 120), np.zeros_like(TRIO.a)):
        assert FMI(plane, plane, plane, variant=feature) == 1.0


def test_that_what_is_brighter_by_a_factor_counts_1_but_flat_windows_nothing() -> None:
    dark = (TRIO.a // 2)[:, 12:22]
    assert np.ptp(windows(dark), axis=1).min() > 0
    assert FMI(dark * 2, dark, dark, variant="none") == pytest.approx(1.0, abs=1e-9)
    flat = np.full_like(dark, 120)
    assert FMI(dark, flat, flat, variant="none") == 0.0
    assert FMI(flat, dark, dark, variant="none") == 0.0
    assert FMI(flat, flat + 1, flat + 1, variant="none") == 1.0
    spot = flat.copy()
    spot[4, 4] = 200
    assert FMI(spot[3:6, 3:6], dark[:3, :3], dark[:3, :3], variant="none") == 0.0
    assert FMI(spot, spot, spot, variant="none") == 1.0


def test_that_flat_areas_of_coefficients_are_not_rounding() -> None:
    """Wavelets of constant areas are not quite 0."""
    rng = np.random.default_rng(5)
    left, right = (rng.integers(0, 256, (90, 140)).astype(np.uint8) for _ in range(2))
    left[:, 40:], right[:, 40:] = 90, 91
    found = features("wavelet", *(plane.astype(np.float64) for plane in (left, right)))
    expected = literal_values(*(np.round(plane, 8) for plane in found)).mean()
    assert FMI(left, right, right, variant="wavelet") == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("feature", FEATURES)
def test_that_pictures_below_the_window_are_told(feature: str) -> None:
    for shape in ((2, 34), (27, 2)):
        small = [plane[: shape[0], : shape[1]] for plane in TRIO]
        with pytest.raises(Undefined, match=f"does not fit into {shape[1]} x {shape[0]}"):
            FMI(*small, variant=feature)
    assert math.isfinite(FMI(*(plane[:3, :3] for plane in TRIO), variant=feature))


def middle(name: str) -> Trio:
    top, left = (side // 2 - 24 for side in gold_grey(name).fused.shape)
    return Trio(*(plane[top : top + 48, left : left + 48] for plane in gold_grey(name)))


def not_seen_as_equal(trio: Trio, feature: str) -> float:
    """Share of the windows that the published program takes for different, though B is F.

    Where A is not F it compares B with an F that it has stretched already; then a window with a
    single value above eight equal ones counts 0.
    """
    f, a, b = (windows(LITERAL[feature](plane)) for plane in trio)
    shares = shares_of(f)
    single = (shares.max(axis=1) == 1) & (shares != b).any(axis=1)
    lost = (a != f).any(axis=1) & (b == f).all(axis=1) & single
    return float(lost.mean())


NAMES = {"edge": "octave_edge", "gradient": "gradient", "none": "none", "dct": "dct"}


@pytest.mark.parametrize("feature", NAMES)
def test_that_fmi_equals_the_published_program(feature: str) -> None:
    published = gold_values()["FMI", f"haghighat_w3_{NAMES[feature]}_crop48"]
    assert len(published) >= 6
    for name, value in published.items():
        trio = middle(name)
        measured = FMI(*trio, variant=feature)
        assert measured == pytest.approx(value, abs=1e-3), name
        if (feature, name) != ("edge", "lytro11_CNN"):  # neighbours there have equal slopes
            corrected = measured - not_seen_as_equal(trio, feature) / 2
            assert corrected == pytest.approx(value, abs=1e-9), name
