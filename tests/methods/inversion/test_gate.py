"""How far what was computed is trusted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import from_float
from mfgui.core.compute import Compute
from mfgui.core.disks import blurred
from mfgui.core.light import to_linear, to_srgb
from mfgui.methods.fuse.laplacian_pyramid import laplacian_pyramid
from mfgui.methods.inversion import gate, layers
from mfgui.methods.inversion.spread import Spread
from mfgui.methods.inversion.views import View, encoded, view_of
from mfgui.synth.layered import composed
from tests.methods.inversion.scenes import frames, psnr, scene, settings, view

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
    assert ks[10] == pytest.approx(1.0)
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


@pytest.mark.parametrize("strictness", [0.0, 1.0, 5.0])
def test_the_weight_of_a_change_and_of_what_is_unexplained(
    monkeypatch: pytest.MonkeyPatch, strictness: float
) -> None:
    one, own = view(*CASE), settings(CASE[1])
    found = layers.behind(one, np.zeros_like(scene(*CASE).matte), own)
    shape = found.matte.shape
    errors = np.full(shape, 1e-3, np.float32), np.full(shape, 3e-3, np.float32)
    monkeypatch.setattr(layers, "unexplained", lambda *_: errors)
    for change in (0.0, 0.01, 0.2):
        plain = np.full((*shape, 3), 0.4, np.float32)
        made = plain + np.float32(change)
        trust = gate.confidence(one, found, own, made, plain, strictness=strictness)
        x = (3 * change**2 + one.noise / 2) / (4e-3 + one.noise / 2)
        against = 1.5 * strictness * ((4e-3 + one.noise / 2) / 1e-3) ** (1 / 3)
        assert np.allclose(trust, (x + 2.7) / (x + 2.7 + against), atol=1e-4)


def test_that_doubt_falls_with_the_margin() -> None:
    margins = (0.04, 0.1, 0.3, 1.0)
    doubts = [gate.doubt(1.0, margin) for margin in margins]
    assert all(a > 1.2 * b for a, b in itertools.pairwise(doubts))
    assert doubts[0] < 2.5
    assert gate.doubt(1.0, np.inf) == doubts[-1] == 1
    assert gate.doubt(0.5, 0.3) == pytest.approx(2 * doubts[2])


@pytest.mark.parametrize("light", [2.5, 10.0])
def test_that_spill_of_clipped_light_is_left_to_the_usual_fusion(light: float) -> None:
    """Whether the far frame is full there, too, or not."""
    one, matte, truth = lamps(light=light, radius=CASE[1])
    found = layers.behind(one, matte, settings(CASE[1]))
    made = encoded(layers.output(one, found, settings(CASE[1])))
    plain = laplacian_pyramid(list(one.codes), compute=ALONE)
    factor = gate.unclipped(one, found, settings(CASE[1]))
    trust = gate.confidence(one, found, settings(CASE[1]), made, plain, strictness=1.0)
    full = (one.codes[0].max(axis=2) > 0.99) * matte
    spilled = (matte < 0.02) & (blurred(full, CASE[1]) > 0.1)
    free = (matte < 0.02) & (blurred(full, 2 * CASE[1]) < 1e-6)
    assert np.count_nonzero(spilled) > 50
    assert trust[spilled].max() == 0
    assert factor[free & (one.codes[1].max(axis=2) < 0.97)].min() == 1

    def fused(weight: np.ndarray) -> np.ndarray:
        return np.asarray(weight[..., None] * made + (1 - weight[..., None]) * plain)

    masked, whole = fused(trust), fused(np.where(factor < 1, 0.7, trust))
    assert psnr(whole, truth, spilled) < psnr(plain, truth, spilled) - 0.2
    assert psnr(masked, truth, spilled) >= psnr(plain, truth, spilled) - 1e-6
    # Where no lamp spills, nothing is lost.
    beside = free & (found.spill > 0.02)
    assert psnr(masked, truth, beside) > psnr(plain, truth, beside) + 5


def test_that_a_clipped_far_frame_is_left_to_the_usual_fusion() -> None:
    one, matte, _ = lamps(light=0.3, radius=CASE[1])
    codes = one.codes[1].copy()
    codes[::3, ::3, 1] = 1.0
    full = View(one.light, (one.codes[0], codes), one.noise)
    found = layers.behind(one, matte, settings(CASE[1]))
    factor = gate.unclipped(full, found, settings(CASE[1]))
    band = (found.spill > 0.03) & (found.spill < 0.97)
    full_ones = np.zeros(matte.shape, bool)
    full_ones[::3, ::3] = True
    assert factor[band & full_ones].max() == 0
    assert factor[band & ~full_ones].min() == 1
    assert factor[~band & ((found.spill < 0.01) | (found.spill > 0.99))].min() == 1


def test_that_a_scene_without_full_channels_has_no_mask() -> None:
    one, matte, _ = lamps(light=0.3, radius=CASE[1])
    assert max(codes.max() for codes in one.codes) < 0.97
    found = layers.behind(one, matte, settings(CASE[1]))
    assert gate.unclipped(one, found, settings(CASE[1])).min() == 1


def test_that_layers_are_told_from_slopes() -> None:
    one, own = view(*CASE), settings(CASE[1])
    behind = layers.behind(one, scene(*CASE).matte, own)
    assert gate.evidence(one, behind, own)[0] > 0.6
    # Both frames hold the same scene, each sharp on one side: what is blurred is not covered.
    sharp = scene(*CASE).truth
    soft = encoded(blurred(to_linear(sharp), CASE[1]))
    left = np.zeros(sharp.shape[:2], np.float32)
    left[:, : left.shape[1] // 2] = 1
    ramp = cv2.GaussianBlur(left, (0, 0), 12)[..., None]
    slope = view_of([ramp * sharp + (1 - ramp) * soft, (1 - ramp) * sharp + ramp * soft])
    assert gate.evidence(slope, layers.behind(slope, left, own), own)[0] < 0.1
    # No spill, no evidence.
    nothing = np.zeros_like(left)
    assert gate.evidence(one, layers.behind(one, nothing, own), own)[0] == 0.0


def test_that_evidence_margin_and_one_radius_speak_for_layers() -> None:
    even = (Spread(4.0), Spread(4.0))
    uneven = (Spread(4.0), Spread(4.0, np.geomspace(2, 8, 100, dtype=np.float32).reshape(10, 10)))
    assert gate.layered(0.5, 0.1, 0.5, even) == 1
    assert gate.layered(0.05, 0.1, 0.05, even) == 0
    assert gate.layered(0.2, 0.1, 0.1, uneven) == 0
    steps = [gate.layered(0.1, 0.1, margin, even) for margin in np.linspace(0, 0.2, 21)]
    assert steps[0] == 0
    assert steps[-1] == pytest.approx(1)
    assert all(0 <= b - a <= 0.11 for a, b in itertools.pairwise(steps))
    assert gate.layered(0.0, 0.1, np.inf, even) == 1


def test_that_a_wrong_radius_leaves_much_unexplained() -> None:
    one, matte = view(*CASE), scene(*CASE).matte
    lefts = []
    for radius in (CASE[1], 2 * CASE[1], 3 * CASE[1]):
        own = settings(radius)
        lefts.append(gate.evidence(one, layers.behind(one, matte, own), own)[1])
    assert lefts[0] < 0.05
    assert lefts[1] > 0.4
    assert lefts[2] > lefts[1]
    even = (Spread(4.0), Spread(4.0))
    assert [gate.layered(1, left, 1, even) for left in lefts] == [1, 0, 0]
    assert gate.layered(1, 0.3, 1, even) == pytest.approx(0.5)


def lamps(*, light: float, radius: float) -> tuple[View, np.ndarray, np.ndarray]:
    """A disk with lamps along one half of its outline before a plane: frames in 8 bits, matte,
    truth."""
    rng = np.random.default_rng(1)
    margin, height, width = 40, 160, 200
    size = (height + 2 * margin, width + 2 * margin, 3)

    def textured(colour: Sequence[float], strength: float) -> np.ndarray:
        grains = rng.random(size, np.float32)
        parts = [k * cv2.GaussianBlur(grains, (0, 0), s) for s, k in ((0.7, 1), (2, 3), (8, 9))]
        total = np.sum(parts, axis=0)
        total = (total - total.mean()) / total.std()
        return np.asarray(np.clip(colour + strength * total, 0.02, 0.9), np.float32)

    back, front = textured((0.3, 0.25, 0.2), 0.1), textured((0.15, 0.2, 0.3), 0.06)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    x, y = x - margin - width / 2, y - margin - height / 2
    matte = np.clip(50.5 - np.hypot(x, y), 0, 1)
    for angle in np.arange(8) * np.pi / 8:
        front[np.hypot(x - 47 * np.cos(angle), y - 47 * np.sin(angle)) < 4] = light
    both = [(front, matte), (back, np.ones_like(matte))]
    inner = (slice(margin, -margin),) * 2
    made = [composed(both, radii)[inner] for radii in ([0.0, radius], [radius, 0.0], [0.0, 0.0])]
    near, far, truth = (
        np.float32(from_float(to_srgb(np.clip(one, 0, 1)), "uint8")) / 255 for one in made
    )
    return view_of([near, far]), np.ascontiguousarray(matte[inner]), truth
