from functools import partial

import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.decide import boosted_random_walks as module
from mfgui.methods.decide.boosted_random_walks import (
    brw,
    grid_laplacian,
    histogram,
    random_walks,
    smooth,
    structure,
    sure,
)
from tests.methods import published

COMPUTE = Compute(threads=2)


def sharp_halves(height=45, width=61, channels=3, seed=1, dtype=np.float32):
    """A sharp in the left half, B in the right one."""
    rng = np.random.default_rng(seed)
    sharp = ndimage.gaussian_filter(rng.random((height, width, channels)), (0.7, 0.7, 0))
    blurred = ndimage.gaussian_filter(sharp, (3, 3, 0))
    left = (np.arange(width) < width // 2)[None, :, None]
    pair = [np.where(left, sharp, blurred), np.where(left, blurred, sharp)]
    if dtype == np.float32:
        return [image.astype(np.float32) for image in pair]
    top = np.iinfo(dtype).max
    return [np.rint(image * top).astype(dtype) for image in pair]


def literal_structure(plane, sigma):
    """Eigenvalues of the averaged tensor, from the padded picture, pixel by pixel."""
    padded = np.pad(plane, ((1, 0), (1, 0)), mode="edge")
    down, across = padded[1:, 1:] - padded[:-1, 1:], padded[1:, 1:] - padded[1:, :-1]
    radius = int(np.ceil(6 * sigma)) // 2
    place = np.arange(-radius, radius + 1)
    kernel = np.exp(-(place[:, None] ** 2 + place[None, :] ** 2) / (2 * sigma**2))
    kernel /= kernel.sum()
    tensor = np.empty((*plane.shape, 2, 2))
    for i, j, product in ((0, 0, across**2), (0, 1, across * down), (1, 1, down**2)):
        mirrored = np.pad(product, radius, mode="symmetric")
        cuts = np.lib.stride_tricks.sliding_window_view(mirrored, kernel.shape)
        tensor[..., i, j] = tensor[..., j, i] = np.einsum("yxij,ij->yx", cuts, kernel)
    s, t = np.moveaxis(np.sqrt(np.maximum(np.linalg.eigvalsh(tensor), 0)), -1, 0)
    return (s + t) ** 2 + 0.5 * (s - t) ** 2


def literal_smooth(plane, guide, sigma=0.02):
    """Every row and column as a dense system of its own."""
    result = plane.copy()
    for round_ in range(1, 4):
        strength = 1.5 * 300 * 4 ** (3 - round_) / (4**3 - 1)
        for axis in (1, 0):
            rows, lead = (result, guide) if axis == 1 else (result.T, guide.T)
            solved = []
            for row, values in zip(rows, lead, strict=True):
                system = np.eye(row.size)
                for a in range(row.size - 1):
                    weight = strength * np.exp(-abs(values[a + 1] - values[a]) / sigma)
                    system[a, a] += weight
                    system[a + 1, a + 1] += weight
                    system[a, a + 1] -= weight
                    system[a + 1, a] -= weight
                solved.append(np.linalg.solve(system, row))
            result = np.array(solved) if axis == 1 else np.array(solved).T
    return result


def literal_laplacian(guide):
    height, width = guide.shape
    found = np.zeros((guide.size, guide.size))
    for y in range(height):
        for x in range(width):
            for v, u in ((y + 1, x), (y, x + 1)):
                if v < height and u < width:
                    weight = np.exp(-((guide[y, x] - guide[v, u]) ** 2) / 0.05)
                    a, b = y * width + x, v * width + u
                    found[a, b] = found[b, a] = -weight
                    found[a, a] += weight
                    found[b, b] += weight
    return found


def literal_guided(guide, plane, radius, epsilon):
    def mean(values):
        ones = ndimage.uniform_filter(np.ones_like(values), 2 * radius + 1, mode="constant")
        return ndimage.uniform_filter(values, 2 * radius + 1, mode="constant") / ones

    m, p = mean(guide), mean(plane)
    slope = (mean(guide * plane) - m * p) / (mean(guide * guide) - m * m + epsilon)
    return mean(slope) * guide + mean(p - slope * m)


def literal_sure(plane, kept, low_of, high_of):
    """The bounds by counting up through the bins."""

    def bound(values, share):
        counts = [0] * 256
        for value in values.ravel():
            counts[int(np.rint(min(max(value, 0), 1) * 255))] += 1
        for index in sorted(range(256), key=lambda i: (counts[i], i))[-2:]:
            counts[index] = 0
        total, reached = sum(counts), 0
        for index, count in enumerate(counts):
            reached += count
            if reached >= total * share:
                return (index + 1) / 256
        raise AssertionError

    low, high = bound(low_of, (1 - kept) / 2), bound(high_of, (1 + kept) / 2)
    return ((plane < low) | (plane > high)).astype(float)


def literal_weight(first, second, boosted):
    one, two = (image.astype(np.float64) @ [0.299, 0.587, 0.114] for image in (first, second))
    maps = [
        (literal_structure(one, sigma) > literal_structure(two, sigma)).astype(float)
        for sigma in (3, 8)
    ]
    fine = literal_guided(one, maps[0], 5, 0.01)
    robust = literal_guided(one, maps[1], 11, 0.01)
    kept = (0.9, 0.8) if boosted else (0.95, 0.9)
    h_fine = literal_sure(fine, kept[0], fine, fine)
    h_robust = literal_sure(robust, kept[1], robust, fine)
    if boosted:
        share = literal_smooth(h_fine, one) / literal_smooth(h_fine + h_robust, one)
    else:
        system = literal_laplacian(one) + np.diag((h_fine + h_robust).ravel())
        share = np.linalg.solve(system, h_fine.ravel()).reshape(one.shape)
    return np.clip(np.where(share > 0.5, fine, robust), 0, 1), share


@pytest.mark.parametrize("sigma", [3.0, 8.0])
def test_that_structure_is_made_of_the_eigenvalues_of_the_tensor(sigma):
    plane = np.random.default_rng(0).random((31, 40))
    assert structure(plane, sigma) == pytest.approx(literal_structure(plane, sigma), rel=1e-9)


def test_that_the_smoother_solves_every_row_and_column():
    rng = np.random.default_rng(1)
    plane = rng.random((23, 17))
    guide = ndimage.gaussian_filter(rng.random((23, 17)), 2)
    found = smooth(plane, guide, COMPUTE)
    assert found == pytest.approx(literal_smooth(plane, guide), abs=1e-10)


def test_that_random_walks_solve_the_dense_system():
    rng = np.random.default_rng(2)
    guide = ndimage.gaussian_filter(rng.random((13, 17)), 1)
    fine, robust = (rng.random((2, 13, 17)) > 0.8).astype(np.float64)
    dense = literal_laplacian(guide)
    assert grid_laplacian(guide).toarray() == pytest.approx(dense, abs=1e-12)
    expected = np.linalg.solve(dense + np.diag((fine + robust).ravel()), fine.ravel())
    found = random_walks(guide, fine, robust, COMPUTE)
    assert found == pytest.approx(expected.reshape(guide.shape), abs=1e-5)


def test_that_a_picture_without_seeds_belongs_to_the_robust_map():
    nothing = np.zeros((9, 11))
    guide = np.random.default_rng(3).random((9, 11))
    assert (random_walks(guide, nothing, nothing, COMPUTE) == 0).all()
    assert (module.smoothed_share(guide, nothing, nothing, COMPUTE) == 0).all()


def test_that_a_map_is_sure_outside_its_quantiles():
    rng = np.random.default_rng(4)
    plane = np.clip(rng.normal(0.5, 0.5, (40, 30)), -0.1, 1.1)
    other = np.clip(rng.normal(0.4, 0.4, (40, 30)), 0, 1)
    found = sure(plane, 0.8, histogram(plane), histogram(other))
    assert np.array_equal(found, literal_sure(plane, 0.8, plane, other))
    assert 0 < found.mean() < 1


@pytest.mark.parametrize("walks", ["boosted", "solved"])
def test_that_the_whole_method_equals_its_literal_definition(walks):
    first, second = sharp_halves(31, 37)
    decision = brw([first, second], compute=COMPUTE, walks=walks)
    weight, share = literal_weight(first, second, walks == "boosted")
    clear = np.abs(share - 0.5) > 1e-4
    assert clear.mean() > 0.9
    assert decision.soft[clear] == pytest.approx(weight[clear], abs=1e-5)
    soft = decision.soft[..., None]
    assert decision.fuse() == pytest.approx(soft * first + (1 - soft) * second, abs=1e-6)
    assert np.array_equal(decision.labels, np.where(decision.soft >= 0.5, 1, 2))


def test_that_each_half_comes_from_its_sharp_source():
    first, second = sharp_halves(80, 120)
    labels = brw([first, second], compute=COMPUTE).labels
    assert labels.dtype == np.uint8
    assert (labels[:, :45] == 1).all()
    assert (labels[:, 75:] == 2).all()


def test_that_a_third_source_is_fused_with_the_first_two():
    first, second = sharp_halves(80, 120)
    sharp = np.where(np.arange(120)[None, :, None] < 60, first, second)
    blurred = ndimage.gaussian_filter(sharp, (3, 3, 0))
    rows = (np.arange(80) < 40)[:, None, None]
    images = [np.where(rows, image, blurred) for image in (first, second)]
    images.append(np.where(rows, blurred, sharp))
    decision = brw(images, compute=COMPUTE)
    assert (decision.labels[:25, :40] == 1).all()
    assert (decision.labels[:25, 80:] == 2).all()
    assert (decision.labels[55:] == 3).all()
    assert np.abs(decision.fuse() - sharp).mean() < 0.1 * np.abs(blurred - sharp).mean()


@pytest.mark.parametrize("walks", ["boosted", "solved"])
def test_that_equal_sources_give_that_source(walks):
    image = sharp_halves(33, 47)[0]
    decision = brw([image, image.copy()], compute=COMPUTE, walks=walks)
    assert np.array_equal(decision.fuse(), image)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_grey_and_colour_of_equal_channels_agree(dtype):
    pair = sharp_halves(16, 17, channels=1, dtype=dtype)
    grey = brw(pair, compute=COMPUTE)
    colour = brw([np.repeat(image, 3, axis=2) for image in pair], compute=COMPUTE)
    assert grey.fuse().shape == (16, 17, 1)
    assert grey.fuse().dtype == np.float32
    assert colour.fuse() == pytest.approx(np.repeat(grey.fuse(), 3, axis=2), abs=1e-4)


def test_that_tiles_give_what_the_whole_gives(monkeypatch):
    pair = sharp_halves(90, 130)
    whole = brw(pair, compute=COMPUTE)
    monkeypatch.setattr(module, "in_tiles", partial(module.in_tiles, side=32))
    monkeypatch.setattr(module, "stripe_rows", lambda width: 7)
    tiled = brw(pair, compute=COMPUTE)
    assert np.array_equal(tiled.fuse(), whole.fuse())


def test_that_it_stops_when_asked():
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        brw(sharp_halves(), compute=Compute(checkpoint=stop))


@pytest.mark.parametrize(
    ("name", "least"), [("lytro_01", 50.5), ("lytro_06", 52.3), ("mffw_06", 39.5)]
)
def test_that_it_is_nearest_to_what_its_authors_published(shared_data, name, least):
    pair = published.load_pair(shared_data, name)
    fused = brw(pair.sources, compute=COMPUTE).fuse()
    # The benchmark calls the authors' program TF, two-scale fusion.
    ranking = published.ranking(pair, fused, "TF")
    assert ranking.own > ranking.lure_psnr
    assert ranking.own >= least
    assert published.agreement(pair, fused, pair.fused["TF"]) >= 0.98
