from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from mfgui.core.arrays import Rect
from mfgui.core.regions import find_regions

MAPS = arrays.arrays(
    st.sampled_from([np.uint8, np.uint16]),
    st.tuples(st.integers(1, 9), st.integers(1, 11)),
    elements=st.integers(0, 3),
)


def literal(labels, corners):
    """Label, area, box and surrounding label of each region, sorted by its first pixel."""
    found = {}
    for label in np.unique(labels):
        structure = np.ones((3, 3)) if corners else None
        names, count = ndimage.label(labels == label, structure)
        for number in range(1, count + 1):
            inside = names == number
            rows, columns = np.nonzero(inside)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            near = ndimage.binary_dilation(inside) & ~inside
            others = set(labels[near].tolist())
            height, width = labels.shape
            at_border = box[0] == 0 or box[1] == 0 or box[2] == width or box[3] == height
            around = others.pop() if len(others) == 1 and not at_border else -1
            found[(rows[0], columns[0])] = (label, len(rows), box, around)
    return [found[key] for key in sorted(found)]


@hypothesis.given(labels=MAPS, corners=st.booleans())
@hypothesis.settings(max_examples=200)
def test_that_regions_are_those_that_are_connected(labels, corners) -> None:
    regions = find_regions(labels, corners=corners)
    found = [
        (int(regions.labels[n]), int(regions.areas[n]), tuple(regions.boxes[n]), regions.around[n])
        for n in range(len(regions))
    ]
    assert found == literal(labels, corners)


@hypothesis.given(labels=MAPS)
def test_that_places_are_found_in_their_region(labels) -> None:
    regions = find_regions(labels)
    numbers = regions.of_places(np.arange(labels.size)).reshape(labels.shape)
    for number in range(len(regions)):
        assert (numbers == number).sum() == regions.areas[number]
        assert (labels[numbers == number] == regions.labels[number]).all()


@pytest.mark.parametrize("k", [2, 200, 300])
def test_that_many_labels_are_no_different(k: int) -> None:
    stripes = np.arange(1, k + 1, dtype=np.uint16).repeat(3)[None].repeat(5, axis=0)
    regions = find_regions(stripes)
    assert regions.labels.tolist() == list(range(1, k + 1))
    assert set(regions.areas.tolist()) == {15}
    assert regions.rect(1) == Rect(3, 0, 3, 5)
