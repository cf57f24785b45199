"""Phase congruency against numbers of another program, and against its formula in float64."""

import tracemalloc

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.methods.detect.consistency import settle
from mfgui.methods.detect.phase_congruency import (
    congruency,
    noise_thresholds,
    phase_congruency,
)
from mfgui.methods.planes import grey

SCALES, ORIENTATIONS, RATIO = 4, 6, 2.1


def literal_responses(plane):
    """Responses of shape (6, 4, H, W), one complex plane for each filter."""
    height, width = plane.shape
    v = np.fft.fftfreq(height)[:, None]
    u = np.fft.fftfreq(width)[None, :]
    radius = np.sqrt(u**2 + v**2)
    radius[0, 0] = 1.0
    angle = np.arctan2(-v, u)
    spectrum = np.fft.fft2(plane)
    found = np.empty((ORIENTATIONS, SCALES, height, width), complex)
    for o in range(ORIENTATIONS):
        centre = o * np.pi / ORIENTATIONS
        away = np.abs(np.angle(np.exp(1j * (angle - centre))))
        sector = np.where(away < 2 * np.pi / ORIENTATIONS, (1 + np.cos(3 * away)) / 2, 0)
        for s in range(SCALES):
            frequency = 1 / (3 * RATIO**s)
            ring = np.exp(-(np.log(radius / frequency) ** 2) / (2 * np.log(0.55) ** 2))
            ring /= 1 + (radius / 0.45) ** 30
            ring[0, 0] = 0
            found[o, s] = np.fft.ifft2(spectrum * ring * sector)
    return found


def literal_threshold(finest):
    """Mean and two deviations of Rayleigh's distribution of the noise energy."""
    tau = np.median(np.abs(finest)) / np.sqrt(2 * np.log(2))
    total = tau * sum(RATIO**-s for s in range(SCALES))
    return total * (np.sqrt(np.pi / 2) + 2 * np.sqrt((4 - np.pi) / 2))


def literal_congruency(responses, thresholds):
    above, amplitudes = 0.0, 0.0
    for response, threshold in zip(responses, thresholds, strict=True):
        sizes, phases = np.abs(response), np.angle(response)
        mean_phase = np.angle(response.sum(axis=0))
        turn = phases - mean_phase
        energy = (sizes * (np.cos(turn) - np.abs(np.sin(turn)))).sum(axis=0)
        spread = (sizes.sum(axis=0) / sizes.max(axis=0) - 1) / (SCALES - 1)
        weight = 1 / (1 + np.exp(10 * (0.5 - spread)))
        above = above + weight * np.maximum(energy - threshold, 0)
        amplitudes = amplitudes + sizes.sum(axis=0)
    return above / amplitudes


@pytest.fixture(scope="module")
def square():
    y, x = np.mgrid[:384, :384].astype(float)
    plane = 0.5 + 0.2 * np.sin(x / 5 + y / 17) + 0.1 * np.cos((x * x + y * y) / 3000)
    plane[(x - 190) ** 2 + (y - 170) ** 2 < 60**2] *= 0.6
    return plane.astype(np.float32)


def test_that_values_are_those_of_another_program(square):
    # phasepack 1.5, phasecong(square * 1e4, nscale=4, norient=6, minWaveLength=3, mult=2.1,
    # sigmaOnf=0.55, k=2, cutOff=0.5, g=10, noiseMethod=-1): its orientations added up with their
    # amplitudes as weights. The factor makes its constants against division by zero small.
    thresholds = (2.027931e-4, 3.652488e-5, 1.917519e-5, 5.262863e-5, 1.074473e-4, 2.282395e-4)
    found = congruency(square, thresholds, Compute())
    at = [(100, 100), (110, 190), (170, 131), (200, 250), (230, 195), (127, 148), (300, 300)]
    values = [found[y - 64, x - 64] for y, x in at]
    expected = [0.023834, 0.444611, 0.115222, 0.035332, 0.454273, 0.453546, 0.062365]
    assert values == pytest.approx(expected, abs=2e-5)
    assert found.mean() == pytest.approx(0.0331411552, abs=2e-6)


def test_that_values_are_those_of_the_formula():
    plane = np.random.default_rng(1).random((384, 384), dtype=np.float32)
    responses = literal_responses(plane.astype(np.float64))
    thresholds = tuple(0.2 * float(np.median(abs(one[0]))) for one in responses)
    expected = literal_congruency(responses, thresholds)[64:-64, 64:-64]
    assert expected.max() > 0.3
    np.testing.assert_allclose(congruency(plane, thresholds, Compute()), expected, atol=2e-5)


def test_that_noise_is_told_by_the_median_of_the_finest_filters():
    image = np.random.default_rng(2).random((90, 120, 1), dtype=np.float32)
    # Mirrored until the square is full, as the program does it.
    plane = np.pad(image[:, :, 0].astype(np.float64), ((64, 230), (64, 200)), mode="reflect")
    finest = literal_responses(plane)[:, 0, 64:154, 64:184]
    expected = [literal_threshold(one) for one in finest]
    assert noise_thresholds(image, Compute()) == pytest.approx(expected, rel=1e-4)


def scene(height, width):
    """Two sources, each sharp in one half, with a little noise."""
    rng = np.random.default_rng(3)
    cells = rng.random((height // 8 + 1, width // 8 + 1, 3)).repeat(8, axis=0).repeat(8, axis=1)
    sharp = cells[:height, :width]
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3.0)
    half = width // 2
    images = [sharp.copy(), blurred.copy()]
    images[0][:, half:], images[1][:, half:] = blurred[:, half:], sharp[:, half:]
    noise = 0.01 * rng.standard_normal((2, height, width, 3))
    return [np.clip(i + n, 0, 1).astype(np.float32) for i, n in zip(images, noise, strict=True)]


def test_that_the_map_is_that_of_one_large_transform():
    images = scene(48, 300)
    images[0] += 0.2 * np.random.default_rng(6).random(images[0].shape, dtype=np.float32)
    padded = [
        np.pad(grey(image).astype(np.float64), ((96, 96), (96, 96)), mode="reflect")
        for image in images
    ]
    inner = (slice(96, -96), slice(96, -96))
    responses = [literal_responses(plane) for plane in padded]
    own = [[literal_threshold(o[0][inner]) for o in response] for response in responses]
    lowest = np.min(own, axis=0)
    means = []
    for response in responses:
        plane = np.pad(literal_congruency(response, lowest)[inner], 4, mode="edge")
        means.append(np.lib.stride_tricks.sliding_window_view(plane, (9, 9)).mean((2, 3)))
    labels = phase_congruency(images, compute=Compute(threads=2))
    agrees = labels == np.argmax(means, axis=0) + 1
    assert agrees.mean() > 0.99
    # The seam of the tiles lies at 248.
    assert agrees[:, 240:256].mean() > 0.98


def test_that_the_blurred_half_goes_to_the_other_source():
    labels = phase_congruency(scene(120, 200), compute=Compute())
    assert labels.dtype == np.uint8
    assert (labels[:, :90] == 1).mean() > 0.97
    assert (labels[:, 110:] == 2).mean() > 0.97


def test_that_threads_leave_the_map_as_it_is():
    images = scene(40, 280)
    maps = [phase_congruency(images, compute=Compute(threads=n)) for n in (1, 3)]
    assert np.array_equal(*maps)


def test_that_flat_sources_tie():
    images = [np.full((40, 50, 3), value, np.uint8) for value in (37, 201, 90)]
    assert (phase_congruency(images, compute=Compute()) == 1).all()


def test_that_contrast_does_not_matter():
    low, high = scene(64, 90), scene(64, 90)
    low = [(0.4 + 0.1 * image).astype(np.float32) for image in low]
    found, expected = (phase_congruency(images, compute=Compute()) for images in (low, high))
    assert (found == expected).mean() > 0.998


@pytest.mark.parametrize("shape", [(16, 16), (17, 33)])
def test_that_small_stored_integers_give_the_map_of_their_values(shape):
    images = list(np.random.default_rng(5).integers(0, 65536, (2, *shape, 3)).astype(np.uint16))
    floats = [image / np.float32(65535) for image in images]
    found = phase_congruency(images, compute=Compute(), window=5)
    assert np.array_equal(found, phase_congruency(floats, compute=Compute(), window=5))
    assert set(np.unique(found)) == {1, 2}


def test_that_it_ends_with_the_steps_of_every_detector():
    images = scene(60, 90)
    plain = phase_congruency(images, compute=Compute())
    chosen = {"consistency": "majority", "clean": 0.05, "compute": Compute()}
    expected = settle(plain, images, **chosen)
    assert np.array_equal(phase_congruency(images, **chosen), expected)


def test_that_a_window_larger_than_the_image_is_refused():
    with pytest.raises(UsageError, match="larger than the image"):
        phase_congruency([np.zeros((16, 30, 1), np.float32)] * 2, compute=Compute(), window=17)


def test_that_it_can_be_stopped():
    def stop():
        raise StopRequested

    images = [np.zeros((40, 30, 1), np.float32)] * 2
    with pytest.raises(StopRequested):
        phase_congruency(images, compute=Compute(threads=2, checkpoint=stop))


def test_that_memory_does_not_grow_with_the_picture():
    images = scene(240, 760)
    phase_congruency([image[:40, :40] for image in images], compute=Compute())  # the filters
    tracemalloc.start()
    phase_congruency(images, compute=Compute())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Some planes of 384 x 384 complex numbers, and the samples of the noise.
    assert peak < 16 * 8 * 384 * 384 + 6 * 4 * 240 * 760
