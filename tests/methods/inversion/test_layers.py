"""Matte, background and output of two layers, on scenes whose layers are known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.disks import blurred
from mfgui.methods.inversion import layers
from mfgui.methods.inversion.layers import Layers
from mfgui.methods.inversion.views import encoded
from tests.methods.inversion.scenes import (
    SMALL,
    literal_blur,
    literal_srgb,
    psnr,
    scene,
    settings,
    view,
)

ALONE = Compute()
CASES = [(101, 3.0), (103, 3.0), (102, 6.0), (104, 6.0)]


def far_of(seed: int, radius: float) -> np.ndarray:
    """Background that near light is spilled over."""
    matte = scene(seed, radius).matte
    return (blurred(matte, radius) > 0.02) & (matte < 0.02)


def oracle(seed: int, radius: float) -> Layers:
    return layers.behind(view(seed, radius), scene(seed, radius).matte, settings(radius))


def noise(*shape: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.mark.parametrize(("seed", "radius"), CASES)
def test_that_the_true_matte_and_radius_give_the_background_back(seed: int, radius: float) -> None:
    pair, band = scene(seed, radius), far_of(seed, radius)
    found = oracle(seed, radius)
    np.testing.assert_allclose(found.spill, literal_blur(pair.matte, radius), atol=1e-5)
    gained = psnr(literal_srgb(found.far), pair.truth, band) - psnr(pair.far, pair.truth, band)
    assert gained > 12
    made = layers.output(view(seed, radius), found, settings(radius))
    assert psnr(literal_srgb(made), pair.truth) > 50


@pytest.mark.parametrize(("seed", "radius"), CASES[:2])
def test_that_steps_tie_the_background_to_frame_1(seed: int, radius: float) -> None:
    one, matte, band = view(seed, radius), scene(seed, radius).matte, far_of(seed, radius)

    def left(steps: int) -> float:
        found = layers.behind(one, matte, settings(radius), steps=steps)
        return float(layers.unexplained(one, found, settings(radius))[0][band].mean())

    start, three, many = (left(steps) for steps in (0, 3, 10))
    assert three < 0.95 * start
    assert three == pytest.approx(many, rel=0.05)


def test_that_layers_explain_the_frames_they_were_made_of() -> None:
    one, found = view(102, 4.0), oracle(102, 4.0)
    first, second = layers.unexplained(one, found, settings(4.0))
    assert psnr(np.sqrt(first / 3), 0.0) > 45
    assert psnr(np.sqrt(second / 3), 0.0) > 45
    a = found.matte[:, :, None]
    light = a * found.near
    literal = light + (1 - a) * literal_blur(found.far, 4.0)
    expected = ((literal_srgb(literal) - one.codes[0]) ** 2).sum(axis=2)
    np.testing.assert_allclose(first, expected, atol=2e-4)
    spilled = literal_blur(light, 4.0) + (1 - literal_blur(found.matte, 4.0))[..., None] * found.far
    expected = ((literal_srgb(spilled) - one.codes[1]) ** 2).sum(axis=2)
    np.testing.assert_allclose(second, expected, atol=2e-4)


def test_that_the_background_stays_within_the_range_around() -> None:
    one, found = view(101, 4.0), oracle(101, 4.0)
    square = np.ones((17, 17), np.uint8)
    low = cv2.erode(np.minimum(*one.light), square)
    high = cv2.dilate(np.maximum(*one.light), square)
    slack = 0.11 * (high - low) + 1e-6
    assert np.all(found.far >= np.maximum(low - slack, 0))
    assert np.all(found.far <= np.minimum(high + slack, 1.05))


def test_that_bounds_may_be_known_already() -> None:
    one, own = view(size=SMALL), settings()
    matte = (scene(size=SMALL).matte > 0.5).astype(np.float32)
    found = layers.behind(one, matte, own, bounds=layers.range_around(one, 4.0))
    assert np.array_equal(found.far, layers.behind(one, matte, own).far)
    tight = np.full_like(found.far, 0.3), np.full_like(found.far, 0.4)
    kept = layers.behind(one, matte, own, bounds=tight).far
    assert kept.min() >= np.float32(0.3)
    assert kept.max() <= np.float32(0.4)


@pytest.mark.parametrize("shape", [(40, 56), (33, 47), (5, 61)])
def test_that_filling_keeps_what_is_known(shape: tuple[int, int]) -> None:
    image = noise(*shape, 3)
    known = (noise(*shape, seed=3) < 0.4).astype(np.float32)
    kept = image.copy()
    found = layers.filled(image, known)
    assert np.array_equal(image, kept)
    np.testing.assert_allclose(found[known > 0], image[known > 0], atol=1e-6)
    assert found.min() >= image[known > 0].min() - 1e-4
    assert found.max() <= image[known > 0].max() + 1e-4


def test_that_filling_is_smooth_and_near_what_lies_beside() -> None:
    y, x = np.mgrid[0:64, 0:80].astype(np.float32)
    image = np.stack([x / 80, y / 64, np.full_like(x, 0.3)], axis=2)
    known = np.ones((64, 80), np.float32)
    known[20:40, 30:50] = 0
    found = layers.filled(image, known)
    assert np.abs(found - image).max() < 0.08
    everything = layers.filled(image, np.ones((64, 80), np.float32))
    np.testing.assert_allclose(everything, image, atol=1e-6)
    assert np.isfinite(layers.filled(image, np.zeros((64, 80), np.float32))).all()


def test_that_near_colours_are_those_of_frame_1_and_go_on_beyond() -> None:
    one = view(size=SMALL)
    matte = np.zeros((120, 160), np.float32)
    matte[30:90, 40:120] = 1
    light = np.full_like(one.light[0], 0.9)
    light[matte > 0] = (0.2, 0.3, 0.4)
    found = layers.near_colours(replace(one, light=(light, one.light[1])), matte)
    assert np.array_equal(found[matte > 0], light[matte > 0])
    beyond = cv2.dilate(matte, np.ones((15, 15), np.uint8)) > 0
    np.testing.assert_allclose(
        found[beyond], np.broadcast_to((0.2, 0.3, 0.4), found[beyond].shape), atol=1e-4
    )


@pytest.mark.parametrize(("seed", "radius"), CASES)
def test_that_the_matte_is_found(seed: int, radius: float) -> None:
    pair = scene(seed, radius)
    matte = layers.hard_matte(view(seed, radius), settings(radius), compute=ALONE)
    assert set(np.unique(matte)) == {0.0, 1.0}
    assert matte.dtype == np.float32
    # Where neither layer has detail either side will do.
    assert np.mean((matte > 0.5) == (pair.matte > 0.5)) > 0.85
    first = layers.first_matte(layers.Cues(view(seed, radius), settings(radius)), settings(radius))
    # Spilled light looks like the near layer first.
    assert first.sum() > matte.sum()


@pytest.mark.parametrize(("seed", "radius"), CASES)
def test_that_the_whole_beats_the_better_frame(seed: int, radius: float) -> None:
    pair, one = scene(seed, radius), view(seed, radius)
    found = layers.solve(one, settings(radius), compute=ALONE)
    made = literal_srgb(layers.output(one, found, settings(radius)))
    best = max(psnr(codes, pair.truth) for codes in one.codes)
    assert psnr(made, pair.truth) > best + 8
    true = pair.matte > 0.5
    composite = np.where(true[:, :, None], *one.codes)
    assert psnr(made, pair.truth) > psnr(composite, pair.truth) + 4


@pytest.mark.parametrize(("seed", "radius"), [(101, 3.0), (102, 6.0)])
def test_that_softening_is_at_the_contour_alone(seed: int, radius: float) -> None:
    one, true = view(seed, radius), scene(seed, radius).matte
    hard = (true > 0.5).astype(np.float32)
    soft = layers.softened(one, hard, layers.behind(one, hard, settings(radius)), settings(radius))
    assert soft.dtype == np.float32
    assert soft.min() >= 0
    assert soft.max() <= 1
    square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    strip = cv2.dilate(hard, square) != cv2.erode(hard, square)
    assert np.array_equal(soft[~strip], hard[~strip])
    assert np.abs(soft - true)[strip].mean() < 0.8 * np.abs(hard - true)[strip].mean()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_that_hard_mattes_are_better_after_a_look_at_the_soft_one(seed: int) -> None:
    one, true, known = view(seed, 3.0), scene(seed, 3.0), settings(3.0)
    levels = []
    for soft in (0, 1):
        hard = layers.hard_matte(one, replace(known, soft=soft), compute=ALONE)
        found = layers.refined(one, hard, known, compute=ALONE)
        levels.append(psnr(encoded(layers.output(one, found, known)), true.truth))
    assert levels[1] > levels[0] + 0.2


@pytest.mark.parametrize("seed", [0, 1])
def test_that_softening_once_is_right(seed: int) -> None:
    one, true, known = view(seed, 5.0), scene(seed, 5.0), settings(5.0)
    found = layers.solve(one, known, compute=ALONE)
    hard = layers.solve(one, replace(known, soft=0), compute=ALONE)
    again = layers.behind(one, layers.softened(one, found.matte, found, known), known)
    assert set(np.unique(hard.matte)) == {0, 1}
    once, never, twice = (
        psnr(encoded(layers.output(one, x, known)), true.truth) for x in (found, hard, again)
    )
    assert once > never + 3
    assert once > twice + 0.5


@pytest.mark.parametrize(("seed", "radius"), [(101, 3.0), (102, 6.0)])
def test_that_pixels_where_nothing_spilled_stay(seed: int, radius: float) -> None:
    one = view(seed, radius)
    found = layers.solve(one, settings(radius), compute=ALONE)
    made = np.rint(literal_srgb(layers.output(one, found, settings(radius))) * 255)
    clear = (found.spill < 0.005) & (found.matte < 0.02)
    solid = found.matte > 0.98
    assert clear.mean() > 0.1
    assert solid.mean() > 0.1
    assert np.array_equal(made[clear], np.rint(one.codes[1] * 255)[clear])
    assert np.array_equal(made[solid], np.rint(one.codes[0] * 255)[solid])


def test_that_mixed_pixels_are_frame_1_with_the_background_made_sharp() -> None:
    one, found = view(101, 4.0), oracle(101, 4.0)
    made = layers.output(one, found, settings(4.0))
    a = found.matte
    mixed = (a > 0.03) & (a < 0.97)
    away = found.far - literal_blur(found.far, 4.0)
    expected = np.clip(one.light[0] + (1 - a[:, :, None]) * away, 0, 1)
    np.testing.assert_allclose(made[mixed], expected[mixed], atol=2e-5)
    behind = (a < 0.02) & (found.spill > 0.021)
    np.testing.assert_allclose(made[behind], np.clip(found.far, 0, 1)[behind], atol=1e-6)


@pytest.mark.parametrize("seed", [101, 103])
def test_that_a_contour_that_is_a_little_off_is_mended(seed: int) -> None:
    pair, one, own = scene(seed, 3.0), view(seed, 3.0), settings(3.0)
    true = (pair.matte > 0.5).astype(np.float32)
    moved = np.roll(true, 4, axis=1)
    moved[:, :4] = true[:, :4]
    kept, mended = (layers.refined(one, moved, own, compute=ALONE, slack=n) for n in (0, 5))
    before, after = (
        psnr(literal_srgb(layers.output(one, found, own)), pair.truth) for found in (kept, mended)
    )
    assert after > before + 3
    square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17))
    away = cv2.dilate(moved, square) == cv2.erode(moved, square)
    assert np.array_equal(mended.matte[away], moved[away])


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_that_one_layer_alone_is_its_frame(value: float) -> None:
    one = view(size=SMALL)
    matte = np.full((120, 160), value, np.float32)
    for slack in (0, 4):
        found = layers.refined(one, matte, settings(), compute=ALONE, slack=slack)
        assert np.array_equal(found.matte, matte)
        made = layers.output(one, found, settings())
        np.testing.assert_allclose(made, one.light[0 if value else 1], atol=1e-6)
        first, second = layers.unexplained(one, found, settings())
        assert (first if value else second).max() < 1e-6
        lit = literal_blur(one.light[0], 4.0) if value else np.zeros_like(one.light[0])
        np.testing.assert_allclose(found.lit, lit, atol=1e-5)


def test_that_settings_swap_and_scale() -> None:
    first, second = (settings(radius).spreads[0] for radius in (2.0, 3.0))
    both = replace(settings(), spreads=(first, second))
    assert both.swapped.spreads == (second, first)
    assert [one.radius for one in both.times(2.0).spreads] == [4.0, 6.0]
    assert both.times(2.0).floor == both.floor


def test_that_solving_can_be_stopped() -> None:
    def stop() -> None:
        raise StopRequested

    one, compute = view(size=SMALL), Compute(checkpoint=stop)
    matte = (scene(size=SMALL).matte > 0.5).astype(np.float32)
    with pytest.raises(StopRequested):
        layers.hard_matte(one, settings(), compute=compute)
    with pytest.raises(StopRequested):
        layers.refined(one, matte, settings(), compute=compute)
