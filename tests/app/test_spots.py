"""The tour of doubtful places."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.bands import SpotKind
from mfgui.core.edits import Edit
from mfgui.core.events import Notice, SpotChosen, SpotsChanged
from mfgui.core.session import MapOrigin

ORIGIN = MapOrigin(path="map.png")
SPECKS = (Rect(5, 6, 1, 1), Rect(20, 30, 1, 1), Rect(50, 11, 1, 1))


@pytest.fixture
def opened(desk, tiny_pair, tiny_pair_files):
    """The pair with a map of three wrong pixels and the boundary in the right place."""
    labels = tiny_pair.labels.copy()
    for rect in SPECKS:
        labels[rect.slices] = 3 - labels[rect.slices]
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(labels, ORIGIN)
    desk.settle()
    desk.changes.clear()
    return desk


@pytest.fixture
def spots(opened):
    """Found."""
    opened.controller.spots.refresh()
    opened.settle()
    return opened.controller.spots


def paint(desk, rect, label):
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), label)
    assert desk.controller.edit.apply("Brush", [edit])


def place_of(spots, rect):
    """Number of the speck that holds `rect`, None if there is none; low Q beside it joins it."""
    holding = (
        number
        for number, spot in enumerate(spots.spots)
        if spot.kind is SpotKind.SPECK and spot.rect.united(rect) == spot.rect
    )
    return next(holding, None)


def rects(desk):
    return [change.rect for change in desk.seen(SpotChosen)]


def test_that_spots_are_found_worst_first_without_a_result(spots, opened) -> None:
    specks = [spot for spot in spots.spots if spot.kind is SpotKind.SPECK]
    assert len(specks) == 3
    assert None not in {place_of(spots, rect) for rect in SPECKS}
    scores = [spot.score for spot in spots.spots]
    assert scores == sorted(scores, reverse=True)
    assert spots.left == len(spots.spots) >= 3
    assert not spots.busy
    assert not spots.stale
    assert opened.seen(SpotsChanged)


def test_that_the_first_step_searches_and_then_goes_to_the_worst(opened) -> None:
    spots = opened.controller.spots
    assert not spots.asked
    spots.next()
    assert spots.busy
    opened.settle()
    assert spots.current == 0
    assert rects(opened) == [spots.spots[0].rect]


def test_that_steps_go_round_over_the_unchecked(spots, opened) -> None:
    count = len(spots.spots)
    for _ in range(count + 1):
        spots.next()
    assert rects(opened) == [spots.spots[n % count].rect for n in range(count + 1)]
    spots.previous()
    assert spots.current == count - 1
    spots.choose(1)
    spots.toggle_checked()
    assert spots.current == 1, "the tour moves on with the next key only"
    spots.choose(0)
    spots.next()
    assert spots.current == 2
    spots.previous()
    assert spots.current == 0


def test_that_checking_counts_down_and_can_be_taken_back(spots, opened) -> None:
    total = spots.left
    spots.toggle_checked()
    assert spots.left == total
    assert "no spot is chosen" in opened.seen(Notice)[-1].what
    for number in range(total):
        spots.toggle_checked(number)
    assert spots.left == 0
    opened.changes.clear()
    spots.next()
    assert not rects(opened)
    assert "no spots are left" in opened.seen(Notice)[-1].what
    spots.toggle_checked(0)
    assert spots.left == 1


def test_that_mended_spots_go_and_checked_ones_stay_checked(spots, opened) -> None:
    spots.choose(place_of(spots, SPECKS[1]))
    spots.toggle_checked()
    assert place_of(spots, SPECKS[0]) is not None
    left, count = spots.left, len(spots.spots)
    paint(opened, SPECKS[0], 1)
    assert spots.stale
    assert len(spots.spots) == count, "kept until the new ones are found"
    opened.controller.spots.settle()
    opened.settle()
    assert place_of(spots, SPECKS[0]) is None
    assert spots.current == place_of(spots, SPECKS[1])
    assert spots.is_checked(spots.spots[spots.current])
    assert spots.left == left - 1
    assert not spots.stale


def test_that_edits_alone_never_begin_a_search(opened) -> None:
    paint(opened, Rect(3, 3, 4, 4), 2)
    opened.controller.spots.settle()
    assert not opened.controller.spots.busy


def test_that_an_edit_during_the_search_is_searched_again(opened) -> None:
    spots = opened.controller.spots
    spots.refresh()
    paint(opened, SPECKS[0], 1)
    spots.refresh()
    opened.settle()
    assert place_of(spots, SPECKS[0]) is None
    assert place_of(spots, SPECKS[1]) is not None
    assert not spots.stale


def test_that_what_was_checked_is_known_again(spots, opened) -> None:
    spots.toggle_checked(0)
    kept = spots.checked
    spots.abandon()
    assert spots.checked == ()
    spots.restore(kept)
    spots.refresh()
    opened.settle()
    assert spots.is_checked(spots.spots[0])
    assert spots.left == len(spots.spots) - 1


def test_that_there_is_nothing_to_tour_without_a_map(desk, tiny_pair_files) -> None:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.spots.next()
    desk.settle()
    assert "no focus map" in desk.seen(Notice)[-1].what
    desk.controller.spots.refresh()
    desk.settle()
    assert desk.controller.spots.spots == ()
    assert not desk.controller.spots.busy


def test_that_another_set_has_no_spots_of_this_one(spots, opened, tiny_pair_files) -> None:
    spots.toggle_checked(0)
    spots.refresh()
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    assert spots.spots == ()
    assert spots.checked == ()
    assert not spots.asked
    assert not spots.busy
