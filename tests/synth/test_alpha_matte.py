from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from mfgui.synth import alpha_matte, layered

Plane = npt.NDArray[np.float64]


def literally_blurred(plane: Plane, kernel: Plane) -> Plane:
    """Every output pixel as a sum over the kernel, borders replicated."""
    height, width = plane.shape
    reach = kernel.shape[0] // 2
    result = np.zeros_like(plane)
    for y, x in itertools.product(range(height), range(width)):
        for i, j in itertools.product(range(-reach, reach + 1), repeat=2):
            row, column = min(max(y + i, 0), height - 1), min(max(x + j, 0), width - 1)
            result[y, x] += kernel[i + reach, j + reach] * plane[row, column]
    return result


def literal_pair(
    front: Plane, behind: Plane, matte: Plane, kernel: Plane, variant: str
) -> tuple[Plane, Plane]:
    """One channel by the published equations."""

    def g(plane: Plane) -> Plane:
        return literally_blurred(plane, kernel)

    fg, bg, blurred_matte = matte * front, (1 - matte) * behind, g(matte)
    if variant == "paper":
        return fg + (1 - matte) * g(bg), g(fg) + (1 - blurred_matte) * bg
    if variant == "released":
        a = front * matte + g(behind) * (1 - matte)
        return a, g(front) * blurred_matte + behind * (1 - blurred_matte)
    return fg + (1 - matte) * g(behind), matte * g(front) + (1 - matte) * behind


@pytest.mark.parametrize("variant", alpha_matte.VARIANTS)
@pytest.mark.parametrize("kernel", ["gaussian", "disk"])
@pytest.mark.parametrize("same", [True, False])
def test_that_pairs_follow_the_published_equations(variant: str, kernel: str, same: bool) -> None:
    rng = np.random.default_rng(2)
    front = rng.random((11, 13, 3), dtype=np.float32)
    behind = front if same else rng.random((11, 13, 3), dtype=np.float32)
    matte = np.zeros((11, 13), np.float32)
    matte[3:9, :7] = 1.0
    matte[9, :7] = 0.3
    blur = alpha_matte.gaussian(0.8) if kernel == "gaussian" else layered.disk(1.6)
    a, b = alpha_matte.pair(front, behind, matte, kernel=blur, variant=variant)
    assert a.dtype == b.dtype == np.float32
    for channel in range(3):
        planes = [x[:, :, channel].astype(float) for x in (front, behind)]
        expected = literal_pair(*planes, matte.astype(float), blur.astype(float), variant)
        np.testing.assert_allclose(a[:, :, channel], expected[0], atol=2e-6)
        np.testing.assert_allclose(b[:, :, channel], expected[1], atol=2e-6)


def test_that_grey_pictures_keep_their_channel_axis() -> None:
    rng = np.random.default_rng(3)
    grey = rng.random((20, 24, 1), dtype=np.float32)
    matte = np.zeros((20, 24), np.float32)
    matte[:, :9] = 1.0
    for kernel in (alpha_matte.gaussian(1.3), layered.disk(2.2)):
        one = alpha_matte.pair(grey, grey, matte, kernel=kernel)
        three = alpha_matte.pair(*[np.repeat(grey, 3, axis=2)] * 2, matte, kernel=kernel)
        for single, triple in zip(one, three, strict=True):
            assert single.shape == (20, 24, 1)
            np.testing.assert_allclose(single, triple[:, :, :1], atol=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 0.5, 0.75, 1.0, 1.75, 2.0, 5.0])
def test_that_the_gaussian_is_that_of_fspecial(sigma: float) -> None:
    side = 2 * math.ceil(2 * sigma) + 1
    kernel = alpha_matte.gaussian(sigma)
    assert (kernel.shape, kernel.dtype) == ((side, side), np.float32)
    middle = side // 2
    weights = [
        [math.exp(-((i - middle) ** 2 + (j - middle) ** 2) / (2 * sigma**2)) for j in range(side)]
        for i in range(side)
    ]
    total = sum(sum(row) for row in weights)
    np.testing.assert_allclose(kernel, np.array(weights) / total, rtol=1e-5)


def test_that_only_the_defocused_side_of_a_paper_pair_darkens() -> None:
    white = np.ones((40, 40, 3), np.float32)
    matte = np.zeros((40, 40), np.float32)
    matte[:, :20] = 1.0
    a, b = alpha_matte.pair(white, white, matte, kernel=alpha_matte.gaussian(2.0))
    assert a[:, :20].min() == pytest.approx(1.0)
    assert a[20, 20, 0] < 0.7  # beside the edge half of the blurred background is black
    assert b[20, 20, 0] == pytest.approx(1.0)
    for variant in ("released", "no-alpha"):
        for picture in alpha_matte.pair(
            white, white, matte, kernel=alpha_matte.gaussian(2.0), variant=variant
        ):
            np.testing.assert_allclose(picture, 1.0, atol=1e-6)


def test_that_a_blur_may_be_larger_than_the_picture() -> None:
    rng = np.random.default_rng(4)
    picture = rng.random((6, 7, 3), dtype=np.float32)
    matte = np.full((6, 7), 0.5, np.float32)
    kernel = alpha_matte.gaussian(4.0)
    a, _ = alpha_matte.pair(picture, picture, matte, kernel=kernel, variant="no-alpha")
    plane = picture[:, :, 0].astype(float)
    expected = 0.5 * plane + 0.5 * literally_blurred(plane, kernel.astype(float))
    np.testing.assert_allclose(a[:, :, 0], expected, atol=2e-6)
