"""Dense SIFT and quadtree fusion beside what their authors' programs gave; skipped without it."""

import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.methods.decide.dsift import dsift
from mfgui.methods.decide.quadtree import quadtree
from mfgui.methods.detect.laplacian import laplacian
from tests.methods.published import agreement, load_pair, psnr, ranking

# Of ours to the namesake: least PSNR in dB, and share of equal decisions.
EXPECTED = [
    (dsift, "DSIFT", {}, "lytro_01", 49.2, 0.998),
    (dsift, "DSIFT", {}, "lytro_06", 51.2, 0.998),
    (dsift, "DSIFT", {}, "lytro_15", 53.8, 0.999),
    (dsift, "DSIFT", {}, "mffw_06", 33.5, 0.944),
    (quadtree, "QB", {}, "lytro_01", 47.3, 0.994),
    (quadtree, "QB", {}, "lytro_06", 51.2, 0.998),
    (quadtree, "QB", {}, "lytro_15", 53.3, 0.998),
    (quadtree, "QB", {}, "mffw_06", 30.9, 0.936),
    (quadtree, "QB", {"per_channel": True}, "lytro_01", 48.0, 0.994),
    (quadtree, "QB", {"per_channel": True}, "mffw_06", 31.0, 0.936),
]


@pytest.mark.parametrize(("method", "name", "values", "pair", "least", "share"), EXPECTED)
def test_that_results_are_near_the_published_ones(
    shared_data, method, name, values, pair, least, share
):
    found = load_pair(shared_data, pair)
    image = method(found.sources, compute=Compute(threads=2), **values).fuse()
    assert psnr(image, found.fused[name]) >= least
    assert agreement(found, image, found.fused[name]) >= share


@pytest.mark.parametrize(("method", "name", "gain"), [(dsift, "DSIFT", 6.5), (quadtree, "QB", 3.5)])
def test_that_a_plain_map_is_much_further_from_the_namesake(shared_data, method, name, gain):
    found = load_pair(shared_data, "mffw_06")
    compute = Compute(threads=2)
    first = laplacian(found.sources, compute=compute) == 1
    plain = np.where(first[:, :, None], *found.sources)
    image = method(found.sources, compute=compute).fuse()
    assert psnr(image, found.fused[name]) >= psnr(plain, found.fused[name]) + gain


@pytest.mark.parametrize("pair", ["lytro_01", "lytro_06", "lytro_15", "mffw_06"])
def test_that_dsift_is_nearest_to_its_namesake(shared_data, pair):
    found = load_pair(shared_data, pair)
    image = dsift(found.sources, compute=Compute(threads=2)).fuse()
    assert ranking(found, image, "DSIFT").first
