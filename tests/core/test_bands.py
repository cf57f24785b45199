from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.bands import Spot, SpotKind, boundary_band, find_spots
from mfgui.core.heat import HeatKind, levels_of

SIDE = 400


def halves(k: int = 2) -> np.ndarray:
    labels = np.ones((SIDE, SIDE), np.uint8)
    labels[:, SIDE // 2 :] = k
    return labels


def levels(values: np.ndarray) -> np.ndarray:
    return levels_of(values.astype(np.float32), HeatKind.LOCAL_Q)


@pytest.mark.parametrize("width", [0, 1, 3, 8])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_that_the_band_holds_the_pixels_near_another_label(width: int, kind: type) -> None:
    labels = np.random.default_rng(2).integers(0, 3, (4, 5)).astype(kind)
    labels = labels.repeat(9, axis=0).repeat(9, axis=1)
    band = boundary_band(labels, width)
    for y, x in np.ndindex(labels.shape):
        near = labels[max(0, y - width) : y + width + 1, max(0, x - width) : x + width + 1]
        assert band[y, x] == (len(np.unique(near)) > 1)


def test_that_a_clean_map_has_no_spots() -> None:
    assert find_spots(halves()) == ()
    assert find_spots(np.zeros((SIDE, SIDE), np.uint8)) == ()
    good = levels(np.full((SIDE, SIDE), 0.99))
    assert find_spots(halves(), quality=good, disputed=np.zeros((SIDE, SIDE), bool)) == ()


def test_that_specks_and_holes_are_told_apart_and_larger_specks_are_worse() -> None:
    labels = halves(3)
    labels[50:53, 60:64] = 3  # 12 pixels: below 1e-4 of the picture, which is 16
    labels[90, 30] = 2
    labels[150:158, 40:50] = 2  # 80 pixels within label 1
    labels[220:225, 300:306] = 0
    labels[300:308, 196:206] = 2  # on the boundary: neither small enough nor enclosed
    labels[10:12, 10:12] = 255
    labels[250, 199] = labels[251, 198] = 3  # a ragged boundary: they hang on it by corners
    spots = {spot.rect: spot for spot in find_spots(labels)}
    assert {rect: spot.kind for rect, spot in spots.items()} == {
        Rect(60, 50, 4, 3): SpotKind.SPECK,
        Rect(30, 90, 1, 1): SpotKind.SPECK,
        Rect(40, 150, 10, 8): SpotKind.HOLE,
        Rect(300, 220, 6, 5): SpotKind.HOLE,
    }
    scores = [spot.score for spot in find_spots(labels)]
    assert scores == sorted(scores, reverse=True)
    assert spots[Rect(30, 90, 1, 1)].score < spots[Rect(60, 50, 4, 3)].score
    assert spots[Rect(300, 220, 6, 5)].score == max(scores)
    place = spots[Rect(40, 150, 10, 8)]
    assert (place.x, place.y) == (45, 154)


def test_that_low_scores_count_in_the_band_only_and_their_depth_is_the_score() -> None:
    values = np.full((SIDE, SIDE), 0.99)
    values[100:110, 195:205] = 0.4
    values[300:306, 195:205] = 0.7
    values[100:200, 20:90] = 0.1  # far from any boundary
    values[200:260, 195:205] = np.nan
    found = find_spots(halves(), quality=levels(values))
    assert [spot.kind for spot in found] == [SpotKind.LOW_Q] * 2
    assert [spot.rect for spot in found] == [Rect(195, 100, 10, 10), Rect(195, 300, 10, 6)]
    assert [spot.score for spot in found] == pytest.approx([0.6, 0.3], abs=0.01)


def test_that_only_the_worst_tenth_of_the_band_is_listed() -> None:
    values = np.full((SIDE, SIDE), 0.7)
    values[150:160] = 0.2
    found = find_spots(halves(), quality=levels(values))
    assert [spot.rect.y for spot in found] == [150]


def test_that_a_long_cluster_is_cut_into_pieces_that_can_be_seen_at_once() -> None:
    values = np.full((SIDE, SIDE), 0.99)
    values[0:39, 192:208] = 0.5
    found = find_spots(halves(), quality=levels(values), width=8)
    assert len(found) > 1
    cell = SIDE // 16
    assert all(max(spot.rect.width, spot.rect.height) <= cell for spot in found)
    assert sum(spot.rect.width * spot.rect.height for spot in found) == 39 * 16


def test_that_disputes_count_near_boundaries_and_when_they_are_no_mere_seams() -> None:
    disputed = np.zeros((SIDE, SIDE), bool)
    disputed[102:122, 201:215] = True
    disputed[230:233, 192:208] = True  # a thin one
    disputed[100:150, 20:80] = True  # far away
    found = find_spots(halves(), disputed=disputed)
    assert [spot.kind for spot in found] == [SpotKind.DISPUTE]
    assert found[0].rect == Rect(201, 102, 14, 20)
    assert 0 < found[0].score < 0.6
    disputed[300:312, 201:212] = True
    larger, smaller = find_spots(halves(), disputed=disputed)
    assert (larger.rect.y, smaller.rect.y) == (102, 300)


def test_that_overlapping_places_are_one_and_the_worst_gives_its_kind() -> None:
    disputed, values = np.zeros((SIDE, SIDE), bool), np.full((SIDE, SIDE), 0.99)
    disputed[102:122, 201:215] = True
    values[104:116, 196:210] = 0.2
    (spot,) = find_spots(halves(), quality=levels(values), disputed=disputed)
    assert spot.kind is SpotKind.LOW_Q
    assert spot.rect == Rect(196, 102, 19, 20)
    assert spot.score == pytest.approx(0.8, abs=0.01)


def test_that_the_worst_places_are_kept() -> None:
    labels = halves()
    for number in range(30):
        labels[5 + 10 * number, 20 : 21 + number % 3] = 2
    every = find_spots(labels)
    assert len(every) == 30
    assert find_spots(labels, most=7) == every[:7]


def test_that_200_labels_are_searched() -> None:
    labels = np.arange(1, 201, dtype=np.uint8).repeat(2)[None].repeat(SIDE, axis=0)
    labels = np.ascontiguousarray(labels)
    labels[100, 100] = 199
    (spot,) = find_spots(labels)
    assert (spot.kind, spot.rect) == (SpotKind.SPECK, Rect(100, 100, 1, 1))


def test_that_the_same_place_is_known_again_after_it_has_changed_a_little() -> None:
    spot = Spot(SpotKind.LOW_Q, Rect(10, 10, 20, 10), 20, 15, 0.5)
    assert spot.same_place(replace(spot, rect=Rect(13, 11, 18, 10), score=0.4))
    assert not spot.same_place(replace(spot, rect=Rect(29, 10, 20, 10)))
    assert not spot.same_place(replace(spot, kind=SpotKind.HOLE))
