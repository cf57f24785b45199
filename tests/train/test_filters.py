"""The filters of the losses against their definitions, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfgui.train import filters


def image(height: int, width: int) -> torch.Tensor:
    rng = np.random.default_rng(height)
    return torch.from_numpy(rng.random((2, 1, height, width)))


def test_that_the_laplacian_is_that_of_the_four_neighbours_with_zeros_outside() -> None:
    x = image(5, 8)
    found = filters.laplacian(x).numpy()
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)))
    for i in range(5):
        for j in range(8):
            neighbours = [(i, j + 1), (i + 2, j + 1), (i + 1, j), (i + 1, j + 2)]
            wanted = sum(padded[..., y, x_] for y, x_ in neighbours) - 4 * padded[..., i + 1, j + 1]
            np.testing.assert_allclose(found[..., i, j], wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("height", "width", "tall", "wide"), [(14, 19, 11, 11), (6, 13, 6, 11)])
def test_that_gaussian_means_are_those_of_every_window_inside(
    height: int, width: int, tall: int, wide: int
) -> None:
    x = image(height, width)
    found = filters.gaussian_means(x)
    assert found.shape == (2, 1, height - tall + 1, width - wide + 1)
    y = np.arange(tall)[:, None] - (tall - 1) / 2
    z = np.arange(wide)[None, :] - (wide - 1) / 2
    weights = np.exp(-(y**2 + z**2) / (2 * 1.5**2))
    weights /= weights.sum()
    for i in range(found.shape[2]):
        for j in range(found.shape[3]):
            window = x.numpy()[:, 0, i : i + tall, j : j + wide]
            wanted = (window * weights).sum(axis=(1, 2))
            np.testing.assert_allclose(found[:, 0, i, j].numpy(), wanted, rtol=0, atol=1e-12)
