"""Refiners that look at the pictures: guided filter, graph cut, near and far, sharpest source."""

import itertools

import cv2
import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.refine import cut
from mfgui.methods.refine.cut import graph_cut
from mfgui.methods.refine.guided import GuidedFilter, guided_filter
from mfgui.methods.refine.prefer import prefer_end
from mfgui.methods.refine.sharpness import sharpest_source, sharpness


def texture(seed, shape=(120, 160)):
    rng = np.random.default_rng(seed)
    coarse = cv2.GaussianBlur(rng.random((*shape, 1)), (0, 0), 4).reshape(*shape, 1)
    fine = rng.random((*shape, 1))
    return (0.2 + 0.5 * (coarse - coarse.min()) / np.ptp(coarse) + 0.2 * fine).astype(np.float32)


def blurred(image, sigma):
    return cv2.GaussianBlur(image, (0, 0), sigma).reshape(image.shape)


@pytest.fixture(scope="module")
def scene():
    """A light object before a dark ground, each sharp in one source; its map; a map of it that is
    off by three pixels, and wavy."""
    shape = (120, 160)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    truth = np.where((rows - 60) ** 2 + (columns - 80) ** 2 < 35**2, 1, 2).astype(np.uint8)
    near = (truth == 1)[..., None]
    scene = np.where(near, 0.4 + 0.6 * texture(1), 0.5 * texture(2)).astype(np.float32)
    soft = blurred(scene, 2.5)
    images = [np.where(near, scene, soft), np.where(near, soft, scene)]
    wave = 3.0 * np.sin(np.arctan2(rows - 60, columns - 80) * 9)
    off = np.hypot(rows - 60, columns - 77) + wave < 35
    return images, truth, np.where(off, 1, 2).astype(np.uint8)


def wrong(labels, truth):
    return np.count_nonzero(labels != truth)


def literal_guided(guide, plane, radius, epsilon):
    """Equations 5, 6 and 8, window by window."""
    height, width = guide.shape
    slopes, offsets = np.zeros(guide.shape), np.zeros(guide.shape)

    def window(y, x):
        rows = slice(max(0, y - radius), y + radius + 1)
        return rows, slice(max(0, x - radius), x + radius + 1)

    for y, x in np.ndindex(height, width):
        g, p = guide[window(y, x)], plane[window(y, x)]
        slopes[y, x] = ((g * p).mean() - g.mean() * p.mean()) / (g.var() + epsilon)
        offsets[y, x] = p.mean() - slopes[y, x] * g.mean()
    filtered = np.zeros(guide.shape)
    for y, x in np.ndindex(height, width):
        around = window(y, x)
        filtered[y, x] = slopes[around].mean() * guide[y, x] + offsets[around].mean()
    return filtered


@pytest.mark.parametrize(("radius", "epsilon"), [(1, 1e-6), (3, 0.01), (20, 0.1)])
def test_that_the_guided_filter_is_that_of_its_equations(radius, epsilon):
    rng = np.random.default_rng(0)
    guide, plane = rng.random((13, 17)), rng.random((13, 17))
    found = GuidedFilter(guide, radius=radius, epsilon=epsilon)(plane)
    assert found == pytest.approx(literal_guided(guide, plane, radius, epsilon), abs=1e-8)


def test_that_a_map_filtered_by_a_flat_guide_takes_the_larger_share():
    labels = np.ones((60, 60), np.uint8)
    labels[:, 30:] = 2
    labels[30, 20] = 2
    images = [np.full((60, 60, 1), 0.5, np.float32)] * 2
    found = guided_filter(images, labels, compute=Compute(), radius=4)
    labels[30, 20] = 1
    assert np.array_equal(found, labels)


def test_that_both_move_a_boundary_onto_the_edge_nearby(scene):
    images, truth, off = scene
    begun = wrong(off, truth)
    assert begun > 400
    filtered = guided_filter(images, off, compute=Compute(), radius=8)
    assert wrong(filtered, truth) < 0.5 * begun
    assert wrong(graph_cut(images, off, compute=Compute()), truth) < 0.2 * begun


def test_that_a_wide_cut_moves_a_boundary_from_afar(scene):
    images, truth, _ = scene
    off = np.roll(truth, -12, axis=1)
    begun = wrong(off, truth)
    assert wrong(graph_cut(images, off, compute=Compute(), width=8), truth) > 0.15 * begun
    assert wrong(graph_cut(images, off, compute=Compute(), width=24), truth) < 0.1 * begun


def test_that_a_cut_leaves_what_is_outside_the_band(scene):
    images, _, off = scene
    swapped = images[::-1]  # all evidence against the map
    found = graph_cut(swapped, off, compute=Compute(), width=5)
    edge = cv2.morphologyEx(off, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    far = cv2.distanceTransform((~edge).view(np.uint8), cv2.DIST_L2, 5) > 6
    assert np.array_equal(found[far], off[far])
    assert not np.array_equal(found, off)


def energy(labels, images, smoothness):
    """What a cut pays, pixel by pixel and pair by pair."""
    sharp = [sharpness(image, radius=3) for image in images]
    total = 0.0
    contrasts = cut._contrast(images[0][..., 0], images[1][..., 0])
    for y, x in np.ndindex(labels.shape):
        own, other = sharp[labels[y, x] - 1][y, x], sharp[2 - labels[y, x]][y, x]
        total += max(0.0, (other - own) / (own + other + 1e-12))
    for down, across, share in cut._STEPS:
        here, there = cut._shifted(down, across)
        cost = smoothness * share * (0.05 + 0.95 * contrasts(here, there))
        total += cost[labels[here] != labels[there]].sum()
    return total


@pytest.mark.parametrize("seed", range(5))
def test_that_a_cut_is_the_cheapest_of_all_maps(seed):
    rng = np.random.default_rng(seed)
    images = list(rng.random((2, 3, 4, 1), dtype=np.float32))
    labels = rng.integers(1, 3, (3, 4)).astype(np.uint8)
    labels[0, 0], labels[0, 1] = 1, 2
    found = graph_cut(images, labels, compute=Compute(), width=8, smoothness=0.3)
    maps = (np.reshape(names, (3, 4)) for names in itertools.product((1, 2), repeat=12))
    least = min(energy(names, images, 0.3) for names in maps)
    assert energy(found, images, 0.3) == pytest.approx(least, abs=0.02)


def test_that_a_cut_of_many_labels_keeps_to_those_that_meet():
    images = [texture(seed, (90, 120)) for seed in range(5)]
    truth = np.repeat(np.arange(1, 6, dtype=np.uint8), 24)[None].repeat(90, axis=0)
    for name, image in enumerate(images, start=1):
        image[truth != name] = blurred(image, 3)[truth != name]
    off = np.roll(truth, 3, axis=1)
    off[:, :3] = 1
    off[40:44] = 0
    found = graph_cut(images, off, compute=Compute(), width=6)
    known = off != 0
    assert np.array_equal(found[~known], off[~known])
    assert wrong(found[known], truth[known]) < 0.3 * wrong(off[known], truth[known])


def test_that_preferring_near_closes_a_foreground_that_is_seen_through():
    """Far focus spreads the object thin: the ground shows through its rim."""
    shape = (120, 160)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    alpha = (np.hypot(rows - 60, columns - 80) < 36).astype(np.float32)[..., None]
    ground, detail = texture(3), texture(4)
    flat = 0.45 + 0.16 * (detail - 0.5)  # little detail of its own
    near = alpha * flat + (1 - alpha) * blurred(ground, 4)
    spread = blurred(alpha, 6)
    far = spread * blurred(flat, 6) + (1 - spread) * ground
    truth = np.where(alpha[..., 0] > 0, 1, 2)
    found = laplacian([near, far], compute=Compute())
    holes = np.count_nonzero((found == 2) & (truth == 1))
    assert holes > 300
    better = prefer_end([near, far], found, compute=Compute(), prefer="near", share=0.3)
    left = np.count_nonzero((better == 2) & (truth == 1))
    assert left < 0.5 * holes
    assert wrong(better, truth) < 0.8 * wrong(found, truth)
    # In a stack from far to near the other end is meant.
    backwards = prefer_end([far, near], 3 - found, compute=Compute(), nearest="last", share=0.3)
    assert np.array_equal(backwards, 3 - better)


def test_that_only_ties_are_decided_at_a_share_of_one():
    images = [texture(1), texture(1), texture(2)]
    labels = np.full((120, 160), 3, np.uint8)
    labels[:, :80] = 2
    labels[:60, :80] = 1
    first = prefer_end(images, labels, compute=Compute(), prefer="near", share=1.0)
    assert (first[60:65, :70] == 1).all()  # equal to source 2, and near enough to it
    assert (first[70:, :70] == 2).all()
    last = prefer_end(images, labels, compute=Compute(), prefer="far", share=1.0)
    assert (last[56:60, :70] == 2).all()


@pytest.mark.parametrize(("x", "y"), [(0, 0), (20, 30), (159, 119)])
def test_that_the_sharpest_source_is_the_one_with_detail(x, y):
    image = texture(5)
    images = [blurred(image, 2), blurred(image, 1), image, blurred(image, 3)]
    assert sharpest_source(images, x, y, radius=5) == 3
    stored = [(image * 255).astype(np.uint8) for image in images]
    assert sharpest_source(stored, x, y, radius=5) == 3
    assert sharpest_source([image] * 3, x, y) == 1
