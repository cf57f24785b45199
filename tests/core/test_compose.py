import numpy as np
import pytest

from mfgui.core.compose import compose, mean_image


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
