import functools
import itertools

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.local import solve_again
from mfgui.methods.optimise.mffssim.objective import BoxJoint

_LONG = solvers.Limits(150)


def scene(k=2, channels=3, height=220, width=260):
    rng = np.random.default_rng(9)
    sharp = cv2.GaussianBlur(rng.random((height, width, channels)), (0, 0), 0.8)
    sharp = sharp.reshape(height, width, channels)
    images = []
    for index in range(k):
        blurred = cv2.GaussianBlur(sharp, (0, 0), 1 + index).reshape(sharp.shape)
        images.append((255 * blurred).astype(np.uint8))
    labels = np.ones((height, width), np.uint8)
    labels[:, width // 2 :] = 2
    if k > 2:
        labels[height - 60 :] = 3
    return images, labels


def optimum(images, labels, window, start=None):
    with RowWorkers(Compute(threads=2)) as workers:
        score = BoxJoint(images, labels, window=window, workers=workers, half_width=window - 1)
        first = compose(images, labels) if start is None else start
        *_, last = solvers.preconditioned(score, first, limits=_LONG)
    return last.image


@functools.cache
def first_optimum(k, channels, window):
    """The optimum of a scene before it is painted on, for copying."""
    return optimum(*scene(k, channels), window)


def painted(labels, rect, label):
    after = labels.copy()
    cv2.circle(after, (rect.x + rect.width // 2, rect.y + rect.height // 2), 12, label, -1)
    return after


@pytest.mark.parametrize("window", [7, 15])
@pytest.mark.parametrize(("k", "channels"), [(2, 3), (2, 1), (3, 3)])
@pytest.mark.parametrize("where", [(60, 100), (118, 120), (0, 0)])
def test_that_the_local_optimum_is_the_global_one(window, k, channels, where):
    images, labels = scene(k, channels)
    rect = Rect(*where, 28, 28)
    after = painted(labels, rect, 2 if where[0] < 100 else 1)
    before = first_optimum(k, channels, window).copy()
    untouched = before.copy()
    found = solve_again(
        images,
        after,
        before,
        rect,
        before=labels[rect.slices],
        window=window,
        compute=Compute(threads=2),
        limits=_LONG,
    )
    expected = optimum(images, after, window)
    assert np.array_equal(before, untouched)
    assert all(after >= q - 1e-7 for q, after in itertools.pairwise(found.q))
    merged = before.copy()
    merged[found.rect.slices] = found.pixels
    near = rect.grown(window).intersected(Rect(0, 0, 260, 220)).slices
    assert 255 * np.sqrt(((merged - expected)[near] ** 2).mean()) < 0.1
    assert 255 * np.abs(merged - expected).max() < 2.5


def test_that_the_default_comes_within_a_grey_level():
    images, labels = scene()
    rect = Rect(150, 100, 28, 28)
    after = painted(labels, rect, 2)
    before = optimum(images, labels, 15)
    arguments = {"before": labels[rect.slices], "window": 15, "compute": Compute(threads=2)}
    quick = solve_again(images, after, before, rect, **arguments)
    long = solve_again(images, after, before, rect, limits=_LONG, **arguments)
    assert quick.rect == long.rect
    assert 255 * np.sqrt(((quick.pixels - long.pixels) ** 2).mean()) < 0.5


def test_that_a_boundary_that_vanishes_leaves_the_source():
    images, labels = scene()
    island = labels.copy()
    rect = Rect(40, 40, 28, 28)
    cv2.circle(island, (54, 54), 10, 2, -1)
    with_island = optimum(images, island, 9)
    assert not np.array_equal(with_island[40:68, 40:68], images[0][40:68, 40:68] / np.float32(255))
    found = solve_again(
        images,
        labels,
        with_island,
        rect,
        before=island[rect.slices],
        window=9,
        compute=Compute(),
    )
    with_island[found.rect.slices] = found.pixels
    expected = compose(images, labels)
    assert np.array_equal(with_island[32:76, 32:76], expected[32:76, 32:76])
    # Cells that reach beyond the half-width keep what the optimum had there.
    assert 255 * np.abs(with_island - expected)[:, :120].max() < 0.25


def test_that_ignored_pixels_are_held():
    images, labels = scene()
    rect = Rect(60, 100, 28, 28)
    before = optimum(images, labels, 7)
    after = labels.copy()
    after[rect.slices] = 255
    found = solve_again(
        images, after, before, rect, before=labels[rect.slices], window=7, compute=Compute()
    )
    assert np.isfinite(found.pixels).all()
    assert found.rect.intersected(rect) == rect


def test_that_the_start_moves_by_the_difference_of_the_sources():
    images, labels = scene()
    rect = Rect(100, 100, 28, 28)  # in the active region of the boundary at column 130
    after = painted(labels, rect, 2)
    before = optimum(images, labels, 31)
    found = solve_again(
        images,
        after,
        before,
        rect,
        before=labels[rect.slices],
        window=31,
        compute=Compute(),
        limits=solvers.Limits(0),
    )
    changed = after != labels
    new, old = (images[k].astype(np.float32) / 255 for k in (1, 0))
    expected = np.clip(before + np.where(changed[:, :, np.newaxis], new - old, 0), 0, 1)
    assert len(found.q) == 1
    place = found.rect.intersected(rect).slices
    merged = before.copy()
    merged[found.rect.slices] = found.pixels
    assert merged[place] == pytest.approx(expected[place], abs=1e-6)
