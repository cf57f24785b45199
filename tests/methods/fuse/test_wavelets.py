import tracemalloc
from collections import Counter
from itertools import product

import cv2
import numpy as np
import pytest
import pywt

from mfgui.core.arrays import Size, from_float, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.stripes import RowWorkers
from mfgui.methods.fuse import complex_wavelet_kernels
from mfgui.methods.fuse import stationary_wavelet as stationary
from mfgui.methods.fuse.complex_wavelet import Transform, complex_wavelet, levels_for
from mfgui.methods.fuse.stationary_wavelet import levels_within, reach_of, stationary_wavelet
from mfgui.methods.planes import grey

ALONE = Compute()
FUSERS = [complex_wavelet, stationary_wavelet]
HALF = np.array([-0.0662912607 + 0.0855816496j, 0.1104854346 + 0.0855816496j,
                 0.6629126074 - 0.1711632992j])  # fmt: skip
TAPS = np.concatenate([HALF, HALF[::-1]])
LUMA = np.array([0.299, 0.587, 0.114])


def pictures(k, height, width, channels, *, seed=0):
    rng = np.random.default_rng(seed)
    return list(rng.random((k, height, width, channels), dtype=np.float32))


def half_sharp(height=96, width=128):
    """A smooth scene with fine texture, and two frames of it blurred on one side each."""
    rng = np.random.default_rng(3)
    coarse = cv2.resize(rng.random((6, 8, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    scene = np.clip(coarse * 0.6 + 0.4 * rng.random((height, width, 3)), 0, 1).astype(np.float32)
    scene = cv2.GaussianBlur(scene, (0, 0), 0.7)
    blurred = cv2.GaussianBlur(scene, (0, 0), 3)
    left = (np.arange(width) < width // 2)[None, :, None]
    return scene, [np.where(left, scene, blurred), np.where(left, blurred, scene)]


def mirrored(places, length):
    places = np.asarray(places) % (2 * length)
    return np.minimum(places, 2 * length - 1 - places)


# --- complex wavelets, written out with matrices in float64


def band_matrix(length):
    """Rows: the low-pass and then the high-pass coefficients of a line, all from its samples."""
    even = length + length % 2
    matrix = np.zeros((even, even), complex)
    for k, n in product(range(even // 2), range(6)):
        place = mirrored(2 * k - 2 + n, even)
        matrix[k, place] += np.conj(TAPS[n])
        matrix[even // 2 + k, place] += (-1) ** n * TAPS[5 - n]
    return matrix


def padded(plane):
    height, width = plane.shape
    return np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")


def split(plane, levels):
    """[(low-high, high-low, high-high), ...] finest first, and the low band."""
    bands = []
    for _ in range(levels):
        plane = padded(plane)
        height, width = plane.shape
        both = band_matrix(height) @ plane @ band_matrix(width).T
        h, w = height // 2, width // 2
        bands.append(np.stack([both[h:, :w], both[:h, w:], both[h:, w:]]))
        plane = both[:h, :w]
    return bands, plane


def joined(bands, low, shape):
    shapes = [shape]
    for _ in bands[:-1]:
        shapes.append(tuple((side + 1) // 2 for side in shapes[-1]))
    for band, (height, width) in zip(reversed(bands), reversed(shapes), strict=True):
        both = np.block([[low, band[1]], [band[0], band[2]]])
        rows, columns = (np.linalg.inv(band_matrix(side)) for side in both.shape)
        low = (rows @ both @ columns.T)[:height, :width]
    return low.real


def voted(labels):
    """2 of 3 bands, then more than half of 3 x 3 with the outermost labels repeated."""
    labels = labels.copy()
    _, height, width = labels.shape
    for y, x in np.ndindex(height, width):
        label, count = Counter(labels[:, y, x].tolist()).most_common(1)[0]
        if count >= 2:
            labels[:, y, x] = label
    out = labels.copy()
    for band, y, x in np.ndindex(labels.shape):
        window = np.pad(labels[band], 1, mode="edge")[y : y + 3, x : x + 3]
        label, count = Counter(window.ravel().tolist()).most_common(1)[0]
        if count >= 5:
            out[band, y, x] = label
    return out


def literal_choice(planes, levels, *, consistency):
    transforms = [split(plane.astype(np.float64), levels) for plane in planes]
    labels = []
    for level in range(levels):
        moduli = np.stack([np.abs(bands[level]) for bands, _ in transforms])
        labels.append(voted(moduli.argmax(axis=0)) if consistency else moduli.argmax(axis=0))
    return labels


def literal_fusion(planes, labels):
    transforms = [split(plane.astype(np.float64), len(labels)) for plane in planes]
    bands = [
        np.choose(chosen, [bands[level] for bands, _ in transforms])
        for level, chosen in enumerate(labels)
    ]
    low, total = 0.0, 0.0
    for number, (_, base) in enumerate(transforms):
        share = np.pad((labels[-1] == number).mean(axis=0), 1, mode="edge")
        weight = np.lib.stride_tricks.sliding_window_view(share, (3, 3)).mean(axis=(2, 3))
        low, total = low + weight * base, total + weight
    return joined(bands, low / total, planes[0].shape)


@pytest.mark.parametrize("consistency", [True, False])
@pytest.mark.parametrize(("height", "width"), [(16, 16), (37, 45), (32, 21)])
def test_that_complex_wavelets_are_the_literal_definition(height, width, consistency):
    images = pictures(3, height, width, 3, seed=height)
    planes = [image @ LUMA for image in images]
    levels = levels_for(Size(width, height))
    labels = literal_choice(planes, levels, consistency=consistency)
    channels = [literal_fusion([image[:, :, c] for image in images], labels) for c in range(3)]
    values = {"compute": ALONE, "consistency": consistency}
    fused = complex_wavelet(images, reassign="off", **values)
    assert fused == pytest.approx(np.clip(np.stack(channels, axis=2), 0, 1), abs=5e-6)
    wanted = literal_fusion(planes, labels)
    nearest = np.argmin([np.abs(plane - wanted) for plane in planes], axis=0)
    expected = np.choose(nearest[:, :, None], images)
    assert np.array_equal(complex_wavelet(images, **values), expected)


def test_that_the_filters_lose_nothing():
    for length in (2, 6, 17, 40):
        matrix = band_matrix(length)
        assert abs(np.linalg.det(matrix)) > 1e-3
    assert TAPS.sum() == pytest.approx(2**0.5, abs=1e-9)
    for shift in range(3):
        inner = np.vdot(TAPS[: 6 - 2 * shift], TAPS[2 * shift :])
        assert inner == pytest.approx(float(shift == 0), abs=1e-9)


@pytest.mark.parametrize("levels", [1, 3, 8])
@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 23), (64, 31), (5, 130), (131, 129)])
def test_that_a_transform_of_any_size_can_be_undone(height, width, levels):
    (image,) = pictures(1, height, width, 1, seed=width)
    with RowWorkers(Compute(threads=2)) as workers:
        transform = Transform((height, width), levels, workers, passes=2)
        plane = transform.fuse([image], transform.choose([image]), grey)
    assert plane == pytest.approx(image[:, :, 0], abs=2e-6)


def test_that_levels_follow_the_size():
    found = [levels_for(Size(4 * side, side)) for side in (16, 31, 100, 480, 1000, 4000, 20000)]
    assert found == [3, 4, 5, 5, 6, 8, 8]
    assert levels_for(Size(16, 900), 12) == 3
    assert levels_for(Size(900, 900), 2) == 2


def test_that_votes_are_those_of_majorities():
    rng = np.random.default_rng(1)
    labels = rng.choice(5, (3, 23, 31), p=[0.5, 0.3, 0.1, 0.05, 0.05]).astype(np.uint8) + 1
    expected = voted(labels)
    assert not np.array_equal(expected, labels)
    found = np.zeros_like(labels)
    complex_wavelet_kernels.agree(labels, 0, 23)
    for low, high in ((0, 9), (9, 23)):
        complex_wavelet_kernels.majority(labels, low, high, found)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_no_colour_is_invented(depth):
    images = [from_float(image, depth) for image in pictures(4, 40, 33, 3)]
    fused = from_float(complex_wavelet(images, compute=ALONE), depth)
    found = np.any([(fused == image).all(axis=2) for image in images], axis=0)
    assert found.all()


@pytest.mark.parametrize("channels", [1, 3])
def test_that_mixed_colours_have_the_fused_brightness(channels):
    images = pictures(4, 40, 33, channels)
    with RowWorkers(ALONE) as workers:
        transform = Transform((40, 33), levels_for(Size(33, 40)), workers, passes=8)
        labels = [transform.agreed(level) for level in transform.choose(images)]
        wanted = transform.fuse(images, labels, grey).copy()
    shades = np.stack([grey(image) for image in images])
    wanted = np.clip(wanted, shades.min(axis=0), shades.max(axis=0))
    fused = complex_wavelet(images, compute=ALONE, reassign="between")
    assert grey(fused) == pytest.approx(wanted, abs=1e-6)
    # A mixture of the two pixels around, and of nothing else.
    order = np.argsort(shades, axis=0)
    place = np.clip((shades <= wanted).sum(axis=0), 1, 3)
    below, above = (
        np.choose(np.choose(place - step, list(order))[:, :, None], images) for step in (1, 0)
    )
    assert (fused >= np.minimum(below, above) - 1e-6).all()
    assert (fused <= np.maximum(below, above) + 1e-6).all()


def test_that_memory_does_not_grow_with_the_sources():
    images = [from_float(image, "uint8") for image in pictures(9, 300, 400, 3)]
    peaks = []
    for count in (2, 9):
        complex_wavelet(images[:2], compute=ALONE)
        tracemalloc.start()
        fused = complex_wavelet(images[:count], compute=ALONE)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.05
    assert peaks[0] < fused.nbytes + 300 * 400 * 20


# --- stationary wavelets, written out with holes in float64


def mirrored_out(plane, margin):
    height, width = plane.shape
    rows = mirrored(np.arange(-margin, height + margin), height)
    columns = mirrored(np.arange(-margin, width + margin), width)
    return plane[np.ix_(rows, columns)]


def with_holes(taps, step):
    spread = np.zeros((len(taps) - 1) * step + 1)
    spread[::step] = taps
    return spread


def along(plane, taps, axis):
    return np.apply_along_axis(lambda line: np.convolve(line, taps, mode="full"), axis, plane)


def literal_stationary(planes, levels):
    root = 3**0.5
    low = np.array([1 - root, 3 - root, 3 + root, 1 + root]) / (4 * 2**0.5)  # db2
    high = low[::-1] * [1, -1, 1, -1]
    filters = {"low": low, "high": high}
    names = [("low", "high"), ("high", "low"), ("high", "high")]
    margin = 4 * 2**levels
    bases, details = [], []
    for plane in planes:
        base, bands = mirrored_out(plane.astype(np.float64), margin), []
        for level in range(levels):
            taps = {name: with_holes(f, 2**level) for name, f in filters.items()}
            bands.append([along(along(base, taps[a], 0), taps[b], 1) for a, b in names])
            base = along(along(base, taps["low"], 0), taps["low"], 1)
        bases.append(base)
        details.append(bands)
    base = np.mean(bases, axis=0)
    for level in reversed(range(levels)):
        back = {name: with_holes(f[::-1], 2**level) / 2 for name, f in filters.items()}
        total = along(along(base, back["low"], 0), back["low"], 1)
        for index, (a, b) in enumerate(names):
            bands = [bands[level][index] for bands in details]
            energies = [
                np.lib.stride_tricks.sliding_window_view(np.pad(band**2, 1), (3, 3)).sum((2, 3))
                for band in bands
            ]
            best = np.choose(np.argmax(energies, axis=0), bands)
            total += along(along(best, back[a], 0), back[b], 1)
        # Filter and mirrored filter together lengthen the line by as much at both ends.
        cut = 3 * 2**level
        base = total[cut:-cut, cut:-cut]
    return base[margin:-margin, margin:-margin]


@pytest.mark.parametrize(("height", "width", "levels"), [(16, 16, 2), (50, 61, 4), (19, 90, 1)])
def test_that_stationary_wavelets_are_the_literal_definition(height, width, levels):
    images = pictures(3, height, width, 2, seed=width)
    expected = [literal_stationary([image[:, :, c] for image in images], levels) for c in (0, 1)]
    fused = stationary_wavelet(images, compute=ALONE, levels=levels)
    assert fused == pytest.approx(np.clip(np.stack(expected, axis=2), 0, 1), abs=5e-6)


@pytest.mark.parametrize("wavelet", ["db2", "bior4.4"])
def test_that_tiles_leave_no_trace(monkeypatch, wavelet):
    images = pictures(2, 150, 131, 1)
    whole = stationary_wavelet(images, compute=ALONE, wavelet=wavelet, levels=3)
    monkeypatch.setattr(stationary, "_SIDE", 37)
    tiled = stationary_wavelet(images, compute=Compute(threads=3), wavelet=wavelet, levels=3)
    assert whole == pytest.approx(tiled, abs=1e-6)


def test_that_every_wavelet_has_its_length_and_gives_the_picture_back():
    (parameter,) = (p for p in stationary_wavelet.method.parameters if p.name == "wavelet")
    (image,) = pictures(1, 33, 50, 1)
    for name in parameter.declared.choices:
        assert stationary._LENGTHS[name] == pywt.Wavelet(name).dec_len
        fused = stationary_wavelet([image, image], compute=ALONE, wavelet=name)
        assert fused == pytest.approx(image, abs=2e-6)


def test_that_small_pictures_have_fewer_levels():
    assert levels_within(Size(16, 500), 4, taps=4) == 2
    assert levels_within(Size(16, 500), 4, taps=10) == 1
    assert levels_within(Size(46, 46), 4, taps=4) == 4
    assert reach_of(1, taps=2) == 2
    images = pictures(2, 16, 500, 1)
    fewer, as_few = (stationary_wavelet(images, compute=ALONE, levels=n) for n in (4, 2))
    assert np.array_equal(fewer, as_few)


# --- both


@pytest.mark.parametrize("fuser", FUSERS)
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_identical_sources_give_that_source(fuser, depth):
    for shape in ((16, 16, 1), (41, 30, 3)):
        values = np.random.default_rng(2).random(shape, dtype=np.float32)
        image = from_float(values, depth)
        fused = fuser([image] * 3, compute=ALONE)
        assert fused.dtype == np.float32
        assert fused == pytest.approx(to_float(image), abs=2e-6)
        if fuser is complex_wavelet:
            assert np.array_equal(from_float(fused, depth), image)
            for reassign in ("between", "off"):
                again = fuser([image] * 3, compute=ALONE, reassign=reassign)
                assert again == pytest.approx(fused, abs=2e-6)


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_the_sharp_halves_are_found(fuser):
    scene, images = half_sharp()
    fused = fuser(images, compute=ALONE)
    seam = abs(np.arange(scene.shape[1]) - scene.shape[1] / 2) < 24
    error = np.abs(fused - scene)
    assert error[:, ~seam].mean() < 0.2 * np.abs(images[0] - scene).mean()
    assert error.mean() < 0.25 * np.abs(images[0] - scene).mean()


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_the_order_of_the_sources_does_not_matter(fuser):
    images = pictures(3, 39, 52, 3)
    found = [fuser([images[i] for i in order], compute=ALONE) for order in ((0, 1, 2), (2, 0, 1))]
    assert found[0] == pytest.approx(found[1], abs=2e-6)


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_equal_channels_are_fused_as_grey(fuser):
    _, images = half_sharp(48, 55)
    shades = [image[:, :, :1] for image in images]
    alone = fuser(shades, compute=ALONE)
    fused = fuser([np.repeat(shade, 3, axis=2) for shade in shades], compute=ALONE)
    assert np.ptp(fused, axis=2).max() == 0
    assert np.mean(np.abs(fused[:, :, :1] - alone) > 2e-6) < 0.002


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_the_stored_depth_does_not_matter(fuser):
    bytes_ = [from_float(image, "uint8") for image in half_sharp(48, 55)[1]]
    fused = fuser(bytes_, compute=ALONE)
    for images in (
        [b.astype(np.uint16) * 257 for b in bytes_],
        [b / np.float32(255) for b in bytes_],
    ):
        other = fuser(images, compute=ALONE)
        assert np.mean(np.abs(fused - other) > 2e-6) < 0.002


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_threads_do_not_matter(fuser):
    images = [from_float(image, "uint8") for image in half_sharp(300, 70)[1]]
    found = [fuser(images, compute=Compute(threads=n)) for n in (1, 2, 7)]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize(
    ("fuser", "values"), [(complex_wavelet, {"reassign": "off"}), (stationary_wavelet, {})]
)
def test_that_values_can_be_kept_between_the_sources(fuser, values):
    images = [image * 0.8 + 0.1 for image in half_sharp(48, 55)[1]]
    least, most = np.minimum(*images), np.maximum(*images)
    free = fuser(images, compute=ALONE, **values)
    assert ((free < least) | (free > most)).any()
    kept = fuser(images, compute=ALONE, clamp=True, **values)
    assert np.array_equal(kept, np.clip(free, least, most))


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_a_wavelet_fuser_can_be_stopped(fuser):
    calls = 0

    def stop():
        nonlocal calls
        calls += 1
        if calls == 3:
            raise StopRequested

    with pytest.raises(StopRequested):
        fuser(pictures(2, 60, 60, 3), compute=Compute(threads=2, checkpoint=stop))


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_progress_is_told(fuser):
    told = []
    compute = Compute(progress=lambda done, total: told.append((done, total)))
    fuser(pictures(3, 40, 40, 1), compute=compute)
    assert told
    assert told == sorted(told)
    assert all(done <= total for done, total in told)
