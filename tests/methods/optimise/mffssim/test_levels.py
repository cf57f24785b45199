import cv2
import numpy as np
import pytest

from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import level_kernels, levels, solvers
from mfgui.methods.optimise.mffssim.objective import BoxJoint


@pytest.fixture
def workers():
    with RowWorkers(Compute(threads=2)) as workers:
        yield workers


def scene(k=2, dtype=np.uint8, height=230, width=310):
    rng = np.random.default_rng(6)
    texture = [cv2.GaussianBlur(rng.random((height, width, 3)), (0, 0), s) for s in (1, 3, 6)]
    sharp = sum(t * s for t, s in zip(texture, (1, 2, 3), strict=True)) / 6
    names = cv2.resize(rng.random((3, 4)), (width, height), interpolation=cv2.INTER_CUBIC)
    labels = (1 + np.clip(names * k, 0, k - 1e-6).astype(int)).astype(np.uint8)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4)
    white = np.iinfo(dtype).max
    images = []
    for label in range(1, k + 1):
        matte = cv2.GaussianBlur((labels == label).astype(float), (0, 0), 3)[:, :, np.newaxis]
        images.append((white * (matte * sharp + (1 - matte) * soft)).astype(dtype))
    return images, labels


def test_that_the_reduction_leaves_windows_of_a_dozen_pixels():
    assert [levels.reduction(w) for w in (3, 23, 25, 47, 49, 201)] == [1, 1, 2, 2, 4, 16]


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_the_jump_takes_most_of_the_way(k, dtype, workers):
    images, labels = scene(k, dtype)
    score = BoxJoint(images, labels, window=51, workers=workers)
    start = compose(images, labels)
    jumped = start.copy()
    levels.coarse_image(score, images, labels, 4, jumped)
    *_, end = solvers.preconditioned(score, start.copy(), limits=solvers.Limits(60))
    begin, reached = score.evaluate(start), score.evaluate(jumped)
    assert reached > begin + 0.9 * (end.q - begin)
    assert jumped.min() >= 0.0
    assert jumped.max() <= 1.0


def test_that_only_free_pixels_are_written(workers):
    images, labels = scene()
    labels[:] = 1
    labels[:, 290:] = 2
    score = BoxJoint(images, labels, window=25, workers=workers, half_width=24)
    image = np.full((230, 310, 3), 7.0, np.float32)
    levels.coarse_image(score, images, labels, 2, image)
    free = score.region.free
    assert 0.1 < free.mean() < 0.5
    assert (image[~free] == 7.0).all()
    assert (image[free] <= 1.0).all()


def test_that_the_votes_of_the_optimum_give_the_optimum(workers):
    images, labels = scene(height=60, width=80)
    score = BoxJoint(images, labels, window=13, workers=workers)
    start = compose(images, labels)
    *_, end = solvers.preconditioned(score, start, limits=solvers.Limits(400))
    score.evaluate(end.image)
    constant, total, *weights = score.window_sums()
    votes = constant + 0 * total
    fused = votes[:, :, np.newaxis] + sum(
        w[:, :, np.newaxis] * (x / 255) for w, x in zip(weights, images, strict=True)
    )
    expected = np.clip(fused / -total[:, :, np.newaxis], 0, 1)
    assert np.sqrt(((end.image - expected) ** 2).mean()) < 1e-3


def test_that_a_picture_smaller_than_the_reduced_window_is_no_obstacle(workers):
    images, labels = scene(height=51, width=300)
    score = BoxJoint(images, labels, window=51, workers=workers)
    image = compose(images, labels)
    levels.coarse_image(score, images, labels, 2, image)
    assert np.isfinite(image).all()


def test_that_a_jump_is_made_for_large_windows_and_while_its_sums_are_small(monkeypatch, workers):
    images, labels = scene()
    small = BoxJoint(images, labels, window=23, workers=workers)
    large = BoxJoint(images, labels, window=25, workers=workers)
    assert levels.jump(small, images, labels) is None
    assert levels.jump(large, images, labels) is not None
    monkeypatch.setattr(levels, "_MOST_BYTES", 8 * 2 * labels.size // 4 - 1)
    assert levels.jump(large, images, labels) is None


@pytest.mark.parametrize("factor", [2, 8])
def test_that_an_enlarged_ramp_is_a_ramp(factor):
    rows, columns = np.mgrid[:6, :7].astype(np.float32)
    plane = 3 * rows + 10 * columns
    g = np.zeros((6 * factor, 7 * factor, 1), np.float32)
    runs = np.array([[0, 7 * factor, 0, 0]])
    level_kernels.stretch(plane, factor, 0, 6 * factor, runs, g)
    # A pixel of the reduced picture lies in the middle of the pixels it stands for.
    y, x = ((np.mgrid[: 6 * factor, : 7 * factor] + 0.5) / factor) - 0.5
    inner = slice(factor, -factor)
    assert g[inner, inner, 0] == pytest.approx((3 * y + 10 * x)[inner, inner], abs=1e-4)
    assert g.min() == 0.0
    assert g.max() == 3 * 5 + 10 * 6
