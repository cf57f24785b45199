"""Focus regions by guided filters, against their definition in SciPy."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import gfdf as module
from mfgui.methods.decide.gfdf import gfdf

GREY = np.array([0.299, 0.587, 0.114])


def scene(k=2, shape=(90, 110), *, channels=3, seed=0):
    """K sources, each sharp in one upright strip, uint8."""
    rng = np.random.default_rng(seed)
    truth = 128 + 50 * rng.standard_normal((*shape, channels))
    truth = cv2.GaussianBlur(truth, (0, 0), 0.7).reshape(*shape, channels)
    soft = cv2.GaussianBlur(truth, (0, 0), 2.5).reshape(truth.shape)
    strip = np.arange(shape[1]) * k // shape[1]
    found = [np.where((strip == index)[None, :, None], truth, soft) for index in range(k)]
    return [np.clip(image, 0, 255).astype(np.uint8) for image in found]


def inside_mean(plane, radius):
    """Means of windows that end at the frame: sums with zeros around, over counts."""
    side, ones = 2 * radius + 1, np.ones_like(plane)
    sums = [ndimage.uniform_filter(values, side, mode="constant") for values in (plane, ones)]
    return sums[0] / sums[1]


def guided(plane, guide, radius, epsilon):
    mean_g, mean_p = inside_mean(guide, radius), inside_mean(plane, radius)
    variance = inside_mean(guide * guide, radius) - mean_g**2
    slope = (inside_mean(guide * plane, radius) - mean_g * mean_p) / (variance + epsilon)
    offset = mean_p - slope * mean_g
    return inside_mean(slope, radius) * guide + inside_mean(offset, radius)


def without_small(inside, least):
    """Regions of ones, then of zeros, below `least` pixels, connected by edges, swapped."""
    for value in (True, False):
        regions, _ = ndimage.label(inside == value)
        small = np.bincount(regions.ravel()) < least
        small[0] = False
        inside = inside ^ small[regions]
    return inside


def literal(images, *, window=7, radius=5, epsilon=0.3, clean=0.01):
    """The weight of source 1."""
    greys = [
        image / 255 @ GREY if image.shape[2] == 3 else image[:, :, 0] / 255 for image in images
    ]
    measures = [
        guided(abs(g - ndimage.uniform_filter(g, window, mode="nearest")), g, radius, epsilon)
        for g in greys
    ]
    inside = without_small(measures[0] > measures[1], clean * greys[0].size)
    return np.clip(guided(1.0 * inside, np.where(inside, *greys), radius, epsilon), 0, 1)


def blend(images, soft):
    return soft[:, :, None] * (images[0] / 255) + (1 - soft[:, :, None]) * (images[1] / 255)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "options", [{}, {"window": 3, "radius": 2, "epsilon": 0.01}, {"clean": 0.0}]
)
def test_that_gfdf_is_its_definition(options, channels):
    images = scene(channels=channels, seed=1)
    found = gfdf(images, compute=Compute(threads=2), **options)
    expected = literal(images, **options)
    assert found.soft == pytest.approx(expected, abs=2e-5)
    assert found.labels.dtype == np.uint8
    sure = abs(expected - 0.5) > 1e-4
    assert np.array_equal(found.labels[sure], np.where(expected >= 0.5, 1, 2)[sure])
    fused = found.fuse()
    assert fused.dtype == np.float32
    assert fused == pytest.approx(blend(images, expected), abs=3e-5)


def test_that_gfdf_finds_the_strips():
    found = gfdf(scene(), compute=Compute())
    assert (found.labels[:, :50] == 1).all()
    assert (found.labels[:, 60:] == 2).all()


def test_that_more_sources_are_fused_one_after_another():
    images = scene(3, (80, 150))
    found = gfdf(images, compute=Compute())
    assert found.soft is None
    first = gfdf(images[:2], compute=Compute())
    floats = (images[2] / 255).astype(np.float32)
    last = gfdf([first.fuse(), floats], compute=Compute())
    assert np.array_equal(found.labels, np.where(last.labels == 2, 3, first.labels))
    assert np.array_equal(found.fuse(), last.fuse())
    assert [found.labels[40, x] for x in (20, 75, 130)] == [1, 2, 3]


@pytest.mark.parametrize("shape", [(150, 170), (64, 97)])
def test_that_gfdf_in_tiles_is_gfdf_of_the_whole(monkeypatch, shape):
    images = scene(2, shape, seed=2)
    options = {"window": 15, "radius": 3, "epsilon": 1e-4, "clean": 0.0}
    whole = gfdf(images, compute=Compute(), **options)
    tiles = module.in_tiles
    monkeypatch.setattr(module, "in_tiles", lambda *a, **k: tiles(*a, **{**k, "side": 32}))
    tiled = gfdf(images, compute=Compute(threads=2), **options)
    assert np.array_equal(tiled.labels, whole.labels)
    assert tiled.soft == pytest.approx(whole.soft, abs=1e-6)


def test_that_flat_parts_go_to_one_source_whatever_lies_beside():
    # What running sums leave of the texture on the left must not decide on the right.
    images = [np.full((60, 200, 3), value, np.uint8) for value in (77, 201)]
    rng = np.random.default_rng(3)
    for image in images:
        image[:, :40] = rng.integers(0, 256, (60, 40, 3))
    labels = gfdf(images, compute=Compute(), clean=0.0).labels
    assert (labels[:, 70:] == 2).all()


def test_that_gfdf_of_one_source_twice_is_that_source():
    image = scene()[0]
    found = gfdf([image, image], compute=Compute()).fuse()
    assert found == pytest.approx(image / 255, abs=1e-7)


@pytest.mark.parametrize("shape", [(16, 16), (17, 31)])
def test_that_small_pictures_are_decided(shape):
    images = scene(2, shape)
    found = gfdf(images, compute=Compute())
    assert found.soft == pytest.approx(literal(images), abs=2e-5)


def test_that_16_bit_and_floats_give_what_8_bit_gives():
    images = scene()
    expected = gfdf(images, compute=Compute())
    deep = [image.astype(np.uint16) * 257 for image in images]
    floats = [(image / 255).astype(np.float32) for image in images]
    for other in (deep, floats):
        found = gfdf(other, compute=Compute())
        assert np.array_equal(found.labels, expected.labels)
        assert found.fuse() == pytest.approx(expected.fuse(), abs=1e-6)


def test_that_gfdf_can_be_stopped():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        gfdf(scene(), compute=Compute(threads=2, checkpoint=stop))
