"""The total variation against a literal form of it."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.methods.inversion import kernels
from mfgui.methods.inversion.layers import parted


def evidence_of(height: int, width: int, seed: int = 1) -> np.ndarray:
    """Two areas under strong noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    areas = np.where((x - width / 2) ** 2 + (y - height / 3) ** 2 < (width / 4) ** 2, 0.4, -0.4)
    return (areas + rng.normal(0, 0.8, areas.shape)).astype(np.float32)


def gradient(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Forward differences, 0 beyond the last."""
    gx, gy = np.zeros_like(a), np.zeros_like(a)
    gx[:, :-1] = a[:, 1:] - a[:, :-1]
    gy[:-1] = a[1:] - a[:-1]
    return gx, gy


def divergence(px: np.ndarray, py: np.ndarray) -> np.ndarray:
    """Minus the transpose of `gradient`."""
    result = np.zeros_like(px)
    result[:, :-1] += px[:, :-1]
    result[:, 1:] -= px[:, :-1]
    result[:-1] += py[:-1]
    result[1:] -= py[:-1]
    return result


def literal(evidence: np.ndarray, weight: np.ndarray, step: float, steps: int) -> np.ndarray:
    """Chambolle and Pock 2011, algorithm 1 with theta = 1, in float64."""
    evidence, weight = evidence.astype(np.float64), weight.astype(np.float64)
    a = (evidence > 0).astype(np.float64)
    bar, px, py = a.copy(), np.zeros_like(a), np.zeros_like(a)
    for _ in range(steps):
        gx, gy = gradient(bar)
        px, py = px + step * gx, py + step * gy
        shrink = np.maximum(1, np.hypot(px, py) / weight)
        px, py = px / shrink, py / shrink
        new = np.clip(a + step * (divergence(px, py) + evidence), 0, 1)
        a, bar = new, 2 * new - a
    return a


def energy(a: np.ndarray, evidence: np.ndarray, weight: np.ndarray) -> float:
    return float((weight * np.hypot(*gradient(a.astype(np.float64))) - evidence * a).sum())


def compiled(evidence: np.ndarray, weight: np.ndarray, *steps: int) -> np.ndarray:
    a = (evidence > 0).astype(np.float32)
    bar, px, py = a.copy(), np.zeros_like(a), np.zeros_like(a)
    step = np.float32(0.35)
    for count in steps:
        kernels.total_variation(evidence, weight, a, bar, px, py, step, step, count)
    return a


@pytest.mark.parametrize("shape", [(24, 31), (1, 40), (40, 1), (2, 2), (17, 60)])
@pytest.mark.parametrize("steps", [1, 2, 40])
def test_that_the_steps_are_those_of_the_paper(shape: tuple[int, int], steps: int) -> None:
    evidence = evidence_of(*shape)
    weight = np.random.default_rng(2).uniform(0.05, 1.0, shape).astype(np.float32)
    found = compiled(evidence, weight, steps)
    np.testing.assert_allclose(found, literal(evidence, weight, 0.35, steps), atol=1e-5)


def test_that_a_later_call_goes_on() -> None:
    evidence, weight = evidence_of(20, 30), np.full((20, 30), 0.5, np.float32)
    assert np.array_equal(compiled(evidence, weight, 12, 8), compiled(evidence, weight, 20))


@pytest.mark.parametrize("weight", [0.1, 0.4, 1.0])
def test_that_the_energy_falls_to_the_least(weight: float) -> None:
    evidence, weights = evidence_of(40, 50), np.full((40, 50), weight, np.float32)
    least = energy(literal(evidence, weights, 0.35, 3000), evidence, weights)
    start = energy((evidence > 0).astype(np.float32), evidence, weights)
    few, many = (energy(compiled(evidence, weights, n), evidence, weights) for n in (80, 1000))
    assert least - 1e-3 * abs(least) <= many <= least + 0.002 * abs(least)
    assert few - least < 0.06 * (start - least)


def test_that_noise_is_cleared_and_the_area_stays() -> None:
    evidence = evidence_of(60, 80)
    matte = parted(evidence, np.full((60, 80), 1.0, np.float32), steps=120)
    assert set(np.unique(matte)) == {0.0, 1.0}
    y, x = np.mgrid[0:60, 0:80]
    true = (x - 40) ** 2 + (y - 20) ** 2 < 20**2
    assert np.mean((matte > 0.5) == true) > 0.96


@pytest.mark.parametrize("sign", [-1, 1])
def test_that_where_all_speaks_for_one_side_all_is_that_side(sign: int) -> None:
    evidence = np.full((12, 15), sign * 0.3, np.float32)
    matte = parted(evidence, np.full((12, 15), 0.4, np.float32), steps=40)
    assert np.all(matte == (sign > 0))
