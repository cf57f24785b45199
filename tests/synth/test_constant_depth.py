from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.light import to_linear, to_srgb
from mfgui.synth.constant_depth import FocusPair, constant_depth
from mfgui.synth.psf import Psf

SMALL = Size(160, 120)


@pytest.fixture(scope="module")
def pair() -> FocusPair:
    return constant_depth(SMALL, radius=5.0, seed=2)


def test_that_a_seed_decides_the_scene(pair: FocusPair) -> None:
    again = constant_depth(SMALL, radius=5.0, seed=2)
    other = constant_depth(SMALL, radius=5.0, seed=3)
    for name in ("near", "far", "truth", "matte"):
        np.testing.assert_array_equal(getattr(pair, name), getattr(again, name))
        assert getattr(pair, name).dtype == np.float32
    assert np.abs(pair.truth - other.truth).mean() > 0.02
    assert (pair.seed, pair.size) == (2, SMALL)


def test_that_frames_are_the_truth_where_nothing_is_out_of_focus(pair: FocusPair) -> None:
    inside = pair.matte == 1
    assert inside.any()
    np.testing.assert_allclose(pair.near[inside], pair.truth[inside], atol=3e-6)
    reach = np.hypot(*np.mgrid[-7:8, -7:8]) <= 7
    away = ~ndimage.binary_dilation(pair.matte > 0, reach)
    assert away[10:-10, 10:-10].any()
    away[:10], away[-10:], away[:, :10], away[:, -10:] = False, False, False, False
    np.testing.assert_allclose(pair.far[away], pair.truth[away], atol=3e-6)
    assert np.abs(pair.near[away] - pair.truth[away]).mean() > 0.003


def test_that_both_frames_equal_the_truth_without_blur() -> None:
    pair = constant_depth(SMALL, radius=0.0, seed=4)
    np.testing.assert_allclose(pair.near, pair.truth, atol=2e-6)
    np.testing.assert_allclose(pair.far, pair.truth, atol=2e-6)
    assert not pair.radius.any()


def test_that_another_lens_shows_the_same_scene(pair: FocusPair) -> None:
    soft = constant_depth(SMALL, radius=5.0, seed=2, psf=Psf("gaussian"))
    np.testing.assert_array_equal(soft.truth, pair.truth)
    np.testing.assert_array_equal(soft.matte, pair.matte)
    assert 0.001 < np.abs(soft.far - pair.far).mean() < 0.02


def test_that_contrast_grows_in_the_same_scene(pair: FocusPair) -> None:
    hard = constant_depth(SMALL, radius=5.0, seed=2, contrast=2.0)
    np.testing.assert_array_equal(hard.matte, pair.matte)
    for layer in (pair.matte == 1, pair.matte == 0):
        plain, strong = (x.truth[layer].astype(np.float64) for x in (pair, hard))
        inner = (plain > 0.05) & (plain < 0.95)
        assert inner.mean() > 0.3
        logits = [np.log(x[inner] / (1 - x[inner])) for x in (plain, strong)]
        np.testing.assert_allclose(logits[1], 2 * logits[0], atol=1e-3)
    # The frames follow from the layers as ever.
    light = [to_linear(x).mean() for x in (hard.near, hard.far, hard.truth)]
    assert light[:2] == pytest.approx([light[2]] * 2, rel=0.1)
    plain = constant_depth(SMALL, radius=5.0, seed=2, contrast=1.0)
    np.testing.assert_array_equal(plain.far, pair.far)


@pytest.mark.parametrize("contrast", [0.5, 9.0])
def test_that_impossible_contrast_is_refused(contrast: float) -> None:
    with pytest.raises(UsageError):
        constant_depth(SMALL, radius=3.0, seed=0, contrast=contrast)


def test_that_defocus_only_moves_light_about(pair: FocusPair) -> None:
    light = [to_linear(x).mean() for x in (pair.near, pair.truth)]
    assert light[0] == pytest.approx(light[1], rel=0.1)


def test_that_the_surroundings_continue_the_frames(pair: FocusPair) -> None:
    assert pair.wide is not None
    inner = (slice(pair.margin, -pair.margin),) * 2
    for wide, frame in zip(pair.wide, (pair.near, pair.far), strict=True):
        assert wide.shape == (120 + 2 * pair.margin, 160 + 2 * pair.margin, 3)
        np.testing.assert_array_equal(to_srgb(wide)[inner], frame)


def test_that_every_scene_has_thin_and_some_thick_near_parts() -> None:
    thick = 0
    for seed in range(6):
        matte = constant_depth(SMALL, radius=1.0, seed=seed).matte > 0.5
        opened = ndimage.binary_opening(matte, np.ones((9, 9)))
        assert (matte & ~opened).sum() > 100
        thick += bool(opened.any())
    assert thick >= 4


@pytest.mark.parametrize(("size", "radius"), [(Size(40, 200), 3.0), (SMALL, -1.0), (SMALL, 99.0)])
def test_that_impossible_wishes_are_refused(size: Size, radius: float) -> None:
    with pytest.raises(UsageError):
        constant_depth(size, radius=radius, seed=0)
