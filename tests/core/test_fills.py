"""Fills, against regions found with SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from mfgui.core import fills
from mfgui.core.arrays import Rect
from mfgui.core.edits import Footprint
from mfgui.core.snapping import GuideKind
from tests.guides import Picture


def drawn(area: Footprint, shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[area.rect.slices] = area.mask
    return mask


def patches(seed: int, shape: tuple[int, int], k: int, dtype: type) -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 2)
    ranks = noise.ravel().argsort().argsort().reshape(shape)
    return (ranks * (k + 1) // noise.size).astype(dtype)


def region_of(labels: np.ndarray, x: int, y: int) -> np.ndarray:
    numbers, _ = ndimage.label(labels == labels[y, x])
    return numbers == numbers[y, x]


@given(st.integers(0, 99), st.integers(1, 50), st.integers(1, 40), st.data())
def test_that_the_connected_region_is_filled(seed, width, height, data) -> None:
    labels = patches(seed, (height, width), 3, np.uint8)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    found = fills.connected(labels, x, y)
    np.testing.assert_array_equal(drawn(found, labels.shape), region_of(labels, x, y))
    assert found.trimmed().rect == found.rect


def test_that_a_region_larger_than_the_first_window_is_whole() -> None:
    labels = np.full((1300, 1700), 200, np.uint16)
    labels[::40, :] = 7
    labels[::40, ::50] = 200
    labels[:, 900:904] = 9
    labels.flags.writeable = False
    found = fills.connected(labels, 600, 601)
    np.testing.assert_array_equal(drawn(found, labels.shape), region_of(labels, 600, 601))
    assert found.rect == Rect(0, 0, 900, 1300)


@pytest.mark.parametrize("turns", range(4))
def test_that_a_region_is_followed_in_every_direction(turns) -> None:
    labels = np.zeros((1200, 1200), np.uint8)
    labels[599:602, 600:] = 1
    labels[601:900, 1100:1104] = 1
    labels = np.ascontiguousarray(np.rot90(labels, turns))
    x, y = next((x, y) for y, x in np.argwhere(labels == 1) if abs(x - 600) + abs(y - 600) < 3)
    found = fills.connected(labels, int(x), int(y))
    np.testing.assert_array_equal(drawn(found, labels.shape), labels == 1)


def test_that_corners_do_not_connect() -> None:
    labels = np.eye(8, dtype=np.uint8)
    assert fills.connected(labels, 3, 3).rect == Rect(3, 3, 1, 1)


def test_that_a_small_region_costs_no_look_at_the_whole() -> None:
    guide = Picture(np.zeros((2000, 2000)))
    labels = np.ones((2000, 2000), np.uint8)
    labels[990:1010, 990:1010] = 2
    fills.connected(labels, 1000, 1000, barrier=lambda r: fills.edges(guide, r, sensitivity=50))
    assert sum(rect.width * rect.height for rect in guide.asked) < 600 * 600


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_a_label_is_filled_everywhere(dtype) -> None:
    labels = patches(3, (60, 80), 5, dtype)
    found = fills.everywhere(labels, 4)
    np.testing.assert_array_equal(drawn(found, labels.shape), labels == 4)
    assert fills.everywhere(labels, 6).rect.empty


def test_that_one_pixel_can_be_filled() -> None:
    assert fills.connected(np.zeros((1, 1), np.uint8), 0, 0).mask.tolist() == [[True]]


@pytest.fixture
def ring() -> Picture:
    """A soft-edged disc of radius 40 in the middle of 200 x 160, on noise."""
    ys, xs = np.mgrid[:160, :200]
    disc = np.hypot(xs - 100, ys - 80) < 40
    noise = np.random.default_rng(4).normal(0, 0.01, disc.shape)
    return Picture(ndimage.gaussian_filter(disc * 0.6 + 0.2, 1.5) + noise)


@pytest.mark.parametrize("start", [(100, 80), (80, 95), (10, 10)])
def test_that_edges_of_the_guide_bound_a_fill(ring, start) -> None:
    labels = np.zeros((160, 200), np.uint8)
    found = fills.connected(labels, *start, barrier=lambda r: fills.edges(ring, r, sensitivity=50))
    ys, xs = np.mgrid[:160, :200]
    inside = np.hypot(xs - 100, ys - 80) < 40
    want = inside if inside[start[1], start[0]] else ~inside
    wrong = drawn(found, labels.shape) != want
    assert wrong.sum() < 2 * 2 * np.pi * 40  # within two pixels of the edge
    assert not wrong[np.abs(np.hypot(xs - 100, ys - 80) - 40) > 4].any()


def test_that_labels_bound_a_fill_with_edges_too(ring) -> None:
    labels = np.zeros((160, 200), np.uint8)
    labels[:, 100:] = 1
    found = fills.connected(labels, 90, 80, barrier=lambda r: fills.edges(ring, r, sensitivity=50))
    mask = drawn(found, labels.shape)
    assert not mask[:, 100:].any()
    assert mask[80, 65:100].all()


def test_that_fills_from_both_sides_of_an_edge_meet(ring) -> None:
    labels = np.zeros((160, 200), np.uint8)

    def edges(rect: Rect) -> np.ndarray:
        return fills.edges(ring, rect, sensitivity=50)

    inner = drawn(fills.connected(labels, 100, 80, barrier=edges), labels.shape)
    outer = drawn(fills.connected(labels, 5, 5, barrier=edges), labels.shape)
    assert (inner | outer).all()


def test_that_a_click_on_an_edge_fills_one_side(ring) -> None:
    labels = np.zeros((160, 200), np.uint8)
    lines = fills.edges(ring, Rect(0, 0, 200, 160), sensitivity=50)
    y, x = (int(values[0]) for values in np.nonzero(lines))
    found = fills.connected(labels, x, y, barrier=lambda r: lines[r.slices])
    assert 4000 < found.mask.sum() < 28000


def test_that_sensitivity_decides_what_an_edge_is(ring) -> None:
    ring.values[:, 150:] += 0.1
    whole = Rect(0, 0, 200, 160)
    found = {s: fills.edges(ring, whole, sensitivity=s) for s in (10, 90)}
    assert not found[10][:, 148:152].any()
    assert found[90][5:-5, 147:153].any(axis=1).all()


@pytest.mark.parametrize(("step", "found"), [(2.0, True), (0.3, False)])
@pytest.mark.parametrize("beside", [0.0, 90.0])
def test_that_a_guide_of_sources_has_edges_between_them(step, found, beside) -> None:
    values = np.zeros((60, 90))
    values[:, 30:] += step
    values[:, 60:] += beside
    guide = Picture(values)
    guide.kind = GuideKind.SHARPNESS
    lines = fills.edges(guide, Rect(0, 0, 90, 60), sensitivity=50)
    assert lines[5:55, 28:32].any(axis=1).all() == found


def test_that_noise_is_no_edge() -> None:
    guide = Picture(np.random.default_rng(8).normal(0.5, 0.005, (90, 90)))
    assert not fills.edges(guide, Rect(0, 0, 90, 90), sensitivity=50).any()


@pytest.mark.parametrize("values", [np.zeros((9, 9)), np.full((1, 1), 0.5), np.ones((1, 30))])
def test_that_a_flat_guide_has_no_edges(values) -> None:
    guide = Picture(values)
    whole = Rect(0, 0, guide.size.width, guide.size.height)
    assert not fills.edges(guide, whole, sensitivity=100).any()
