import tracemalloc

import numpy as np
import pytest

from mfgui.core.arrays import to_float
from mfgui.core.compose import compose, mean_image
from mfgui.core.compute import Compute


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_every_pixel_comes_from_the_source_its_label_names(channels, dtype):
    rng = np.random.default_rng(0)
    images = list(rng.random((4, 9, 11, channels), dtype=np.float32))
    labels = rng.integers(1, 5, (9, 11)).astype(dtype)
    fused = compose(images, labels)
    for row, column in np.ndindex(9, 11):
        expected = images[labels[row, column] - 1][row, column]
        assert np.array_equal(fused[row, column], expected)
    assert fused.dtype == np.float32


def test_that_the_sources_stay_as_they_are():
    images = list(np.random.default_rng(1).random((2, 4, 4, 3), dtype=np.float32))
    before = [image.copy() for image in images]
    compose(images, np.full((4, 4), 2, np.uint8))[:] = 0.0
    mean_image(images)[:] = 0.0
    assert np.array_equal(images, before)


def test_that_ignored_pixels_take_the_mean():
    dark, light = np.zeros((2, 2, 1), np.float32), np.ones((2, 2, 1), np.float32)
    fused = compose([dark, light], np.array([[1, 255], [255, 2]], np.uint8))
    assert fused[:, :, 0].tolist() == [[0.0, 0.5], [0.5, 1.0]]


@pytest.mark.parametrize("label", [0, 3])
def test_that_a_label_without_a_source_is_refused(label):
    images = [np.zeros((2, 2, 1), np.float32)] * 2
    labels = np.array([[1, 2], [label, 1]], np.uint8)
    with pytest.raises(ValueError, match=f"label {label} names none of 2 sources"):
        compose(images, labels)


def test_that_the_mean_weighs_all_sources_alike():
    images = [np.full((2, 2, 3), value, np.float32) for value in (0.0, 0.3, 0.9)]
    assert mean_image(images) == pytest.approx(np.full((2, 2, 3), 0.4), abs=1e-7)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("depth", ["uint8", "uint16"])
def test_that_stored_integers_give_the_pixels_of_their_values(depth, channels):
    rng = np.random.default_rng(2)
    images = list(rng.integers(0, np.iinfo(depth).max + 1, (3, 300, 211, channels), dtype=depth))
    labels = rng.integers(1, 4, (300, 211)).astype(np.uint8)
    labels[100:120, 30:50] = 255
    floats = [to_float(image) for image in images]
    mean = (floats[0] + floats[1] + floats[2]) * np.float32(1 / 3)
    expected = np.choose(np.minimum(labels, 4)[..., None] - 1, [*floats, mean])
    assert np.array_equal(mean_image(images), mean)
    for threads in (1, 2, 5):
        fused = compose(images, labels, compute=Compute(threads=threads))
        assert fused.dtype == np.float32
        assert np.array_equal(fused, expected)
        assert np.array_equal(mean_image(images, compute=Compute(threads=threads)), mean)


def test_that_no_frame_is_converted_as_a_whole():
    images = list(np.random.default_rng(3).integers(0, 256, (3, 900, 500, 3), dtype=np.uint8))
    labels = np.full((900, 500), 255, np.uint8)
    labels[:500] = 2
    for fuse in (compose, lambda images, _labels: mean_image(images)):
        tracemalloc.start()
        fused = fuse(images, labels)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < fused.nbytes + 1024 * 1024
