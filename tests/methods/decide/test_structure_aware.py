"""Structure-aware fusion, against its definition in plain NumPy and Python."""

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import structure_aware as module
from mfgui.methods.decide.structure_aware import structure_aware

GREY = np.array([0.299, 0.587, 0.114])


def scene(k=2, shape=(40, 50), *, channels=3, seed=0):
    """K sources, each sharp in one upright strip, uint8."""
    rng = np.random.default_rng(seed)
    truth = 128 + 60 * rng.standard_normal((*shape, channels))
    truth = cv2.GaussianBlur(truth, (0, 0), 0.7).reshape(*shape, channels)
    soft = cv2.GaussianBlur(truth, (0, 0), 2.5).reshape(truth.shape)
    strip = np.arange(shape[1]) * k // shape[1]
    found = [np.where((strip == index)[None, :, None], truth, soft) for index in range(k)]
    return [np.clip(image, 0, 255).astype(np.uint8) for image in found]


def inside_mean(plane, radius):
    found = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        rows = slice(max(0, y - radius), y + radius + 1)
        found[y, x] = plane[rows, max(0, x - radius) : x + radius + 1].mean()
    return found


def self_guided(plane, radius, epsilon):
    mean = inside_mean(plane, radius)
    variance = inside_mean(plane * plane, radius) - mean**2
    slope = variance / (variance + epsilon)
    offset = mean - slope * mean
    return inside_mean(slope, radius) * plane + inside_mean(offset, radius)


def structure(plane, radius, epsilon):
    smooth = self_guided(plane, radius, epsilon)
    found = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        if x + 1 < plane.shape[1]:
            found[y, x] += abs(smooth[y, x + 1] - smooth[y, x])
        if y + 1 < plane.shape[0]:
            found[y, x] += abs(smooth[y + 1, x] - smooth[y, x])
    return found


def recursive(plane, guide, sigma_space=10.0, sigma_range=0.2, iterations=3):
    values = plane.astype(np.float64)
    for i in range(1, iterations + 1):
        deviation = sigma_space * np.sqrt(3) * 2 ** (iterations - i) / np.sqrt(4**iterations - 1)
        feedback = np.exp(-np.sqrt(2) / deviation)
        for axis in (1, 0):
            lines, edges = np.moveaxis(values, axis, 1), np.moveaxis(guide, axis, 1)
            for line, edge in zip(lines, edges, strict=True):
                weights = feedback ** (1 + sigma_space / sigma_range * abs(np.diff(edge)))
                for x in range(1, len(line)):
                    line[x] += weights[x - 1] * (line[x - 1] - line[x])
                for x in range(len(line) - 2, -1, -1):
                    line[x] += weights[x] * (line[x + 1] - line[x])
    return values


def literal(images, radius=3, epsilon=0.01):
    """The weight of source 1."""
    greys = [
        image / 255 @ GREY if image.shape[2] == 3 else image[:, :, 0] / 255 for image in images
    ]
    gap = structure(greys[0], radius, epsilon) - structure(greys[1], radius, epsilon)
    soft = 1.0 * (inside_mean(gap, radius) > 0)
    for _ in range(3):
        soft = recursive(1.0 * (soft > 0.5), greys[0])
    return soft


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", [{}, {"radius": 2, "epsilon": 0.001}])
def test_that_the_weight_is_its_definition(options, channels):
    images = scene(channels=channels, seed=1)
    found = structure_aware(images, compute=Compute(threads=2), **options)
    expected = literal(images, **options)
    assert 0.2 < expected.mean() < 0.8
    assert found.soft == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(found.labels, np.where(expected >= 0.5, 1, 2))
    share = expected[:, :, None]
    fused = share * (images[0] / 255) + (1 - share) * (images[1] / 255)
    assert found.fuse() == pytest.approx(fused, abs=2e-5)


def test_that_other_sigmas_are_used():
    images = scene(seed=1)
    soft = [
        structure_aware(images, compute=Compute(), **options).soft
        for options in ({}, {"sigma_space": 3.0}, {"sigma_range": 2.0})
    ]
    assert abs(soft[1] - soft[0]).max() > 0.01
    assert abs(soft[2] - soft[0]).max() > 0.01


def test_that_more_sources_are_fused_one_after_another():
    images = scene(3, (60, 150))
    found = structure_aware(images, compute=Compute())
    assert found.soft is None
    assert [found.labels[30, x] for x in (20, 75, 130)] == [1, 2, 3]


@pytest.mark.parametrize("shape", [(150, 170), (64, 97)])
def test_that_tiles_make_no_difference(monkeypatch, shape):
    images = scene(2, shape, seed=2)
    whole = structure_aware(images, compute=Compute(), radius=9)
    tiles = module.in_tiles
    monkeypatch.setattr(module, "in_tiles", lambda *a, **k: tiles(*a, **{**k, "side": 32}))
    tiled = structure_aware(images, compute=Compute(threads=2), radius=9)
    assert np.array_equal(tiled.labels, whole.labels)
    assert tiled.soft == pytest.approx(whole.soft, abs=1e-6)


def test_that_flat_parts_go_to_one_source_whatever_lies_beside():
    images = [np.full((60, 200, 3), value, np.uint8) for value in (77, 201)]
    rng = np.random.default_rng(3)
    for image in images:
        image[:, :40] = rng.integers(0, 256, (60, 40, 3))
    assert (structure_aware(images, compute=Compute()).labels[:, 70:] == 2).all()


def test_that_one_source_twice_is_that_source():
    image = scene()[0]
    found = structure_aware([image, image], compute=Compute()).fuse()
    assert found == pytest.approx(image / 255, abs=1e-7)


@pytest.mark.parametrize("shape", [(16, 16), (17, 31)])
def test_that_small_pictures_are_decided(shape):
    images = scene(2, shape)
    found = structure_aware(images, compute=Compute())
    assert found.soft == pytest.approx(literal(images), abs=1e-5)


def test_that_16_bit_and_floats_give_what_8_bit_gives():
    images = scene()
    expected = structure_aware(images, compute=Compute())
    deep = [image.astype(np.uint16) * 257 for image in images]
    floats = [(image / 255).astype(np.float32) for image in images]
    for other in (deep, floats):
        found = structure_aware(other, compute=Compute())
        assert found.fuse() == pytest.approx(expected.fuse(), abs=1e-5)


def test_that_structure_aware_can_be_stopped():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        structure_aware(scene(), compute=Compute(threads=2, checkpoint=stop))
