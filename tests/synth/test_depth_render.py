from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from mfgui.synth import depth_render
from mfgui.synth.depth_render import STEP, Surface, rendered, spread, visible
from mfgui.synth.layered import composed
from mfgui.synth.psf import Psf

SHAPES = [Psf(), Psf("gaussian"), Psf("polygon", 5, 0.4), Psf("polygon", 8, 0.0)]


def surface(seed: int, *, shape: tuple[int, int] = (14, 17), solid: bool = False) -> Surface:
    rng = np.random.default_rng(seed)
    colour = rng.random((*shape, 3), dtype=np.float32)
    matte = np.ones(shape, np.float32) if solid else rng.random(shape, dtype=np.float32)
    position = rng.uniform(-1, 3, shape).astype(np.float32)
    return Surface(colour, matte, position)


def literally_spread(source: Surface, focus: float, psf: Psf) -> npt.NDArray[np.float64]:
    """Every pixel sends its light and coverage through the two nearest kernels."""
    height, width = source.matte.shape
    result = np.zeros((height, width, 4))
    for y, x in itertools.product(range(height), range(width)):
        sent = np.append(source.colour[y, x], 1.0) * source.matte[y, x]
        radius = float(source.position[y, x]) - focus
        below = np.floor(radius / STEP) * STEP
        share = (radius - below) / STEP
        for size, weight in ((below, 1 - share), (below + STEP, share)):
            kernel = psf.kernel(size)
            reach = len(kernel) // 2
            for i, j in itertools.product(range(-reach, reach + 1), repeat=2):
                if 0 <= y + i < height and 0 <= x + j < width:
                    result[y + i, x + j] += weight * kernel[i + reach, j + reach] * sent
    return result


@pytest.mark.parametrize("psf", SHAPES)
@pytest.mark.parametrize("focus", [0.0, 1.3])
def test_that_light_goes_where_each_pixel_sends_it(psf: Psf, focus: float) -> None:
    source = surface(1)
    light, cover = spread(source, focus=focus, psf=psf)
    expected = literally_spread(source, focus, psf)
    np.testing.assert_allclose(light, expected[:, :, :3], atol=3e-6)
    np.testing.assert_allclose(cover, np.clip(expected[:, :, 3], 0, 1), atol=3e-6)


def test_that_surfaces_are_laid_over_each_other_from_behind() -> None:
    front, middle, behind = surface(1), surface(2), surface(3, solid=True)
    psf = Psf("polygon", 5, 0.3)
    result = np.zeros((14, 17, 3))
    for source in (behind, middle, front):
        sent = literally_spread(source, 0.5, psf)
        light, cover = sent[:, :, :3], sent[:, :, 3:]
        if source is behind:
            light, cover = light / cover, np.ones_like(cover)
        result = light + (1 - np.clip(cover, 0, 1)) * result
    found = rendered([front, middle, behind], focus=0.5, psf=psf)
    np.testing.assert_allclose(found, result, atol=1e-5)


@pytest.mark.parametrize("radius", [2.0, 7.0])
def test_that_large_and_small_kernels_are_convolved_alike(
    monkeypatch: pytest.MonkeyPatch, radius: float
) -> None:
    light = np.random.default_rng(5).random((20, 23, 4), dtype=np.float32)
    kernel = Psf("polygon", 5, 0.2).kernel(radius)
    found = []
    for largest in (0, 100):
        monkeypatch.setattr(depth_render, "_LARGEST_DIRECT", largest)
        found.append(depth_render._convolved(light, kernel))
    assert found[0].shape == (19 + len(kernel), 22 + len(kernel), 4)
    np.testing.assert_allclose(*found, atol=2e-6)


def test_that_flat_layers_look_as_the_formula_of_layers_has_them() -> None:
    rng = np.random.default_rng(6)
    colours = rng.random((2, 50, 60, 3), dtype=np.float32)
    matte = np.zeros((50, 60), np.float32)
    matte[18:30, 20:38] = 1.0
    ones = np.ones_like(matte)
    surfaces = [Surface(colours[0], matte, 4 * ones), Surface(colours[1], ones, 0 * ones)]
    for focus, radii in ((4.0, [0.0, 4.0]), (0.0, [4.0, 0.0])):
        found = rendered(surfaces, focus=focus, psf=Psf())
        expected = composed([(colours[0], matte), (colours[1], ones)], radii)
        inner = np.s_[8:-8, 8:-8]
        np.testing.assert_allclose(found[inner], expected[inner], atol=1e-5)


def test_that_everything_in_focus_is_the_plain_composition() -> None:
    front, behind = surface(1), surface(2, solid=True)
    share = front.matte[:, :, None]
    expected = share * front.colour + (1 - share) * behind.colour
    truth = rendered([front, behind], focus=None, psf=Psf())
    np.testing.assert_allclose(truth, expected, atol=1e-6)
    flat = [Surface(s.colour, s.matte, np.full_like(s.matte, 2.5)) for s in (front, behind)]
    np.testing.assert_allclose(rendered(flat, focus=2.5, psf=Psf()), expected, atol=1e-6)


def test_that_defocus_keeps_the_light_of_a_point() -> None:
    matte = np.zeros((41, 41), np.float32)
    matte[20, 20] = 1.0
    colour = np.full((41, 41, 3), 0.8, np.float32)
    for psf in SHAPES:
        point = Surface(colour, matte, np.full_like(matte, 6.3))
        light, cover = spread(point, focus=0.0, psf=psf)
        assert cover.sum() == pytest.approx(1.0, abs=1e-4)
        assert light.sum() == pytest.approx(2.4, abs=3e-4)
        assert cover.max() < 0.03


@pytest.mark.parametrize("psf", SHAPES)
def test_that_a_uniform_slope_stays_uniform(psf: Psf) -> None:
    position = np.tile(np.linspace(-3, 6, 90, dtype=np.float32), (60, 1))
    slope = Surface(np.full((60, 90, 3), 0.4, np.float32), np.ones((60, 90), np.float32), position)
    picture = rendered([slope], focus=1.0, psf=psf)
    np.testing.assert_allclose(picture, 0.4, atol=1e-5)


def test_that_visible_shares_fill_each_pixel() -> None:
    surfaces = [surface(1), surface(2), surface(3, solid=True)]
    shares = visible(surfaces)
    np.testing.assert_allclose(sum(shares), 1.0, atol=1e-6)
    np.testing.assert_allclose(shares[1], (1 - surfaces[0].matte) * surfaces[1].matte, atol=1e-6)
