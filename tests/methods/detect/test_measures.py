"""Focus measures against their literal definitions in float64, and the maps made from them."""

import tracemalloc
from functools import partial

import cv2
import numpy as np
import pytest
import scipy.fft
import scipy.ndimage as ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.methods.detect import measures
from mfgui.methods.detect.consistency import settle
from mfgui.methods.detect.dct_energy import block_energy, dct_energy
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.detect.measures import morphological_gradient, reach_of, sharpest
from mfgui.methods.detect.morphology import morphology
from mfgui.methods.detect.repeated_blur import repeated_blur
from mfgui.methods.detect.spatial_frequency import spatial_frequency
from mfgui.methods.detect.sum_modified_laplacian import sum_modified_laplacian
from mfgui.methods.detect.tenengrad import tenengrad
from mfgui.methods.detect.variance import variance
from mfgui.methods.planes import grey
from mfgui.methods.refine.guided import guided_filter
from mfgui.methods.refine.smooth import smooth

WINDOWED = [sum_modified_laplacian, tenengrad, spatial_frequency, repeated_blur, morphology]
DETECTORS = [*WINDOWED, dct_energy]
EVERY = [laplacian, variance, *DETECTORS]


def windows(values, window):
    padded = np.pad(values, window // 2, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (window, window))


def literal_laplacian_energy(plane, window):
    kernel = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]]) / 16
    return windows(ndimage.convolve(plane, kernel, mode="mirror") ** 2, window).mean((2, 3))


def literal_sum_modified_laplacian(plane, window):
    second = [ndimage.convolve1d(plane, [-1, 2, -1], axis, mode="mirror") for axis in (0, 1)]
    return windows(abs(second[0]) + abs(second[1]), window).sum((2, 3))


def literal_tenengrad(plane, window):
    slopes = [ndimage.sobel(plane, axis, mode="mirror") for axis in (0, 1)]
    return windows(slopes[0] ** 2 + slopes[1] ** 2, window).sum((2, 3))


def literal_variance(plane, window):
    return windows(plane, window).var((2, 3))


def literal_spatial_frequency(plane, window):
    padded = np.pad(plane, 1, mode="reflect")
    row = windows((plane - padded[1:-1, :-2]) ** 2, window).mean((2, 3))
    column = windows((plane - padded[:-2, 1:-1]) ** 2, window).mean((2, 3))
    return np.sqrt(row + column)


def literal_repeated_blur(plane, window):
    kernel = np.array(
        [[0.0947, 0.1183, 0.0947], [0.1183, 0.1478, 0.1183], [0.0947, 0.1183, 0.0947]]
    )
    blurred = plane
    for _ in range(2):
        blurred = ndimage.convolve(blurred, kernel, mode="constant")
    return windows(abs(plane - blurred), window).mean((2, 3))


def literal_gradient(plane):
    total = np.zeros(plane.shape)
    for i in range(1, 6):
        radius = 2 * i + 1
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        disc = x * x + y * y <= radius * radius
        high = ndimage.grey_dilation(plane, footprint=disc, mode="nearest")
        total += (high - ndimage.grey_erosion(plane, footprint=disc, mode="nearest")) / radius
    return total


def literal_morphology(plane, window):
    return windows(literal_gradient(plane), window).sum((2, 3))


LITERAL = {
    measures.laplacian_energy: literal_laplacian_energy,
    measures.sum_modified_laplacian: literal_sum_modified_laplacian,
    measures.tenengrad: literal_tenengrad,
    measures.variance: literal_variance,
    measures.spatial_frequency: literal_spatial_frequency,
    measures.repeated_blur: literal_repeated_blur,
}
MAPS = {
    sum_modified_laplacian: literal_sum_modified_laplacian,
    tenengrad: literal_tenengrad,
    spatial_frequency: literal_spatial_frequency,
    repeated_blur: literal_repeated_blur,
    morphology: literal_morphology,
}


@pytest.mark.parametrize("shape", [(16, 16), (41, 37), (17, 70)])
@pytest.mark.parametrize("window", [3, 5, 9, 11, 15])
@pytest.mark.parametrize("measure", LITERAL)
def test_that_a_measure_is_its_literal_definition(measure, window, shape):
    plane = np.random.default_rng(window).random(shape, dtype=np.float32)
    found = measure(plane, window)
    expected = LITERAL[measure](plane.astype(np.float64), window)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-5)


@pytest.mark.parametrize("shape", [(16, 16), (29, 33)])
def test_that_the_morphological_gradient_is_that_of_whole_discs(shape):
    plane = np.random.default_rng(1).random(shape, dtype=np.float32)
    expected = literal_gradient(plane.astype(np.float64))
    np.testing.assert_allclose(morphological_gradient(plane), expected, rtol=1e-6)


@pytest.mark.parametrize("measure", [*LITERAL, morphological_gradient])
def test_that_a_measure_does_not_change_when_it_is_cut_out(measure):
    plane = np.random.default_rng(2).random((75, 83), dtype=np.float32)
    window = 1 if measure is morphological_gradient else 9
    call = measure if window == 1 else partial(measure, window=window)
    reach = reach_of(measure, window=window)
    part = call(np.ascontiguousarray(plane[20 - reach : 41 + reach, 33 - reach : 60 + reach]))
    inner = part[reach : part.shape[0] - reach, reach : part.shape[1] - reach]
    assert np.array_equal(inner, call(plane)[20:41, 33:60])


@pytest.mark.parametrize("measure", [*LITERAL, morphological_gradient])
def test_that_the_reach_is_not_larger_than_it_must_be(measure):
    plane = np.full((80, 80), 0.5, np.float32)
    dot = plane.copy()
    dot[40, 40] = 1.0
    window = 1 if measure is morphological_gradient else 9
    call = measure if window == 1 else partial(measure, window=window)
    changed = np.argwhere(call(dot) != call(plane))
    assert abs(changed - 40).max() == reach_of(measure, window=window)


def clear_winners(energies):
    """Arg max, and where it is ahead of the others by more than rounding."""
    ranked = np.sort(energies, axis=0)
    return np.argmax(energies, axis=0) + 1, ranked[-1] - ranked[-2] > 1e-4 * ranked[-1]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("detector", WINDOWED)
def test_that_the_map_is_the_arg_max_of_the_literal_measure(detector, channels):
    rng = np.random.default_rng(3)
    images = list(rng.random((4, 43, 37, channels), dtype=np.float32))
    planes = [grey(image).astype(np.float64) for image in images]
    expected, clear = clear_winners([MAPS[detector](plane, 5) for plane in planes])
    labels = detector(images, compute=Compute(threads=3), window=5)
    assert labels.dtype == np.uint8
    assert clear.mean() > 0.98
    assert np.array_equal(labels[clear], expected[clear])


def test_that_block_energy_is_that_of_the_cosine_transform():
    plane = np.random.default_rng(4).random((27, 45), dtype=np.float32)
    whole = np.pad(plane.astype(np.float64), ((0, 5), (0, 3)), mode="edge")
    found = block_energy(plane)
    assert found.shape == (4, 6)
    for y, x in np.ndindex(found.shape):
        block = scipy.fft.dctn(whole[8 * y : 8 * y + 8, 8 * x : 8 * x + 8], norm="ortho")
        assert found[y, x] == pytest.approx((block**2).sum() - block[0, 0] ** 2, rel=1e-5)


def literal_vote(blocks):
    found = blocks.copy()
    for y, x in np.ndindex(blocks.shape):
        around = blocks[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].ravel()
        votes = np.bincount(around)
        if votes[blocks[y, x]] < votes.max():
            found[y, x] = np.argmax(votes)
    return found


@pytest.mark.parametrize("shape", [(45, 70), (41, 49), (80, 64)])
@pytest.mark.parametrize("k", [2, 5])
def test_that_blocks_take_the_label_of_most_blocks_around_them(k, shape):
    rng = np.random.default_rng(5)
    images = list(rng.random((k, *shape, 1), dtype=np.float32))
    blocks = np.argmax([block_energy(grey(image)) for image in images], axis=0) + 1
    voted = literal_vote(blocks)
    assert not np.array_equal(voted, blocks)
    expected = np.kron(voted, np.ones((8, 8), int))[: shape[0], : shape[1]]
    assert np.array_equal(dct_energy(images, compute=Compute(threads=2)), expected)


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_flat_areas_tie_beside_strong_texture(detector):
    rng = np.random.default_rng(6)
    images = [np.full((120, 160, 3), (0.3, 0.7, 0.1), np.float32) for _ in range(3)]
    images[1][:, :48] = rng.random((120, 48, 3))
    images[2][:16] = rng.random((16, 160, 3))
    labels = detector(images, compute=Compute())
    assert (labels[40:, 80:] == 1).all()
    # Repeated blur takes 0 for what lies beyond the border, which bright sources win.
    assert (labels[48:-8, 8:32] == 2).all()
    assert (labels[8:10, 80:-8] == 3).all()


@pytest.mark.parametrize("detector", [d for d in DETECTORS if d is not repeated_blur])
def test_that_flat_areas_of_any_brightness_tie(detector):
    images = [np.full((40, 50, 3), value, np.uint8) for value in (37, 201, 90)]
    assert (detector(images, compute=Compute()) == 1).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_windows_that_are_equal_tie_whatever_lies_beside(detector):
    rng = np.random.default_rng(7)
    faint = (rng.random((64, 160, 3)) * 1e-4).astype(np.float32)
    loud, louder = faint.copy(), faint.copy()
    loud[:, :32] = rng.random((64, 32, 3))
    louder[:, -40:] = faint[:, -40:] * np.float32(1.5)
    assert (detector([faint, loud], compute=Compute())[:, 56:] == 1).all()
    assert (detector([loud, louder], compute=Compute())[:, -16:] == 2).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_tiles_and_threads_leave_the_map_as_it_is(detector, monkeypatch):
    noise = np.random.default_rng(8).random((2, 130, 150, 3), dtype=np.float32)
    images = [cv2.GaussianBlur(image, (0, 0), 4.0) for image in noise]
    whole = detector(images, compute=Compute())
    monkeypatch.setattr(measures, "_SIDE", 48)
    monkeypatch.setattr("mfgui.methods.detect.dct_energy._TILE", 48)
    for threads in (1, 3):
        assert np.array_equal(detector(images, compute=Compute(threads=threads)), whole)


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_many_sources_get_16_bit_labels(detector):
    images = [np.zeros((16, 17, 1), np.float32) for _ in range(260)]
    images[259][:] = np.random.default_rng(9).random((16, 17, 1))
    labels = detector(images, compute=Compute())
    assert labels.dtype == np.uint16
    assert (labels == 260).all()


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_that_stored_integers_give_the_map_of_their_values(detector, dtype):
    white = np.iinfo(dtype).max
    images = list(np.random.default_rng(10).integers(0, white, (2, 40, 45, 3)).astype(dtype))
    floats = [image / np.float32(white) for image in images]
    found = detector(images, compute=Compute())
    assert np.array_equal(found, detector(floats, compute=Compute()))


@pytest.mark.parametrize("detector", WINDOWED)
def test_that_a_window_larger_than_the_image_is_refused(detector):
    images = [np.zeros((16, 30, 1), np.float32)] * 2
    with pytest.raises(UsageError, match="larger than the image"):
        detector(images, compute=Compute(), window=17)


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_a_detector_can_be_stopped(detector):
    def stop():
        raise StopRequested

    images = [np.zeros((40, 30, 1), np.float32)] * 2
    with pytest.raises(StopRequested):
        detector(images, compute=Compute(threads=2, checkpoint=stop))


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_the_blurred_half_goes_to_the_other_source(detector):
    sharp = np.random.default_rng(11).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    sharp = cv2.GaussianBlur(sharp, (0, 0), 1.0)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3.0)
    images = [sharp.copy(), blurred.copy()]
    images[0][:, 64:], images[1][:, 64:] = blurred[:, 64:], sharp[:, 64:]
    labels = detector(images, compute=Compute())
    inner = labels[6:-6] if detector is repeated_blur else labels  # see above
    assert (inner[:, 6:48] == 1).all()
    assert (inner[:, 80:-6] == 2).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_that_no_plane_of_the_frame_is_kept(detector):
    images = list(np.random.default_rng(12).integers(0, 256, (3, 600, 1400, 3), dtype=np.uint8))
    small = [image[:100, :100] for image in images]
    detector(small, compute=Compute())  # imports
    tracemalloc.start()
    labels = detector(images, compute=Compute())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Some 30 planes of a tile of 512 x 512 at most, however large the frame.
    assert peak < labels.nbytes + 30 * 4 * 544 * 544


def noisy_pair():
    rng = np.random.default_rng(13)
    texture = cv2.GaussianBlur(rng.random((60, 90, 3)), (0, 0), 1.0)
    blurred = cv2.GaussianBlur(texture, (0, 0), 1.5)
    images = [texture.astype(np.float32), blurred.astype(np.float32)]
    images[0][:, 45:], images[1][:, 45:] = blurred[:, 45:], texture[:, 45:]
    return [np.clip(image + 0.05 * rng.random(image.shape), 0, 1).astype(np.float32)
            for image in images]  # fmt: skip


@pytest.mark.parametrize("detector", EVERY)
def test_that_every_detector_ends_with_the_same_steps(detector):
    images = noisy_pair()
    plain = detector(images, compute=Compute())
    for consistency in ("none", "majority", "guided"):
        for clean in (0.0, 0.05):
            chosen = {"consistency": consistency, "clean": clean, "compute": Compute()}
            expected = settle(plain.copy(), images, **chosen)
            assert np.array_equal(detector(images, **chosen), expected)


@pytest.mark.parametrize(
    ("consistency", "refiner"), [("majority", smooth), ("guided", guided_filter)]
)
def test_that_consistency_is_the_refiner_on_the_whole_map(consistency, refiner):
    images = [np.tile(image, (5, 5, 1)) for image in noisy_pair()]
    labels = np.random.default_rng(14).integers(1, 3, images[0].shape[:2], dtype=np.uint8)
    labels[:, 100:] = 2
    found = settle(
        labels.copy(), images, consistency=consistency, clean=0.0, compute=Compute(threads=2)
    )
    assert np.array_equal(found, refiner(images, labels, compute=Compute()))
    assert not np.array_equal(found, labels)


def test_that_small_regions_go_after_the_majority():
    labels = np.ones((60, 60), np.uint8)
    labels[20:40, 20:40] = 2
    labels[20:40:3, 20:40] = 1
    labels[47:57, 47:57] = 2
    images = [np.zeros((60, 60, 1), np.uint8)] * 2
    settled = settle(labels, images, consistency="majority", clean=0.05, compute=Compute())
    # The stripes are one region of at least 5 % only after what lies between is outvoted.
    assert (settled[25:35, 25:35] == 2).all()
    assert (settled[45:] == 1).all()


def test_that_sharpest_takes_the_lowest_of_equal_sources():
    image = np.random.default_rng(15).random((40, 40, 1), dtype=np.float32)
    call = partial(measures.variance, window=5)
    labels = sharpest([image, image, image], call, reach=2, compute=Compute())
    assert (labels == 1).all()
