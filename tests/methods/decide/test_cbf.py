"""Cross bilateral filter fusion, against eigenvalues and loops over pixels."""

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import cbf as module
from mfgui.methods.decide.cbf import cbf, strength


def scene(k=2, shape=(40, 50), *, channels=3, seed=0):
    """K sources, each sharp in one upright strip, uint8."""
    rng = np.random.default_rng(seed)
    truth = 128 + 50 * rng.standard_normal((*shape, channels))
    truth = cv2.GaussianBlur(truth, (0, 0), 0.7).reshape(*shape, channels)
    soft = cv2.GaussianBlur(truth, (0, 0), 2.5).reshape(truth.shape)
    strip = np.arange(shape[1]) * k // shape[1]
    found = [np.where((strip == index)[None, :, None], truth, soft) for index in range(k)]
    return [np.clip(image, 0, 255).astype(np.uint8) for image in found]


def eigenvalues(detail, side):
    """Sum of the eigenvalues of the covariances of rows and of columns, window by window."""
    wide = np.pad(detail.astype(np.float64), side // 2, mode="symmetric")
    found = np.zeros(detail.shape)
    for y, x in np.ndindex(detail.shape):
        cut = wide[y : y + side, x : x + side]
        for variables in (cut, cut.T):
            found[y, x] += np.linalg.eigvalsh(np.cov(variables)).sum()
    return found


def filtered(plane, guide, side=11):
    """Cross bilateral filter on 0 ... 255, deviations 1.8 and 25."""
    reach, (height, width) = side // 2, plane.shape
    wide, beside = (np.pad(values, reach, mode="symmetric") for values in (plane, guide))
    total = weights = 0.0
    for dy in range(side):
        for dx in range(side):
            part = np.s_[dy : dy + height, dx : dx + width]
            distance = (dy - reach) ** 2 + (dx - reach) ** 2
            weight = np.exp(-distance / (2 * 1.8**2) - (beside[part] - guide) ** 2 / (2 * 25**2))
            total = total + weight * wide[part]
            weights = weights + weight
    return total / weights


def literal(images):
    """Weights (K, H, W, C): of two or more sources, each guided by the mean of the others."""
    values = np.array(images, dtype=np.float64)
    found = np.zeros(values.shape)
    for index, value in enumerate(values):
        others = np.delete(values, index, axis=0).mean(axis=0)
        for channel in range(value.shape[2]):
            plane, guide = value[:, :, channel], others[:, :, channel]
            found[index, :, :, channel] = eigenvalues(plane - filtered(plane, guide), 5)
    return found


@pytest.mark.parametrize("side", [3, 5, 9])
def test_that_the_strength_is_the_sum_of_the_eigenvalues(side):
    detail = np.random.default_rng(1).standard_normal((14, 17)).astype(np.float32) + 3
    assert strength(detail, window=side) == pytest.approx(eigenvalues(detail, side), abs=1e-9)


@pytest.mark.parametrize(("k", "channels"), [(2, 1), (2, 3), (3, 1)])
@pytest.mark.parametrize("per_channel", [True, False])
def test_that_cbf_is_its_definition(k, channels, per_channel):
    images = scene(k, (20, 31), channels=channels)
    found = cbf(images, compute=Compute(threads=2), per_channel=per_channel)
    strengths = literal(images)
    if not per_channel:
        strengths = strengths.sum(axis=3, keepdims=True) + 0 * strengths
    weights = strengths / strengths.sum(axis=0)
    expected = np.sum(weights * np.array(images) / 255, axis=0)
    assert found.fuse().dtype == np.float32
    assert found.fuse() == pytest.approx(expected, abs=2e-4)
    means = weights.mean(axis=3)
    ordered = np.sort(means, axis=0)
    sure = ordered[-1] > ordered[-2] + 1e-3
    assert sure.mean() > 0.9
    assert np.array_equal(found.labels[sure], (means.argmax(axis=0) + 1)[sure])
    if k == 2:
        assert found.soft == pytest.approx(means[0], abs=1e-3)
    else:
        assert found.soft is None


@pytest.mark.parametrize("k", [2, 3])
def test_that_cbf_in_tiles_is_cbf_of_the_whole(monkeypatch, k):
    images = scene(k, (75, 90), seed=2)
    whole = cbf(images, compute=Compute())
    monkeypatch.setattr(module, "_SIDE", 32)
    tiled = cbf(images, compute=Compute(threads=2))
    assert np.array_equal(tiled.labels, whole.labels)
    assert tiled.fuse() == pytest.approx(whole.fuse(), abs=1e-6)


def test_that_cbf_does_not_depend_on_the_order():
    for k in (2, 3):
        images = scene(k, seed=3)
        one, other = (cbf(order, compute=Compute()) for order in (images, images[::-1]))
        assert one.fuse() == pytest.approx(other.fuse(), abs=1e-4)


def test_that_flat_sources_have_equal_shares():
    images = [np.full((20, 30, 3), value, np.uint8) for value in (10, 20, 60)]
    found = cbf(images, compute=Compute()).fuse()
    assert found == pytest.approx(np.full(found.shape, 30 / 255), abs=1e-6)


def test_that_cbf_of_one_source_twice_is_that_source():
    image = scene()[0]
    found = cbf([image, image], compute=Compute()).fuse()
    assert found == pytest.approx(image / 255, abs=1e-7)


@pytest.mark.parametrize("shape", [(16, 16), (17, 31)])
def test_that_small_pictures_with_large_windows_are_decided(shape):
    found = cbf(scene(2, shape), compute=Compute(), window=31, covariance=31)
    assert found.fuse().shape == (*shape, 3)
    assert np.isfinite(found.fuse()).all()


def test_that_16_bit_and_floats_give_what_8_bit_gives():
    images = scene()
    expected = cbf(images, compute=Compute()).fuse()
    deep = [image.astype(np.uint16) * 257 for image in images]
    floats = [(image / 255).astype(np.float32) for image in images]
    for other in (deep, floats):
        assert cbf(other, compute=Compute()).fuse() == pytest.approx(expected, abs=1e-5)


def test_that_cbf_can_be_stopped():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        cbf(scene(), compute=Compute(threads=2, checkpoint=stop))
