import tracemalloc

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size, from_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods import pyramids
from mfgui.methods.fuse.enfuse_style import enfuse_style, masks
from mfgui.methods.fuse.laplacian_pyramid import laplacian_pyramid
from mfgui.methods.planes import clamp_to_sources
from tests.methods import literal_pyramids as literal

FUSERS = [laplacian_pyramid, enfuse_style]
ALONE, MANY = Compute(), Compute(threads=3)
GREY = np.array([0.299, 0.587, 0.114])


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def largest(found, expected):
    assert np.shape(found) == np.shape(expected) or np.ndim(expected) == 0
    return np.abs(found - expected).max()


def whole(image):
    return Rect(0, 0, image.shape[1], image.shape[0])


@pytest.mark.parametrize(
    ("size", "levels"),
    [((640, 480), 4), ((31, 500), 1), ((32, 32), 1), ((62, 90), 1), ((64, 63), 2)],
)
def test_that_levels_end_where_the_short_side_is_under_32(size, levels):
    assert pyramids.depth(Size(*size)) == levels


@pytest.mark.parametrize("shape", [(37, 53, 3), (16, 17, 1), (20, 1087, 3), (1025, 30, 1)])
def test_that_levels_and_bands_are_as_written_out(shape):
    image = noise(*shape)
    pyramid = pyramids.Pyramid(shape, 3)
    pyramid.take(image, compute=MANY)
    levels, bands = literal.gaussian(image, 3), literal.laplacian(image, 3)
    for index, (level, band) in enumerate(zip(levels, bands, strict=True)):
        assert largest(pyramid.level(index), level) <= 1e-6
        assert largest(pyramid.detail(index, whole(level)), band) <= 1e-6
        part = Rect(1, 1, level.shape[1] - 1, level.shape[0] - 1)
        assert not part.empty
        assert largest(pyramid.detail(index, part), band[part.slices]) <= 1e-6


@pytest.mark.parametrize("levels", [1, 2, 4])
@pytest.mark.parametrize("shape", [(16, 16, 3), (33, 47, 3), (61, 38, 1), (515, 1031, 1)])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_that_bands_add_up_to_the_picture(shape, levels, depth):
    image = noise(*shape)
    pyramid = pyramids.Pyramid(shape, levels)
    pyramid.take(from_float(image, depth), compute=MANY)
    bands = [pyramid.detail(i, whole(pyramid.level(i))).copy() for i in range(levels + 1)]
    again = pyramids.collapsed(bands, compute=MANY)
    assert largest(again, pyramid.level(0)) <= 5e-7


def test_that_energy_and_variance_are_those_of_5_x_5_windows():
    image = noise(23, 31, 3)
    energy = literal.window_mean((image.astype(np.float64) ** 2).sum(axis=2), 5)
    spread = energy - (literal.window_mean(image, 5) ** 2).sum(axis=2)
    assert largest(pyramids.energy(image) / energy, 1) <= 1e-5
    assert largest(pyramids.deviation(image), spread) <= 1e-5


@pytest.mark.parametrize("k", [2, 5])
def test_that_the_majority_is_that_of_3_x_3(k):
    choice = np.random.default_rng(k).integers(0, k, (41, 530))
    labels = (choice + 1).astype(np.uint8)
    voted = pyramids.majority(labels, k, compute=MANY)
    assert np.array_equal(voted, literal.majority(choice, k) + 1)


def test_that_the_strongest_of_equals_is_the_first():
    best = pyramids.Strongest(Size(3, 1), 300)
    for label, values in enumerate([[1, 2, 0], [1, 3, 0], [1, 3, -1]], start=1):
        best.take(label, Rect(0, 0, 3, 1), np.array([values], np.float32))
    assert best.labels.dtype == np.uint16
    assert best.labels.tolist() == [[1, 2, 1]]


def literal_fusion(images, levels, base):
    k = len(images)
    stacks = [literal.laplacian(image, levels) for image in images]
    choices, fused = [], []
    for level in range(levels):
        details = [stack[level] for stack in stacks]
        energies = [literal.window_mean((d**2).sum(axis=2), 5) for d in details]
        choices.append(literal.majority(np.argmax(energies, axis=0), k))
        fused.append(literal.chosen(details, choices[-1]))
    bases = [stack[-1] for stack in stacks]
    if base == "mean":
        fused.append(np.mean(bases, axis=0))
    elif base == "deviation":
        spreads = [
            (literal.window_mean(b**2, 5) - literal.window_mean(b, 5) ** 2).sum(axis=2)
            for b in bases
        ]
        choice = literal.majority(np.argmax(spreads, axis=0), k)
        fused.append(literal.chosen(bases, choice))
    else:
        start = min(1, levels - 1)
        shares = [
            literal.gaussian(choices[start] == index, levels - start)[-1] for index in range(k)
        ]
        fused.append(sum(b * share[:, :, None] for b, share in zip(bases, shares, strict=True)))
    return np.clip(literal.collapse(fused), 0, 1)


@pytest.mark.parametrize("base", ["detail", "mean", "deviation"])
@pytest.mark.parametrize(("shape", "k"), [((67, 81, 3), 3), ((40, 129, 1), 2), ((24, 19, 3), 5)])
def test_that_the_pyramid_fusion_is_as_written_out(shape, k, base):
    images = [noise(*shape, seed=seed) for seed in range(k)]
    expected = literal_fusion(images, pyramids.depth(Size(shape[1], shape[0])), base)
    assert largest(laplacian_pyramid(images, compute=MANY, base=base), expected) <= 2e-6


def test_that_levels_can_be_given():
    images = [noise(64, 70, 3, seed=seed) for seed in range(2)]
    for levels in (1, 5):
        fused = laplacian_pyramid(images, compute=ALONE, levels=levels, base="mean")
        assert largest(fused, literal_fusion(images, levels, "mean")) <= 2e-6


def test_that_more_levels_than_there_are_give_as_many_as_there_are():
    images = [noise(20, 31, 1, seed=seed) for seed in range(2)]
    fused = [laplacian_pyramid(images, compute=ALONE, levels=levels) for levels in (5, 12)]
    assert np.array_equal(*fused)


def literal_blend(images, window):
    greys = [image @ GREY if image.shape[2] == 3 else image[:, :, 0] for image in images]
    spreads = [
        literal.window_mean(g.astype(np.float64) ** 2, window) - literal.window_mean(g, window) ** 2
        for g in greys
    ]
    choice = np.argmax(spreads, axis=0)
    levels, short = 0, min(choice.shape)
    while short >= 8:
        short, levels = (short + 1) // 2, levels + 1
    bands = [np.zeros(level.shape) for level in literal.gaussian(images[0], levels)]
    for index, image in enumerate(images):
        weights = literal.gaussian(choice == index, levels)
        for band, weight, detail in zip(
            bands, weights, literal.laplacian(image, levels), strict=True
        ):
            band += weight[:, :, None] * detail
    return np.clip(literal.collapse(bands), 0, 1)


@pytest.mark.parametrize("window", [3, 5, 11])
@pytest.mark.parametrize(("shape", "k"), [((67, 81, 3), 3), ((40, 129, 1), 2)])
def test_that_the_enfuse_style_is_as_written_out(shape, k, window):
    images = [noise(*shape, seed=seed) for seed in range(k)]
    fused = enfuse_style(images, compute=MANY, window=window)
    assert largest(fused, literal_blend(images, window)) <= 2e-6


def test_that_flat_places_are_the_first_sources_beside_strong_texture():
    images = [np.full((40, 600, 3), value, np.float32) for value in (0.3, 0.7)]
    images[1][:, :20] = noise(40, 20, 3)
    found = masks(images, 5, compute=MANY)
    assert (found[:, 22:] == 1).all()
    assert (found[:, :20] == 2).all()


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_the_result_does_not_depend_on_threads(fuser):
    images = [noise(530, 1050, 3, seed=seed) for seed in range(2)]
    one, three = (fuser(images, compute=compute) for compute in (ALONE, MANY))
    assert np.array_equal(one, three)


@pytest.mark.parametrize("fuser", FUSERS)
@pytest.mark.parametrize("shape", [(16, 16, 3), (17, 45, 1), (90, 41, 3)])
def test_that_equal_sources_give_that_source(fuser, shape):
    image = from_float(noise(*shape), "uint16")
    fused = fuser([image] * 3, compute=ALONE)
    assert fused.dtype == np.float32
    assert largest(fused, image / 65535) <= 1e-6


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_the_clamp_keeps_to_the_sources(fuser):
    images = [noise(50, 70, 3, seed=seed) for seed in range(3)]
    free, kept = (fuser(images, compute=MANY, clamp=clamp) for clamp in (False, True))
    assert (free < np.min(images, axis=0) - 0.01).any()
    clamp_to_sources(free, images, compute=ALONE)
    assert np.array_equal(free, kept)


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_memory_does_not_grow_with_the_sources(fuser):
    images = [noise(300, 301, 3, seed=seed) for seed in range(2)]
    peaks = []
    for count in (2, 8):
        tracemalloc.start()
        fuser((images * 4)[:count], compute=ALONE)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0]


@pytest.mark.parametrize("fuser", FUSERS)
def test_that_progress_ends_and_a_stop_is_heard(fuser):
    heard = []
    images = [noise(40, 40, 3, seed=seed) for seed in range(2)]
    fuser(images, compute=Compute(progress=lambda done, total: heard.append((done, total))))
    assert heard == sorted(heard)
    assert all(done <= total for done, total in heard)

    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        fuser(images, compute=Compute(checkpoint=stop))
