"""What a changed label looks like at once."""

from __future__ import annotations

import numpy as np

from mfgui.app.brushing import chosen, moved
from mfgui.core.arrays import Rect
from mfgui.core.pyramid import Picture

RECT = Rect(3, 2, 9, 7)


def pictures(channels: int, k: int = 3) -> list[Picture]:
    rng = np.random.default_rng(5)
    return [Picture(rng.integers(0, 256, (20, 30, channels), np.uint8)) for _ in range(k)]


def pixels_of(picture: Picture) -> np.ndarray:
    level = picture.levels[0][RECT.slices]
    return level[..., :1] if picture.channels == 1 else level[..., 2::-1]


def labels_of(seed: int, k: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, k + 1, (7, 9)).astype(np.uint8)


def test_that_pixels_are_chosen_by_label() -> None:
    for channels in (1, 3):
        sources, labels = pictures(channels), labels_of(1)
        labels[0, 0] = 255
        out = np.full((7, 9, channels), 77, np.uint8)
        found = chosen(sources, labels, RECT, out=out)
        for y, x in np.ndindex(labels.shape):
            label = int(labels[y, x])
            named = 1 <= label <= 3
            wanted = pixels_of(sources[label - 1])[y, x] if named else out[y, x]
            np.testing.assert_array_equal(found[y, x], wanted)


def test_that_a_composite_is_moved_to_the_composite_of_the_new_labels() -> None:
    for channels in (1, 3):
        sources = pictures(channels)
        before, after = np.maximum(labels_of(1), 1), np.maximum(labels_of(2), 1)
        where = before != after
        where[3] = False
        shown = chosen(sources, before, RECT)
        found = moved(shown, sources, RECT, before=before, after=after, where=where)
        wanted = chosen(sources, np.where(where, after, before), RECT)
        np.testing.assert_array_equal(found, wanted)


def test_that_what_differs_from_the_composite_keeps_its_difference() -> None:
    sources = [Picture(np.full((20, 30, 3), value, np.uint8)) for value in (100, 140)]
    before, after = np.ones((7, 9), np.uint8), np.full((7, 9), 2, np.uint8)
    shown = np.full((7, 9, 3), 90, np.uint8)
    where = np.ones((7, 9), bool)
    found = moved(shown, sources, RECT, before=before, after=after, where=where)
    assert (found == 130).all()
    shown[...] = 250
    found = moved(shown, sources, RECT, before=before, after=after, where=where)
    assert (found == 255).all()
