import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide.depth_map import depth_map, depths
from tests.methods import literal_pyramids as literal

ALONE, MANY = Compute(), Compute(threads=3)
GREY = np.array([0.299, 0.587, 0.114])


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def largest(found, expected):
    assert np.shape(found) == np.shape(expected)
    return np.abs(found - expected).max()


def grey(image):
    return image.astype(np.float64) @ GREY if image.shape[2] == 3 else image[:, :, 0] * 1.0


def measured(image, window):
    plane = grey(image)
    response = (9 * literal.window_mean(plane, 3) - 9 * plane) / 16
    return literal.window_mean(response**2, window, mode="edge")


def peaks(energies):
    """Depth of the largest energy, by the parabola of logarithms through it and its neighbours."""
    depth = np.argmax(energies, axis=0).astype(np.float64)
    for y, x in np.ndindex(*depth.shape):
        k = int(depth[y, x])
        if 0 < k < len(energies) - 1:
            a, b, c = np.log(energies[k - 1 : k + 2, y, x] + 1e-12)
            bend = 2 * b - a - c
            depth[y, x] += 0.5 * (c - a) / bend if bend > 0 else 0
    return depth


def filled(depth, sure, middle):
    """Level by level, from the coarsest: what is sure within it, and in between the coarser."""
    levels, short = 0, min(depth.shape)
    while short >= 2:
        short, levels = (short + 1) // 2, levels + 1
    sums, weights = (
        literal.gaussian((depth - middle) * sure, levels),
        literal.gaussian(sure, levels),
    )
    result = None
    for total, weight in zip(sums[::-1], weights[::-1], strict=True):
        mean = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
        if result is None:
            result = mean * np.minimum(16 * weight, 1)
            continue
        coarse = expand(result, mean.shape)
        result = coarse + (mean - coarse) * np.minimum(16 * weight, 1)
    return result + middle


def expand(coarse, shape):
    if min(coarse.shape) == 1:  # the literal one mirrors and needs two
        return literal.expand(np.pad(coarse, ((0, 1), (0, 1)), mode="edge"), shape)
    return literal.expand(coarse, shape)


def around(plane, radius):
    """Mean of the windows, which end at the border."""
    mean = np.empty(plane.shape)
    for y, x in np.ndindex(*plane.shape):
        rows = slice(max(0, y - radius), y + radius + 1)
        mean[y, x] = plane[rows, max(0, x - radius) : x + radius + 1].mean()
    return mean


def guided(plane, guide, radius, epsilon):
    mean, level = around(plane, radius), around(guide, radius)
    spread = around(guide * guide, radius) - level**2
    slope = (around(guide * plane, radius) - level * mean) / (spread + epsilon)
    return around(slope, radius) * guide + around(mean - slope * level, radius)


def literal_depth(images, *, window, threshold, radius, smoothing):
    energies = np.stack([measured(image, window) for image in images])
    sure = (np.sqrt(energies.max(axis=0)) >= threshold / 100).astype(np.float64)
    depth = filled(peaks(energies), sure, (len(images) - 1) / 2)
    if radius:
        frames = np.rint(depth).astype(int)
        guide = np.choose(frames, [grey(image) for image in images])
        depth = np.clip(guided(depth, guide, radius, smoothing), 0, len(images) - 1)
    return depth


def mixed(images, depth):
    fused = np.zeros(images[0].shape)
    for index, image in enumerate(images):
        fused += np.maximum(1 - np.abs(depth - index), 0)[:, :, None] * image
    return fused


def blotchy(*shape, k, seed=1):
    """Sources with different detail in different places, and two places without."""
    amplitude = [cv2.resize(noise(4, 5, seed=seed + i), shape[1::-1]) for i in range(k)]
    images = [
        np.float32(0.5)
        + np.float32(0.5) * (a**3)[..., None] * (noise(*shape, seed=i) - np.float32(0.5))
        for i, a in enumerate(amplitude)
    ]
    for image in images:
        image[:18, :20] = image[30:40, 40:] = 0.4
    return images


@pytest.mark.parametrize("radius", [0, 3])
@pytest.mark.parametrize(("channels", "k"), [(3, 2), (1, 4), (3, 5)])
def test_that_depth_and_image_are_as_written_out(channels, k, radius):
    images = blotchy(48, 64, channels, k=k)
    values = {"window": 5, "threshold": 0.4, "radius": radius, "smoothing": 2e-3}
    expected = literal_depth(images, **values)
    decision = depth_map(images, compute=MANY, **values)
    assert largest(decision.fuse(), mixed(images, expected)) < 1e-4
    steady = np.abs(expected - np.floor(expected) - 0.5) > 1e-3
    assert np.array_equal(decision.labels[steady], np.rint(expected[steady]) + 1)
    if k == 2:
        assert largest(decision.soft, 1 - expected) < 1e-4
    nearest = depth_map(images, compute=MANY, between="nearest", **values)
    assert largest(nearest.fuse(), mixed(images, decision.labels - 1.0)) < 1e-6
    assert np.array_equal(nearest.labels, decision.labels)


def test_that_places_without_detail_take_the_depth_of_what_is_around():
    sharp = noise(120, 160, 3)
    sharp[30:90, 20:60] = 0.7
    soft = cv2.GaussianBlur(sharp, (0, 0), 3)
    images = [soft.copy() for _ in range(4)]
    images[1][:, :80], images[3][:, 80:] = sharp[:, :80], sharp[:, 80:]
    images[0][45:75, 35:45] += 1e-3 * (noise(30, 10, 3) - 0.5)
    decision = depth_map(images, compute=ALONE)
    assert (decision.labels[:, :70] == 2).all()
    assert (decision.labels[:, 90:] == 4).all()
    loose = depth_map(images, compute=ALONE, threshold=0.0)
    assert (loose.labels[48:72, 38:42] == 1).all()


def test_that_a_slanted_surface_has_a_slanted_depth():
    texture = noise(200, 240, 1)
    slant = np.linspace(0.5, 4.5, 240)
    images = []
    blurs = [cv2.GaussianBlur(texture, (0, 0), 0.4 + 0.1 * step) for step in range(60)]
    for index in range(6):
        level = np.rint(np.abs(slant - index) / 0.1).astype(int)
        frame = np.stack([blurs[level[x]][:, x] for x in range(240)], axis=1)
        images.append(frame[:, :, None].astype(np.float32))
    depth = depths(images, compute=ALONE, window=7, threshold=0.5, radius=8, smoothing=1e-3)
    labels = depth_map(images, compute=ALONE, radius=8).labels
    inner = (slice(None), slice(10, -10))
    slant = np.broadcast_to(slant, depth.shape)[inner]
    assert np.abs(depth[inner] - slant).mean() < 0.1
    assert np.abs(labels[inner] - 1.0 - slant).mean() > 0.2


@pytest.mark.parametrize("k", [2, 5])
def test_that_without_detail_the_middle_is_taken(k):
    images = [np.full((33, 40, 3), index / 10, np.float32) for index in range(k)]
    decision = depth_map(images, compute=ALONE, threshold=0.0)
    assert largest(decision.fuse(), np.full((33, 40, 3), (k - 1) / 20)) < 1e-6


@pytest.mark.parametrize("k", [2, 5])
def test_that_the_order_may_be_turned_round(k):
    images = blotchy(60, 70, 3, k=k)
    one, other = (depth_map(i, compute=ALONE) for i in (images, images[::-1]))
    assert np.mean(np.abs(one.fuse() - other.fuse()) > 1e-4) < 1e-3
    assert np.mean(one.labels + 0.0 + other.labels != k + 1) < 1e-3


def test_that_neither_tiles_nor_threads_are_seen():
    images = [noise(600, 530, 1, seed=seed) for seed in range(3)]
    whole = depth_map(images, compute=MANY)
    part = depth_map([image[400:] for image in images], compute=ALONE)
    assert largest(whole.fuse()[440:], part.fuse()[40:]) < 1e-5
    assert np.array_equal(whole.labels, depth_map(images, compute=ALONE).labels)


def test_that_a_stop_is_heard():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        depth_map([noise(30, 30, 1)] * 3, compute=Compute(checkpoint=stop))
