from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.synth import strokes


@pytest.mark.parametrize("width", [2.0, 3.3, 6.0])
def test_that_a_line_is_as_wide_as_it_should_be(width: float) -> None:
    points = np.array([[-20.0, 30.3], [120.0, 30.3]])
    cover = strokes.coverage([(points, width)], Size(100, 60), margin=5)
    assert cover.shape == (70, 110)
    assert cover[:, 20:90].sum(axis=0).mean() == pytest.approx(width, abs=0.3)
    rows = cover[:, 50]
    centre = (rows * (np.arange(70) + 0.5)).sum() / rows.sum() - 5
    assert centre == pytest.approx(30.3, abs=0.15)


def test_that_widths_may_change_along_a_curve() -> None:
    points = np.stack([np.linspace(5, 95, 30), np.full(30, 30.0)], axis=1)
    cover = strokes.coverage([(points, np.linspace(1, 9, 30))], Size(100, 60), margin=0)
    across = cover.sum(axis=0)
    assert across[15] < 3 < 7 < across[85]


def test_that_lines_cross_the_frame_and_stalks_end_in_it() -> None:
    size = Size(200, 100)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for bent in (False, True):
            ends = strokes.line(rng, size, bent=bent)[[0, -1]]
            outside = (ends < 0).any(axis=1) | (ends > (200, 100)).any(axis=1)
            assert outside.any()
        foot, tip = strokes.stalk(rng, size)[[0, -1]]
        assert foot[1] > 100
        assert 0 < tip[1] < 100
