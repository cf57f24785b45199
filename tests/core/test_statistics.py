from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mfgui.core.statistics import map_statistics

IGNORE = 255


def regions_of(labels: Any, label: int) -> int:
    """Flood fill with a list, one region after the other."""
    left = {tuple(place) for place in np.argwhere(labels == label).tolist()}
    count = 0
    while left:
        count += 1
        todo = [left.pop()]
        while todo:
            y, x = todo.pop()
            for place in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if place in left:
                    left.remove(place)
                    todo.append(place)
    return count


def sides_of(labels: Any) -> list[tuple[int, int]]:
    """The two labels of every pixel side between different ones."""
    height, width = labels.shape
    found = []
    for y, x in itertools.product(range(height), range(width)):
        for v, u in ((y + 1, x), (y, x + 1)):
            if v < height and u < width and labels[y, x] != labels[v, u]:
                found.append((int(labels[y, x]), int(labels[v, u])))
    return found


@given(
    labels=hnp.arrays(
        np.uint8,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.sampled_from([0, 1, 2, 3, IGNORE]),
    )
)
def test_that_figures_are_those_of_the_definition(labels: Any) -> None:
    found = map_statistics(labels, k=3)
    sides = sides_of(labels)
    assert found.boundary == len(sides)
    entries = (found.unassigned, *found.labels, found.ignored)
    for entry, label in zip(entries, (0, 1, 2, 3, IGNORE), strict=True):
        assert entry.label == label
        assert entry.pixels == int((labels == label).sum())
        assert entry.share == entry.pixels / labels.size
        assert entry.regions == regions_of(labels, label)
        assert entry.boundary == sum(label in side for side in sides)
    assert found.regions == sum(regions_of(labels, label) for label in (1, 2, 3))


def test_that_16_bit_maps_are_counted_too() -> None:
    labels = np.full((6, 8), 300, np.uint16)
    labels[:3, :4] = 0
    found = map_statistics(labels, k=300)
    assert found.labels[299].pixels == 36
    assert found.unassigned.boundary == 7
    assert found.ignored.pixels == 0
