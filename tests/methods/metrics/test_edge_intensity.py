"""EI, against a loop over pixels and the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.planes import by_channel
from tests.methods.metrics.pictures import generated, gold_grey, gold_pictures, gold_values

EI = METRICS["ei"]
PLANE = generated(27, 34, seed=61).fused
COLOURS = generated(12, 15, seed=62, channels=3).fused


def literal(plane):
    """Edge strengths with the border repeated, (H, W)."""
    height, width = plane.shape

    def at(y, x):
        return float(plane[min(max(y, 0), height - 1), min(max(x, 0), width - 1)])

    found = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        across = down = 0.0
        for step, weight in ((-1, 1), (0, 2), (1, 1)):
            across += weight * (at(y + step, x + 1) - at(y + step, x - 1))
            down += weight * (at(y + 1, x + step) - at(y - 1, x + step))
        found[y, x] = math.sqrt(across**2 + down**2)
    return found


def test_that_ei_is_the_mean_strength_and_its_map_those_of_the_pixels() -> None:
    strengths = literal(PLANE)
    assert EI(PLANE) == pytest.approx(strengths.mean(), rel=1e-12)
    found = EI.map(PLANE)
    np.testing.assert_allclose(found.values, strengths, rtol=1e-12)
    assert found.score() == EI(PLANE)


def test_that_ei_of_colours_is_the_mean_over_the_channels() -> None:
    strengths = np.mean([literal(COLOURS[:, :, n]) for n in range(3)], axis=0)
    np.testing.assert_allclose(EI.map(COLOURS).values, strengths, rtol=1e-12)
    assert EI(COLOURS) == pytest.approx(by_channel(EI, COLOURS), rel=1e-12)


def test_that_constant_pictures_have_no_edge_and_steps_have_four_times_their_height() -> None:
    assert EI(np.full((9, 9), 200)) == EI(np.full((1, 1), 7)) == 0.0
    step = np.where(np.arange(10) < 5, 20, 50) + np.zeros((6, 1), int)
    # Two of ten columns see it.
    assert EI(step) == EI(step.T) == pytest.approx(4 * 30 * 2 / 10)


def test_that_it_equals_the_published_programs() -> None:
    published = gold_values()
    expected = published["EI", "yliu_sobel_replicate_gray8"]
    assert len(expected) == 6
    measured = {trio: EI(gold_grey(trio).fused) for trio in expected}
    assert measured == pytest.approx(expected, abs=1e-8)
    expected = published["EI", "vifb"]
    assert len(expected) == 6
    measured = {trio: EI(gold_pictures(trio).fused) for trio in expected}
    assert measured == pytest.approx(expected, abs=1e-8)
