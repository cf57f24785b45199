from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.synth import textures

SIZE = Size(120, 80)


@pytest.mark.parametrize("name", sorted(textures.DRAWN))
def test_that_drawn_textures_have_the_colours_of_their_palette(name: str) -> None:
    rng = np.random.default_rng(1)
    palette = np.array([[0.1, 0, 0], [0.8, 0, 0], [0.4, 0, 0], [0.2, 0, 0]], np.float32)
    picture = textures.DRAWN[name](SIZE, rng, palette)
    assert (picture.shape, picture.dtype) == ((80, 120, 3), np.float32)
    assert 0 <= picture.min() <= picture.max() <= 1
    assert picture[:, :, 0].mean() > 0.05
    np.testing.assert_allclose(picture[:, :, 1:], 0, atol=1e-6)


def test_that_surfaces_depend_on_the_seed_only_and_vary() -> None:
    first = [textures.surface(SIZE, np.random.default_rng(seed)) for seed in range(6)]
    again = [textures.surface(SIZE, np.random.default_rng(seed)) for seed in range(6)]
    np.testing.assert_array_equal(first, again)
    means = [picture.mean(axis=(0, 1)) for picture in first]
    assert np.ptp(means, axis=0).min() > 0.1


def test_that_palettes_hold_dark_and_bright_colours() -> None:
    for seed in range(30):
        palette = textures.random_palette(np.random.default_rng(seed))
        assert palette.shape == (4, 3)
        assert 0 <= palette.min() <= palette.max() <= 1
        brightest = palette.max(axis=1)
        assert brightest.max() > 3 * brightest.min()


def test_that_a_part_becomes_flat() -> None:
    picture = np.random.default_rng(3).random((80, 120, 3), dtype=np.float32)
    result = textures.partly_flat(picture, np.random.default_rng(4))
    detail = np.abs(np.diff(result[:, :, 0], axis=1))
    assert (detail < 0.02).mean() > 0.1
    assert (result[:, :-1] == picture[:, :-1]).mean() > 0.3
