import tracemalloc

import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide.weighted_average import MEASURES, of_noise, weighted_average
from tests.methods import literal_pyramids as literal

ALONE, MANY = Compute(), Compute(threads=3)
GREY = np.array([0.299, 0.587, 0.114])


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def largest(found, expected):
    assert np.shape(found) == np.shape(expected)
    return np.abs(found - expected).max()


def measured(image, window):
    """Mean squared 8-neighbour Laplacian / 16; windows repeat the border."""
    grey = image.astype(np.float64) @ GREY if image.shape[2] == 3 else image[:, :, 0]
    response = (9 * literal.window_mean(grey, 3) - 9 * grey) / 16
    return literal.window_mean(response**2, window, mode="edge")


def smoothed(plane, radius):
    if radius == 0:
        return plane
    offsets = np.arange(-radius, radius + 1)
    taps = np.exp(-(offsets**2) / (2 * (radius / 2) ** 2))
    taps /= taps.sum()
    padded = np.pad(plane, radius, mode="reflect")
    cuts = np.lib.stride_tricks.sliding_window_view(padded, (len(taps), len(taps)))
    return np.einsum("yxij,i,j->yx", cuts, taps, taps)


def weights(images, *, window, power, radius, noise):
    floor = (noise / 100) ** 2 * 72 / 256
    powers = np.stack([(measured(image, window) + floor) ** power for image in images])
    return np.stack([smoothed(share, radius) for share in powers / powers.sum(axis=0)])


@pytest.mark.parametrize(("power", "radius"), [(4.0, 3), (1.0, 0), (2.5, 6)])
@pytest.mark.parametrize(("shape", "k"), [((47, 61, 3), 3), ((40, 33, 1), 2), ((21, 26, 3), 6)])
def test_that_the_average_is_as_written_out(shape, k, power, radius):
    images = [noise(*shape, seed=seed) for seed in range(k)]
    values = {"window": 5, "power": power, "radius": radius, "noise": 2.0}
    decision = weighted_average(images, compute=MANY, **values)
    expected = weights(images, **values)
    fused = np.einsum("kyx,kyxc->yxc", expected, np.stack(images))
    assert largest(decision.fuse(), fused) < 1e-5
    assert np.array_equal(decision.labels, np.argmax(expected, axis=0) + 1)
    if k == 2:
        assert largest(decision.soft, expected[0]) < 1e-5


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("k", [2, 3])
def test_that_without_detail_all_sources_count_the_same(measure, k):
    images = [np.full((30, 40, 3), 0.1 + 0.2 * index, np.float32) for index in range(k)]
    decision = weighted_average(images, compute=ALONE, measure=measure)
    assert largest(decision.fuse(), np.mean(images, axis=0)) < 1e-6
    assert (decision.labels == 1).all()


@pytest.mark.parametrize("measure", MEASURES)
def test_that_each_measure_finds_the_sharp_half(measure):
    image = noise(60, 80, 3)
    soft = literal.window_mean(image, 5).astype(np.float32)
    images = [image.copy(), image.copy()]
    images[0][:, 40:], images[1][:, :40] = soft[:, 40:], soft[:, :40]
    decision = weighted_average(images, compute=ALONE, measure=measure)
    assert (decision.labels[:, :34] == 1).all()
    assert (decision.labels[:, 46:] == 2).all()
    assert largest(decision.fuse()[:, :30], image[:, :30]) < 0.02


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("window", [3, 9])
def test_that_the_measure_of_noise_is_known(measure, window):
    plane = 0.5 + 0.02 * np.random.default_rng(1).standard_normal((300, 300), np.float32)
    assert np.mean(MEASURES[measure](plane, window)) == pytest.approx(
        of_noise(measure, window, 0.02), rel=0.02 if window == 9 else 0.05
    )


def test_that_noise_does_not_choose_between_flat_sources():
    rng = np.random.default_rng(2)
    images = [
        (value + 0.004 * rng.standard_normal((80, 90, 3))).astype(np.float32)
        for value in (0.45, 0.55)
    ]
    spread = [
        np.std(weighted_average(images, compute=ALONE, noise=noise).fuse()) for noise in (0.0, 2.0)
    ]
    assert spread[0] > 0.01
    assert spread[1] < 0.0035


def test_that_large_powers_of_faint_detail_do_not_vanish():
    faint = 0.5 + 1e-3 * (noise(30, 40, 1) - 0.5)
    images = [np.full_like(faint, 0.2), faint]
    decision = weighted_average(images, compute=ALONE, power=16.0, noise=0.0)
    assert (decision.labels == 2).all()
    assert largest(decision.fuse(), faint) < 1e-4


@pytest.mark.parametrize("k", [2, 3])
def test_that_neither_tiles_nor_threads_are_seen(k):
    images = [noise(600, 530, 1, seed=seed) for seed in range(k)]
    whole = weighted_average(images, compute=MANY)
    part = weighted_average([image[400:] for image in images], compute=ALONE)
    assert largest(whole.fuse()[420:], part.fuse()[20:]) < 1e-6
    assert np.array_equal(whole.labels[420:], part.labels[20:])


def test_that_a_stop_is_heard():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        weighted_average([noise(30, 30, 1)] * 3, compute=Compute(checkpoint=stop))


def test_that_no_planes_of_the_whole_frame_are_kept_per_source():
    images = [noise(1500, 700, 1, seed=seed) for seed in range(2)]
    peaks = []
    for count in (3, 9):
        tracemalloc.start()
        weighted_average((images * 5)[:count], compute=ALONE).fuse()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Six more planes of a tile of 512 x 512, and a bit around.
    assert peaks[1] - peaks[0] < 7 * 4 * 540**2 < 2 * 4 * 1500 * 700
