import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label as components

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.detect.regions import remove_small_regions
from mfgui.methods.detect.variance import variance


def blobs(seed, shape, k, spread):
    """A random map whose regions are about `spread` pixels wide."""
    rng = np.random.default_rng(seed)
    noise = [cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), spread) for _ in range(k)]
    return (np.argmax(noise, axis=0) + 1).astype(np.uint8)


def cleaned(labels, share):
    found = labels.copy()
    remove_small_regions(found, share=share, compute=Compute())
    return found


def regions_of(labels):
    """Number of the region of each pixel (0 for label 0), and the number of pixels of each."""
    regions = components(labels, connectivity=1, background=0)
    return regions, np.bincount(regions.ravel())


def two_label_removal(labels, least):
    """Small regions of label 1 go, then small regions of label 2 in what is left."""
    labels = labels.copy()
    for label, other in ((1, 2), (2, 1)):
        regions, areas = regions_of(np.where(labels == label, 1, 0))
        labels[(regions > 0) & (areas < least)[regions]] = other
    return labels


def literal_removal(labels, least):
    """The definition for any number of labels, one region at a time."""
    labels = labels.copy()
    for label in np.unique(labels):
        before = np.pad(labels, 1)
        regions, areas = regions_of(before)
        large = (areas >= least)[regions]
        for region in np.unique(regions[(before == label) & ~large]):
            inside = regions == region
            borders = np.zeros(256, int)
            for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
                beside = np.roll(inside, step, axis) & ~inside & (before > 0)
                borders += np.bincount(before[beside], minlength=256)
                borders += 10**6 * np.bincount(before[beside & large], minlength=256)
            labels[inside[1:-1, 1:-1]] = borders.argmax()
    return labels


SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
SHARES = st.sampled_from([0.0005, 0.01, 0.05, 0.1, 0.6])
SPREADS = st.sampled_from([0.01, 0.7, 2.0, 5.0])


@given(st.integers(0, 999), SHAPES, SPREADS, SHARES)
@settings(deadline=None, max_examples=60)
def test_that_two_labels_lose_small_regions_then_small_holes(seed, shape, spread, share):
    labels = blobs(seed, shape, 2, spread)
    expected = two_label_removal(labels, share * labels.size)
    assert np.array_equal(cleaned(labels, share), expected)


@given(st.integers(0, 999), st.integers(3, 7), SHAPES, SPREADS, SHARES)
@settings(deadline=None, max_examples=60)
def test_that_a_region_goes_to_the_label_with_the_longest_border(seed, k, shape, spread, share):
    labels = blobs(seed, shape, k, spread)
    expected = literal_removal(labels, share * labels.size)
    found = cleaned(labels, share)
    assert np.array_equal(found, expected)
    _, areas = regions_of(found)
    assert (areas[1:] >= share * labels.size).all()
    assert np.array_equal(cleaned(found, share), found)


def test_that_a_region_of_exactly_the_share_stays() -> None:
    labels = np.ones((20, 50), np.uint8)
    labels[3:5, 7:12] = 2
    assert np.array_equal(cleaned(labels, 0.01), labels)
    labels[3, 7] = 1
    assert (cleaned(labels, 0.01) == 1).all()


def test_that_regions_that_touch_at_a_corner_only_are_two() -> None:
    labels = np.ones((20, 50), np.uint8)
    labels[3:5, 7:12] = labels[5:7, 12:17] = 2
    assert (cleaned(labels, 0.011) == 1).all()


def test_that_many_labels_are_cleaned() -> None:
    labels = np.full((40, 40), 300, np.uint16)
    labels[:, 20:] = 1
    labels[5, 5], labels[5, 30] = 299, 300
    found = cleaned(labels, 0.01)
    assert (found[:, :20] == 300).all()
    assert (found[:, 20:] == 1).all()


@pytest.mark.parametrize("detector", [laplacian, variance])
def test_that_a_detector_cleans_its_map_on_request(detector) -> None:
    rng = np.random.default_rng(1)
    images = list(rng.integers(0, 256, (2, 90, 120, 3), dtype=np.uint8))
    plain = detector(images, compute=Compute(), window=5)
    assert np.array_equal(detector(images, compute=Compute(), window=5, clean=0.0), plain)
    found = detector(images, compute=Compute(), window=5, clean=0.02)
    assert not np.array_equal(found, plain)
    assert np.array_equal(found, two_label_removal(plain, 0.02 * plain.size))


def test_that_cleaning_can_be_stopped() -> None:
    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        remove_small_regions(np.ones((9, 9), np.uint8), share=0.1, compute=Compute(checkpoint=stop))
