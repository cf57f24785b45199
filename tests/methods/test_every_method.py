"""What holds for every method that makes an image or a map, on small generated pictures."""

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Size, from_float, to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.methods import planes, registry
from mfgui.methods.decision import Decision, decide
from mfgui.methods.registry import FUSING, MAPPING, Kind

KNOWN = registry.load()
FUSERS = [m.name for m in KNOWN.of_kind(Kind.FUSER, Kind.DECISION)]
MAPPERS = [m.name for m in KNOWN.of_kind(*MAPPING)]
EVERY = list(dict.fromkeys([*FUSERS, *MAPPERS]))

ALONE = Compute()

# Largest difference from a source that all sources equal; the others give it back bit for bit
# or nearly so.
ROUND_OFF: dict[str, float] = {}
# Networks that make the values themselves: the largest mean difference from such a source.
MADE_ANEW = {"mff-gan": 0.05, "edmf": 0.05}
# These treat the sources in their order, as the paper does; why is said in their notes.
ORDERED = {"brw", "image-matting", "s-a"}
# Networks, whose weights for the two sources differ.
ORDERED |= {"ms-resnet-map", "mfif-gan", "mff-gan", "edmf"}
# Frame 1 gives geometry and exposure.
ORDERED |= {"defocus-inversion"}
# For two frames only.
PAIRS = {"defocus-inversion"}
# Fewer rounds than by default, so that this takes seconds.
HURRIED = {"csr": {"tolerance": 0.1}}
# The mean is no fusion.
BLURRED = {"average"}


def counted(names):
    """Methods with the numbers of frames that they take."""
    return [(name, k) for k in (2, 3) for name in names if k == 2 or name not in PAIRS]


def texture(height: int, width: int, *, seed: int, channels: int = 3):
    """Detail of all sizes, (H, W, C) float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, channels), np.float32)
    for sigma in (0.7, 2.0, 6.0):
        noise = rng.standard_normal((height, width, channels)).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), sigma).reshape(total.shape)
        total += noise / noise.std()
    return np.clip(0.5 + 0.12 * total, 0.0, 1.0)


def scene(height: int = 96, width: int = 112, *, k: int = 2, channels: int = 3, seed: int = 1):
    """Truth, K sources each sharp in one upright strip, and the labels; uint8."""
    truth = texture(height, width, seed=seed, channels=channels)
    blurred = cv2.GaussianBlur(truth, (0, 0), 3.0).reshape(truth.shape)
    labels = np.minimum(np.arange(width) * k // width + 1, k)[None].repeat(height, 0)
    sources = []
    for label in range(1, k + 1):
        source = from_float(np.where((labels == label)[:, :, None], truth, blurred), "uint8")
        source.flags.writeable = False
        sources.append(source)
    return truth, sources, labels


def fused(name: str, images, *, compute: Compute = ALONE, **explicit):
    """Image of a fuser or decision; those that need a map get that of the default detector."""
    method = KNOWN.get(name)
    values = method.resolve({**HURRIED.get(name, {}), **explicit})
    if method.kind is Kind.DECISION:
        return decide(method, images, compute=compute, **values).fuse()
    labels = mapped("laplacian", images, window=5) if method.needs_map else None
    return method.function(images, labels, compute=compute, **values)


def mapped(name: str, images, *, compute: Compute = ALONE, **explicit):
    method = KNOWN.get(name)
    values = method.resolve({**HURRIED.get(name, {}), **explicit})
    return decide(method, images, compute=compute, **values).labels


def psnr(a, b) -> float:
    return float(-10 * np.log10(np.mean((np.float64(a) - b) ** 2) + 1e-12))


def share(differs) -> float:
    return float(np.mean(differs))


@pytest.mark.parametrize(("name", "k"), counted(FUSERS))
def test_that_fusing_comes_nearer_to_the_truth_than_any_source(name, k):
    truth, sources, _ = scene(k=k)
    image = fused(name, sources)
    assert image.dtype == np.float32
    assert image.shape == truth.shape
    assert np.isfinite(image).all()
    assert image.min() >= 0.0
    assert image.max() <= 1.0
    if name not in BLURRED:
        best = max(psnr(to_float(source), truth) for source in sources)
        assert psnr(image, truth) > best + 3.0


@pytest.mark.parametrize(("name", "k"), counted(MAPPERS))
def test_that_the_map_names_the_sharp_source(name, k):
    _, sources, labels = scene(k=k)
    found = mapped(name, sources)
    assert found.dtype == np.uint8
    assert found.shape == labels.shape
    assert found.min() >= 1
    assert found.max() <= k
    assert share(found == labels) > 0.85


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_that_methods_for_pairs_refuse_stacks_in_one_line(name):
    with pytest.raises(UsageError, match=f"{name}: takes two frames, not 3; ") as error:
        mapped(name, scene(k=3)[1])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", FUSERS)
def test_that_identical_sources_give_that_source_back(name):
    source = scene()[1][0]
    difference = np.abs(fused(name, [source, source.copy()]) - to_float(source))
    if name in MADE_ANEW:
        assert difference.mean() <= MADE_ANEW[name]
    else:
        assert difference.max() <= ROUND_OFF.get(name, 2e-6)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ORDERED])
def test_that_the_order_of_the_sources_is_nothing(name):
    _, sources, _ = scene()
    if name in FUSERS:
        one, other = fused(name, sources), fused(name, sources[::-1])
        assert share(np.abs(one - other) > 1e-4) < 1e-3
    if name in MAPPERS:
        one, other = mapped(name, sources), mapped(name, sources[::-1])
        assert share(one == other) < 1e-3


@pytest.mark.parametrize("name", EVERY)
def test_that_grey_equals_colour_with_equal_channels(name):
    _, grey, _ = scene(channels=1)
    colour = [np.repeat(source, 3, axis=2) for source in grey]
    if name in FUSERS:
        one, other = fused(name, grey), fused(name, colour)
        assert one.shape[2] == 1
        assert share(np.abs(other - one) > 1e-3) < 2e-3
    if name in MAPPERS:
        assert share(mapped(name, grey) != mapped(name, colour)) < 2e-3


@pytest.mark.parametrize("name", EVERY)
def test_that_16_bit_equals_8_bit(name):
    _, sources, _ = scene()
    deep = [source.astype(np.uint16) * 257 for source in sources]
    if name in FUSERS:
        assert share(np.abs(fused(name, deep) - fused(name, sources)) > 1e-3) < 2e-3
    if name in MAPPERS:
        assert share(mapped(name, deep) != mapped(name, sources)) < 2e-3


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("size", [(16, 16), (17, 31), (61, 47)])
def test_that_odd_and_small_pictures_are_taken(name, size):
    method = KNOWN.get(name)
    method.check_size(Size(size[1], size[0]))
    window = {"window": 3} if "window" in {p.name for p in method.parameters} else {}
    sources = [texture(*size, seed=seed) for seed in (3, 4)]
    sources = [from_float(source, "uint8") for source in sources]
    if name in FUSERS:
        image = fused(name, sources, **window)
        assert image.shape == (*size, 3)
        assert np.isfinite(image).all()
    if name in MAPPERS:
        assert set(np.unique(mapped(name, sources, **window))) <= {1, 2}


@pytest.mark.parametrize("name", EVERY)
def test_that_tiles_and_threads_change_nothing(name, monkeypatch):
    _, sources, _ = scene()
    whole = fused(name, sources) if name in FUSERS else mapped(name, sources)
    monkeypatch.setattr(planes, "TILE", 40)
    several = Compute(threads=3)
    make = fused if name in FUSERS else mapped
    parts = make(name, sources, compute=several)
    assert share(np.abs(np.float32(parts) - whole) > 1e-4) < 1e-3


@pytest.mark.parametrize("name", EVERY)
def test_that_every_method_can_be_stopped(name):
    def stop():
        raise StopRequested

    _, sources, _ = scene(48, 48)
    method = KNOWN.get(name)
    labels = np.ones((48, 48), np.uint8)
    arguments = (sources, labels) if method.kind is Kind.FUSER else (sources,)
    with pytest.raises(StopRequested):
        _all_of(method.function(*arguments, compute=Compute(checkpoint=stop), **method.defaults()))


def _all_of(made):
    """Let a decision make its image, too."""
    return made.fuse() if isinstance(made, Decision) else made


def test_that_makers_of_maps_serve_the_ascent():
    _, sources, _ = scene(48, 64)
    ascent = KNOWN.get("ms-lap")
    for name in MAPPERS:
        labels = mapped(name, sources)
        values = ascent.resolve({"window": 5, "iterations": 1})
        *_, state = ascent.function(sources, labels, compute=Compute(), **values)
        assert state.iteration == 1


@pytest.mark.parametrize("name", [m.name for m in KNOWN.of_kind(*FUSING, *MAPPING)])
def test_that_every_method_says_what_to_know_of_it(name):
    method = KNOWN.get(name)
    assert method.notes is not None
    for text in (*vars(method.notes).values(), method.summary):
        assert len(text) > 3
        assert "\n" not in text
    assert len(method.summary) <= 100
    assert method.reference or method.family in ("Plain", "MFF-SSIM", "For photographs")


def test_that_too_small_pictures_are_refused_in_one_line():
    smallest = {m.name: m.smallest for m in KNOWN.of_kind(*FUSING, *MAPPING)}
    assert max(smallest.values()) == 16
    name = max(smallest, key=smallest.__getitem__)
    with pytest.raises(UsageError, match=f"{name}: pictures of 40 x 15 are too small"):
        KNOWN.get(name).check_size(Size(40, 15))
