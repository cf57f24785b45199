"""Variance of DCT blocks, against the transform itself."""

import numpy as np
import pytest
from scipy import fft, ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import dct_variance as module
from mfgui.methods.decide.dct_variance import block_variance, dct_variance

GREY = np.array([0.299, 0.587, 0.114])


def noise(k, shape, *, channels=3, seed=0, strengths=None):
    """Random pictures; in every block of 8 x 8 another one is the strongest."""
    rng = np.random.default_rng(seed)
    blocks = [-(-size // 8) for size in shape]
    strengths = rng.random((k, *blocks)) if strengths is None else strengths
    large = strengths.repeat(8, axis=1).repeat(8, axis=2)[:, : shape[0], : shape[1], None]
    values = 128 + 60 * large * rng.standard_normal((k, *shape, channels))
    return [np.clip(image, 0, 255).astype(np.uint8) for image in values]


def energy(plane):
    """AC energy / 64 of each whole block of 8 x 8, level-shifted, by an orthonormal DCT."""
    height, width = (size // 8 for size in plane.shape)
    blocks = plane.astype(np.float64).reshape(height, 8, width, 8).transpose(0, 2, 1, 3) - 0.5
    squares = fft.dctn(blocks, axes=(2, 3), norm="ortho") ** 2
    return (squares.sum(axis=(2, 3)) - squares[:, :, 0, 0]) / 64


def grey(image):
    return image / 255 @ GREY if image.shape[2] == 3 else image[:, :, 0] / 255


def spread(blocks, shape):
    return blocks.repeat(8, axis=0).repeat(8, axis=1)[: shape[0], : shape[1]]


def test_that_the_variance_is_the_energy_of_the_transform():
    plane = np.random.default_rng(1).random((40, 56), dtype=np.float32)
    assert block_variance(plane) == pytest.approx(energy(plane), rel=1e-9)


def test_that_narrower_blocks_have_the_variance_of_their_pixels():
    plane = np.random.default_rng(2).random((21, 27), dtype=np.float32)
    found = block_variance(plane)
    assert found.shape == (3, 4)
    exact = plane.astype(np.float64)
    assert found[2, 3] == pytest.approx(exact[16:, 24:].var())
    assert found[2, 1] == pytest.approx(exact[16:, 8:16].var())
    assert found[1, 3] == pytest.approx(exact[8:16, 24:].var())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [2, 3])
def test_that_the_strongest_block_is_taken(k, channels):
    images = noise(k, (64, 88), channels=channels)
    found = dct_variance(images, compute=Compute(threads=2), consistency=False)
    best = np.argmax([energy(grey(image)) for image in images], axis=0)
    assert found.labels.dtype == np.uint8
    assert np.array_equal(found.labels, spread(best + 1, (64, 88)))
    chosen = np.take_along_axis(np.array(images), found.labels[None, :, :, None] - 1, axis=0)[0]
    assert found.fuse() == pytest.approx(chosen / 255, abs=1e-7)


def test_that_consistency_is_the_sign_of_the_mean_twice():
    images = noise(2, (160, 200), seed=3)
    found = dct_variance(images, compute=Compute())
    signs = np.sign(energy(grey(images[0])) - energy(grey(images[1])))
    mean = ndimage.uniform_filter(ndimage.uniform_filter(signs, 7, mode="reflect"), 7)
    sure = abs(mean) > 1e-9
    assert sure.mean() > 0.95
    expected = spread(np.where(mean > 0, 1, 2), (160, 200))
    assert np.array_equal(
        found.labels[spread(sure, (160, 200))], expected[spread(sure, (160, 200))]
    )
    single = dct_variance(images, compute=Compute(), consistency=False)
    assert (found.labels != single.labels).any()


def test_that_equal_votes_are_decided_by_the_block_itself():
    # Two sources have four blocks each, with equal weights; the third one is in the middle.
    owners = np.array([[0, 0, 1], [0, 2, 1], [0, 1, 1]])
    for middle in ([0.1, 0.3, 1.0], [0.3, 0.1, 1.0]):
        strengths = np.where(owners == np.arange(3)[:, None, None], 1.0, 0.2)
        strengths[:, 1, 1] = middle
        images = noise(3, (24, 24), strengths=strengths, seed=4)
        for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
            labels = dct_variance([images[index] for index in order], compute=Compute()).labels
            assert order[labels[12, 12] - 1] == np.argmax(middle[:2])


def test_that_three_sources_vote():
    strengths = np.full((3, 12, 30), 0.2)
    for index in range(3):
        strengths[index, :, 10 * index : 10 * index + 10] = 1.0
    strengths[0, 5, 15] = 2.0  # one wrong block
    found = dct_variance(noise(3, (96, 240), strengths=strengths), compute=Compute()).labels
    assert (found[:, :72] == 1).all()
    assert (found[:, 88:152] == 2).all()
    assert (found[:, 168:] == 3).all()


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (75, 41)])
def test_that_tiles_and_odd_sizes_make_no_difference(monkeypatch, shape):
    images = noise(2, shape, seed=5)
    whole = dct_variance(images, compute=Compute())
    assert whole.labels.shape == shape
    monkeypatch.setattr(module, "_SIDE", 16)
    tiled = dct_variance(images, compute=Compute(threads=2))
    assert np.array_equal(whole.labels, tiled.labels)


def test_that_16_bit_and_floats_give_what_8_bit_gives():
    images = noise(2, (80, 80), seed=6)
    expected = dct_variance(images, compute=Compute()).labels
    deep = [image.astype(np.uint16) * 257 for image in images]
    floats = [(image / 255).astype(np.float32) for image in images]
    for other in (deep, floats):
        assert np.array_equal(dct_variance(other, compute=Compute()).labels, expected)


def test_that_dct_variance_can_be_stopped():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        dct_variance(noise(2, (40, 40)), compute=Compute(threads=2, checkpoint=stop))
