import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.objective import BoxJoint, gradient
from mfgui.methods.optimise.mffssim.released import ReleasedGaussian
from mfgui.methods.optimise.mffssim.solvers import Limits


@pytest.fixture
def workers():
    with RowWorkers(Compute(threads=2)) as workers:
        yield workers


def scene(seed=3, channels=3):
    rng = np.random.default_rng(seed)
    images = [rng.random((21, 18, channels), np.float32) for _ in range(2)]
    labels = rng.integers(1, 3, (21, 18)).astype(np.uint8)
    return images, labels, (images[0] + images[1]) / 2


@pytest.mark.parametrize("kind", [BoxJoint, ReleasedGaussian])
def test_that_adam_takes_the_steps_of_torch(kind, workers):
    images, labels, start = scene()
    score = kind(images, labels, window=5, workers=workers)
    y = torch.from_numpy(start.copy()).requires_grad_()
    optimiser = torch.optim.Adam([y], lr=1e-3)
    expected = []
    for _ in range(25):
        q, slope = gradient(score, y.detach().numpy())
        expected.append(q)
        y.grad = torch.from_numpy(-0.5 * slope)
        optimiser.step()
        with torch.no_grad():
            y.clamp_(0, 1)
    states = solvers.adam(score, start, limits=Limits(25), lr=1e-3)
    found = [(state.q, state.image.copy()) for state in states]
    assert [q for q, _ in found[:-1]] == pytest.approx(expected, abs=3e-6)
    assert np.abs(found[-1][1] - y.detach().numpy()).max() <= 3e-6


def test_that_the_gradient_solver_climbs_by_the_sum_gradient(workers):
    images, labels, start = scene()
    score = BoxJoint(images, labels, window=5, workers=workers)
    y, expected = start.copy(), []
    for _ in range(10):
        q, slope = gradient(score, y)
        expected.append(q)
        y = np.clip(y + np.float32(1e-3) * (score.terms * slope), 0, 1)
    first = start.copy()
    states = list(solvers.gradient(score, start, limits=Limits(10), beta=1e-3))
    assert [state.q for state in states[:-1]] == pytest.approx(expected, abs=1e-6)
    assert start == pytest.approx(y, abs=1e-6)
    slope = gradient(score, first)[1].astype(np.float64) * score.terms
    assert states[1].gradient_norm == pytest.approx(np.linalg.norm(slope), rel=1e-5)


@pytest.mark.parametrize(
    ("solver", "extra"),
    [("gradient", {"beta": 0.2}), ("adam", {"lr": 0.3}), ("preconditioned", {})],
)
def test_that_pixels_stay_in_range_next_to_black_and_white(solver, extra, workers):
    images, labels, _ = scene()
    start = np.random.default_rng(8).random(images[0].shape, np.float32)
    flat = [np.rint(x) for x in images]
    score = BoxJoint(flat, labels, window=5, workers=workers)
    for state in getattr(solvers, solver)(score, start, limits=Limits(6), **extra):
        assert state.image.min() >= 0.0
        assert state.image.max() <= 1.0
    assert (state.image == 0.0).any()
    assert (state.image == 1.0).any()


def test_that_the_preconditioned_step_divides_by_both_curvatures(workers):
    images, labels, start = scene(channels=1)
    images[1][:] = images[0]
    window, c1, c2 = 3, 0.01**2, 0.03**2
    score = BoxJoint(images, labels, window=window, workers=workers)
    slope = score.terms * gradient(score, start)[1]
    y, x = start[:, :, 0], images[0][:, :, 0]
    curvature = np.zeros_like(y)
    for row, column in np.ndindex(y.shape[0] - 2, y.shape[1] - 2):
        cut = (slice(row, row + 3), slice(column, column + 3))
        b1 = x[cut].mean() ** 2 + y[cut].mean() ** 2 + c1
        b2 = x[cut].var() + y[cut].var() + c2
        covariance = (x[cut] * y[cut]).mean() - x[cut].mean() * y[cut].mean()
        ssim = (2 * x[cut].mean() * y[cut].mean() + c1) * (2 * covariance + c2) / (b1 * b2)
        curvature[cut] += 2 / 9 * max(abs(ssim), 0.05) * (1 / b2 + 1 / b1)
    expected = np.clip(start + slope / curvature[:, :, np.newaxis], 0, 1)
    states = solvers.preconditioned(score, start.copy(), limits=Limits(1))
    first = list(states)[-1]
    assert first.step == 1.0
    assert first.image == pytest.approx(expected, abs=2e-6)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    k=st.integers(2, 3),
    window=st.sampled_from([3, 5, 11]),
    channels=st.sampled_from([1, 3]),
    dark=st.floats(0.0, 1.0),
    gain=st.sampled_from([1.0, 0.05, 1e-3]),
    blocks=st.sampled_from([1, 4, 13]),
    start=st.sampled_from(["average", "random", "black"]),
    half_width=st.sampled_from([None, 1, 8]),
)
def test_that_q_never_falls_whatever_the_picture(
    seed, k, window, channels, dark, gain, blocks, start, half_width
):
    rng = np.random.default_rng(seed)
    images = [gain * rng.random((26, 26, channels), dtype=np.float32) for _ in range(k)]
    for image in images:
        image[:, : int(26 * dark)] = 0.0
        image[-5:] = 1.0
    coarse = rng.integers(1, k + 1, (26 // blocks, 26 // blocks)).astype(np.uint8)
    labels = np.kron(coarse, np.ones((blocks, blocks), np.uint8))
    labels = np.pad(labels, (0, 26 - len(labels)), mode="edge")
    first = {
        "average": np.mean(images, axis=0, dtype=np.float32),
        "random": rng.random((26, 26, channels), dtype=np.float32),
        "black": np.zeros((26, 26, channels), np.float32),
    }[start]
    with RowWorkers(Compute()) as workers:
        score = BoxJoint(images, labels, window=window, workers=workers, half_width=half_width)
        states = list(solvers.preconditioned(score, first, limits=Limits(12)))
    q = [state.q for state in states]
    assert all(after >= before - 1e-7 for before, after in itertools.pairwise(q))
    assert all(np.isfinite(state.q) for state in states)
    assert states[-1].image.min() >= 0.0
    assert states[-1].image.max() <= 1.0


class Cliff:
    """A score that falls when the one pixel goes beyond `edge`; every full step is 1 long."""

    name, window, terms = "cliff", 3, 1

    def __init__(self, edge=0.26, step=1.0):
        runs = np.array([[0, 1, 0, 0]])
        strip = SimpleNamespace(low=0, high=1, any=runs)
        self.region = SimpleNamespace(pixels=(strip,), count=1)
        self.edge, self.step, self.seen = edge, np.float32(step), []

    def evaluate(self, image):
        position = float(image[0, 0, 0])
        self.seen.append(position)
        return position if position <= self.edge else -1.0

    def update(self, image, out, rule):
        g, d = np.full((1, 1, 1), self.step), np.ones((1, 1, 1), np.float32)
        return rule(0, 1, self.region.pixels[0].any, image, out, g, d, 1.0) ** 0.5


def pixel():
    return np.zeros((1, 1, 1), np.float32)


@pytest.mark.parametrize("accelerated", [False, True])
def test_that_the_guard_halves_a_step_and_counts_its_trials(accelerated):
    score = Cliff()
    states = solvers.preconditioned(score, pixel(), limits=Limits(1), accelerated=accelerated)
    start, state = (state for state in states)
    assert (start.q, start.evaluations) == (0.0, 1)
    assert score.seen == [0.0, 1.0, 0.5, 0.25]
    assert (state.q, state.step, state.evaluations) == (0.25, 0.25, 4)
    assert state.image[0, 0, 0] == 0.25


@pytest.mark.parametrize("accelerated", [False, True])
def test_that_the_ascent_ends_when_no_step_is_accepted(accelerated):
    score = Cliff(edge=0.0)
    limits = Limits(5)
    (only,) = solvers.preconditioned(score, pixel(), limits=limits, accelerated=accelerated)
    assert only.iteration == 0
    assert len(score.seen) == 12
    assert only.image[0, 0, 0] == 0.0


def test_that_momentum_follows_nesterov():
    score = Cliff(edge=1.0, step=0.125)
    found = list(solvers.preconditioned(score, pixel(), limits=Limits(3)))
    t1 = (1 + 5**0.5) / 2
    t2 = (1 + (1 + 4 * t1**2) ** 0.5) / 2
    second = 0.25 + (t1 - 1) / t2 * (0.25 - 0.125)
    t3 = (1 + (1 + 4 * t2**2) ** 0.5) / 2
    third = (second + 0.125) + (t2 - 1) / t3 * (second + 0.125 - 0.25)
    assert [state.q for state in found] == pytest.approx([0.0, 0.125, second, third], abs=1e-6)
    assert [state.step for state in found[1:]] == pytest.approx(
        [1.0, 1 + (t1 - 1) / t2, 1 + (t2 - 1) / t3]
    )


def test_that_momentum_that_lowers_q_is_taken_back():
    score = Cliff(edge=0.26, step=0.125)
    *_, last = solvers.preconditioned(score, pixel(), limits=Limits(2))
    assert score.seen[2] > 0.26
    assert (last.q, last.step, last.evaluations) == (0.25, 1.0, 4)
    assert last.image[0, 0, 0] == 0.25


def test_that_momentum_saves_steps(workers):
    images, labels, start = scene()
    score = BoxJoint(images, labels, window=7, workers=workers)
    plain = list(solvers.preconditioned(score, start.copy(), limits=Limits(20), accelerated=False))
    faster = [state.q for state in solvers.preconditioned(score, start, limits=Limits(10))]
    assert faster[10] > plain[20].q


def test_that_a_jump_that_helps_is_the_first_step():
    score = Cliff(edge=1.0, step=0.125)

    def jump(out):
        out[:] = 0.5

    found = list(solvers.preconditioned(score, pixel(), limits=Limits(2), jump=jump))
    assert [state.q for state in found] == [0.0, 0.5, 0.625]


def test_that_a_jump_that_lowers_q_is_not_taken():
    score = Cliff(edge=0.3, step=0.125)

    def jump(out):
        out[:] = 0.9

    found = list(solvers.preconditioned(score, pixel(), limits=Limits(1), jump=jump))
    assert [state.q for state in found] == [0.0, 0.125]
    assert score.seen == pytest.approx([0.0, 0.9, 0.0, 0.125])


def test_that_a_small_change_of_the_image_ends_the_ascent():
    for change, states in ((1.05e-3, 2), (0.95e-3, 51)):
        score = Cliff(edge=1.0, step=1e-3)
        limits = Limits(50, change=change)
        found = list(solvers.preconditioned(score, pixel(), limits=limits))
        assert len(found) == states


def test_that_pixels_no_patch_counts_for_stay(workers):
    images, labels, start = scene()
    labels[:, 9:] = 255
    score = BoxJoint(images, labels, window=3, workers=workers)
    before = start.copy()
    last = list(solvers.preconditioned(score, start, limits=Limits(3)))[-1]
    assert np.array_equal(last.image[:, 11:], before[:, 11:])
    assert not np.array_equal(last.image[:, :8], before[:, :8])


@pytest.mark.parametrize("solver", ["gradient", "adam", "preconditioned"])
def test_that_a_small_change_of_q_ends_the_ascent(solver, workers):
    images, labels, start = scene()
    score = BoxJoint(images, labels, window=5, workers=workers)
    limits = Limits(500, tolerance=1e-3)
    extra = {"gradient": {"beta": 1e-3}, "adam": {"lr": 1e-3}, "preconditioned": {}}[solver]
    q = [s.q for s in getattr(solvers, solver)(score, start, limits=limits, **extra)]
    steps = np.abs(np.diff(q))
    assert len(q) < 500
    assert steps[-1] < 1e-3 * abs(q[-1])
    assert (steps[:-1] >= 1e-3 * np.abs(q[1:-1])).all()
