"""Views of a pair: noise, and differences in sRGB values."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.methods.inversion import views
from mfgui.synth.capture import Capture, captured
from tests.methods.inversion.scenes import SMALL, literal_srgb, scene, view


def light(*shape: int, low: float = 0.0, high: float = 1.0, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


@pytest.mark.parametrize("level", [1.0, 2.0, 5.0, 12.0])
def test_that_the_noise_of_a_smooth_picture_is_found(level: float) -> None:
    y, x = np.mgrid[0:1:120j, 0:1:160j]
    smooth = np.stack([0.3 + 0.4 * x, 0.5 + 0.2 * np.sin(9 * y), 0.6 - 0.3 * x * y], axis=2)
    noise = np.random.default_rng(5).normal(0, level / 255, smooth.shape)
    found = views.noise_of((smooth + noise).astype(np.float32))
    assert found == pytest.approx(level / 255, rel=0.1)


@pytest.mark.parametrize("level", [2.0, 4.0])
def test_that_the_noise_of_a_generated_scene_is_found(level: float) -> None:
    pair = captured(scene(102), Capture(noise=level), seed=9)
    found = views.view_of([views.colours(frame) for frame in (pair.near, pair.far)])
    assert np.sqrt(found.noise / 3) == pytest.approx(level / 255, rel=0.2)


def test_that_there_is_always_a_little_noise() -> None:
    flat = np.full((40, 40, 3), 0.5, np.float32)
    assert views.noise_of(flat) == pytest.approx(0.4 / 255)
    assert views.view_of([flat, flat]).noise == pytest.approx(3 * (0.4 / 255) ** 2)


def test_that_values_are_encoded_as_srgb() -> None:
    values = np.concatenate([np.linspace(-0.2, 1.3, 30001), np.geomspace(1e-7, 0.02, 9999)])
    values = values.astype(np.float32).reshape(40, 1000)
    found = views.encoded(values)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, literal_srgb(values), atol=1e-5)
    part = np.ascontiguousarray(values[:30]).reshape(100, 100, 3)[::2, ::3]
    np.testing.assert_allclose(views.encoded(part), literal_srgb(part), atol=1e-5)


def test_that_channels_are_put_together() -> None:
    image = light(31, 42, 3, low=-0.1)
    for part in (image, image[::2, 3:]):
        assert np.array_equal(views.brightest(part), part.max(axis=2))
        np.testing.assert_allclose(views.brightness(part), part.mean(axis=2), atol=1e-6)


def test_that_codes_are_decoded_to_light() -> None:
    codes = np.linspace(0, 1, 30003).astype(np.float32).reshape(3, 10001)
    exact = np.where(codes <= 0.04045, codes / 12.92, ((np.float64(codes) + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(views.decoded(codes), exact, atol=1e-6)
    np.testing.assert_allclose(views.decoded(codes[:, ::3]), exact[:, ::3], atol=1e-6)


def test_that_codes_come_back_from_their_light() -> None:
    one = view(size=SMALL)
    for x, codes in zip(one.light, one.codes, strict=True):
        assert np.array_equal(np.rint(views.encoded(x) * 255), np.rint(codes * 255))


def test_that_differences_are_sums_of_squares_of_srgb_values() -> None:
    first = light(31, 42, 3, low=-0.1, high=1.1)
    codes = light(31, 42, 3, seed=4)
    expected = ((literal_srgb(first) - codes) ** 2).sum(axis=2)
    found = views.difference(first, codes)
    assert found.shape == (31, 42)
    np.testing.assert_allclose(found, expected, atol=1.2e-4)
    part = (slice(3, 20), slice(5, 30))
    assert np.array_equal(views.difference(first[part], codes[part]), found[part])


@pytest.mark.parametrize("sigma", [0.6, 1.5, 4.0])
def test_that_the_mean_is_gaussian_of_that_width(sigma: float) -> None:
    dot = np.zeros((81, 81), np.float32)
    dot[40, 40] = 1
    found = views.mean(dot, sigma).astype(np.float64)
    at = np.arange(81) - 40
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert np.sqrt((found * at[None] ** 2).sum()) == pytest.approx(sigma, rel=0.04)
    flat = np.full((20, 30, 3), 0.3, np.float32)
    np.testing.assert_allclose(views.mean(flat, sigma), flat, atol=1e-6)


def test_that_detail_is_what_a_mean_takes_away() -> None:
    codes = light(40, 50, 3)
    away = (codes - cv2.GaussianBlur(codes, (0, 0), 1.5)) ** 2
    expected = cv2.GaussianBlur(away.sum(axis=2), (0, 0), 2.5)
    inner = (slice(10, -10),) * 2
    np.testing.assert_allclose(views.detail(codes, 1.5, 2.5)[inner], expected[inner], rtol=0.02)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_stored_pixels_become_three_channels(dtype, channels: int) -> None:
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    values = light(9, 8, channels)
    found = views.colours((values * white).astype(dtype))
    assert found.shape == (9, 8, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.broadcast_to(values, (9, 8, 3)), atol=0.005)


def test_that_a_view_swaps_and_halves() -> None:
    one = view(size=SMALL)
    other = one.swapped()
    for index in (0, 1):
        assert other.light[index] is one.light[1 - index]
        assert other.codes[index] is one.codes[1 - index]
    assert other.noise == one.noise
    half = views.halved(one)
    for x, small, codes in zip(one.light, half.light, half.codes, strict=True):
        mean = x.reshape(60, 2, 80, 2, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(small, mean, atol=1e-4)
        np.testing.assert_allclose(codes, literal_srgb(mean), atol=1e-4)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_that_both_keeps_the_order_and_uses_two_threads(threads: int) -> None:
    there = []

    def work(index: int) -> int:
        there.append(threading.get_ident())
        return 10 + index

    assert views.both(work, Compute(threads=threads)) == (10, 11)
    assert len(there) == 2
