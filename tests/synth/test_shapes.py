from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Size
from mfgui.synth import shapes


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_that_generated_outlines_stay_in_the_unit_circle(
    shape: shapes.Callable[..., object],
) -> None:
    for seed in range(20):
        points = np.asarray(shape(np.random.default_rng(seed)))
        radii = np.hypot(points[:, 0], points[:, 1])
        assert radii.max() <= 1.0 + 1e-9
        assert radii.max() > 0.9


def test_that_a_matte_covers_the_area_of_its_outline() -> None:
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outline = shapes.placed(circle, centre=(50.0, 40.0), radius=25.0, angle=0.0)
    matte = shapes.matte(outline, Size(100, 80), margin=4, softness=0.8)
    assert matte.shape == (88, 108)
    assert matte.sum() == pytest.approx(np.pi * 25**2, rel=0.01)
    columns = matte.sum(axis=0)
    centre = (columns * (np.arange(108) + 0.5)).sum() / columns.sum() - 4
    assert centre == pytest.approx(50.0, abs=0.05)


def test_that_the_edge_of_a_matte_is_soft_and_its_inside_solid() -> None:
    outline = ((20.0, 20.0), (80.0, 20.0), (80.0, 60.0), (20.0, 60.0))
    matte = shapes.matte(outline, Size(100, 80), margin=0, softness=1.0)
    row = matte[40]
    assert row[50] == 1.0
    assert row[10] == 0.0
    assert 0.05 < row[19] < 0.5 < row[20] < 0.95
