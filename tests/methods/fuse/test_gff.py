"""Guided filtering fusion against its definition in SciPy, and what must hold for it."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.fuse import gff as module
from mfgui.methods.fuse.gff import gff

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


def mean_filter(plane, radius):
    """Means of windows that end at the frame, by summed areas."""
    rows, columns = (np.arange(size) for size in plane.shape)
    sums = np.pad(plane.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    top, left = np.maximum(rows - radius, 0), np.maximum(columns - radius, 0)
    bottom = np.minimum(rows + radius + 1, plane.shape[0])
    right = np.minimum(columns + radius + 1, plane.shape[1])
    total = sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)]
    total += sums[np.ix_(top, left)] - sums[np.ix_(bottom, left)]
    return total / np.outer(bottom - top, right - left)


def guided(plane, guide, radius, epsilon):
    mean_g, mean_p = mean_filter(guide, radius), mean_filter(plane, radius)
    variance = mean_filter(guide * guide, radius) - mean_g**2
    slope = (mean_filter(guide * plane, radius) - mean_g * mean_p) / (variance + epsilon)
    offset = mean_p - slope * mean_g
    return mean_filter(slope, radius) * guide + mean_filter(offset, radius)


def literal(images, filters=((45, 0.3), (7, 1e-6))):
    values = [image / 255 for image in images]
    greys = [v @ GREY if v.shape[2] == 3 else v[:, :, 0] for v in values]
    offsets = np.arange(-5, 6)
    profile = np.exp(-(offsets**2) / (2 * 5.0**2))
    kernel = np.outer(profile, profile) / np.outer(profile, profile).sum()
    cross = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)
    saliency = [
        ndimage.correlate(abs(ndimage.correlate(g, cross, mode="nearest")), kernel, mode="nearest")
        for g in greys
    ]
    winners = np.equal(saliency, np.max(saliency, axis=0))
    winners = winners / winners.sum(axis=0)
    weights = [
        [np.clip(guided(w, g, *f), 0, 1) + 1e-12 for w, g in zip(winners, greys, strict=True)]
        for f in filters
    ]
    shares = [np.array(w) / np.sum(w, axis=0) for w in weights]
    total = 0
    for index, value in enumerate(values):
        base = ndimage.uniform_filter(value, (31, 31, 1), mode="nearest")
        total = total + shares[0][index][:, :, None] * base
        total = total + shares[1][index][:, :, None] * (value - base)
    return np.clip(total, 0, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [2, 4])
def test_that_gff_is_its_definition(k, channels):
    images = scene(k, channels=channels)
    found = gff(images, compute=Compute(threads=2))
    assert found.dtype == np.float32
    assert found == pytest.approx(literal(images), abs=2e-5)


def test_that_gff_takes_other_radii():
    images = scene(3, (61, 47))
    options = {"base_radius": 9, "base_epsilon": 0.1, "detail_radius": 2, "detail_epsilon": 1e-4}
    found = gff(images, compute=Compute(), **options)
    assert found == pytest.approx(literal(images, ((9, 0.1), (2, 1e-4))), abs=2e-5)


@pytest.mark.parametrize("shape", [(130, 150), (96, 33)])
def test_that_gff_in_tiles_is_gff_of_the_whole(monkeypatch, shape):
    images = scene(3, shape)
    options = {"base_radius": 9, "detail_radius": 3}
    whole = gff(images, compute=Compute(), **options)
    monkeypatch.setattr(module, "_SIDE", 32)
    tiled = gff(images, compute=Compute(threads=2), **options)
    assert tiled == pytest.approx(whole, abs=1e-5)


def test_that_gff_does_not_depend_on_the_order():
    images = scene(3)
    images[2][:30] = images[0][:30]  # equal there, and so they share the weight
    one, other = gff(images, compute=Compute()), gff(images[::-1], compute=Compute())
    assert one == pytest.approx(other, abs=1e-6)
    assert one == pytest.approx(literal(images), abs=2e-5)


def test_that_gff_of_one_source_twice_is_that_source():
    image = scene()[0]
    assert gff([image, image], compute=Compute()) == pytest.approx(image / 255, abs=1e-6)


@pytest.mark.parametrize("shape", [(16, 16), (17, 31)])
def test_that_small_pictures_are_fused(shape):
    images = scene(2, shape)
    assert gff(images, compute=Compute()) == pytest.approx(literal(images), abs=2e-5)


def test_that_16_bit_and_floats_give_what_8_bit_gives():
    images = scene()
    found = gff(images, compute=Compute())
    deep = [image.astype(np.uint16) * 257 for image in images]
    floats = [(image / 255).astype(np.float32) for image in images]
    assert gff(deep, compute=Compute()) == pytest.approx(found, abs=1e-5)
    assert gff(floats, compute=Compute()) == pytest.approx(found, abs=1e-5)


def test_that_clamped_values_lie_between_the_sources():
    images = scene(seed=3)
    low, high = np.minimum(*images) / 255, np.maximum(*images) / 255
    free = gff(images, compute=Compute())
    kept = gff(images, compute=Compute(), clamp=True)
    assert ((free < low - 1e-4) | (free > high + 1e-4)).any()
    assert (kept >= low - 1e-6).all()
    assert (kept <= high + 1e-6).all()


def test_that_gff_can_be_stopped():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        gff(scene(), compute=Compute(threads=2, checkpoint=stop))
