"""Dense SIFT and quadtree fusion beside what their authors' programs gave; skipped without it.

The published images of `mffw_06` were made from the uncompressed sources, which lie with the
pairs; the maps of single channels of quadtree fusion follow the noise that JPEG takes away.
"""

import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.files.images import read_image
from mfgui.methods.decide.dsift import dsift
from mfgui.methods.decide.quadtree import quadtree
from mfgui.methods.detect.laplacian import laplacian
from tests.methods.published import agreement, load_pair, psnr, ranking, stored

APART = {"per_channel": True}
# Of ours and the namesake: least PSNR in dB, and share of equal decisions.
LYTRO = [
    (dsift, "DSIFT", {}, "lytro_01", 49.2, 0.998),
    (dsift, "DSIFT", {}, "lytro_06", 51.2, 0.998),
    (dsift, "DSIFT", {}, "lytro_15", 53.8, 0.999),
    (quadtree, "QB", {}, "lytro_01", 47.3, 0.994),
    (quadtree, "QB", {}, "lytro_06", 51.3, 0.998),
    (quadtree, "QB", {}, "lytro_15", 53.3, 0.998),
    (quadtree, "QB", APART, "lytro_01", 48.1, 0.994),
]
MFFW = [
    (dsift, "DSIFT", {}, 33.8, 0.946),
    (quadtree, "QB", {}, 31.2, 0.936),
    (quadtree, "QB", APART, 38.0, 0.980),
]


@pytest.fixture
def uncompressed(shared_data):
    """The sources of mffw_06 as 8-bit values."""
    folder = shared_data / "pairs" / "mffw2" / "6"
    if not folder.is_dir():
        pytest.skip(f"the uncompressed pair is not beside the project ({folder})")
    return [stored(read_image(folder / f"image{number}.tif")) for number in (1, 2)]


@pytest.mark.parametrize(("method", "name", "values", "pair", "least", "share"), LYTRO)
def test_that_lytro_results_are_near_the_published_ones(
    shared_data, method, name, values, pair, least, share
):
    found = load_pair(shared_data, pair)
    image = method(found.sources, compute=Compute(threads=2), **values).fuse()
    assert psnr(image, found.fused[name]) >= least
    assert agreement(found, image, found.fused[name]) >= share


@pytest.mark.parametrize(("method", "name", "values", "least", "share"), MFFW)
def test_that_mffw_results_are_near_the_published_ones(
    shared_data, uncompressed, method, name, values, least, share
):
    found = load_pair(shared_data, "mffw_06")
    image = method(uncompressed, compute=Compute(threads=2), **values).fuse()
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


@pytest.mark.parametrize("pair", ["lytro_01", "lytro_06", "lytro_15"])
@pytest.mark.parametrize(
    ("method", "name", "values"), [(dsift, "DSIFT", {}), (quadtree, "QB", APART)]
)
def test_that_the_namesake_is_the_nearest_of_all(shared_data, pair, method, name, values):
    found = load_pair(shared_data, pair)
    image = method(found.sources, compute=Compute(threads=2), **values).fuse()
    assert ranking(found, image, name).first


@pytest.mark.parametrize(
    ("method", "name", "values"), [(dsift, "DSIFT", {}), (quadtree, "QB", APART)]
)
def test_that_the_namesake_is_the_nearest_where_methods_differ(
    shared_data, uncompressed, method, name, values
):
    found = load_pair(shared_data, "mffw_06")
    image = method(uncompressed, compute=Compute(threads=2), **values).fuse()
    assert ranking(found, image, name).first
