from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.labels import label_dtype
from mfgui.ui.canvas.hatch import CLASSES, EDGE, LINE, NOTHING, Hatching


def patch(label: int, *, k: int = 200, side: int = 48) -> np.ndarray:
    return Hatching().levels(np.full((side, side), label, label_dtype(k)))


def test_that_neighbours_in_stack_order_have_other_patterns_up_to_200_labels() -> None:
    patches = {label: patch(label) == LINE for label in range(1, 201)}
    for label in range(1, 201):
        for other in range(label + 1, min(200, label + CLASSES - 1) + 1):
            assert (patches[label] != patches[other]).mean() > 0.05, (label, other)
    assert (patches[1] == patches[1 + CLASSES]).all()


def test_that_angle_and_spacing_both_differ_between_neighbours() -> None:
    def shape_of(label: int) -> tuple[str, float]:
        """Direction, and the distance from line to line."""
        lines = patch(label, side=240) == LINE
        apart = 1 / lines.mean()
        if lines.all(axis=1).any() or lines.all(axis=0).any():
            return ("across" if lines.all(axis=1).any() else "down"), apart
        rising = (lines[1:, :-1] == lines[:-1, 1:]).all()
        return ("rising" if rising else "falling"), apart / 2**0.5

    for label in range(1, 30):
        (angle, apart), (next_angle, next_apart) = shape_of(label), shape_of(label + 1)
        assert angle != next_angle
        assert abs(apart - next_apart) > 2.5


@pytest.mark.parametrize("k", [2, 200, 300])
def test_that_every_label_has_lines_with_edges_and_unassigned_has_none(k: int) -> None:
    for label in (1, 2, k, np.iinfo(label_dtype(k)).max):
        found, counts = np.unique(patch(int(label), k=k), return_counts=True)
        assert found.tolist() == [NOTHING, LINE, EDGE]
        assert counts[0] > 0.45 * counts.sum()
    assert (patch(0, k=k) == NOTHING).all()


@pytest.mark.parametrize("unit", [1, 2, 3])
def test_that_a_part_equals_the_same_part_of_the_whole(unit: int) -> None:
    labels = np.random.default_rng(1).integers(0, 5, (60, 70)).astype(np.uint8)
    whole = Hatching().levels(labels, unit=unit, origin=(-1000, 333))
    hatching = Hatching()
    for x, y, width, height in ((0, 0, 3, 4), (17, 5, 50, 44), (69, 59, 1, 1)):
        part = np.ascontiguousarray(labels[y : y + height, x : x + width])
        found = hatching.levels(part, unit=unit, origin=(x - 1000, y + 333))
        np.testing.assert_array_equal(found, whole[y : y + height, x : x + width])
