import math
import tracemalloc

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.detect.variance import variance

DETECTORS = [laplacian, variance]


def windows(plane, window):
    padded = np.pad(plane, window // 2, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (window, window))


def literal_laplacian(images, window):
    """Mean squared response over window and channels, written out; arg max, ties lowest."""
    energies = []
    for image in images:
        energy = np.zeros(image.shape[:2])
        for channel in range(image.shape[2]):
            padded = np.pad(image[:, :, channel].astype(np.float64), 1, mode="reflect")
            cuts = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
            response = (cuts.sum(axis=(2, 3)) - 9 * cuts[:, :, 1, 1]) / 16
            energy += windows(response**2, window).mean(axis=(2, 3)) / image.shape[2]
        energies.append(energy)
    return np.argmax(energies, axis=0) + 1


def literal_variance(images, window):
    energies = []
    for image in images:
        cuts = np.stack([windows(image[:, :, c], window) for c in range(image.shape[2])], axis=-1)
        energies.append(cuts.astype(np.float64).var(axis=(2, 3, 4)))
    return np.argmax(energies, axis=0) + 1


@pytest.mark.parametrize("window", [3, 7, 21])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize(
    ("detector", "literal"), [(laplacian, literal_laplacian), (variance, literal_variance)]
)
def test_that_the_map_equals_the_literal_definition(detector, literal, k, channels, window):
    rng = np.random.default_rng(window)
    images = list(rng.random((k, 43, 37, channels), dtype=np.float32))
    labels = detector(images, compute=Compute(threads=3), window=window)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, literal(images, window))


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_ties_take_the_lowest_label_beside_strong_texture(detector):
    rng = np.random.default_rng(4)
    images = [np.full((60, 80, 3), value, np.float32) for value in (0.25, 0.5, 0.75)]
    images[1][:, :20] = rng.random((60, 20, 3))
    images[2][:10] = rng.random((10, 80, 3))
    labels = detector(images, compute=Compute(), window=9)
    assert (labels[20:, 30:] == 1).all()
    assert (labels[20:, :20] == 2).all()
    assert (labels[:8, 30:] == 3).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_the_map_does_not_depend_on_threads(detector):
    rng = np.random.default_rng(5)
    coarse = (rng.integers(0, 3, (2, 700, 90, 1)) / 255).astype(np.float32)
    maps = [detector(list(coarse), compute=Compute(threads=n), window=5) for n in (1, 2, 7)]
    assert np.array_equal(maps[0], maps[1])
    assert np.array_equal(maps[0], maps[2])


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_many_sources_get_16_bit_labels(detector):
    images = [np.zeros((5, 5, 1), np.float32) for _ in range(260)]
    images[259][2, 2] = 1.0
    labels = detector(images, compute=Compute(), window=3)
    assert labels.dtype == np.uint16
    assert labels[2, 2] == 260


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_the_default_window_is_the_released_rule(detector):
    images = list(np.random.default_rng(6).random((2, 248, 388, 1), dtype=np.float32))
    assert np.array_equal(
        detector(images, compute=Compute()), detector(images, compute=Compute(), window=5)
    )


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_a_window_larger_than_the_image_is_refused(detector):
    images = [np.zeros((4, 30, 1), np.float32)] * 2
    with pytest.raises(UsageError, match="larger than the image"):
        detector(images, compute=Compute(), window=5)


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_a_detector_can_be_stopped(detector):
    def stop():
        raise StopRequested

    images = [np.zeros((40, 30, 1), np.float32)] * 2
    with pytest.raises(StopRequested):
        detector(images, compute=Compute(threads=2, checkpoint=stop))


def responses(image):
    """Squared response of cv2.filter2D to the values in [0, 1], as float32, summed in float64."""
    kernel = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float32) / 16
    white = np.float32(np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1)
    energy = np.zeros(image.shape[:2])
    for channel in range(image.shape[2]):
        plane = image[:, :, channel].astype(np.float32) / white
        energy += cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101) ** 2
    return energy


def exact_map(images, window):
    """Arg max of window sums that are rounded once, ties lowest."""
    energies = [np.pad(responses(image), window // 2, mode="edge") for image in images]
    height, width, _ = images[0].shape
    labels = np.empty((height, width), int)
    for y, x in np.ndindex(height, width):
        cuts = [energy[y : y + window, x : x + window] for energy in energies]
        labels[y, x] = np.argmax([math.fsum(cut.ravel()) for cut in cuts]) + 1
    return labels


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_that_the_rounding_of_the_filter_decides_between_equal_windows(dtype, channels):
    # In whole numbers the sources have the same Laplacian everywhere.
    coarse = np.random.default_rng(7).integers(0, 3, (24, 33, channels))
    images = [(coarse + offset).astype(dtype) for offset in (0, 50, 220)]
    if dtype == "float32":
        images = [image / np.float32(255) for image in images]
    expected = exact_map(images, 5)
    assert len(np.unique(expected)) > 1
    assert np.array_equal(laplacian(images, compute=Compute(), window=5), expected)


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_windows_that_are_equal_tie_whatever_lies_beside(detector):
    rng = np.random.default_rng(8)
    faint = (rng.random((40, 60, 3)) * 1e-4).astype(np.float32)
    loud, louder = faint.copy(), faint.copy()
    loud[:, :8] = rng.random((40, 8, 3))
    louder[:, -20:] = faint[:, -20:] * np.float32(1.5)
    assert (detector([faint, loud], compute=Compute(), window=5)[:, 11:] == 1).all()
    assert (detector([loud, louder], compute=Compute(), window=5)[:, -17:] == 2).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_stored_integers_give_the_map_of_their_values(detector):
    images = list(np.random.default_rng(9).integers(0, 256, (3, 50, 60, 3), dtype=np.uint8))
    floats = [image / np.float32(255) for image in images]
    found = detector(images, compute=Compute(), window=7)
    assert np.array_equal(found, detector(floats, compute=Compute(), window=7))


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_no_frame_is_copied(detector):
    images = list(np.random.default_rng(10).integers(0, 256, (2, 900, 500, 3), dtype=np.uint8))
    detector([image[:9] for image in images], compute=Compute(), window=5)  # compiles
    tracemalloc.start()
    labels = detector(images, compute=Compute(threads=2), window=99)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The labels, and of each thread at most a stripe of 32 768 float64 and some rows.
    assert peak < labels.nbytes + 2 * (8 * 32_768 + 250 * 1024)
