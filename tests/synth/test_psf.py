from __future__ import annotations

import numpy as np
import pytest

from mfgui.synth.layered import disk
from mfgui.synth.psf import Psf

SHAPES = [Psf(), Psf("gaussian"), Psf("polygon", 5, 0.4), Psf("polygon", 6, 1.0)]


@pytest.mark.parametrize("psf", SHAPES)
def test_that_kernels_have_sum_one_and_no_blur_is_the_identity(psf: Psf) -> None:
    for radius in (0.0, 0.4):
        kernel = psf.kernel(radius)
        assert kernel[len(kernel) // 2, len(kernel) // 2] > 0.95
    assert psf.kernel(0.0).tolist() == [[1.0]]
    for radius in (1.0, 2.3, 7.5):
        kernel = psf.kernel(radius)
        assert kernel.shape[0] == kernel.shape[1]
        assert kernel.shape[0] % 2 == 1
        assert kernel.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-6)


def test_that_the_disk_is_that_of_layered_scenes() -> None:
    for radius in (1.0, 2.5, 6.2):
        found, expected = Psf().kernel(radius), disk(radius)
        wider = (len(expected) - len(found)) // 2
        np.testing.assert_allclose(np.pad(found, wider), expected, atol=1e-6)


@pytest.mark.parametrize("psf", SHAPES)
def test_that_kernels_have_the_spread_of_their_radius(psf: Psf) -> None:
    for radius in (3.0, 6.0):
        kernel = psf.kernel(radius)
        reach = len(kernel) // 2
        x = np.arange(-reach, reach + 1)
        spread = float((kernel * (x[:, None] ** 2 + x[None, :] ** 2)).sum())
        # A pentagon of the disk's area reaches a little farther out; a Gaussian is cut off.
        assert spread == pytest.approx(radius**2 / 2 + 1 / 6, rel=0.06)


def test_that_a_polygon_has_the_area_of_its_disk() -> None:
    for blades in (5, 6, 7, 8):
        kernel = Psf("polygon", blades, 0.3).kernel(8.0)
        assert 1 / kernel.max() == pytest.approx(np.pi * 64, rel=0.02)


def test_that_a_polygon_turns_round_behind_the_focus() -> None:
    psf = Psf("polygon", 5, 0.3)
    before, behind = psf.kernel(6.0), psf.kernel(-6.0)
    np.testing.assert_array_equal(behind, before[::-1, ::-1])
    assert np.abs(behind - before).max() > 0.5 * before.max()
