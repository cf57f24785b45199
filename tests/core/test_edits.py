"""What an edit leaves behind, and footprints put together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.arrays import Rect
from mfgui.core.edits import NO_PIXELS, Edit, Footprint, edited, merged

RECT = Rect(3, 2, 5, 4)


@pytest.fixture(params=[np.uint8, np.uint16])
def before(request) -> np.ndarray:
    labels = np.random.default_rng(1).integers(0, 4, (4, 5)).astype(request.param)
    labels.flags.writeable = False
    return labels


def mask_of(seed: int, shape: tuple[int, int] = (4, 5)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < 0.5


@pytest.mark.parametrize("over", [None, 0, 2])
def test_that_masked_pixels_get_the_label(before, over) -> None:
    mask = mask_of(2)
    after = edited(before, Edit(RECT, mask, 3), over=over)
    painted = mask if over is None else mask & (before == over)
    np.testing.assert_array_equal(after, np.where(painted, 3, before))
    assert after.dtype == before.dtype


def test_that_each_pixel_can_get_its_own_label(before) -> None:
    labels = np.random.default_rng(5).integers(0, 4, (4, 5))
    mask = mask_of(3)
    after = edited(before, Edit(RECT, mask, labels))
    np.testing.assert_array_equal(after, np.where(mask, labels, before))


def test_that_large_labels_fit() -> None:
    before = np.zeros((4, 5), np.uint16)
    assert edited(before, Edit(RECT, mask_of(1), 300)).max() == 300


def test_that_parts_of_a_larger_array_can_be_edited(before) -> None:
    large = np.zeros((20, 30), before.dtype)
    large[2:6, 3:8] = before
    after = edited(large[RECT.slices], Edit(RECT, mask_of(2, (8, 10))[::2, ::2], 3))
    want = np.where(mask_of(2, (8, 10))[::2, ::2], 3, before)
    np.testing.assert_array_equal(after, want)


def test_that_no_change_is_none(before) -> None:
    assert edited(before, Edit(RECT, np.zeros((4, 5), bool), 3)) is None
    assert edited(before, Edit(RECT, before == 2, 2)) is None
    assert edited(before, Edit(RECT, np.ones((4, 5), bool), before)) is None
    assert edited(before, Edit(RECT, before == 2, 3), over=1) is None
    assert edited(before[:0, :0], NO_PIXELS.edit(1)) is None


rects = st.builds(
    Rect, st.integers(0, 30), st.integers(0, 30), st.integers(1, 12), st.integers(1, 12)
)
footprints = st.builds(
    lambda rect, seed: Footprint(rect, mask_of(seed, (rect.height, rect.width))),
    rects,
    st.integers(0, 99),
)


def drawn(parts) -> np.ndarray:
    mask = np.zeros((42, 42), bool)
    for part in parts:
        mask[part.rect.slices] |= part.mask
    return mask


@given(st.lists(st.one_of(footprints, st.just(NO_PIXELS)), max_size=8))
def test_that_merging_keeps_every_pixel(parts) -> None:
    found = merged(parts)
    np.testing.assert_array_equal(drawn(found), drawn(parts))
    assert len(found) <= len(parts)
    pixels = sum(part.mask.size for part in parts)
    assert sum(part.mask.size for part in found) <= pixels


def test_that_neighbours_become_one_edit() -> None:
    row = [Footprint(Rect(x, 0, 8, 8), np.ones((8, 8), bool)) for x in range(0, 32, 4)]
    assert len(merged(row)) == 1
    apart = [Footprint(Rect(x, 0, 2, 2), np.ones((2, 2), bool)) for x in range(0, 32, 10)]
    assert len(merged(apart)) == len(apart)


@given(footprints, footprints)
def test_that_both_footprints_are_in_their_union(a, b) -> None:
    both = a.united(b)
    np.testing.assert_array_equal(drawn([both]), drawn([a, b]))
    assert both.rect == a.rect.united(b.rect)


@given(footprints)
def test_that_a_trimmed_footprint_is_tight(part) -> None:
    found = part.trimmed()
    np.testing.assert_array_equal(drawn([found]), drawn([part]))
    assert found.empty == part.empty == (found.rect == NO_PIXELS.rect)
    if not found.empty:
        assert found.mask[0].any()
        assert found.mask[-1].any()
        assert found.mask[:, 0].any()
        assert found.mask[:, -1].any()
