from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mfgui.core.light import to_linear
from mfgui.synth import alpha_matte, layered, samples
from mfgui.synth.material import Material, Picture
from mfgui.synth.samples import MODELS, fixed_set, sample

SIDE = 64


@pytest.fixture(scope="module")
def textures() -> Material:
    """Three pictures of grey noise in one tint."""
    rng = np.random.default_rng(0)
    tint = np.array([1.0, 0.7, 0.4])
    drawn = [(rng.integers(60, 220, (90, 90, 1)) * tint).astype(np.uint8) for _ in range(3)]
    return Material({"kodak": tuple(Picture(n, p) for n, p in zip("abc", drawn, strict=True))})


def flat(*values: int) -> Material:
    drawn = [np.full((SIDE, SIDE, 3), value, np.uint8) for value in values]
    return Material(
        {"kodak": tuple(Picture(str(v), p) for v, p in zip(values, drawn, strict=True))}
    )


def energy(picture: np.ndarray) -> np.ndarray:
    return cv2.boxFilter(cv2.Laplacian(picture, cv2.CV_32F).sum(axis=2) ** 2, -1, (7, 7))


@pytest.mark.parametrize("model", MODELS)
def test_that_truth_says_where_a_is_the_sharper_one(model: str, textures: Material) -> None:
    rng = np.random.default_rng(3)
    for _ in range(8):
        drawn = sample(textures, rng, side=SIDE, models=(model,), degraded=False)
        assert (drawn.a.shape, drawn.b.shape, drawn.matte.shape) == (
            (SIDE, SIDE, 3), (SIDE, SIDE, 3), (SIDE, SIDE)
        )  # fmt: skip
        assert {drawn.a.dtype, drawn.b.dtype, drawn.matte.dtype} == {np.dtype(np.float32)}
        assert min(drawn.a.min(), drawn.b.min()) >= 0.0
        assert max(drawn.a.max(), drawn.b.max()) <= 1.0
        assert set(np.unique(drawn.matte)) == {0.0, 1.0}
        sharper = energy(drawn.a) > energy(drawn.b)
        # Away from the edges, where the other layer's own edge is seen.
        inside = cv2.erode(drawn.matte, np.ones((15, 15))) == 1
        outside = cv2.dilate(drawn.matte, np.ones((15, 15))) == 0
        if inside.any():
            assert sharper[inside].mean() > 0.95
        if outside.any():
            assert sharper[outside].mean() < 0.05


def test_that_the_same_state_gives_the_same_sample(textures: Material) -> None:
    first, second, other = (
        sample(textures, np.random.default_rng(seed), side=SIDE) for seed in (1, 1, 2)
    )
    for name in ("a", "b", "matte"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert (first.a != other.a).any()


def test_that_exchanged_samples_are_the_others_with_their_sources_exchanged(
    textures: Material,
) -> None:
    plain, turned = (
        sample(textures, np.random.default_rng(4), side=SIDE, exchanged=share)
        for share in (0.0, 1.0)
    )
    np.testing.assert_array_equal(turned.a, plain.b)
    np.testing.assert_array_equal(turned.b, plain.a)
    np.testing.assert_array_equal(turned.matte, 1 - plain.matte)


def test_that_a_fixed_set_depends_on_its_arguments_only(textures: Material) -> None:
    long, short = fixed_set(textures, 7, 5, SIDE), fixed_set(textures, 7, 3, SIDE)
    assert (len(long), len(short)) == (5, 3)
    for first, second in zip(long, short, strict=False):
        np.testing.assert_array_equal(first.a, second.a)
        np.testing.assert_array_equal(first.b, second.b)
        np.testing.assert_array_equal(first.matte, second.matte)
    assert (fixed_set(textures, 8, 1, SIDE)[0].a != long[0].a).any()


def square(rng: np.random.Generator, side: int) -> np.ndarray:
    matte = np.zeros((side, side), np.float32)
    matte[24:40, 20:44] = 1.0
    return matte


@pytest.mark.parametrize("variant", alpha_matte.VARIANTS)
def test_that_alpha_matte_samples_are_pairs_of_the_two_crops(
    variant: str, textures: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = [np.full((SIDE, SIDE, 3), 51, np.uint8), np.full((SIDE, SIDE, 3), 204, np.uint8)]
    crops[0][::3] = 90
    monkeypatch.setattr(Material, "draw", lambda *_, other_than="": (crops[bool(other_than)], "a"))
    monkeypatch.setattr(samples, "random_matte", square)
    monkeypatch.setattr(samples, "random_kernel", lambda rng: layered.disk(2.0))
    monkeypatch.setattr(samples, "SAME_PICTURE", 0.0)
    drawn = sample(textures, np.random.default_rng(0), side=SIDE, models=(variant,), degraded=False)
    matte = square(np.random.default_rng(0), SIDE)
    front, behind = (crop.astype(np.float32) / 255 for crop in crops)
    a, b = alpha_matte.pair(front, behind, matte, kernel=layered.disk(2.0), variant=variant)
    np.testing.assert_allclose(drawn.a, a, atol=1e-6)
    np.testing.assert_allclose(drawn.b, b, atol=1e-6)
    np.testing.assert_array_equal(drawn.matte, matte)


def test_that_layered_samples_keep_the_light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "random_matte", square)
    monkeypatch.setattr(samples, "SAME_PICTURE", 0.0)
    matte = square(np.random.default_rng(0), SIDE)
    rng = np.random.default_rng(1)
    pictures = flat(51, 204)
    for _ in range(10):
        drawn = sample(pictures, rng, side=SIDE, models=("layered",), degraded=False)
        near, far = (0.2, 0.8) if drawn.a[32, 32, 0] < 0.5 else (0.8, 0.2)
        np.testing.assert_allclose(drawn.a[:, :, 0], np.where(matte == 1, near, far), atol=1e-5)
        light, expected = to_linear(drawn.b[:, :, 0]), to_linear(np.where(matte == 1, near, far))
        # The blurred square spreads, but has as much light (or shade) as before.
        assert light.sum(dtype=float) == pytest.approx(expected.sum(dtype=float), rel=1e-3)
        assert np.abs(light - expected).max() > 0.1
        np.testing.assert_array_equal(drawn.matte, matte)


def test_that_pictures_differ_in_three_quarters_of_the_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(samples, "random_matte", square)
    rng, pictures = np.random.default_rng(2), flat(50, 200)
    same = 0
    for _ in range(400):
        drawn = sample(pictures, rng, side=SIDE, models=("no-alpha",), degraded=False)
        same += bool(np.ptp(drawn.a) < 0.01)
    assert 0.19 < same / 400 < 0.31


SHARES = ("_GAIN", "_NOISE", "_JPEG")
ROUNDING = 0.5 / 255 + 1e-6


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets every sample have the named degradations and no others."""

    def choose(*chosen: str) -> None:
        for name in SHARES:
            monkeypatch.setattr(samples, name, 1.0 if name in chosen else 0.0)

    return choose


def with_and_without(textures: Material, seed: int) -> tuple[samples.Sample, samples.Sample]:
    plain, worse = (
        sample(textures, np.random.default_rng(seed), side=SIDE, degraded=degraded)
        for degraded in (False, True)
    )
    np.testing.assert_array_equal(plain.matte, worse.matte)
    for picture in (worse.a, worse.b):
        np.testing.assert_allclose(picture * 255, np.rint(picture * 255), atol=1e-4)
        assert picture.min() >= 0.0
        assert picture.max() <= 1.0
    return plain, worse


def test_that_pictures_are_stored_in_8_bits(textures: Material, only: Callable[..., None]) -> None:
    only()
    for seed in range(5):
        plain, worse = with_and_without(textures, seed)
        assert np.abs(plain.a - worse.a).max() <= ROUNDING
        assert np.abs(plain.b - worse.b).max() <= ROUNDING


def test_that_a_gain_is_that_of_b(textures: Material, only: Callable[..., None]) -> None:
    only("_GAIN")
    ratios = []
    for seed in range(12):
        plain, worse = with_and_without(textures, seed)
        assert np.abs(plain.a - worse.a).max() <= ROUNDING
        inner = (plain.b > 0.1) & (worse.b < 0.99)
        ratios.append(float(np.median(worse.b[inner] / plain.b[inner])))
    assert min(ratios) > 0.74
    assert max(ratios) < 1.34
    assert np.ptp(ratios) > 0.2


def test_that_both_pictures_have_noise_of_their_own(
    textures: Material, only: Callable[..., None]
) -> None:
    only("_NOISE")
    deviations, alike, grains = [], [], []
    for seed in range(24):
        plain, worse = with_and_without(textures, seed)
        inner = np.all([(x > 0.1) & (x < 0.9) for x in (plain.a, plain.b)], axis=0)
        noise = [np.where(inner, w - p, 0) for p, w in ((plain.a, worse.a), (plain.b, worse.b))]
        both = [n[inner].std() for n in noise]
        deviations += both
        alike.append(both[0] / both[1])
        grains.append(float(np.corrcoef(noise[0][:, :-1].ravel(), noise[0][:, 1:].ravel())[0, 1]))
        assert abs(np.corrcoef(*(n[inner] for n in noise))[0, 1]) < 0.2
    assert min(deviations) > 0.0007
    assert max(deviations) < 0.029
    assert max(deviations) / min(deviations) > 5
    assert min(alike) < 0.9
    assert max(alike) > 1.1
    assert max(alike) < 2.1
    # Some noise is smoothed, some not.
    assert min(grains) < 0.1
    assert max(grains) > 0.25


def test_that_smoothed_noise_is_as_strong_as_other_noise(
    monkeypatch: pytest.MonkeyPatch, only: Callable[..., None]
) -> None:
    def highest(rng: np.random.Generator, low: float, high: float) -> float:
        return 1.0 if low < 1 < high else high  # of factors around 1 none

    only("_NOISE")
    monkeypatch.setattr(samples, "_log_uniform", highest)
    monkeypatch.setattr(samples, "SAME_PICTURE", 1.0)
    pictures, correlations = flat(128), []
    for seed in range(16):
        drawn = sample(pictures, np.random.default_rng(seed), side=SIDE, models=("no-alpha",))
        for picture in (drawn.a, drawn.b):
            noise = picture.astype(float) - 128 / 255
            assert np.sqrt((noise**2).mean()) == pytest.approx(0.02, rel=0.04)
            correlations.append((noise[:, 1:] * noise[:, :-1]).mean() / (noise**2).mean())
    assert min(correlations) < 0.05
    assert max(correlations) > 0.4


def test_that_jpeg_keeps_the_order_of_the_channels(
    textures: Material, only: Callable[..., None]
) -> None:
    only("_JPEG")
    changes = []
    for seed in range(10):
        plain, worse = with_and_without(textures, seed)
        changes.append(float(np.abs(worse.a - plain.a).max()))
        means = (worse.a.mean(axis=(0, 1)), plain.a.mean(axis=(0, 1)))
        np.testing.assert_allclose(*means, atol=0.02)
    assert max(changes) > 0.02


def test_that_three_quarters_of_the_samples_are_noisy(textures: Material) -> None:
    noisy = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        flat_pair = [np.full((32, 32, 3), 0.5, np.float32)] * 2
        a, _ = samples._degraded(*flat_pair, rng)
        noisy.append(np.ptp(a) > 0)
    # The faintest noise is rounded away.
    assert np.mean(noisy) == pytest.approx(0.75, abs=0.08)
