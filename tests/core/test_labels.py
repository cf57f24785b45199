from __future__ import annotations

import weakref

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.labels import FocusMap, ignore_label


def test_that_a_map_copies_its_labels() -> None:
    labels = np.ones((3, 4), np.uint8)
    focus_map = FocusMap(labels, k=2)
    labels[:] = 2
    assert focus_map.labels.max() == 1


def test_that_a_snapshot_does_not_follow_later_edits() -> None:
    focus_map = FocusMap(np.ones((3, 4), np.uint8), k=2)
    before = focus_map.snapshot()
    focus_map.write(Rect(1, 1, 2, 1), np.full((1, 2), 2, np.uint8))
    assert before.max() == 1
    assert focus_map.labels[1, 1] == 2
    assert focus_map.revision == 1


def test_that_labels_above_k_are_refused_but_ignore_is_kept() -> None:
    labels = np.array([[1, 2, 255, 0]], np.uint8)
    assert FocusMap(labels, k=2).labels[0, 2] == ignore_label(labels)
    with pytest.raises(ValueError, match="label 3"):
        FocusMap(np.array([[1, 3]], np.uint8), k=2)


def test_that_wide_integers_do_not_wrap_round() -> None:
    with pytest.raises(ValueError, match="257"):
        FocusMap(np.array([[1, 257]], np.int64), k=2)
    with pytest.raises(ValueError, match="above"):
        FocusMap(np.array([[-1, 1]], np.int64), k=2)


def test_that_many_sources_use_sixteen_bit() -> None:
    focus_map = FocusMap(np.array([[1, 300]], np.uint16), k=300)
    assert focus_map.labels.dtype == np.uint16
    assert focus_map.labels[0, 1] == 300


def test_that_shares_add_up_to_one() -> None:
    shares = FocusMap(np.array([[0, 1], [1, 2]], np.uint8), k=2).shares()
    assert shares == {0: 0.25, 1: 0.5, 2: 0.25}


def test_that_one_revision_has_one_snapshot_while_somebody_has_it() -> None:
    focus_map = FocusMap(np.ones((6, 5), np.uint8), k=2)
    first = focus_map.snapshot()
    assert focus_map.snapshot() is first
    before = focus_map.revision
    focus_map.write(Rect(1, 1, 2, 2), np.full((2, 2), 2, np.uint8))
    second = focus_map.snapshot()
    assert second is not first
    assert np.count_nonzero(second == 2) == 4
    assert not np.any(first == 2)
    focus_map.write(Rect(1, 1, 2, 2), np.ones((2, 2), np.uint8))
    focus_map.revision = before  # as undoing does
    assert np.array_equal(focus_map.snapshot(), first)
    held = weakref.ref(focus_map.snapshot())
    assert held() is None
