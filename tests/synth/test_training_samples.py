from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear
from mfgui.synth import alpha_matte, layered, samples
from mfgui.synth.material import Material, Picture
from mfgui.synth.samples import MODELS, Sample, fixed_set, sample

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


@pytest.mark.parametrize(
    ("gain", "noise", "jpeg", "low", "high"),
    [(1.0, 0.0, 0.0, 0.05, 0.3), (0.0, 1.0, 0.0, 1e-4, 0.06), (0.0, 0.0, 1.0, 1e-4, 0.4)],
)
def test_that_degradations_are_of_the_stated_size(
    gain: float,
    noise: float,
    jpeg: float,
    low: float,
    high: float,
    textures: Material,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, share in (("_GAIN", gain), ("_NOISE", noise), ("_JPEG", jpeg)):
        monkeypatch.setattr(samples, name, share)
    largest = 0.0
    for seed in range(10):
        plain, worse = (
            sample(textures, np.random.default_rng(seed), side=SIDE, degraded=degraded)
            for degraded in (False, True)
        )
        np.testing.assert_array_equal(plain.matte, worse.matte)
        largest = max(largest, float(np.abs(worse.b - plain.b).max()))
        difference = worse.a - plain.a
        if gain:
            np.testing.assert_array_equal(worse.a, plain.a)
            ratio = np.median(worse.b[plain.b > 0.1] / plain.b[plain.b > 0.1])
            assert 0.8 <= ratio <= 1.25
        else:
            assert 0 < np.abs(difference).max() <= high
        if noise:
            assert difference.std() <= 0.011
            assert (worse.a - plain.a != worse.b - plain.b).any()
        if jpeg:
            # The channels keep their order.
            means = (worse.a.mean(axis=(0, 1)), plain.a.mean(axis=(0, 1)))
            np.testing.assert_allclose(*means, atol=0.02)
    assert low < largest <= high


def test_that_most_samples_are_not_degraded(textures: Material) -> None:
    same = [
        np.array_equal(
            *(
                sample(textures, np.random.default_rng(seed), side=32, degraded=degraded).b
                for degraded in (False, True)
            )
        )
        for seed in range(300)
    ]
    # 85 % without gain, 80 % of those without noise, 90 % of those without JPEG.
    assert np.mean(same) == pytest.approx(0.85 * 0.8 * 0.9, abs=0.09)


def test_that_kernels_are_gaussians_and_disks_of_all_sizes() -> None:
    rng = np.random.default_rng(0)
    sides = {"gaussian": [], "disk": []}
    for _ in range(400):
        kernel = samples.random_kernel(rng)
        assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
        is_disk = np.linalg.matrix_rank(kernel.astype(float), tol=1e-5) > 1
        sides["disk" if is_disk else "gaussian"].append(kernel.shape[0])
    assert 0.4 < len(sides["disk"]) / 400 < 0.6
    assert (min(sides["gaussian"]), max(sides["gaussian"])) == (5, 21)
    assert min(sides["disk"]) == 5
    assert max(sides["disk"]) == 15


def test_that_unknown_models_are_refused(textures: Material) -> None:
    draw: Callable[..., Sample] = sample
    rng = np.random.default_rng(0)
    with pytest.raises(UsageError, match="unknown model lens; choose from: paper, released"):
        draw(textures, rng, side=32, models=("paper", "lens"))
    with pytest.raises(UsageError, match="no model; choose from"):
        draw(textures, rng, side=32, models=())
