"""What all refiners keep to, and each of those that move labels alone against its definition."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.arrays import Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods import registry
from mfgui.methods.refine.growth import grow
from mfgui.methods.refine.holes import fill_holes
from mfgui.methods.refine.parts import refined
from mfgui.methods.refine.smooth import smooth
from mfgui.methods.refine.specks import remove_specks
from mfgui.methods.refine.unassigned import fill_unassigned

REFINERS = registry.load().of_kind(registry.Kind.REFINER)
IGNORE = 255


def blobs(seed, shape, k, spread, *, holes=True):
    """A random map whose regions are about `spread` pixels wide, 0 and *ignore* among them."""
    rng = np.random.default_rng(seed)
    count = k + 2 if holes else k
    fields = [cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), spread) for _ in range(count)]
    names = [*range(1, k + 1), 0, IGNORE][:count]
    return np.array(names, np.uint8)[np.argmax(fields, axis=0)]


def noise(k, shape, seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (k, *shape, 3), dtype=np.uint8))


def applied(refiner, images, labels, **explicit):
    height, width = labels.shape
    values = refiner.resolve(explicit)
    whole = Rect(0, 0, width, height)
    return refined(refiner, images, labels, whole, values=values, compute=Compute())


@pytest.mark.parametrize("refiner", REFINERS, ids=lambda refiner: refiner.name)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_a_refiner_keeps_what_is_not_its_own(refiner, dtype):
    labels = blobs(1, (90, 110), 4, 3).astype(dtype)
    labels[labels == IGNORE] = np.iinfo(dtype).max
    labels[40:60, 40:60] = 3
    labels[48:52, 48:52] = 1
    before = labels.copy()
    found = applied(refiner, noise(4, labels.shape), labels)
    assert np.array_equal(labels, before)
    assert found.dtype == labels.dtype
    ignored = np.iinfo(dtype).max
    assert np.array_equal(found == ignored, labels == ignored)
    if refiner.name not in ("fill-holes", "fill-unassigned"):
        assert np.array_equal(found == 0, labels == 0)
    assert not np.array_equal(found, labels)
    assert found[found != ignored].max() <= 4


@pytest.mark.parametrize("refiner", REFINERS, ids=lambda refiner: refiner.name)
def test_that_a_map_of_one_label_stays(refiner):
    labels = np.full((40, 50), 2, np.uint8)
    assert np.array_equal(applied(refiner, noise(3, labels.shape), labels), labels)


LOCAL = [refiner for refiner in REFINERS if refiner.reach is not None]


@pytest.mark.parametrize("refiner", LOCAL, ids=lambda refiner: refiner.name)
@pytest.mark.parametrize("threads", [1, 3])
def test_that_a_local_refiner_gives_any_part_as_the_whole(refiner, threads):
    labels = blobs(2, (300, 290), 3, 6)
    images = [cv2.GaussianBlur(image, (0, 0), 1.5) for image in noise(3, labels.shape)]
    small = {"radius": 3, "width": 3, "label": 2, "pixels": -3}
    known = {parameter.name for parameter in refiner.parameters}
    values = refiner.resolve({name: value for name, value in small.items() if name in known})
    whole = refiner.function(images, labels, compute=Compute(), **values)
    compute = Compute(threads=threads)
    different = 0
    for rect in (Rect(0, 0, 290, 300), Rect(37, 120, 91, 77), Rect(280, 290, 10, 10)):
        part = refined(refiner, images, labels, rect, values=values, compute=compute)
        different += np.count_nonzero(part != whole[rect.slices])
    # A cut weighs the whole band of a boundary, of which a part sees its share only.
    assert different <= (60 if refiner.name == "graph-cut" else 0)


@pytest.mark.parametrize("refiner", REFINERS, ids=lambda refiner: refiner.name)
def test_that_a_refiner_can_be_stopped(refiner):
    def stop():
        raise StopRequested

    labels = blobs(3, (60, 60), 3, 4)
    with pytest.raises(StopRequested):
        refiner.function(
            noise(3, labels.shape),
            labels,
            compute=Compute(checkpoint=stop),
            **refiner.defaults(),
        )


# Growing and shrinking


def literal_growth(labels, label, pixels):
    """The definition, one pixel at a time."""
    found = labels.copy()
    spots = [tuple(spot) for spot in np.argwhere((labels != 0) & (labels != IGNORE))]
    for y, x in spots:
        others = [
            ((y - v) ** 2 + (x - u) ** 2, labels[v, u])
            for v, u in spots
            if (labels[v, u] == label) != (labels[y, x] == label)
        ]
        if not others:
            continue
        away, name = min(others)
        if away <= pixels**2 and (pixels > 0) == (labels[y, x] != label):
            found[y, x] = name
    return found


@given(
    st.integers(0, 999), st.integers(1, 14), st.integers(1, 14), st.integers(2, 4),
    st.integers(-4, 4), st.sampled_from([0.01, 1.0, 2.0]), st.integers(1, 4),
)  # fmt: skip
def test_that_a_label_grows_and_shrinks_by_discs(seed, height, width, k, pixels, spread, label):
    labels = blobs(seed, (height, width), k, spread)
    found = grow([], labels, compute=Compute(), label=label, pixels=pixels)
    assert np.array_equal(found, literal_growth(labels, label, pixels))


# Smoothing


def literal_majority(labels, radius):
    found = labels.copy()
    height, width = labels.shape
    for y, x in np.argwhere((labels != 0) & (labels != IGNORE)):
        votes = np.zeros(256, int)
        for v in range(max(0, y - radius), min(height, y + radius + 1)):
            for u in range(max(0, x - radius), min(width, x + radius + 1)):
                if (v - y) ** 2 + (u - x) ** 2 <= radius**2:
                    votes[labels[v, u]] += 1
        votes[[0, IGNORE]] = 0
        if votes[labels[y, x]] < votes.max():
            found[y, x] = votes.argmax()
    return found


@given(
    st.integers(0, 999), st.integers(1, 16), st.integers(1, 16), st.integers(1, 5),
    st.sampled_from([1, 2, 3, 7]), st.sampled_from([0.01, 1.0, 2.0]),
)  # fmt: skip
def test_that_smoothing_takes_the_label_of_most_pixels(seed, height, width, k, radius, spread):
    labels = blobs(seed, (height, width), k, spread)
    found = smooth([], labels, compute=Compute(), radius=radius)
    assert np.array_equal(found, literal_majority(labels, radius))


def test_that_smoothing_leaves_a_straight_boundary_and_takes_a_spur():
    labels = np.ones((60, 60), np.uint8)
    labels[:, 30:] = 2
    straight = labels.copy()
    labels[28:31, 15:30] = 2
    found = smooth([], labels, compute=Compute(), radius=6)
    assert np.array_equal(found[:, :27], straight[:, :27])  # its root is part of a corner
    assert np.array_equal(smooth([], straight, compute=Compute(), radius=6), straight)


# Specks


def test_that_specks_of_both_kinds_go_and_unassigned_ones_stay():
    labels = np.ones((100, 100), np.uint8)
    labels[:, 50:] = 2
    labels[10:13, 10:13] = 2  # 9 pixels
    labels[70:73, 70:73] = 1
    labels[40:43, 10:13] = 0
    labels[40:43, 70:73] = IGNORE
    labels[20:22, 48:50] = 0  # a speck that touches more of it than of any source
    labels[22, 48] = 2
    expected = labels.copy()
    expected[10:13, 10:13] = 1
    expected[70:73, 70:73] = 2
    expected[22, 48] = 1
    found = remove_specks([], labels, compute=Compute(), share=0.001)
    assert np.array_equal(found, expected)
    assert np.array_equal(remove_specks([], labels, compute=Compute(), share=0.0), labels)


def test_that_a_speck_in_the_middle_of_nowhere_stays():
    labels = np.zeros((50, 50), np.uint8)
    labels[20:22, 20:22] = 1
    labels[40, 40] = IGNORE
    assert np.array_equal(remove_specks([], labels, compute=Compute(), share=0.1), labels)


# Holes


def flood(mask):
    """Lists of the pixels of each region of a mask, found pixel by pixel."""
    left = {tuple(spot) for spot in np.argwhere(mask)}
    while left:
        region, queue = [], [left.pop()]
        while queue:
            y, x = queue.pop()
            region.append((y, x))
            for spot in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if spot in left:
                    left.remove(spot)
                    queue.append(spot)
        yield region


def literal_filling(labels, holes, most):
    found = labels.copy()
    height, width = labels.shape
    for name in range(1, 6):
        if not (labels == name).any():
            continue
        # Only where the label is now.
        before = found.copy()
        for region in flood(before == 0 if holes == "unassigned" else before != name):
            around = {
                (v, u)
                for y, x in region
                for v, u in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1))
            } - set(region)
            inside = all(0 <= v < height and 0 <= u < width for v, u in around)
            if len(region) > most or not inside or {before[s] for s in around} != {name}:
                continue
            for spot in region:
                if found[spot] != IGNORE:
                    found[spot] = name
    return found


@given(
    st.integers(0, 999), st.integers(1, 18), st.integers(1, 18), st.integers(1, 5),
    st.sampled_from(["any", "unassigned"]), st.sampled_from([0.02, 0.3, 1.0]),
    st.sampled_from([0.01, 1.0, 2.0]),
)  # fmt: skip
def test_that_enclosed_regions_are_filled(seed, height, width, k, holes, largest, spread):
    labels = blobs(seed, (height, width), k, spread)
    found = fill_holes([], labels, compute=Compute(), holes=holes, largest=largest)
    assert np.array_equal(found, literal_filling(labels, holes, largest * labels.size))


def test_that_holes_in_holes_and_the_border_are_seen():
    labels = np.ones((40, 40), np.uint8)
    labels[5:30, 5:30] = 2
    labels[10:20, 10:20] = 0
    labels[12:14, 12:14] = 1
    labels[35:, 35:] = 0
    found = fill_holes([], labels, compute=Compute(), holes="unassigned", largest=1.0)
    expected = labels.copy()
    assert np.array_equal(found, expected)  # the ring touches two labels
    labels[12:14, 12:14] = 0
    expected[10:20, 10:20] = 2
    found = fill_holes([], labels, compute=Compute(), holes="unassigned", largest=1.0)
    assert np.array_equal(found, expected)
    expected[5:30, 5:30] = 1
    found = fill_holes([], labels, compute=Compute(), holes="any", largest=1.0)
    assert np.array_equal(found, expected)


# Unassigned


def test_that_unassigned_pixels_take_what_a_detector_finds():
    labels = blobs(4, (60, 80), 3, 3)
    images = noise(3, labels.shape, seed=5)
    for name in ("laplacian", "variance"):
        detected = registry.load().get(name).function(images, compute=Compute())
        found = fill_unassigned(images, labels, compute=Compute(), detector=name)
        assert np.array_equal(found, np.where(labels == 0, detected, labels))
