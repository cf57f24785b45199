from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Size
from mfgui.synth import near_things

SIZE = Size(200, 150)


@pytest.mark.parametrize("thing", ["fence", "twig", "hairs"])
def test_that_thin_things_are_thin_and_seen(thing: str) -> None:
    seen = []
    for seed in range(5):
        draw = getattr(near_things, thing)
        matte = draw(np.random.default_rng(seed), SIZE, margin=6)
        assert matte.shape == (162, 212)
        assert matte.dtype == np.float32
        assert 0 <= matte.min() <= matte.max() <= 1
        seen.append(matte.mean())
        # Leaves are the only large parts.
        solid = ndimage.binary_opening(matte > 0.5, np.ones((14, 14)))
        assert solid.mean() < 0.1
    assert 0.005 < np.mean(seen) < 0.5


def test_that_fur_has_a_solid_body_and_a_fuzzy_edge() -> None:
    draw = near_things.fur
    matte = draw(np.random.default_rng(1), SIZE, centre=(100.0, 75.0), radius=40.0, margin=0)
    assert matte[75, 100] > 0.99
    assert matte[5, 5] == 0
    partly = ((matte > 0.05) & (matte < 0.95)).sum()
    # A plain edge of 250 pixels has about two such pixels across.
    assert partly > 1500


def test_that_highlights_are_small_and_bright() -> None:
    light = near_things.highlights(np.random.default_rng(2), SIZE)
    assert light.max() > 1.5
    assert 0.0005 < (light > 0.5).mean() < 0.05
