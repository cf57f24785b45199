"""The torch backend on torch's own processor device, against automatic differentiation."""

import itertools
import math

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as nn

from mfgui.core.arrays import to_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import torch_objective, torch_plan, torch_solvers
from mfgui.methods.optimise.mffssim.region import find_region
from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_backend import ascend, objective_on
from mfgui.methods.optimise.mffssim.torch_device import (
    DeviceMemory,
    download_image,
    upload_image,
)
from mfgui.methods.optimise.ms_lap import ms_lap

C1, C2 = 0.01**2, 0.03**2
KINDS = ["box-joint", "gaussian"]
PROCESSOR = DeviceMemory(torch.device("cpu"))
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-7}


def windows(planes, window, kind):
    """Weighted means over all windows of planes (N, H, W), float64."""
    if kind == "box-joint":
        return nn.avg_pool2d(planes.mean(0, keepdim=True), window, stride=1)
    distance = torch.arange(window, dtype=torch.float64) - window // 2
    taps = torch.exp(-(distance**2) / (2 * 1.5**2))
    taps /= taps.sum()
    padded = nn.pad(planes, [window // 2] * 4, mode="reflect")
    return nn.conv2d(padded[:, None], torch.outer(taps, taps)[None, None])[:, 0]


def reference(images, labels, image, window, kind):
    """Q, sum gradient and curvature by automatic differentiation of the definition."""
    to_planes = [torch.from_numpy(x.astype(np.float64)).permute(2, 0, 1) for x in (*images, image)]
    *sources, start = to_planes
    y = start.clone().requires_grad_()
    half = window // 2 if kind == "box-joint" else 0
    centres = labels[half : labels.shape[0] - half, half : labels.shape[1] - half]

    def mean(planes):
        return windows(planes, window, kind)

    total = torch.zeros((), dtype=torch.float64)
    curve, terms = 0.0, 0
    for k, x in enumerate(sources, start=1):
        mask = torch.from_numpy(centres == k)
        mx, my = mean(x), mean(y)
        b1 = mx**2 + my**2 + C1
        b2 = mean(x * x) - mx**2 + mean(y * y) - my**2 + C2
        ssim = (2 * mx * my + C1) * (2 * (mean(x * y) - mx * my) + C2) / (b1 * b2)
        terms += int(mask.sum()) * len(ssim)
        counted = mask & (ssim > 0) if kind == "gaussian" else mask.expand(ssim.shape)
        total = total + ssim[counted].sum()
        curve = (
            curve
            + torch.where(counted, ssim.abs().clamp_min(0.05) * (1 / b1 + 1 / b2), 0.0).detach()
        )
    slope = torch.autograd.grad(total, y)[0] if total.requires_grad else torch.zeros_like(y)
    probe = y.detach().clone().requires_grad_()
    spread = torch.autograd.grad(mean(probe), probe, curve)[0]
    if kind == "box-joint":
        spread = spread.sum(0, keepdim=True) / len(y) * 1.0
    curvature = 2.0 * spread
    q = total.item() / terms if terms else 0.0
    return q, slope.permute(1, 2, 0).numpy(), curvature.permute(1, 2, 0).numpy(), terms


def scene(k, channels, *, height=61, width=47, seed=0):
    rng = np.random.default_rng(seed)
    images = [rng.random((height, width, channels), np.float32) for _ in range(k)]
    labels = rng.integers(1, k + 1, (height, width)).astype(np.uint8)
    return images, labels, rng.random((height, width, channels), np.float32)


def evaluated(images, labels, image, window, kind, dtype=torch.float64, **more):
    """Q, sum gradient and curvature of the backend, (H, W, C)."""
    options = {"objective": kind, "window": window, "compute": Compute(), "dtype": dtype}
    score = objective_on(PROCESSOR, images, labels, **options, **more)
    y = upload_image(image, PROCESSOR, dtype, Compute())
    slope, curvature = torch.zeros_like(y), torch.zeros_like(y)

    def keep(cut, _y, g, d, out):
        out.copy_(g).mul_(score.unit)
        curvature[(slice(None), *cut)] = d * score.unit

    q = score.evaluate(y).q
    score.update(y, slope, keep, curvature=True)
    return q, download_image(slope), download_image(curvature), score.terms


def check(images, labels, image, window, kind, dtype=torch.float64, **more):
    found = evaluated(images, labels, image, window, kind, dtype, **more)
    exact = [to_float(x).astype(np.float64) for x in images]
    expected = reference(exact, labels, image, window, kind)
    tolerance = TOLERANCE[dtype]
    assert found[3] == expected[3]
    assert abs(found[0] - expected[0]) <= tolerance
    for ours, theirs in zip(found[1:3], expected[1:3], strict=True):
        # Of the largest: a rounding of a window does not know how small the sum is.
        assert np.abs(ours - theirs).max() <= 20 * tolerance * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("k", "channels", "window"), [(1, 3, 7), (2, 1, 3), (2, 3, 13), (3, 3, 5), (3, 1, 25)]
)
def test_that_q_gradient_and_curvature_are_those_of_the_definition(
    k, channels, window, dtype, kind
):
    check(*scene(k, channels), window, kind, dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_that_a_window_of_201_pixels_is_accurate(dtype):
    images, labels, image = scene(2, 3, height=260, width=231)
    check(images, labels, image, 201, "box-joint", dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_window_as_large_as_the_picture_works(kind):
    check(*scene(2, 3, height=21, width=21), 21, kind)
    check(*scene(2, 1, height=3, width=9), 3, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_that_ignored_and_unassigned_centres_are_left_out(kind, dtype):
    images, labels, image = scene(2, 3)
    labels[:, 20:] = 255
    labels[4, 4] = 0
    check(images, labels, image, 5, kind, dtype)
    q, slope, _, terms = evaluated(images, np.full_like(labels, 255), image, 5, kind, dtype)
    assert (q, terms) == (0.0, 0)
    assert not slope.any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_that_stored_integers_are_read_as_the_processor_reads_them(kind, depth):
    images, labels, image = scene(2, 3)
    stored = [np.rint(x * np.iinfo(depth).max).astype(depth) for x in images]
    stored[0][0, 0], stored[0][0, 1] = 0, np.iinfo(depth).max
    found = evaluated(stored, labels, image, 7, kind)
    expected = evaluated([to_float(x) for x in stored], labels, image, 7, kind)
    assert found[0] == expected[0]
    assert np.array_equal(found[1], expected[1])


def test_that_more_labels_than_a_byte_holds_work():
    images, labels, image = scene(2, 1)
    labels = np.where(labels == 2, 300, 1).astype(np.uint16)
    many = [images[0]] * 299 + [images[1]]
    few = np.where(labels == 300, 2, 1).astype(np.uint8)
    assert evaluated(many, labels, image, 5, "box-joint")[0] == pytest.approx(
        evaluated(images, few, image, 5, "box-joint")[0], abs=1e-14
    )


def landscape():
    """A bright flat sky over textured ground: moments of large, nearly equal numbers."""
    rng = np.random.default_rng(5)
    ground = rng.random((420, 330, 3), np.float32)
    ground[:210] = np.float32(0.95)
    soft = ground.copy()
    soft[:, 1:] = (ground[:, 1:] + ground[:, :-1]) / 2
    labels = np.ones((420, 330), np.uint8)
    labels[:, 165:] = 2
    image = (ground + soft) / 2
    image += 1e-3 * np.sin(np.arange(image.size, dtype=np.float32)).reshape(image.shape)
    return [ground, soft], labels, np.clip(image, 0, 1)


@pytest.mark.parametrize("without_float64", [False, True])
@pytest.mark.parametrize(("kind", "window"), [("box-joint", 101), ("gaussian", 25)])
def test_that_float32_is_accurate_under_a_bright_flat_sky(
    monkeypatch, kind, window, without_float64
):
    images, labels, image = landscape()
    expected = evaluated(images, labels, image, window, kind)
    if without_float64:
        monkeypatch.setattr(torch_objective, "has_float64", lambda device: False)
        monkeypatch.setattr(
            "mfgui.methods.optimise.mffssim.torch_gaussian.has_float64", lambda device: False
        )
    found = evaluated(images, labels, image, window, kind, torch.float32)
    assert abs(found[0] - expected[0]) <= 2e-8
    for ours, theirs in zip(found[1:3], expected[1:3], strict=True):
        assert np.abs(ours - theirs).max() <= 3e-6 * np.abs(theirs).max()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [3, 16, 64, 65])
def test_that_parts_do_not_change_the_result(kind, rows):
    images, labels, image = scene(3, 3, height=140, width=131)
    labels[:70] = 1
    found = evaluated(images, labels, image, 9, kind, rows_per_tile=rows)
    expected = evaluated(images, labels, image, 9, kind)
    assert abs(found[0] - expected[0]) <= 1e-13
    for ours, theirs in zip(found[1:3], expected[1:3], strict=True):
        assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()


def banded(height=300, width=410, channels=3):
    """Two sources, a straight boundary, the composite, and the pixels near the boundary."""
    rng = np.random.default_rng(2)
    images = [rng.random((height, width, channels), np.float32) for _ in range(2)]
    labels = np.ones((height, width), np.uint8)
    labels[150:, 230:] = 2
    composite = np.where((labels == 1)[:, :, np.newaxis], images[0], images[1])
    edge = np.zeros((height, width), bool)
    edge[150, 230:] = edge[150:, 230] = True
    rows, columns = np.nonzero(edge)
    free = np.zeros_like(edge)
    for row, column in zip(rows, columns, strict=True):
        free[max(0, row - 10) : row + 11, max(0, column - 10) : column + 11] = True
    return images, labels, composite, free


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("overhead", [0, 1 << 18])
def test_that_a_band_of_free_pixels_gives_what_the_whole_gives_there(monkeypatch, kind, overhead):
    monkeypatch.setattr(torch_plan, "_OVERHEAD", overhead)
    images, labels, composite, free = banded()
    found = evaluated(images, labels, composite, 41, kind, free=free)
    expected = evaluated(images, labels, composite, 41, kind)
    assert abs(found[0] - expected[0]) <= 1e-12
    assert np.abs(found[1] - expected[1])[free].max() <= 1e-9
    assert not found[1][~free].any()
    options = {"objective": kind, "solver": "preconditioned", "window": 41, "free": free}
    states = list(run(images, labels, composite, limits=Limits(4), **options))
    assert np.array_equal(states[-1].image[~free], composite[~free])
    assert not np.array_equal(states[-1].image[free], composite[free])


def test_that_a_band_is_worked_on_in_parts_that_leave_the_rest_out(monkeypatch):
    monkeypatch.setattr(torch_plan, "_OVERHEAD", 0)
    images, labels, _, free = banded(height=1200, width=1000)
    options = {"objective": "box-joint", "window": 11, "compute": Compute(), "free": free}
    score = objective_on(PROCESSOR, images, labels, **options)
    for parts in (score._pixel_parts, score._terms_parts):
        assert sum(part.width * part.height for part in parts) < 0.3 * free.size


def run(images, labels, start, *, solver, limits, **more):
    options = {"device": "cpu", "objective": "box-joint", "window": 9, "beta": 1e-3, "lr": 1e-3}
    options |= {"compute": Compute(), "solver": solver, "limits": limits} | more
    return ascend(images, labels, start, **options)


def expected_states(images, labels, start, kind, solver, steps, accelerated):
    """The rules of the solvers in float64 over the reference: (Q, image) of each state."""
    y = start.astype(np.float64)
    plain, first, second, t = y, 0.0, 0.0, 1.0
    states = []
    for count in range(1, steps + 2):
        q, g, d, terms = reference(images, labels, y, 9, kind)
        states.append((q, y, np.linalg.norm(g)))
        if solver == "gradient":
            y = y + 1e-3 * g
        elif solver == "adam":
            loss = -0.5 * g / terms
            first = 0.9 * first + 0.1 * loss
            second = 0.999 * second + 0.001 * loss**2
            root = np.sqrt(second) / math.sqrt(1 - 0.999**count) + 1e-8
            y = y - 1e-3 / (1 - 0.9**count) * first / root
        else:
            following = (1 + math.sqrt(1 + 4 * t * t)) / 2
            before, plain = plain, np.clip(y + g / np.maximum(d, 1e-30), 0, 1)
            momentum = (t - 1) / following if accelerated else 0.0
            y, t = plain + momentum * (plain - before), following
        y = np.clip(y, 0.0, 1.0)
    return states


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("solver", "accelerated"),
    [("preconditioned", False), ("preconditioned", True), ("gradient", False), ("adam", False)],
)
def test_that_ten_steps_are_those_of_the_rule(kind, dtype, solver, accelerated):
    images, labels, _ = scene(2, 3, height=33, width=29)
    labels = np.kron(labels[:5, :5], np.ones((7, 7), np.uint8))[:33, :29]
    start = np.mean(images, axis=0).astype(np.float32)
    options = {"objective": kind, "dtype": dtype, "accelerated": accelerated}
    states = run(images, labels, start, solver=solver, limits=Limits(10), **options)
    expected = expected_states(images, labels, start, kind, solver, 10, accelerated)
    steps = [
        (s.q, s.image.copy(), s.gradient_norm, s.iteration, s.evaluations, s.step) for s in states
    ]
    assert len(steps) == 11
    q_tolerance, tolerance = (1e-10, 1e-9) if dtype == torch.float64 else (1e-7, 2e-5)
    if dtype == torch.float32 and kind == "gaussian" and solver != "preconditioned":
        q_tolerance, tolerance = 2e-6, 1e-4  # imitates the rounding of another program
    for index, (state, (q, image, _)) in enumerate(zip(steps, expected, strict=True)):
        assert abs(state[0] - q) <= q_tolerance
        assert np.abs(state[1] - image).max() <= tolerance
        assert state[3:5] == (index, index + 1)
    assert steps[5][2] == pytest.approx(expected[4][2], rel=1e-4)
    assert steps[0][2] == 0.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_that_q_never_falls(kind, seed):
    rng = np.random.default_rng(seed)
    gain = [1.0, 0.05, 1e-3][seed % 3]
    images = [gain * rng.random((26, 26, 1 + seed % 2 * 2), np.float32) for _ in range(2)]
    for image in images:
        image[:, : 4 * seed] = 0.0
        image[-5:] = 1.0
    labels = rng.integers(1, 3, (26, 26)).astype(np.uint8)
    start = rng.random(images[0].shape, np.float32)
    options = {"objective": kind, "window": 5}
    states = run(images, labels, start, solver="preconditioned", limits=Limits(15), **options)
    q = []
    for state in states:
        assert state.lasting
        assert 0.0 <= state.image.min() <= state.image.max() <= 1.0
        q.append(state.q)
    assert all(after >= before - 1e-7 for before, after in itertools.pairwise(q))


class Cliff:
    """A score that falls when a step is longer than a quarter of the full one."""

    name, window = "cliff", 3

    def __init__(self, worst=False):
        self.worst, self.seen = worst, []

    def evaluate(self, image):
        position = float(image[0, 0, 0])
        self.seen.append(position)
        low = position > 0.26 or (self.worst and position > 0)
        return torch_objective.Scores(-1.0 if low else position, 1.0)

    def keep(self, image):
        return image.clone()

    def update(self, image, out, step, *, curvature):
        ones = torch.ones_like(image)
        step((slice(None), slice(None)), image, ones, ones.clone(), out)


def guarded(score, limits):
    at = torch_solvers.Standing(torch.zeros((1, 2, 2)))
    return torch_solvers.preconditioned(score, at, limits=limits, accelerated=False)


def test_that_the_guard_halves_a_step_and_counts_its_trials():
    score = Cliff()
    _, state = guarded(score, Limits(1))
    assert score.seen == [0.0, 1.0, 0.5, 0.25]
    assert (state.q, state.step, state.evaluations) == (0.25, 0.25, 4)
    assert state.image[0, 0, 0] == 0.25


def test_that_the_ascent_ends_when_no_step_is_accepted():
    score = Cliff(worst=True)
    states = list(guarded(score, Limits(5)))
    assert [state.iteration for state in states] == [0]
    assert len(score.seen) == 12
    assert states[0].image[0, 0, 0] == 0.0


def test_that_a_lasting_state_can_be_read_while_the_next_step_is_under_way():
    images, labels, start = scene(2, 1)
    asked = []

    def checkpoint():
        if len(states) == 2:
            asked.append(states[-1].image.copy())
            raise StopRequested

    states = []
    ascent = run(
        images,
        labels,
        start,
        solver="preconditioned",
        limits=Limits(5),
        compute=Compute(checkpoint=checkpoint),
    )
    kept = []

    def follow():
        for state in ascent:
            kept.append(state.image.copy())
            states.append(state)

    with pytest.raises(StopRequested):
        follow()
    assert np.array_equal(asked[0], kept[-1])
    assert not np.array_equal(kept[0], kept[-1])


@pytest.mark.parametrize("solver", ["preconditioned", "gradient", "adam"])
def test_that_a_small_relative_gain_ends_the_ascent(solver):
    images, labels, _ = scene(2, 1)
    start = (images[0] + images[1]) / 2
    states = list(run(images, labels, start, solver=solver, limits=Limits(300, 1e-3)))
    gains = [abs(b.q - a.q) / b.q for a, b in itertools.pairwise(states)]
    assert 2 < len(states) < 300
    assert gains[-1] < 1e-3
    assert all(gain >= 1e-3 for gain in gains[:-1])


@pytest.mark.parametrize("banded", [False, True])
def test_that_a_small_change_of_the_image_ends_a_guarded_ascent(banded):
    images, labels, start = scene(2, 3)
    free = np.ones(labels.shape, bool)
    free[:, :20] = not banded
    limits = Limits(200, 0.0, 1e-3)
    options = {"solver": "preconditioned", "limits": limits, "free": free}
    seen = [state.image.astype(float) for state in run(images, labels, start, **options)]
    changes = [math.sqrt(np.mean((b - a)[free] ** 2)) for a, b in itertools.pairwise(seen)]
    assert 2 < len(seen) < 200
    assert changes[-1] < 1e-3
    assert all(change >= 1e-3 for change in changes[:-1])


@pytest.mark.parametrize(
    ("kind", "window", "coarse"),
    [("box-joint", 13, False), ("box-joint", 25, True), ("gaussian", 25, False)],
)
def test_that_the_states_are_those_of_the_processor(kind, window, coarse):
    """With a band of free pixels, momentum, and (for large windows) the reduced picture."""
    rng = np.random.default_rng(11)
    noise = cv2.GaussianBlur(rng.random((260, 300, 3), np.float32), (0, 0), 1.2)
    sharp = np.clip(0.5 + 3 * (noise - 0.5), 0, 1)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3.0)
    labels = np.ones((260, 300), np.uint8)
    labels[:, 140:] = 2
    labels[30:60, 40:70] = 2
    first = (labels == 1)[:, :, np.newaxis]
    images = [np.where(first, sharp, soft), np.where(first, soft, sharp)]
    images = [np.rint(65535 * image).astype(np.uint16) for image in images]
    start = np.where(first, to_float(images[0]), to_float(images[1]))
    values = {"window": window, "objective": kind, "coarse": coarse, "iterations": 6}
    values |= {"tolerance": 0.0, "change": 0.0, "half_width": window - 1}
    expected = [
        (s.q, s.image.copy(), s.step, s.gradient_norm, s.evaluations)
        for s in ms_lap(images, labels, compute=Compute(), **values)
    ]
    reach, margin = (window // 2, window // 2) if kind == "box-joint" else (8, 0)
    with RowWorkers(Compute()) as workers:
        region = find_region(
            labels, 2, reach=reach, margin=margin, half_width=window - 1, workers=workers
        )
    assert 0.1 < region.free.mean() < 0.9
    options = {"window": window, "objective": kind, "coarse": coarse, "limits": Limits(6)}
    options |= {"solver": "preconditioned", "free": region.free}
    states = run(images, labels, start, **options)
    # The reduced pictures of the processor are rounded to the stored type.
    tolerance = 3e-4 if coarse else 2e-6
    for state, (q, image, step, norm, evaluations) in zip(states, expected, strict=True):
        assert abs(state.q - q) <= 1e-7
        assert np.abs(state.image - image).max() <= tolerance
        assert (state.step, state.evaluations) == (pytest.approx(step), evaluations)
        assert state.gradient_norm == pytest.approx(norm, rel=1e-3)
    assert abs(state.q - q) <= 1e-7
    assert 255 * np.sqrt(((state.image - image) ** 2).mean()) < 0.01  # grey levels


def test_that_the_rounding_of_the_released_program_is_imitated():
    """In flat bright areas it stops the gradient of many windows; elsewhere it does not show."""
    images, labels, _ = landscape()
    images = [np.rint(255 * image[150:270, 100:230]).astype(np.uint8) for image in images]
    images[1][:60] ^= 1
    labels = np.ascontiguousarray(labels[150:270, 100:230])
    start = (to_float(images[0]) + to_float(images[1])) / 2
    silent = {}
    for kind in ("gaussian", "released-gaussian"):
        options = {"objective": kind, "window": 13, "compute": Compute()}
        score = objective_on(PROCESSOR, images, labels, **options)
        score.evaluate(score.keep(start))
        silent[kind] = float((score._beta[:, 8:50] == 0.0).float().mean())
    assert silent["gaussian"] == 0.0
    assert silent["released-gaussian"] > 0.01
    options = {"objective": "gaussian", "solver": "adam", "window": 13, "limits": Limits(4)}
    found = [state.image.copy() for state in run(images, labels, start, **options)]
    values = {"objective": "gaussian", "solver": "adam", "window": 13, "iterations": 4}
    values |= {"start": "average", "tolerance": 0.0, "active": "full"}
    expected = [s.image.copy() for s in ms_lap(images, labels, compute=Compute(), **values)]
    for ours, theirs in zip(found, expected, strict=True):
        assert np.abs(ours - theirs)[75:].max() <= 1e-5
