"""Snap and the smart brush are worth having: two scenes of `benchmarks/annotators.py`, small."""

import numpy as np
import pytest

from benchmarks.annotators import (
    AIM,
    GOAL,
    NOISE,
    SNAP_AIM,
    Task,
    boundary_error,
    off,
    scene,
    strokes_needed,
    traced,
)
from mfgui.core.arrays import Size


@pytest.fixture(scope="module", params=[0, 3], ids=["two layers", "three layers"])
def task(request: pytest.FixtureRequest) -> Task:
    return scene(request.param, Size(400, 300))


@pytest.mark.parametrize("seed", [11, 13], ids=["grass and gravel", "gravel before bricks"])
def test_snap_knows_texture_from_edges(seed: int) -> None:
    """Objects of strong texture, whose colours are those of what lies behind."""
    strong = scene(seed, Size(400, 300))
    plain = boundary_error(traced(strong, hand=0, aim=AIM, guide=None), strong.labels)
    drawn = traced(strong, hand=0, aim=SNAP_AIM, guide=strong.guide())
    assert boundary_error(drawn, strong.labels) <= plain / 2


def test_snap_at_least_halves_the_boundary_error(task: Task) -> None:
    plain = boundary_error(traced(task, hand=0, aim=AIM, guide=None), task.labels)
    snap = boundary_error(traced(task, hand=0, aim=SNAP_AIM, guide=task.guide()), task.labels)
    assert NOISE / 2 < plain < NOISE
    assert snap <= plain / 2


def test_the_smart_brush_needs_at_most_a_third_of_the_strokes(task: Task) -> None:
    plain, _ = strokes_needed(task, hand=0, guide=None)
    smart, right = strokes_needed(task, hand=0, guide=task.guide())
    assert right >= GOAL
    assert smart <= plain / 3


def test_the_hand_is_as_unsure_as_it_says() -> None:
    aside = off(np.random.default_rng(0), 4000)
    assert aside.std() == pytest.approx(NOISE)
    assert float(np.abs(np.diff(aside)).max()) < 2  # smooth
    assert float(np.corrcoef(aside[:-150], aside[150:])[0, 1]) < 0.3


def test_the_error_is_a_distance_in_pixels() -> None:
    labels = np.where(np.arange(60)[None, :] < 30, 1, 2) + np.zeros((40, 1), np.uint8)
    moved = np.where(np.arange(60)[None, :] < 34, 1, 2) + np.zeros((40, 1), np.uint8)
    assert boundary_error(labels, labels) == 0
    assert boundary_error(moved, labels) == pytest.approx(4, rel=0.02)
