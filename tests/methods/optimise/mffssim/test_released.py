import numpy as np
import pytest
import torch

from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim.gaussian import Gaussian
from mfgui.methods.optimise.mffssim.objective import gradient
from mfgui.methods.optimise.mffssim.released import Filter, ReleasedGaussian

C1, C2 = 0.01**2, 0.03**2


def literal_loss(images, labels, y, window):
    """The released loss from explicit patches: mean of sum_k m_k clamp(1 - SSIM_k, 0, 1) / 2."""
    half = window // 2
    distance = torch.arange(window, dtype=torch.float64) - half
    taps = torch.exp(-(distance**2) / (2 * 1.5**2))
    weights = torch.outer(taps / taps.sum(), taps / taps.sum()).reshape(1, 1, -1, 1)
    height, width, channels = y.shape

    def mean(z):
        planes = z.permute(2, 0, 1)[None]
        padded = torch.nn.functional.pad(planes, (half,) * 4, mode="reflect")
        patches = torch.nn.functional.unfold(padded, window)
        patches = patches.reshape(1, channels, window * window, height * width)
        return (patches * weights).sum(2).reshape(channels, height, width).permute(1, 2, 0)

    total = torch.zeros_like(y)
    for index, source in enumerate(images, start=1):
        x = torch.from_numpy(source.astype(np.float64))
        mean_x, mean_y = mean(x), mean(y)
        variance_x, variance_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
        covariance = mean(x * y) - mean_x * mean_y
        ssim = ((2 * mean_x * mean_y + C1) * (2 * covariance + C2)) / (
            (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
        )
        mask = torch.from_numpy(labels == index)[..., None]
        total = total + mask * (1 - ssim).clamp(0, 1) / 2
    counted = ((labels >= 1) & (labels <= len(images))).sum() * channels
    return total.sum() / int(counted)


def literal(images, labels, image, window):
    y = torch.from_numpy(image.astype(np.float64)).requires_grad_()
    q = 1 - 2 * literal_loss(images, labels, y, window)
    q.backward()
    return q.item(), y.grad.numpy()


def scene(k, channels, *, height=27, width=30, seed=1):
    rng = np.random.default_rng(seed)
    images = [rng.random((height, width, channels), np.float32) for _ in range(k)]
    labels = rng.integers(1, k + 1, (height, width)).astype(np.uint8)
    y = (images[0] + rng.random((height, width, channels), np.float32)) / 2
    return images, labels, y


def closed_form(images, labels, image, window, threads=1, kind=ReleasedGaussian):
    with RowWorkers(Compute(threads=threads)) as workers:
        return gradient(kind(images, labels, window=window, workers=workers), image)


@pytest.mark.parametrize("window", [3, 13, 25])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [2, 3])
def test_that_q_and_gradient_equal_the_literal_definition(k, channels, window):
    images, labels, image = scene(k, channels)
    q, slope = closed_form(images, labels, image, window)
    expected_q, expected = literal(images, labels, image, window)
    assert abs(q - expected_q) <= 2e-6
    assert np.abs(slope - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize(("rows", "threads"), [(1, 1), (5, 3), (16, 2)])
def test_that_stripes_and_threads_do_not_change_the_result(rows, threads):
    images, labels, image = scene(2, 3, height=41)
    images = [(x * 255).astype(np.uint8) for x in images]
    labels[:20, :9] = 255
    expected_q, expected = literal([x / 255 for x in images], labels, image, 13)
    with RowWorkers(Compute(threads=threads)) as workers:
        score = ReleasedGaussian(images, labels, window=13, workers=workers)
        score._stripe = rows
        q, slope = gradient(score, image)
    assert abs(q - expected_q) <= 2e-6
    assert np.abs(slope - expected).max() <= 1e-4 * np.abs(expected).max()


def test_that_dissimilar_areas_have_no_gradient():
    images, labels, _ = scene(2, 1)
    labels[:] = 1
    q, slope = closed_form(images, labels, 1.0 - images[0], 13)
    assert q == 0.0
    assert not slope.any()


def test_that_a_filter_and_its_adjoint_agree_on_inner_products():
    plane, other = np.random.default_rng(2).random((2, 30, 33), np.float32)
    blur = Filter(11, height=30)
    forward = np.vdot(blur.apply(plane, 0, 30).astype(np.float64), other)
    backward = np.vdot(plane, blur.adjoint(other, 0, 30).astype(np.float64))
    assert forward == pytest.approx(backward, rel=1e-6)


def test_that_rounding_above_one_stops_the_gradient_of_flat_areas():
    labels = np.ones((40, 40), np.uint8)
    source = np.full((40, 40, 1), 211 / 255, np.float32)
    still = {}
    for kind in (ReleasedGaussian, Gaussian):
        results = [
            closed_form([source, source], labels, np.full_like(source, level / 255), 23, kind=kind)
            for level in np.linspace(212, 216, 15)
        ]
        assert all(q <= 1.0 for q, _ in results)
        still[kind] = sum(not slope.any() for _, slope in results)
    assert still[ReleasedGaussian] > 0
    assert still[Gaussian] == 0
