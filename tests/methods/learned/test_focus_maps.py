"""Maps of networks: what they are made of, and what becomes of them."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Size, from_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import InputError
from mfgui.methods.filters.guided_enlargement import enlarged_along
from mfgui.methods.learned import focus_maps
from mfgui.methods.learned.mfif_gan import mfif_gan
from mfgui.methods.learned.ms_resnet import ms_resnet_map
from mfgui.nets.weights import write
from tests.methods.learned import literal
from tests.methods.learned.conftest import random_weights

METHODS = {"ms-resnet": ms_resnet_map, "mfif-gan": mfif_gan}
NAMES = list(METHODS)


def scene(k=2, shape=(50, 61), channels=3, depth="uint8", seed=5):
    rng = np.random.default_rng(seed)
    noise = [rng.random((*shape, channels)) for _ in range(k)]
    smooth = [ndimage.gaussian_filter(image, (1.5, 1.5, 0)) for image in noise]
    return [from_float(((x - x.min()) / np.ptp(x)).astype(np.float32), depth) for x in smooth]


def decided(name, images, compute=None, **options):
    return METHODS[name](images, compute=compute or Compute(), **options)


def without_small(inside, least):
    """Regions of ones, then of zeros, below `least` pixels, connected by edges, swapped."""
    for value in (True, False):
        regions, _ = ndimage.label(inside == value)
        small = np.bincount(regions.ravel()) < least
        small[0] = False
        inside = inside ^ small[regions]
    return inside


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("channels", "depth"), [(3, "uint8"), (1, "uint8"), (3, "uint16"), (3, "float32")]
)
def test_that_the_soft_map_is_what_the_network_gives(name, channels, depth, networks):
    images = scene(channels=channels, depth=depth)
    made = decided(name, images)
    reference = getattr(literal, name.replace("-", "_"))
    expected = reference(networks(name), images)
    assert made.soft.dtype == np.float32
    assert made.soft == pytest.approx(expected, abs=2e-5)
    assert expected.std() > 0.01  # of something


@pytest.mark.parametrize("name", NAMES)
def test_that_octaves_are_means_of_log_odds(name, networks):
    images = scene(shape=(70, 132))
    reference = getattr(literal, name.replace("-", "_"))
    total = np.zeros((70, 132))
    # A third octave would be 17 pixels high.
    for shrink in (1, 2):
        size = (132 // shrink, 70 // shrink)
        seen = [cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in images]
        soft = np.clip(reference(networks(name), seen).astype(float), 1e-4, 1 - 1e-4)
        total += cv2.resize(np.log(soft / (1 - soft)), (132, 70)) / 2
    made = decided(name, images, octaves=3).soft
    assert made == pytest.approx(1 / (1 + np.exp(-total)), abs=1e-4)
    once = decided(name, images, octaves=1).soft
    assert once == pytest.approx(reference(networks(name), images), abs=2e-5)
    assert np.abs(once - made).max() > 0.01


def test_that_progress_goes_once_through_all_octaves(networks):
    told = []
    compute = Compute(progress=lambda done, total: told.append(done / total))
    decided("ms-resnet", scene(shape=(130, 140)), compute, octaves=3)
    assert told == sorted(told)
    assert (len(told), told[-1]) == (3, 1.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("clean", [0.0, 0.001, 0.02])
def test_that_the_composite_is_by_the_cleaned_binary_map(name, clean, networks):
    images = scene()
    threshold = float(np.median(decided(name, images).soft))
    made = decided(name, images, clean=clean, threshold=threshold)
    inside = without_small(made.soft > np.float32(threshold), clean * 50 * 61)
    assert made.labels.dtype == np.uint8
    assert np.array_equal(made.labels, np.where(inside, 1, 2))
    assert 0.02 < inside.mean() < 0.98
    expected = np.where(inside[..., None], images[0] / 255, images[1] / 255)
    assert made.fuse() == pytest.approx(expected, abs=1e-6)


def test_that_the_defaults_are_those_of_the_papers(known):
    assert known.get("ms-resnet-map").defaults()["clean"] == 0.0
    assert known.get("mfif-gan").defaults()["clean"] == 0.001
    for name in ("ms-resnet-map", "mfif-gan"):
        values = known.get(name).defaults()
        assert (values["threshold"], values["refine"]) == (0.5, 0)
        assert (values["weights"], values["precision"]) == ("shipped", "auto")


@pytest.mark.parametrize("name", NAMES)
def test_that_more_sources_are_fused_one_after_another(name, networks):
    images = scene(3)
    told = []
    compute = Compute(progress=lambda done, total: told.append(done / total))
    made = decided(name, images, compute=compute, clean=0.0)
    first = decided(name, images[:2], clean=0.0)
    third = images[2].astype(np.float32) / 255
    last = decided(name, [first.fuse(), third], clean=0.0)
    assert made.soft is None
    assert np.array_equal(made.labels, np.where(last.labels == 2, 3, first.labels))
    assert np.array_equal(made.fuse(), last.fuse())
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_that_refining_is_a_guided_filter_by_the_grey_of_the_composite(name, networks):
    images = scene(shape=(70, 90))
    plain = decided(name, images).soft.astype(float)
    greys = [literal.grey(image) for image in images]
    guide = plain * greys[0] + (1 - plain) * greys[1]

    def mean(plane):
        sums, ones = (
            ndimage.uniform_filter(values, 9, mode="constant") for values in (plane, plane * 0 + 1)
        )
        return sums / ones

    slope = (mean(guide * plain) - mean(guide) * mean(plain)) / (
        mean(guide * guide) - mean(guide) ** 2 + 1e-3
    )
    expected = mean(slope) * guide + mean(mean(plain) - slope * mean(guide))
    made = decided(name, images, refine=4, clean=0.0)
    assert made.soft == pytest.approx(np.clip(expected, 0, 1), abs=1e-4)
    assert np.array_equal(made.labels, np.where(made.soft > 0.5, 1, 2))


def test_that_tiles_of_the_refinement_change_nothing(networks, monkeypatch):
    images = scene(shape=(90, 130))
    whole = decided("ms-resnet", images, refine=6).soft
    tiles = focus_maps.in_tiles
    monkeypatch.setattr(focus_maps, "in_tiles", lambda *a, **k: tiles(*a, **{**k, "side": 40}))
    parts = decided("ms-resnet", images, compute=Compute(threads=2), refine=6).soft
    assert parts == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize(
    ("resolution", "device", "expected"),
    [
        ("auto", "cpu", Size(1224, 816)),
        ("auto", "cuda:0", Size(6000, 4000)),
        ("full", "cpu", Size(6000, 4000)),
        ("half", "cpu", Size(3000, 2000)),
        ("quarter", "cuda:0", Size(1500, 1000)),
    ],
)
def test_that_large_pictures_are_reduced_on_the_processor(resolution, device, expected):
    found = focus_maps._reduced(Size(6000, 4000), resolution, device)
    assert found == expected
    assert focus_maps._reduced(Size(1000, 1000), "auto", device) == Size(1000, 1000)
    assert focus_maps._reduced(Size(1, 3), "quarter", device) == Size(1, 1)


@pytest.mark.parametrize("name", NAMES)
def test_that_a_reduced_map_is_enlarged_along_the_composite(name, networks):
    images, told = scene(shape=(120, 160), depth="float32"), []
    made = decided(name, images, compute=Compute(notice=told.append), resolution="half")
    assert told == ["the network saw the pictures reduced to 80 x 60; resolution=full does not"]
    small = [image.reshape(60, 2, 80, 2, 3).mean(axis=(1, 3)) for image in images]
    soft = getattr(literal, name.replace("-", "_"))(networks(name), small).astype(np.float32)

    def guide(pair, weight):
        greys = [literal.grey(image) for image in pair]
        return (weight * greys[0] + (1 - weight) * greys[1]).astype(np.float32)

    expected = enlarged_along(
        soft,
        guide(small, soft),
        lambda rect, weight: guide([image[rect.slices] for image in images], weight),
        Size(160, 120),
        radius=4,
        epsilon=1e-2,
        compute=Compute(),
    )
    assert made.soft == pytest.approx(expected, abs=1e-4)
    assert made.fuse().shape == (120, 160, 3)
    odd = decided(name, scene(shape=(121, 163)), resolution="quarter")
    assert odd.soft.shape == odd.labels.shape == (121, 163)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 5), (33, 18)])
def test_that_pictures_of_any_size_are_decided(name, shape, networks):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (*shape, 3), np.uint8) for _ in range(2)]
    for options in ({}, {"resolution": "quarter", "refine": 3}):
        made = decided(name, images, **options)
        assert made.labels.shape == made.soft.shape == shape
        assert set(np.unique(made.labels)) <= {1, 2}


@pytest.mark.parametrize("name", NAMES)
def test_that_one_source_twice_is_that_source(name, networks):
    (image,) = scene(1)
    assert np.array_equal(decided(name, [image, image]).fuse(), np.float32(image / 255))


@pytest.mark.parametrize("name", NAMES)
def test_that_sources_stay_as_they_are(name, networks):
    images = scene()
    for image in images:
        image.flags.writeable = False
    decided(name, images, refine=2, resolution="half")


@pytest.mark.parametrize("name", NAMES)
def test_that_a_decision_can_be_stopped(name, networks):
    def stop():
        raise StopRequested

    with pytest.raises(StopRequested):
        decided(name, scene(), compute=Compute(checkpoint=stop))


def test_that_other_weights_can_be_named(networks, tmp_path):
    images = scene()
    other = random_weights("ms-resnet", seed=9, blocks=3, width=6)
    write(tmp_path / "other.safetensors", other)
    made = decided("ms-resnet", images, weights=str(tmp_path / "other.safetensors"))
    assert not np.allclose(made.soft, decided("ms-resnet", images).soft, atol=1e-3)


def test_that_weights_of_another_network_are_refused(networks, weights_folder):
    path = weights_folder / "mfif-gan.safetensors"
    with pytest.raises(InputError) as caught:
        decided("ms-resnet", scene(), weights=str(path))
    assert str(caught.value) == (
        f"{path}: these are weights of mfif-gan, not of ms-resnet; name another file with weights="
    )


def test_that_missing_weights_are_told_in_one_line(weights_folder):
    with pytest.raises(InputError, match="no weights of ms-resnet are installed; name a file"):
        decided("ms-resnet", scene())
    with pytest.raises(InputError, match=r"there\.pth: no such file or directory"):
        decided("ms-resnet", scene(), weights="/not/there.pth")
