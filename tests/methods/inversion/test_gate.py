"""How far what was computed is trusted."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.methods.fuse.laplacian_pyramid import laplacian_pyramid
from mfgui.methods.inversion import gate, layers
from mfgui.methods.inversion.views import View, encoded, view_of
from tests.methods.inversion.scenes import frames, scene, settings, view

ALONE = Compute()
CASE = (104, 6.0)


@lru_cache
def usual() -> np.ndarray:
    return laplacian_pyramid(frames(*CASE), compute=ALONE)


def trusted(
    one: View,
    halo: float,
    *,
    matte: np.ndarray | None = None,
    plain: np.ndarray | None = None,
) -> np.ndarray:
    matte = scene(*CASE).matte if matte is None else matte
    found = layers.behind(one, matte, settings(CASE[1]))
    made = encoded(layers.output(one, found, settings(CASE[1])))
    plain, k = usual() if plain is None else plain, gate.strictness(halo)
    return gate.confidence(one, found, settings(CASE[1]), made, plain, strictness=k)


def band() -> np.ndarray:
    """Where what was computed is far from the pyramid."""
    one, own = view(*CASE), settings(CASE[1])
    made = encoded(layers.output(one, layers.behind(one, scene(*CASE).matte, own), own))
    return np.asarray(np.abs(made - usual()).max(axis=2) > 0.04)


def test_that_strictness_falls_with_the_slider() -> None:
    ks = [gate.strictness(halo) for halo in np.linspace(0, 1, 21)]
    assert all(a > b for a, b in itertools.pairwise(ks))
    assert ks[0] > 1e4
    assert ks[10] == pytest.approx(1.2)
    assert ks[-1] == 0.0


def test_that_at_0_nothing_is_trusted() -> None:
    trust = trusted(view(*CASE), 0.0)
    assert trust[band()].max() < 0.01
    assert trust.mean() < 0.02


def test_that_trust_rises_with_the_slider() -> None:
    steps = [trusted(view(*CASE), halo) for halo in (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)]
    for trust in steps:
        assert trust.dtype == np.float32
        assert trust.min() >= 0
        assert trust.max() <= 1
    assert all(np.all(a <= b) for a, b in itertools.pairwise(steps))
    assert steps[3][band()].mean() > 0.9
    assert steps[-1][band()].min() > 0.99


@pytest.mark.parametrize("changed", [0, 1])
def test_that_trust_falls_where_the_layers_do_not_explain_a_frame(changed: int) -> None:
    one, where = view(*CASE), band()
    codes = [frame.copy() for frame in one.codes]
    y, x = np.argwhere(where)[np.count_nonzero(where) // 2]
    patch = (slice(max(0, y - 15), y + 15), slice(max(0, x - 15), x + 15))
    codes[changed][patch] = np.roll(codes[changed], (40, 50), axis=(0, 1))[patch]
    wrong = View(view_of(codes).light, (codes[0], codes[1]), one.noise)
    plain = laplacian_pyramid(codes, compute=ALONE)
    before, after = trusted(one, 0.5), trusted(wrong, 0.5, plain=plain)
    beside = np.zeros(where.shape, bool)
    beside[patch] = where[patch]
    assert after[beside].mean() < 0.7 * before[beside].mean()
    away = np.ones(where.shape, bool)
    away[max(0, y - 60) : y + 60, max(0, x - 60) : x + 60] = False
    assert np.quantile(np.abs(after - before)[away], 0.99) < 0.05


def test_that_a_wrong_matte_is_trusted_less() -> None:
    true = scene(*CASE).matte
    moved = np.roll(true, 12, axis=1)
    wrong = np.abs(moved - true) > 0.5
    right, off = trusted(view(*CASE), 0.5), trusted(view(*CASE), 0.5, matte=moved)
    assert off[band() & wrong].mean() < 0.8 * right[band() & wrong].mean()


def test_that_where_little_light_comes_through_errors_count_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, own = view(*CASE), settings(CASE[1])
    found = layers.behind(one, scene(*CASE).matte, own)
    planes = np.zeros_like(found.matte), np.full_like(found.matte, 1e-3)
    monkeypatch.setattr(layers, "unexplained", lambda *_: planes)
    made = np.clip(usual() + np.float32(0.025), 0, 1)

    def trust(spill: float) -> float:
        covered = replace(found, spill=np.full_like(found.spill, spill))
        sure = gate.confidence(one, covered, own, made, usual(), strictness=0.8)
        return float(np.median(sure))

    assert trust(0.0) > trust(0.4) + 0.1
    assert trust(0.4) > trust(0.8) + 0.1
    # Not without bounds.
    assert trust(0.9) == trust(1.0)
