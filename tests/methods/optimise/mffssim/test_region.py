import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.core.arrays import Rect
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import region
from mfgui.methods.optimise.mffssim.region import find_region


@pytest.fixture
def workers():
    with RowWorkers(Compute(threads=2)) as workers:
        yield workers


def near_boundaries(labels, distance):
    """Pixels within `distance` (Chebyshev) of a pixel with another label, one pixel at a time."""
    height, width = labels.shape
    near = np.zeros(labels.shape, bool)
    for row, column in np.ndindex(height, width):
        rows = slice(max(0, row - distance), row + distance + 1)
        columns = slice(max(0, column - distance), column + distance + 1)
        block = labels[rows, columns]
        near[row, column] = (block != block[0, 0]).any()
    return near


def covered(strips, shape, runs_of=lambda strip: strip.any):
    mask = np.zeros(shape, int)
    for strip in strips:
        for a, b, *_ in runs_of(strip):
            mask[strip.low : strip.high, a:b] += 1
    return mask


def random_labels(seed, height, width, k):
    rng = np.random.default_rng(seed)
    labels = np.ones((height, width), np.uint8)
    for _ in range(4):
        y, x = rng.integers(0, height), rng.integers(0, width)
        labels[y : y + rng.integers(1, 60), x : x + rng.integers(1, 60)] = rng.integers(1, k + 1)
    return labels


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    height=st.integers(20, 130),
    width=st.integers(20, 170),
    reach=st.sampled_from([1, 3, 9]),
    half_width=st.sampled_from([1, 6, 18]),
    panel=st.sampled_from([16, 64, 1536]),
)
def test_that_everything_a_free_pixel_needs_is_covered_once(
    seed, height, width, reach, half_width, panel
):
    labels = random_labels(seed, height, width, 3)
    with pytest.MonkeyPatch.context() as patch, RowWorkers(Compute()) as workers:
        patch.setattr(region, "_PANEL", panel)
        found = find_region(
            labels, 3, reach=reach, margin=reach, half_width=half_width, workers=workers
        )
    free = found.free
    pixels = covered(found.pixels, labels.shape)
    assert np.array_equal(pixels > 0, free)
    assert pixels.max(initial=0) <= 1
    assert found.count == free.sum()
    assert free[near_boundaries(labels, half_width)].all()
    # Every patch inside the picture that touches a free pixel is computed, and only once.
    patches = covered(found.patches, labels.shape)
    assert patches.max(initial=0) <= 1
    for row in range(reach, height - reach):
        for column in range(reach, width - reach):
            cut = (slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1))
            if free[cut].any():
                assert patches[row, column]
    outside = np.ones(labels.shape, bool)
    outside[reach : height - reach, reach : width - reach] = False
    assert not patches[outside].any()
    for k in range(3):
        named = covered(found.patches, labels.shape, lambda s, k=k: s.of_source[k])
        assert named[(labels == k + 1) & (patches > 0)].all()


def test_that_without_a_half_width_all_pixels_are_free(workers):
    found = find_region(
        np.ones((37, 61), np.uint8), 2, reach=4, margin=4, half_width=None, workers=workers
    )
    assert found.free.all()
    assert (covered(found.patches, (37, 61)) == np.pad(np.ones((29, 53)), 4)).all()


def test_that_a_map_of_one_label_leaves_nothing_free(workers):
    found = find_region(
        np.ones((64, 64), np.uint8), 2, reach=3, margin=3, half_width=6, workers=workers
    )
    assert (found.pixels, found.patches, found.count) == ((), (), 0)


def test_that_only_sources_near_a_pixel_are_looked_at(workers):
    labels = np.ones((400, 400), np.uint8)
    labels[:40, :40], labels[350:, 350:] = 2, 3
    found = find_region(labels, 3, reach=2, margin=2, half_width=4, workers=workers)
    spread = [covered(found.pixels, labels.shape, lambda s, k=k: s.of_source[k]) for k in range(3)]
    assert not spread[1][200:].any()
    assert not spread[2][:200].any()


def test_that_inside_limits_what_is_free(workers):
    labels = np.ones((300, 300), np.uint8)
    labels[:, 150:] = 2
    inside = Rect(140, 100, 20, 24)
    found = find_region(labels, 2, reach=3, margin=3, half_width=6, workers=workers, inside=inside)
    rows = np.flatnonzero(found.free.any(axis=1))
    assert rows[0] <= 100
    assert rows[-1] >= 123
    assert rows[0] > 60
    assert rows[-1] < 160


def test_that_sums_are_kept_only_where_the_strip_above_has_them(workers):
    labels = random_labels(3, 400, 500, 2)
    reach = 5
    found = find_region(labels, 2, reach=reach, margin=reach, half_width=10, workers=workers)
    above = None
    for strip in found.patches:
        for a, b, kept, end in strip.any:
            assert a - reach <= kept <= end <= b + reach
            if kept < end:
                assert above is not None
                assert above.high == strip.low
                assert any(c - reach <= kept and end <= d + reach for c, d, *_ in above.any)
        above = strip
