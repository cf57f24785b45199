"""Metrics of histograms against sums over Python dictionaries."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated

TRIO = generated(37, 46, seed=3)


def stretch(plane):
    low, high = int(plane.min()), int(plane.max())
    return [math.floor(255 * (int(value) - low) / (high - low) + 0.5) for value in plane.ravel()]


def shares(values):
    counts = Counter(values)
    return {value: count / len(values) for value, count in counts.items()}


def bits(values):
    return -sum(p * math.log2(p) for p in shares(values).values())


def mutual(x, y):
    """Kullback-Leibler form, unlike the program's sum of entropies."""
    px, py, pxy = shares(x), shares(y), shares(list(zip(x, y, strict=True)))
    return sum(p * math.log2(p / (px[i] * py[j])) for (i, j), p in pxy.items())


def tsallis(x, y, q, *, exchanged):
    px, py, pxy = shares(x), shares(y), shares(list(zip(x, y, strict=True)))
    total = 0.0
    for i in range(256):
        for j in range(256):
            one, other = (py.get(i, 0), px.get(j, 0)) if exchanged else (px.get(i, 0), py.get(j, 0))
            if one * other and pxy.get((i, j)):
                total += pxy[i, j] ** q / (one * other) ** (q - 1)
    return (1 - total) / (1 - q)


def literal_nmi(f, a, b):
    return 2 * sum(mutual(s, f) / (bits(s) + bits(f)) for s in (a, b))


def literal_te(f, a, b, *, exchanged):
    q = 0.43137
    over = tsallis(a, f, q, exchanged=exchanged) + tsallis(b, f, q, exchanged=exchanged)
    return over / (bits(a) ** q + bits(b) ** q + tsallis(a, b, q, exchanged=exchanged))


def literal_cvejic(f, a, b, *, exchanged):
    return sum(tsallis(s, f, 1.85, exchanged=exchanged) for s in (a, b))


def literal_ncie(f, a, b):
    matrix = np.array([[1 if x is y else mutual(x, y) / 8 for y in (a, b, f)] for x in (a, b, f)])
    parts = np.linalg.eigvals(matrix).real / 3
    return 1 + sum(part * math.log(part, 256) for part in parts)


def literal_stretched(f, a, b):
    """By metric and variant."""
    f, a, b = map(stretch, (f, a, b))
    return {
        ("nmi", None): literal_nmi(f, a, b),
        ("mi", "vifb"): math.log(2) * (mutual(a, f) + mutual(b, f)),
        ("te", None): literal_te(f, a, b, exchanged=True),
        ("te", "nava-corrected"): literal_te(f, a, b, exchanged=False),
        ("te", "cvejic"): literal_cvejic(f, a, b, exchanged=True),
        ("te", "cvejic-corrected"): literal_cvejic(f, a, b, exchanged=False),
        ("ncie", None): literal_ncie(f, a, b),
    }


def test_that_metrics_of_stretched_histograms_equal_their_definitions() -> None:
    expected = literal_stretched(*TRIO)
    for (name, variant), value in expected.items():
        measured = METRICS[name](*TRIO, variant=variant)
        assert measured == pytest.approx(value, rel=1e-9), (name, variant)
    assert expected["te", None] != pytest.approx(expected["te", "nava-corrected"], rel=1e-3)


def test_that_information_in_bits_is_of_levels_as_they_are() -> None:
    narrow = [picture // 3 + 40 for picture in TRIO]
    f, a, b = (picture.ravel().tolist() for picture in narrow)
    expected = mutual(a, f) + mutual(b, f)
    assert METRICS["mi"](*narrow) == pytest.approx(expected, rel=1e-9)
    assert METRICS["en"](narrow[0]) == pytest.approx(bits(f), rel=1e-12)
    # No level near white: the saturation of the published program does nothing.
    assert METRICS["mi"](*narrow, variant="lft") == pytest.approx(expected, rel=1e-9)


def literal_mi_of_lft(f, a, b):
    total = 0.0
    for source in (a, b):
        pairs = [(min(x, 254), min(y, 254)) for x, y in zip(source, f, strict=True)]
        total += bits(source) + bits(f) - bits(pairs)
    return total


def test_that_the_lft_variant_counts_the_two_highest_levels_as_one_in_pairs() -> None:
    f, a, b = (picture.ravel().tolist() for picture in generated(37, 46, seed=4))
    f, a, b = ([254 if v == 255 and n % 2 else v for n, v in enumerate(p)] for p in (f, a, b))
    expected = literal_mi_of_lft(f, a, b)
    planes = [np.array(values, np.uint8).reshape(37, 46) for values in (f, a, b)]
    assert METRICS["mi"](*planes, variant="lft") == pytest.approx(expected, rel=1e-9)
    assert METRICS["mi"](*planes) < expected - 0.01


def test_that_equal_pictures_reach_the_largest_information() -> None:
    plane = TRIO.a
    assert METRICS["nmi"](plane, plane, plane) == pytest.approx(2.0)
    assert METRICS["ncie"](plane, plane, plane) < 1.0
    every = np.arange(256).reshape(16, 16)  # 8 bits: two eigenvalues are 0
    assert METRICS["ncie"](every, every, every) == pytest.approx(1.0)
    assert METRICS["mi"](plane, plane, plane) == pytest.approx(2 * METRICS["en"](plane))


def test_that_pictures_without_information_have_a_value_or_a_reason() -> None:
    flat, plane = np.full((9, 9), 90, np.uint8), TRIO.a[14:23, 14:23]
    assert METRICS["nmi"](flat, plane, plane) == 0.0
    assert METRICS["en"](flat) == 0.0
    assert METRICS["mi"](flat, flat, plane) == 0.0
    # Of independent planes, three equal eigenvalues.
    assert METRICS["ncie"](flat, flat, flat) == pytest.approx(1 - math.log(3, 256))
    with pytest.raises(Undefined, match="a source are both constant"):
        METRICS["nmi"](flat, plane, flat)
    with pytest.raises(Undefined, match="both sources are constant"):
        METRICS["te"](plane, flat, flat)


def test_that_white_and_black_constants_are_the_same_to_histograms() -> None:
    black, white = np.zeros((9, 9), np.uint8), np.full((9, 9), 255, np.uint8)
    for name in ("nmi", "te", "ncie"):
        metric = METRICS[name]
        assert metric(TRIO.a[14:23, 14:23], TRIO.b[14:23, 14:23], black) == metric(
            TRIO.a[14:23, 14:23], TRIO.b[14:23, 14:23], white
        )
