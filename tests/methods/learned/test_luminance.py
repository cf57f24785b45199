"""Luminance by networks, chroma by its strength, against the formulas on 0 to 255."""

import numpy as np
import pytest
import torch

from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import InputError
from mfgui.methods.learned.edmf import edmf
from mfgui.methods.learned.mff_gan import mff_gan
from mfgui.nets.weights import network, write
from tests.methods.learned import literal
from tests.methods.learned.conftest import random_weights
from tests.methods.learned.test_focus_maps import scene

METHODS = {"mff-gan": mff_gan, "edmf": edmf}
NAMES = list(METHODS)
COLOURS = {
    "mff-gan": (literal.mff_gan, literal.studio, literal.of_studio),
    "edmf": (literal.edmf, literal.full, literal.of_full),
}


def fused(name, images, compute=None, **options):
    return METHODS[name](images, None, compute=compute or Compute(), **options)


def expected(name, networks, images):
    luminance, planes, inverse = COLOURS[name]
    return literal.coloured(luminance(networks(name), images), images, planes, inverse)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(50, 61), (40, 44), (7, 5)])
def test_that_fusing_is_its_definition(name, depth, shape, networks):
    images = scene(shape=shape, depth=depth)
    found = fused(name, images)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected(name, networks, images), abs=3e-5)
    assert found.std() > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_that_grey_equals_colour_with_equal_channels(name, networks):
    grey = scene(channels=1)
    found = fused(name, grey)
    assert found.shape == (50, 61, 1)
    colour = fused(name, [np.repeat(image, 3, axis=2) for image in grey])
    assert np.abs(colour - found).max() < 2e-3  # the published inverse has three digits
    luminance, _, inverse = COLOURS[name]
    plain = inverse(luminance(networks(name), grey), 0, 0)[0] / 255
    assert found[..., 0] == pytest.approx(np.clip(plain, 0, 1), abs=3e-5)


@pytest.mark.parametrize("name", NAMES)
def test_that_more_sources_are_fused_one_after_another(name, networks):
    images, told = scene(3), []
    compute = Compute(progress=lambda done, total: told.append(done / total))
    found = fused(name, images, compute=compute)
    first = fused(name, images[:2])
    third = images[2].astype(np.float32) / 255
    assert np.array_equal(found, fused(name, [first, third]))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_that_the_published_pictures_are_stretched(networks):
    images = scene()
    y = literal.mff_gan(networks("mff-gan"), images)
    y = (y - y.min()) / (y.max() - y.min()) * 255
    wanted = literal.coloured(y, images, literal.studio, literal.of_studio)
    assert fused("mff-gan", images, stretch=True) == pytest.approx(wanted, abs=5e-5)


def test_that_a_plane_of_one_value_is_not_stretched(networks):
    flat = [np.full((9, 9, 3), 80, np.uint8)] * 2
    assert np.isfinite(fused("mff-gan", flat, stretch=True)).all()


def test_that_released_tiles_are_averaged_where_they_overlap(networks):
    images = scene(shape=(130, 200))
    network = networks("edmf")
    planes = [literal.full(image)[0] / 255 for image in images]
    total, count = np.zeros((130, 200)), np.zeros((130, 200))
    for top in (0, 2):
        for left in (0, 72):
            part = (slice(top, top + 128), slice(left, left + 128))
            total[part] += literal.through(network, *(plane[part][None] for plane in planes))
            count[part] += 1
    y = (total / count).clip(0, 1) * 255
    wanted = literal.coloured(y, images, literal.full, literal.of_full)
    found = fused("edmf", images, tiles="released")
    assert found == pytest.approx(wanted, abs=3e-5)
    assert not np.allclose(found, fused("edmf", images), atol=1e-3)


def test_that_the_published_network_of_twice_the_width_is_taken(networks, tmp_path):
    weights = random_weights("mufusion")
    write(tmp_path / "wide.safetensors", weights)
    images = scene()
    y = literal.edmf(network(weights).half().float(), images)
    wanted = literal.coloured(y, images, literal.full, literal.of_full)
    found = fused("edmf", images, weights=str(tmp_path / "wide.safetensors"))
    assert found == pytest.approx(wanted, abs=3e-5)


def test_that_a_file_of_the_authors_is_taken(networks, tmp_path):
    weights = random_weights("mufusion", width=32)
    torch.save(dict(weights.tensors), tmp_path / "Final.model")
    images = scene()
    y = literal.edmf(network(weights), images)
    wanted = literal.coloured(y, images, literal.full, literal.of_full)
    found = fused("edmf", images, weights=str(tmp_path / "Final.model"))
    assert found == pytest.approx(wanted, abs=3e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (33, 18)])
def test_that_pictures_of_any_size_are_fused(name, shape, networks):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (*shape, 3), np.uint8) for _ in range(2)]
    found = fused(name, images)
    assert found.shape == images[0].shape
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", NAMES)
def test_that_threads_change_nothing(name, networks):
    images = scene(shape=(120, 90))
    for image in images:
        image.flags.writeable = False
    several = fused(name, images, compute=Compute(threads=2))
    assert several == pytest.approx(fused(name, images), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_that_fusing_can_be_stopped(name, networks):
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        fused(name, scene(), compute=Compute(checkpoint=stop))


def test_that_weights_of_another_network_are_refused(networks, weights_folder):
    with pytest.raises(InputError, match=r"weights of mff-gan, not of edmf or mufusion"):
        fused("edmf", scene(), weights=str(weights_folder / "mff-gan.safetensors"))
