"""L_ABF and N_ABF, against loops over pixels and the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from tests.methods.metrics.pictures import generated, gold_grey, gold_values

TRIO = generated(21, 26, seed=81)
THIRD = generated(21, 26, seed=82).a
FLAT = np.full((21, 26), 120, np.uint8)


def slopes(plane, y, x):
    """Sobel's at a pixel, over 8, the picture mirrored at its border."""
    height, width = plane.shape

    def at(y, x):
        y, x = abs(y), abs(x)
        return float(plane[min(y, 2 * height - 2 - y), min(x, 2 * width - 2 - x)])

    across = down = 0.0
    for step, weight in ((-1, 1), (0, 2), (1, 1)):
        across += weight * (at(y + step, x + 1) - at(y + step, x - 1)) / 8
        down += weight * (at(y + 1, x + step) - at(y - 1, x + step)) / 8
    return across, down


def kept(own, other):
    """Of the edge of a source in the fused picture, its weight, and its strength."""
    strength, fused = math.hypot(*own), math.hypot(*other)
    ratio = min(strength, fused) / max(strength, fused) if strength and fused else 0.0
    angles = []
    for across, down in (own, other):
        steep = math.copysign(math.pi / 2, across) if across else 0.0
        angles.append(math.atan(across / down) if down else steep)
    agree = abs(abs(angles[0] - angles[1]) - math.pi / 2) * 2 / math.pi
    of_strength = 0.9999 / (1 + math.exp(-19 * (ratio - 0.5)))
    of_angle = 0.9995 / (1 + math.exp(-22 * (agree - 0.5)))
    weight = strength**1.5 if strength >= 2 else 0.001
    return math.sqrt(of_strength * of_angle), weight, strength


def literal(fused, *sources):
    """Q_ABF, L_ABF, N_ABF, and this one unmodified."""
    total = np.zeros(4)
    weights = 0.0
    for y, x in np.ndindex(fused.shape):
        own = slopes(fused, y, x)
        found = [kept(slopes(source, y, x), own) for source in sources]
        lacking = sum((1 - q) * w for q, w, _ in found)
        both = sum(w for _, w, _ in found)
        weights += both
        total[0] += sum(q * w for q, w, _ in found)
        if any(math.hypot(*own) <= strength for _, _, strength in found):
            total[1] += lacking
        else:
            total[2] += lacking
            total[3] += sum(1 - q for q, _, _ in found) * both
    return total / weights


def measured(*planes):
    return [
        METRICS["l-abf"](*planes),
        METRICS["n-abf"](*planes),
        METRICS["n-abf"](*planes, variant="unmodified"),
    ]


@pytest.mark.parametrize("sources", [TRIO[1:], (*TRIO[1:], THIRD)], ids=["two", "three"])
def test_that_both_equal_their_definitions(sources: tuple) -> None:
    expected = literal(TRIO.fused, *sources)
    assert expected.min() > 1e-3
    assert measured(TRIO.fused, *sources) == pytest.approx(expected[1:], rel=1e-10)


def test_that_what_is_kept_lost_and_added_is_all() -> None:
    parts = METRICS["q-g"](*TRIO, variant="shreyamsha"), *measured(*TRIO)[:2]
    assert parts[0] == pytest.approx(literal(*TRIO)[0], rel=1e-10)
    assert sum(parts) == pytest.approx(1.0, rel=1e-12)


def test_that_blur_loses_and_noise_adds() -> None:
    noise = np.random.default_rng(3).normal(0, 20, FLAT.shape)
    noisy = np.clip(TRIO.a + noise, 0, 255)
    lost, added, _ = measured(FLAT, TRIO.a, TRIO.b)
    assert lost > 0.9
    assert added == 0.0
    of_copy, of_noisy = (measured(plane, TRIO.a, TRIO.a) for plane in (TRIO.a, noisy))
    assert of_noisy[1] > of_copy[1] + 0.05
    # Edges of equal strength are none that were added.
    assert of_copy[1] == of_copy[2] == 0.0


def test_that_flat_pictures_have_values() -> None:
    lost, added, _ = measured(FLAT, FLAT, FLAT // 2)
    assert 0.9 < lost <= 1.0
    assert added == 0.0
    lost, added, unmodified = measured(TRIO.a, FLAT, FLAT)
    assert 0.0 < lost < added
    assert unmodified == pytest.approx(2 * added)


def test_that_maps_have_the_scores_of_their_metrics() -> None:
    for name, variant in (("l-abf", None), ("n-abf", "modified"), ("n-abf", "unmodified")):
        found = METRICS[name].map(*TRIO, variant=variant)
        assert found.values.shape == TRIO.fused.shape
        assert found.score() == METRICS[name](*TRIO, variant=variant)
    lost, added = (METRICS[name].map(*TRIO) for name in ("l-abf", "n-abf"))
    np.testing.assert_array_equal(lost.weights, added.weights)
    assert not ((lost.values > 0) & (added.values > 0)).any()
    places = [kept(slopes(s, 6, 20), slopes(TRIO.fused, 6, 20)) for s in TRIO[1:]]
    weights = [w for _, w, _ in places]
    assert lost.weights[6, 20] == pytest.approx(sum(weights))
    value = lost.values[6, 20] + added.values[6, 20]
    assert value == pytest.approx(np.average([1 - q for q, _, _ in places], weights=weights))


@pytest.mark.parametrize(
    ("gold", "name", "variant"),
    [("L_ABF", "l-abf", None), ("N_ABF", "n-abf", None), ("N_ABF_unmod", "n-abf", "unmodified")],
)
def test_that_they_equal_the_published_program(gold: str, name: str, variant: str | None) -> None:
    expected = gold_values()[gold, "shreyamsha_gray8"]
    assert len(expected) == 5
    found = {trio: METRICS[name](*gold_grey(trio), variant=variant) for trio in expected}
    assert found == pytest.approx(expected, rel=1e-9)
