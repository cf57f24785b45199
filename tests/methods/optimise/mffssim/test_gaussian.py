from itertools import pairwise

import numpy as np
import pytest
import torch

from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import solvers
from mfgui.methods.optimise.mffssim.gaussian import Gaussian, gaussian_taps
from mfgui.methods.optimise.mffssim.objective import gradient

C1, C2 = 0.01**2, 0.03**2


def in_float64(x):
    return x / np.iinfo(x.dtype).max if x.dtype.kind == "u" else x.astype(np.float64)


def literal_mean(z, window):
    """Weighted means of (H, W, C) in mirrored windows."""
    half = window // 2
    distance = torch.arange(window, dtype=torch.float64) - half
    taps = torch.exp(-(distance**2) / (2 * 1.5**2))
    taps = taps / taps.sum()
    planes = torch.nn.functional.pad(z.permute(2, 0, 1)[:, None], (half,) * 4, mode="reflect")
    planes = torch.nn.functional.conv2d(planes, taps[None, None, :, None])
    return torch.nn.functional.conv2d(planes, taps[None, None, None])[:, 0].permute(1, 2, 0)


def literal(images, labels, image, window):
    """Q, its gradient and the curvature in float64, from the released loss
    sum_k m_k clamp(1 - SSIM_k, 0, 1) / 2 by automatic differentiation."""
    y = torch.from_numpy(in_float64(image)).requires_grad_()
    probe = torch.zeros_like(y).requires_grad_()  # its mean has the adjoint as its gradient
    total, curvature = torch.zeros_like(y), torch.zeros_like(y)
    for index, source in enumerate(images, start=1):
        x = torch.from_numpy(in_float64(source))
        mean_x, mean_y = literal_mean(x, window), literal_mean(y, window)
        variance_x = literal_mean(x * x, window) - mean_x**2
        variance_y = literal_mean(y * y, window) - mean_y**2
        covariance = literal_mean(x * y, window) - mean_x * mean_y
        b1 = mean_x**2 + mean_y**2 + C1
        b2 = variance_x + variance_y + C2
        ssim = (2 * mean_x * mean_y + C1) * (2 * covariance + C2) / (b1 * b2)
        mask = torch.from_numpy(labels == index)[..., None]
        total = total + mask * (1 - ssim).clamp(0, 1) / 2
        part = 2 * mask * (ssim >= 0) * ssim.abs().clamp_min(0.05) * (1 / b1 + 1 / b2)
        curvature = curvature + part.detach()
    counted = int(((labels >= 1) & (labels <= len(images))).sum()) * image.shape[2]
    q = 1 - 2 * total.sum() / counted
    q.backward()
    (curvature * literal_mean(probe, window)).sum().backward()
    return q.item(), y.grad.numpy(), probe.grad.numpy()


def scene(k, channels, *, height=27, width=30, seed=1):
    rng = np.random.default_rng(seed)
    images = [rng.random((height, width, channels), np.float32) for _ in range(k)]
    labels = rng.integers(1, k + 1, (height, width)).astype(np.uint8)
    y = (images[0] + rng.random((height, width, channels), np.float32)) / 2
    return images, labels, y


def closed_form(images, labels, image, window, threads=1, half_width=None):
    """Q, gradient of Q and curvature."""
    with RowWorkers(Compute(threads=threads)) as workers:
        score = Gaussian(images, labels, window=window, workers=workers, half_width=half_width)
        q, slope = gradient(score, image)
        curvature = np.full_like(image, np.nan)

        def take(low, high, runs, y, out, g, d, unit):
            for a, b, *_ in runs.tolist():
                curvature[low:high, a:b] = unit * d[: high - low, a:b]
            return 0.0

        score.update(image, image, take)
    return q, slope, curvature


def assert_literal(found, images, labels, image, window, *, share=2e-5):
    (q, slope, curvature), expected = found, literal(images, labels, image, window)
    assert slope.dtype == np.float32
    assert abs(q - expected[0]) <= 1e-6
    assert np.abs(slope - expected[1]).max() <= share * np.abs(expected[1]).max()
    assert np.abs(curvature - expected[2]).max() <= share * np.abs(expected[2]).max()


@pytest.mark.parametrize("window", [3, 7, 9, 13, 17, 25])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_that_q_gradient_and_curvature_equal_the_literal_definition(k, channels, window):
    images, labels, image = scene(k, channels)
    found = closed_form(images, labels, image, window)
    assert_literal(found, images, labels, image, window)


@pytest.mark.parametrize("window", [3, 7, 17, 25])
def test_that_a_picture_may_be_as_small_as_the_window(window):
    images, labels, image = scene(2, 3, height=window, width=window)
    found = closed_form(images, labels, image, window, threads=2)
    assert_literal(found, images, labels, image, window)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_sources_are_taken_as_stored(dtype):
    images, labels, image = scene(2, 3)
    images = [(x * np.iinfo(dtype).max).astype(dtype) for x in images]
    found = closed_form(images, labels, image, 11)
    assert_literal(found, images, labels, image, 11)


@pytest.mark.parametrize(("height", "width"), [(310, 21), (21, 1100), (90, 530)])
def test_that_strips_blocks_and_threads_do_not_change_the_result(height, width):
    images, labels, image = scene(2, 3, height=height, width=width)
    labels = np.repeat(np.repeat(labels[::9, ::9], 9, axis=0), 9, axis=1)[:height, :width].copy()
    labels[:20, :9] = 255
    found = closed_form(images, labels, image, 19)
    assert_literal(found, images, labels, image, 19)
    again = closed_form(images, labels, image, 19, threads=3)
    assert again[0] == found[0]
    assert np.array_equal(again[1], found[1])
    assert np.array_equal(again[2], found[2])


def test_that_pixels_to_be_ignored_count_neither_in_q_nor_in_the_gradient():
    images, labels, image = scene(3, 3, width=40)
    labels[:, 14:] = 255
    labels[3, 4] = 0
    labels[5, 5] = 4
    found = closed_form(images, labels, image, 9)
    assert_literal(found, images, labels, image, 9)
    assert not found[1][:, 18:].any()
    assert not found[2][:, 18:].any()


def test_that_a_map_of_nothing_but_ignore_scores_zero_without_a_gradient():
    images, labels, image = scene(2, 1)
    q, slope, curvature = closed_form(images, np.full_like(labels, 255), image, 5)
    assert q == 0.0
    assert not slope.any()
    assert not curvature.any()


def test_that_dissimilar_areas_have_no_gradient():
    images, labels, _ = scene(2, 1)
    labels[:] = 1
    q, slope, curvature = closed_form(images, labels, 1.0 - images[0], 13)
    assert q == 0.0
    assert not slope.any()
    assert not curvature.any()


def test_that_an_image_scores_one_against_itself():
    images, labels, _ = scene(2, 3)
    q, slope, _ = closed_form(images, np.full_like(labels, 2), images[1], 11)
    assert 1.0 - 1e-7 <= q <= 1.0
    assert np.abs(slope).max() <= 1e-7


@pytest.mark.parametrize(("height", "width"), [(9, 9), (150, 13), (10, 600)])
def test_that_filter_and_adjoint_agree_on_inner_products(height, width):
    rng = np.random.default_rng(2)
    x = rng.random((height, width, 3), np.float32)
    terms = rng.standard_normal((height, width * 3)).astype(np.float32)
    slope, none = np.zeros_like(x), np.zeros_like(terms)
    with RowWorkers(Compute()) as workers:
        score = Gaussian([x], np.ones((height, width), np.uint8), window=17, workers=workers)
        score._alpha, score._beta, score._epsilon, score._delta = terms, none, none, none

        def take(low, high, runs, y, out, g, d, unit):
            out[low:high] = g[: high - low]
            return 0.0

        score.update(x, slope, take)
        mean = score._mean_x.astype(np.float64)
    forward, backward = np.vdot(mean, terms), np.vdot(x.astype(np.float64), slope)
    assert abs(forward - backward) <= 1e-7 * np.abs(mean * terms).sum()


def test_that_taps_far_out_are_left_away_without_changing_the_weights():
    full = np.exp(-(np.arange(-300, 301) ** 2) / 4.5)
    assert gaussian_taps(601) == pytest.approx(full[292:309] / full.sum(), abs=1e-8)
    assert gaussian_taps(11) == pytest.approx(full[295:306] / full[295:306].sum(), abs=1e-15)


def landscape(height=260, width=700):
    """A bright flat sky over textured ground, sharp left or right of a disc-shaped boundary."""
    rng = np.random.default_rng(5)
    ground = rng.random((height, width, 3), np.float32)
    ground[: height // 2] = np.float32(0.95)
    ground[20:40, 300:600] = 0.01
    soft = ground.copy()
    for _ in range(3):
        soft[:, 1:-1] = (soft[:, 1:-1] + soft[:, :-2] + soft[:, 2:]) / 3
        soft[1:-1] = (soft[1:-1] + soft[:-2] + soft[2:]) / 3
    rows, columns = np.mgrid[:height, :width]
    labels = np.where(np.hypot(rows - 130, columns - 250) < 90, 1, 2).astype(np.uint8)
    return [ground, soft], labels


def test_that_float32_is_accurate_under_a_bright_flat_sky():
    images, labels = landscape()
    image = (images[0] + images[1]) / 2
    image += np.float32(1e-3) * np.sin(np.arange(image.size, dtype=np.float32)).reshape(image.shape)
    found = closed_form(images, labels, image, 25, threads=2)
    assert_literal(found, images, labels, image, 25)


def ascent(images, labels, window, half_width, steps=15):
    """Qs of the states from the composite, by an objective with all pixels, and its last image."""
    image = compose(images, labels, compute=Compute())
    limits = solvers.Limits(steps)
    with RowWorkers(Compute(threads=2)) as workers:
        score = Gaussian(images, labels, window=window, workers=workers, half_width=half_width)
        states = list(solvers.preconditioned(score, image, limits=limits))
        full = Gaussian(images, labels, window=window, workers=workers)
        return [state.q for state in states], full.evaluate(states[-1].image), states[-1].image


@pytest.mark.parametrize("window", [7, 25])
def test_that_the_active_region_reaches_the_q_of_the_full_solve(window):
    images, labels = landscape()
    reach = min(8, window // 2)
    _, expected, full = ascent(images, labels, window, None)
    told, q, image = ascent(images, labels, window, 2 * reach)
    assert abs(q - expected) <= 1e-5
    assert abs(told[-1] - q) <= 1e-6
    assert told[-1] > told[0] + 1e-3
    still = np.hypot(*(np.mgrid[:260, :700] - np.array([130, 250])[:, None, None])) > 150
    composite = compose(images, labels, compute=Compute())
    assert np.array_equal(image[still], composite[still])
    assert np.abs(image - full).max() <= 0.02


def test_that_gradient_and_curvature_of_free_pixels_do_not_depend_on_the_region():
    images, labels = landscape()
    image = (images[0] + images[1]) / 2
    _, slope, curvature = closed_form(images, labels, image, 25)
    _, part, part_curvature = closed_form(images, labels, image, 25, threads=2, half_width=20)
    free = np.isfinite(part_curvature)
    assert 0.1 < free.mean() < 0.7
    assert np.array_equal(part[free], slope[free])
    assert np.array_equal(part_curvature[free], curvature[free])


@pytest.mark.parametrize("brightness", [1.0, 0.3, 0.02])
def test_that_preconditioned_steps_raise_q_without_the_guard(brightness):
    images, labels, image = scene(3, 3, height=60, width=50)
    images = [x * np.float32(brightness) for x in images]
    image *= np.float32(brightness)
    with RowWorkers(Compute()) as workers:
        score = Gaussian(images, labels, window=11, workers=workers)
        limits = solvers.Limits(12)
        states = list(solvers.preconditioned(score, image, limits=limits, accelerated=False))
    q = [state.q for state in states]
    assert all(after > before for before, after in pairwise(q))
    assert [state.step for state in states[1:]] == [1.0] * 12
    assert 1.0 - q[12] < 0.95 * (1.0 - q[0])
