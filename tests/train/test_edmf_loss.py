"""Losses of EDMF against their equations, written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from mfgui.train import edmf_loss as losses

PAPER, MUFUSION = losses.PRESETS["paper"], losses.PRESETS["mufusion"]


def images(count: int, side: int = 24) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    base = rng.random((side, side))
    return [np.clip(base + 0.3 * rng.standard_normal((side, side)), 0, 1) for _ in range(count)]


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x)[None, None]


def slopes(x: np.ndarray) -> np.ndarray:
    p = np.pad(x, 1)
    return p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * x


def similar(x: np.ndarray, y: np.ndarray) -> float:
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(x, y, data_range=1.0, **settings)


def contrast_and_whole(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Means of contrast-structure and of SSIM over all whole windows."""
    length = min(11, x.shape[0])
    place = np.arange(length) - (length - 1) / 2
    weights = np.exp(-(place[:, None] ** 2 + place[None, :] ** 2) / 4.5)
    weights /= weights.sum()
    rows = []
    for i in range(x.shape[0] - length + 1):
        for j in range(x.shape[1] - length + 1):
            a, b = (z[i : i + length, j : j + length] for z in (x, y))
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            variances = (weights * (a - mean_a) ** 2).sum() + (weights * (b - mean_b) ** 2).sum()
            covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
            contrast = (2 * covariance + 9e-4) / (variances + 9e-4)
            light = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
            rows.append((contrast, contrast * light))
    contrast, whole = np.mean(rows, axis=0)
    return float(contrast), float(whole)


def similar_over_scales(x: np.ndarray, y: np.ndarray) -> float:
    value = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        if scale:
            half = x.shape[0] // 2
            x, y = (z.reshape(half, 2, half, 2).mean(axis=(1, 3)) for z in (x, y))
        contrast, whole = contrast_and_whole(x, y)
        value *= (((whole if scale == 4 else contrast) + 1) / 2) ** weight
    return value


def test_that_spatial_frequency_is_the_root_of_both_mean_squares() -> None:
    x, y = images(2)
    found = losses.spatial_frequency(torch.cat([tensor(x), tensor(y[::-1].copy() / 2)])).numpy()
    for value, image in zip(found, (x, y / 2), strict=True):
        along_rows, along_columns = np.diff(image, axis=1), np.diff(image, axis=0)
        wanted = np.sqrt(np.mean(along_rows**2) + np.mean(along_columns**2))
        assert value == pytest.approx(wanted)


def test_that_masks_show_where_the_first_source_has_more_local_energy() -> None:
    first, second = images(2)
    energies = []
    for x in (first, second):
        squares = np.zeros_like(x)
        squares[:, :-1] += (x[:, 1:] - x[:, :-1]) ** 2
        squares[:-1, :] += (x[1:, :] - x[:-1, :]) ** 2
        padded = np.pad(squares, 5)
        sums = [
            [padded[i : i + 11, j : j + 11].sum() for j in range(x.shape[1])]
            for i in range(x.shape[0])
        ]
        energies.append(np.array(sums))
    wanted = energies[0] > energies[1]
    assert 0.1 < wanted.mean() < 0.9
    m1, m2 = losses.masks(tensor(first), tensor(second))
    np.testing.assert_array_equal(m1[0, 0].numpy(), wanted)
    np.testing.assert_array_equal(m2[0, 0].numpy(), ~wanted)


def test_that_ties_go_to_the_second_source() -> None:
    (x,) = images(1)
    m1, m2 = losses.masks(tensor(x), tensor(x))
    assert m1.max() == 0
    assert m2.min() == 1


def test_that_ssim_is_that_of_scikit_image() -> None:
    x, y, z = images(3)
    found = losses.ssim(torch.cat([tensor(x), tensor(x)]), torch.cat([tensor(y), tensor(z)]))
    np.testing.assert_allclose(found.numpy(), [similar(x, y), similar(x, z)], atol=1e-9)


def test_that_ms_ssim_multiplies_five_scales() -> None:
    x, y = images(2, 48)
    found = losses.ms_ssim(tensor(x), tensor(y)).item()
    assert found == pytest.approx(similar_over_scales(x, y), abs=1e-9)
    assert losses.ms_ssim(tensor(x), tensor(x)).item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("preset", "weights"), [(PAPER, (1, 1, 1)), (MUFUSION, (1, 10, 10))], ids=["paper", "mufusion"]
)
def test_that_the_current_loss_asks_each_pixel_of_its_source(
    preset: losses.Preset, weights: tuple[int, int, int]
) -> None:
    fused, first, second = images(3, 32)
    share = (np.arange(32 * 32).reshape(32, 32) % 97 < 40).astype(float)
    similarity = similar if preset is PAPER else similar_over_scales
    pixel = gradient = structure = 0.0
    for source, mask in ((first, share), (second, 1 - share)):
        pixel += np.mean((mask * (fused - source)) ** 2)
        gradient += np.mean((mask * slopes(fused - source)) ** 2)
        structure += 1 - similarity(mask * fused, mask * source)
    wanted = np.dot(weights, (pixel, gradient, structure))
    found = losses.current(
        tensor(fused), (tensor(first), tensor(second)), (tensor(share), tensor(1 - share)), preset
    )
    np.testing.assert_allclose(found.numpy(), [wanted], rtol=1e-7)


def test_that_the_memory_loss_compares_everywhere() -> None:
    fused, past = images(2)
    wanted = np.mean((fused - past) ** 2) + np.mean(slopes(fused - past) ** 2)
    wanted += 1 - similar(fused, past)
    found = losses.memory(tensor(fused), tensor(past), PAPER)
    np.testing.assert_allclose(found.numpy(), [wanted], rtol=1e-7)


def test_that_agreement_is_a_mean_or_a_sum() -> None:
    fused, first, second = images(3, 32)
    sources = tensor(first), tensor(second)
    found = losses.agreement(tensor(fused), sources, PAPER).item()
    assert found == pytest.approx((similar(fused, first) + similar(fused, second)) / 2)
    found = losses.agreement(tensor(fused), sources, MUFUSION).item()
    both = similar_over_scales(fused, first) + similar_over_scales(fused, second)
    assert found == pytest.approx(both)


def test_that_memories_weigh_by_the_softmax_of_agreements_without_gradient() -> None:
    fused, first, second, one, other = images(5)
    sources, output = (tensor(first), tensor(second)), tensor(fused).requires_grad_()
    shares = losses.masks(*sources)
    s_one, s_other = 0.9, 0.2
    memories = [
        losses.Remembered(tensor(one), torch.tensor([s_one], dtype=torch.float64)),
        losses.Remembered(tensor(other), torch.tensor([s_other], dtype=torch.float64)),
    ]
    found = losses.total(output, sources, shares, memories, PAPER)
    s_now = (similar(fused, first) + similar(fused, second)) / 2
    raised = np.exp([s_now, s_one, s_other])
    w_now, w_one, w_other = raised / raised.sum()
    assert found.weight.item() == pytest.approx(w_now)
    assert found.agreement.item() == pytest.approx(s_now)
    wanted = (
        w_now * losses.current(output, sources, shares, PAPER)
        + w_one * losses.memory(output, tensor(one), PAPER)
        + w_other * losses.memory(output, tensor(other), PAPER)
    )
    assert found.loss.item() == pytest.approx(wanted.item())
    (gradient,) = torch.autograd.grad(found.loss, output)
    # The weights are numbers here: a gradient through the softmax would show.
    (constant,) = torch.autograd.grad(wanted.sum(), output)
    torch.testing.assert_close(gradient, constant, rtol=1e-9, atol=1e-12)


def test_that_without_memories_the_current_loss_is_all() -> None:
    fused, first, second = images(3)
    sources = tensor(first), tensor(second)
    shares = losses.masks(*sources)
    found = losses.total(tensor(fused), sources, shares, [], PAPER)
    wanted = losses.current(tensor(fused), sources, shares, PAPER)
    assert found.weight.item() == 1
    assert found.loss.item() == pytest.approx(wanted.item())
    assert found.current.item() == pytest.approx(wanted.item())
