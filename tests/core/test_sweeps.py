"""Strokes on pixel centres, against distances computed pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.arrays import Rect
from mfgui.core.sweeps import THIN, Disc, Spans, dab, outline_of, sweep

FRAME = Rect(0, 0, 40, 30)
ROUNDING = 1e-9

# Quarters of pixels meet the borders of discs exactly; thousandths do not.
coordinates = st.one_of(
    st.integers(-40, 200).map(lambda n: n / 4), st.floats(-10, 50, allow_nan=False, width=32)
)
diameters = st.one_of(st.integers(2, 60).map(float), st.floats(1.5, 60, width=32))
discs = st.builds(Disc, coordinates, coordinates, diameters)
thin_discs = st.builds(Disc, coordinates, coordinates, st.floats(1, 1.375, width=32))


def drawn(spans: Spans, frame: Rect = FRAME) -> np.ndarray:
    """All pieces of a stroke in the whole map; each of them must be tight and inside."""
    mask = np.zeros((frame.height, frame.width), bool)
    for part in spans.footprints():
        assert part.rect.intersected(frame) == part.rect
        assert part.mask.shape == (part.rect.height, part.rect.width)
        assert part.mask.any()
        y, x = part.rect.y - frame.y, part.rect.x - frame.x
        mask[y : y + part.rect.height, x : x + part.rect.width] |= part.mask
    return mask


def centres(frame: Rect = FRAME) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(
        np.arange(frame.x, frame.right) + 0.5, np.arange(frame.y, frame.bottom) + 0.5
    )


def beyond(start: Disc, end: Disc) -> np.ndarray:
    """Distance of every pixel centre from the border of an even sweep; negative inside."""
    xs, ys = centres()
    way = np.array([end.x - start.x, end.y - start.y])
    along = (xs - start.x) * way[0] + (ys - start.y) * way[1]
    share = np.clip(along / ((way @ way) or 1.0), 0, 1)
    at = start.x + share * way[0], start.y + share * way[1]
    return np.hypot(xs - at[0], ys - at[1]) - start.diameter / 2


def between(start: Disc, end: Disc, share: float) -> Disc:
    return Disc(
        start.x + share * (end.x - start.x),
        start.y + share * (end.y - start.y),
        start.diameter + share * (end.diameter - start.diameter),
    )


@given(discs)
def test_that_a_dab_is_every_pixel_whose_centre_is_in_the_disc(disc: Disc) -> None:
    xs, ys = centres()
    square = (xs - disc.x) ** 2 + (ys - disc.y) ** 2 - (disc.diameter / 2) ** 2
    mask = drawn(dab(disc, frame=FRAME))
    sure = np.abs(square) > ROUNDING
    np.testing.assert_array_equal(mask[sure], square[sure] <= 0)


@pytest.mark.parametrize("diameter", range(2, 30))
@pytest.mark.parametrize("centre", [(15.5, 14.5), (15.0, 14.0), (15.25, 14.75)])
def test_that_pixels_on_the_border_belong_to_a_dab(diameter, centre) -> None:
    xs, ys = centres()
    # Sums of squares of quarters are exact.
    want = (xs - centre[0]) ** 2 + (ys - centre[1]) ** 2 <= (diameter / 2) ** 2
    np.testing.assert_array_equal(drawn(dab(Disc(*centre, diameter), frame=FRAME)), want)


@given(discs, coordinates, coordinates)
def test_that_a_sweep_is_every_pixel_within_the_radius_of_its_way(start, x, y) -> None:
    end = Disc(x, y, start.diameter)
    distance = beyond(start, end)
    sure = np.abs(distance) > ROUNDING
    mask = drawn(sweep(start, end, frame=FRAME))
    np.testing.assert_array_equal(mask[sure], distance[sure] <= 0)


@given(discs, discs, st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_that_a_sweep_holds_every_dab_on_its_way(start, end, shares) -> None:
    mask = drawn(sweep(start, end, frame=FRAME))
    for share in (0.0, *shares, 1.0):
        disc = between(start, end, share)
        smaller = Disc(disc.x, disc.y, max(disc.diameter - ROUNDING, THIN))
        assert not (drawn(dab(smaller, frame=FRAME)) & ~mask).any()


@given(discs, discs)
def test_that_a_sweep_is_no_more_than_its_dabs(start, end) -> None:
    xs, ys = centres()
    shares = np.linspace(0, 1, 1001)[:, None, None]
    x, y = start.x + shares * (end.x - start.x), start.y + shares * (end.y - start.y)
    radius = (start.diameter + shares * (end.diameter - start.diameter)) / 2
    nearest = (np.hypot(xs - x, ys - y) - radius).min(axis=0)
    # Between two of the thousand dabs there is at most half of their distance.
    step = np.hypot(end.x - start.x, end.y - start.y) + abs(end.diameter - start.diameter)
    assert not (drawn(sweep(start, end, frame=FRAME)) & (nearest > step / 1000)).any()


@given(thin_discs, thin_discs, st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_that_a_thin_sweep_holds_every_pixel_under_its_way(start, end, shares) -> None:
    mask = drawn(sweep(start, end, frame=FRAME))
    for share in (0.0, *shares, 1.0):
        disc = between(start, end, share)
        x, y = disc.x, disc.y
        if min(abs(x - round(x)), abs(y - round(y))) < ROUNDING and 0 < share < 1:
            continue  # rounding decides on which side of the border between pixels it is
        column, row = int(np.floor(x)), int(np.floor(y))
        if 0 <= column < FRAME.width and 0 <= row < FRAME.height:
            assert mask[row, column]


@given(thin_discs)
def test_that_a_thin_dab_is_the_pixel_under_its_centre(disc: Disc) -> None:
    mask = drawn(dab(disc, frame=FRAME))
    column, row = int(np.floor(disc.x)), int(np.floor(disc.y))
    inside = 0 <= column < FRAME.width and 0 <= row < FRAME.height
    assert mask.sum() == inside
    assert not inside or mask[row, column]


@given(thin_discs, discs, st.floats(0, 1))
def test_that_a_sweep_from_thin_to_thick_has_no_gaps(thin, thick, share) -> None:
    for start, end in ((thin, thick), (thick, thin)):
        mask = drawn(sweep(start, end, frame=FRAME))
        disc = between(start, end, share)
        at = disc if disc.thin else Disc(disc.x, disc.y, max(THIN, disc.diameter - ROUNDING))
        near_border = min(abs(disc.x - round(disc.x)), abs(disc.y - round(disc.y))) < ROUNDING
        if not (at.thin and near_border):
            assert not (drawn(dab(at, frame=FRAME)) & ~mask).any()


@pytest.mark.parametrize("place", [(10.05, 10.05), (10.95, 10.95), (10.05, 10.95)])
def test_that_a_stroke_reaches_the_pixel_under_its_thin_end(place) -> None:
    end = Disc(*place, 1)
    for thick in (Disc(2, 2, 9), Disc(30, 25, 9), Disc(2, 25, 9), Disc(30, 2, 9)):
        for ends in ((thick, end), (end, thick)):
            assert drawn(sweep(*ends, frame=FRAME))[10, 10]


def test_that_a_thin_diagonal_has_no_corners() -> None:
    start, end = Disc(0.5, 0.5, 1), Disc(9.5, 9.5, 1)
    for ends in ((start, end), (end, start)):
        mask = drawn(sweep(*ends, frame=Rect(0, 0, 10, 10)), Rect(0, 0, 10, 10))
        np.testing.assert_array_equal(mask, np.eye(10, dtype=bool))
    rising = sweep(Disc(0.5, 9.5, 1), Disc(9.5, 0.5, 1), frame=Rect(0, 0, 10, 10))
    mask = drawn(rising, Rect(0, 0, 10, 10))
    # The corner between two pixels of a falling way belongs to a third, so this one is wider.
    assert (mask | ~np.eye(10, dtype=bool)[:, ::-1]).all()


@given(
    st.one_of(discs, thin_discs),
    st.one_of(discs, thin_discs),
    st.integers(-5, 39),
    st.integers(-5, 29),
    st.integers(1, 45),
    st.integers(1, 35),
)
def test_that_the_frame_only_cuts_off(start, end, x, y, width, height) -> None:
    frame = Rect(x, y, width, height)
    whole = Rect(-20, -20, 100, 90)
    everything = drawn(sweep(start, end, frame=whole), whole)
    part = everything[y + 20 : y + 20 + height, x + 20 : x + 20 + width]
    np.testing.assert_array_equal(drawn(sweep(start, end, frame=frame), frame), part)


@pytest.mark.parametrize("diameter", [1, 2, 300, 4096])
def test_that_large_strokes_in_pieces_are_the_whole(diameter) -> None:
    frame = Rect(0, 0, 3000, 2500)
    spans = sweep(Disc(-100.3, 2600, diameter), Disc(2800, 14.7, diameter), frame=frame)
    whole = spans.footprint()
    mask = np.zeros((2500, 3000), bool)
    mask[whole.rect.slices] = whole.mask
    np.testing.assert_array_equal(drawn(spans, frame), mask)
    assert mask.any()


def test_that_a_long_slanted_stroke_does_not_cost_the_rectangle_around_it() -> None:
    spans = sweep(Disc(10, 10, 30), Disc(2990, 2490, 30), frame=Rect(0, 0, 3000, 2500))
    pixels = sum(part.mask.size for part in spans.footprints())
    assert pixels < 0.1 * 3000 * 2500


@given(discs, discs, st.one_of(discs, thin_discs))
def test_that_what_is_left_of_a_stroke_is_what_the_other_lacks(start, end, other) -> None:
    spans, less = sweep(start, end, frame=FRAME), dab(other, frame=FRAME)
    parts = [drawn(part) for part in spans.without(less)]
    want = drawn(spans) & ~drawn(less)
    np.testing.assert_array_equal(parts[0] | parts[1], want)
    assert not (parts[0] & parts[1]).any()


@pytest.mark.parametrize("far", [1e12, -1e12])
def test_that_far_away_is_outside(far) -> None:
    assert not drawn(dab(Disc(far, 3, 20), frame=FRAME)).any()
    assert not drawn(dab(Disc(3, far, 20), frame=FRAME)).any()
    assert not drawn(dab(Disc(far, far, 1), frame=FRAME)).any()
    across = drawn(sweep(Disc(-abs(far), 12.5, 4), Disc(abs(far), 12.5, 4), frame=FRAME))
    assert across[12].all()
    assert not across[20].any()


@given(discs, discs)
def test_that_the_outline_of_a_stroke_is_its_border(start, end) -> None:
    for x, y in outline_of(start, end):
        shares = np.linspace(0, 1, 501)
        distances = np.hypot(
            x - start.x - shares * (end.x - start.x), y - start.y - shares * (end.y - start.y)
        )
        radii = (start.diameter + shares * (end.diameter - start.diameter)) / 2
        assert -0.1 < (distances - radii).min() < ROUNDING * 1e3
