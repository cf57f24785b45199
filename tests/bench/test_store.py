"""What is kept on disk comes back as it was."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mfgui.bench.store import Store
from mfgui.methods.metrics.measures import Score

IMAGE = np.random.default_rng(0).random((6, 8, 3), np.float32)
LABELS = np.where(np.arange(8) < 3, 1, 2).astype(np.uint8) + np.zeros((6, 1), np.uint8)
SCORES = {
    "known": Score(0.1 + 0.2),
    "noted": Score(0.5, "with the map of somebody"),
    "perfect": Score(math.inf),
    "hopeless": Score(-math.inf),
    "none": Score(None, "needs a ground truth"),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.prepare()
    return made


def test_that_scores_come_back_with_infinities_and_reasons(store: Store) -> None:
    store.keep_scores("s", SCORES, {"set": "a"})
    assert store.scores("s") == SCORES
    assert store.scores("other") == {}


@pytest.mark.parametrize("labels", [LABELS, None], ids=["map", "no map"])
def test_that_a_picture_comes_back_with_its_map(store: Store, labels: np.ndarray | None) -> None:
    store.keep_picture("p", IMAGE, labels, k=2, record={"seconds": 3.5})
    found = store.picture("p", k=2)
    assert found is not None
    np.testing.assert_array_equal(found[0], IMAGE)
    assert (found[1] is None) == (labels is None)
    if labels is not None:
        np.testing.assert_array_equal(found[1], labels)
    assert store.record("p") == {"seconds": 3.5, "map": labels is not None}


def test_that_a_record_without_its_picture_does_not_count(store: Store) -> None:
    store.keep_picture("p", IMAGE, None, k=2, record={})
    store.picture_path("p").unlink()
    assert store.record("p") is None


def test_that_picture_and_scores_are_forgotten_together(store: Store) -> None:
    for name in ("1", "2"):
        store.keep_picture(f"p{name}", IMAGE, None, k=2, record={})
        store.keep_scores(f"s{name}", SCORES, {})
    store.forget("p1", "s1")
    store.forget("p1", "s1")  # nothing is left to remove
    assert (store.record("p1"), store.scores("s1")) == (None, {})
    assert (store.record("p2"), store.scores("s2")) == ({"map": False}, SCORES)
