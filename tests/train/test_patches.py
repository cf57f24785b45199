"""Luminance of patches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfgui.synth.pairs import Pairs
from mfgui.train import patches


def test_that_studio_swing_lies_between_the_published_ends() -> None:
    pixels = np.uint8([[[0, 0, 0], [255, 255, 255], [10, 20, 30]]])
    levels = [16, 16 + 0.859 * 255, 16 + 2.57 + 10.08 + 2.94]
    wanted = (np.array(levels) - 127.5) / 127.5
    np.testing.assert_allclose(patches.studio(pixels)[0], wanted, atol=2e-6)


def test_that_full_range_is_rounded() -> None:
    pixels = np.uint8([[[0, 0, 0], [255, 255, 255], [10, 20, 31]]])
    # 2.99 + 11.74 + 3.534 = 18.264; one more blue of 2 is 18.492, of 3 is 18.606.
    assert patches.full(pixels).tolist() == [[0, 255, 18]]
    assert patches.full(np.uint8([10, 20, 34])).item() == 19


@pytest.mark.parametrize("swap", [False, True])
def test_that_images_are_exchanged_only_when_asked(swap: bool) -> None:
    dark, light = np.zeros((9, 9, 3), np.uint8), np.full((9, 9, 3), 200, np.uint8)
    pairs = Pairs((1,), ((dark, light),))
    drawn = patches.draw(pairs, np.random.default_rng(0), count=40, side=6, swap=swap)
    assert drawn.shape == (2, 40, 6, 6, 3)
    lighter = drawn[0].mean(axis=(1, 2, 3)) > 0
    np.testing.assert_array_equal(drawn[1].mean(axis=(1, 2, 3)) > 0, ~lighter)
    assert 8 < lighter.sum() < 32 if swap else not lighter.any()


def test_that_planes_keep_the_order_of_images() -> None:
    values = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    first, second = patches.planes(values, torch.device("cpu"))
    assert first.shape == second.shape == (3, 1, 4, 5)
    np.testing.assert_array_equal(second[2, 0].numpy(), values[1, 2])
    np.testing.assert_array_equal(first[1, 0].numpy(), values[0, 1])
